"""What building tells: while it runs, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Called now and then while an index is written."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """So many of ``total`` (None: unknown) are done in this stage."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """A `Progress` that tells nobody."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What an update or a compaction did, and what the index holds now.

    ``documents`` and ``passages`` are all that can be found now. ``added``, ``changed``, ``removed``, ``unchanged`` and
    ``kept`` (failed to read now, held in their last good version) count documents against the generation before.
    ``encoded`` counts passages; ``rebuilt``: settings or encoder changed, so everything was made anew; without
    ``committed`` nothing had to change and ``generation`` is the one that was there. ``synonyms``: they were replaced.
    """

    generation: int
    documents: int
    added: int
    changed: int
    removed: int
    unchanged: int
    kept: int
    passages: int
    encoded: int
    rebuilt: bool
    committed: bool
    seconds: float
    synonyms: bool = False
