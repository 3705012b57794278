"""Traces by OpenTelemetry, where it is installed: a span for each request, and in it one for each stage of its work.

Spans say which index, generation and key a request had, and never what was asked. Without the library nothing is done.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from ragqa.version import __version__

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PARTS = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
Stage = tuple[str, int, int]  # its name, and from when to when, in nanoseconds since 1970
Ended = Callable[[str, int, Mapping[str, Any]], None]


class Traces(Protocol):
    """Where spans go."""

    def request(self, method: str, headers: Mapping[str, str]) -> AbstractContextManager[Ended]:
        """A span around a request; it is told the route, the status and what the log says at the end."""
        ...

    def stages(self, stages: Sequence[Stage]) -> None:
        """Spans in that of the request that is being worked on."""
        ...


class NoTraces:
    """Where OpenTelemetry is not installed."""

    def request(self, method: str, headers: Mapping[str, str]) -> AbstractContextManager[Ended]:
        """Nothing."""
        return nullcontext(_nothing)

    def stages(self, stages: Sequence[Stage]) -> None:
        """Nothing."""


def _nothing(_route: str, _status: int, _note: Mapping[str, Any]) -> None:
    pass


class OpenTelemetry:
    """Spans of the library's tracer. Where no program has set it up, they go nowhere and cost next to nothing."""

    def __init__(self, provider: Any = None) -> None:
        from opentelemetry import propagate, trace

        self._trace, self._propagate = trace, propagate
        self._tracer = trace.get_tracer("ragqa", __version__, provider)

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator[Ended]:
        """See `Traces`. The span goes on with the trace that the caller's headers name."""
        trace = self._trace
        context = self._propagate.extract(headers)
        with self._tracer.start_as_current_span(method, context, trace.SpanKind.SERVER) as span:

            def ended(route: str, status: int, note: Mapping[str, Any]) -> None:
                span.update_name(f"{method} {route}")
                facts: dict[str, Any] = {f"ragqa.{name}": value for name, value in note.items()}
                facts |= {"http.request.method": method, "http.route": route, "http.response.status_code": status}
                span.set_attributes(facts)
                if status >= 500:
                    span.set_status(trace.StatusCode.ERROR)

            yield ended

    def stages(self, stages: Sequence[Stage]) -> None:
        """See `Traces`."""
        if not self._trace.get_current_span().is_recording():
            return
        for name, begun, ended in stages:
            self._tracer.start_span(name, start_time=begun).end(ended)


def find_traces() -> Traces:
    """What is installed."""
    return NoTraces() if importlib.util.find_spec("opentelemetry") is None else OpenTelemetry()


def export_traces() -> str:
    """Send spans to where the usual variables of the environment say, unless they name no place or a program has
    decided otherwise; what there is to note of that.
    """
    named = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if named is None:
        return ""
    try:
        missing = any(importlib.util.find_spec(part) is None for part in PARTS)
    except ModuleNotFoundError:  # not even the part above
        missing = True
    if missing:
        return f"{named} is set, and no traces are sent: pip install 'ragqa[otel]'"
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        os.environ.setdefault("OTEL_SERVICE_NAME", "ragqa")
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
    return ""
