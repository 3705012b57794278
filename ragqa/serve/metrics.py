"""Figures in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ragqa.types import Reply

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
Labels = tuple[tuple[str, str], ...]
Stage = tuple[str, int, int]  # its name, and from when to when, in nanoseconds since 1970


class Histogram:
    """How often a time fell under each of `BUCKETS`, how often at all, and the sum."""

    def __init__(self) -> None:
        self.counts, self.sum = [0] * (len(BUCKETS) + 1), 0.0

    def add(self, seconds: float) -> None:
        """Count one time."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.sum += seconds

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        """Its lines; a bucket counts all times up to its bound."""
        below = 0
        for bound, count in zip([*map(str, BUCKETS), "+Inf"], self.counts, strict=True):
            below += count
            yield _line(f"{name}_bucket", (*labels, ("le", bound)), below)
        yield _line(f"{name}_sum", labels, self.sum)
        yield _line(f"{name}_count", labels, below)


class Metrics:
    """Counts requests and replies since the start. For the event loop's thread alone."""

    def __init__(self) -> None:
        self._requests: defaultdict[Labels, int] = defaultdict(int)
        self._times: defaultdict[Labels, Histogram] = defaultdict(Histogram)
        self._stages: defaultdict[Labels, Histogram] = defaultdict(Histogram)
        self._steps: defaultdict[Labels, Histogram] = defaultdict(Histogram)
        self._replies: defaultdict[Labels, int] = defaultdict(int)
        self._read: defaultdict[Labels, int] = defaultdict(int)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is one of the service's own, so that nobody can make figures without end."""
        self._requests[("route", route), ("status", str(status))] += 1
        self._times[(("route", route),)].add(seconds)

    def work(self, kind: str, stages: Sequence[Stage]) -> None:
        """Count the time of each stage of a piece of work."""
        for stage, begun, ended in stages:
            self._stages[("kind", kind), ("stage", stage)].add((ended - begun) / 1e9)

    def reply(self, kind: str, index: str, reply: Reply) -> None:
        """Count a reply, what was read for it, and the time of each step that searching and reading have."""
        self._replies[("index", index), ("answered", str(reply.answered).lower())] += 1
        self._read[(("index", index),)] += reply.read + sum(part.read for part in reply.parts)
        for step, milliseconds in reply.timings.items():
            self._steps[("kind", kind), ("step", step)].add(milliseconds / 1000)

    def text(self, gauges: Mapping[str, Mapping[Labels, float]], counters: Mapping[str, float]) -> str:
        """All figures, with some that others keep."""
        lines = [*_group("ragqa_requests_total", "counter", "Requests", self._requests)]
        lines += _group("ragqa_replies_total", "counter", "Questions with a reply", self._replies)
        lines += _group("ragqa_request_seconds", "histogram", "Time of requests", self._times)
        lines += _group("ragqa_stage_seconds", "histogram", "Time of stages of work", self._stages)
        lines += _group("ragqa_step_seconds", "histogram", "Time of steps of search and reading", self._steps)
        lines += _group("ragqa_passages_read_total", "counter", "Passages that the reader read", self._read)
        for name, values in gauges.items():
            lines += _group(name, "gauge", name.removeprefix("ragqa_").replace("_", " "), values)
        for name, value in counters.items():
            lines += _group(name, "counter", name.removeprefix("ragqa_").replace("_", " "), {(): value})
        return "\n".join(lines) + "\n"


def _group(name: str, kind: str, about: str, values: Mapping[Labels, float | Histogram]) -> Iterator[str]:
    yield f"# HELP {name} {about}."
    yield f"# TYPE {name} {kind}"
    for labels, value in values.items():
        if isinstance(value, Histogram):
            yield from value.lines(name, labels)
        else:
            yield _line(name, labels, value)


def _line(name: str, labels: Labels, value: float) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
