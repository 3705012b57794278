"""What a command says of what was not read: each kind of trouble a few times, the rest as a count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragqa.cli.terminal import note

if TYPE_CHECKING:
    from ragqa.corpus.files import Problem

_Kind = tuple[str, str, str]  # what is said, the ending, the reason
SHOWN = 3  # of the same kind, if they differ in details; of equal ones the first alone
_DETAIL = re.compile(r"\d[\d.,]*|'[^']*'|\"[^\"]*\"|/\S+")


class Skipped:
    """Tells of problems as they come: call it with each. At the end of the ``with`` block it tells of the rest."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._equal: Counter[_Kind] = Counter()
        self._alike: Counter[_Kind] = Counter()
        self._untold: Counter[_Kind] = Counter()

    def __call__(self, problem: Problem) -> None:
        """Tell of it, or count it if its kind was told of often enough."""
        self.problems.append(problem)
        suffix = Path(problem.file).suffix.lower()
        verb = "note on" if problem.remark else "skipped"
        equal = verb, suffix, problem.reason
        alike = verb, suffix, _DETAIL.sub("…", problem.reason)
        if self._equal[equal] or self._alike[alike] >= SHOWN:
            self._untold[equal if self._equal[equal] else alike] += 1
            return
        self._equal[equal] += 1
        self._alike[alike] += 1
        note(f"{verb} {problem.source}: {problem.reason}")

    def __enter__(self) -> Skipped:
        return self

    def __exit__(self, *error: object) -> None:
        """Tell how many were not named."""
        for (verb, suffix, reason), count in self._untold.items():
            note(f"{verb} {count:,} more{f' of {suffix}' if suffix else ''}: {reason}")

    def to_json(self) -> list[dict[str, Any]]:
        """All of them."""
        return [{"source": problem.source, "reason": problem.reason} for problem in self.problems if not problem.remark]


def passed(counts: Mapping[str, int]) -> str:
    """One line: which endings were passed over, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    endings = ", ".join(f"{count:,} {'without an ending' if end == 'no ending' else end}" for end, count in ranked)
    return f"passed over: {endings}; see ragqa index --formats"
