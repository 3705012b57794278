"""What building an index reports, while it runs and when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Progress(Protocol):
    """A function that is called now and then during long work."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """``done`` of ``total`` (None: unknown) are done in this stage."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """A `Progress` that does nothing."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What an update or a compaction did, and what the index holds now.

    ``documents`` and ``passages`` are all that can be found now. ``added``, ``changed``, ``moved``, ``removed``,
    ``unchanged`` and ``kept`` count documents, compared with the generation before; those ``moved`` are the same in
    another place, ``kept`` could not be read now and are held in their last good version. ``encoded`` counts passages;
    those that stand in a changed or moved document as before are not encoded again. ``rebuilt`` says that settings or
    encoder changed, so everything was made anew; ``synonyms`` that they were replaced. Without ``committed`` nothing
    had to change, and ``generation`` is the old one. ``passed_over`` counts files in folders that no reader reads, by
    their endings. ``seems`` is the code of the language that most documents seem to be in, where that is not the index'
    own, or "auto" where they seem to be in several.
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
    moved: int = 0
    passed_over: Mapping[str, int] = field(default_factory=dict)
    seems: str = ""
