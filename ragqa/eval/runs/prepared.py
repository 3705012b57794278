"""What a run needs before it begins: the chosen questions of a suite's part, its settings and its index."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ragqa.config import Config
from ragqa.errors import ConfigError
from ragqa.eval.runs.suite import SuitePart
from ragqa.types import Question


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions of a suite to ask: the first ``limit`` of each part, or ``sample`` of them at random."""

    limit: int | None = None
    sample: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.limit is not None and self.sample is not None:
            raise ConfigError("--limit and --sample: give one of them")
        if any(number is not None and number < 1 for number in (self.limit, self.sample)):
            raise ConfigError("--limit and --sample must be at least 1")

    def of(self, questions: Sequence[Question], seed: int) -> list[Question]:
        """The chosen questions, in the order of the file."""
        if self.sample is None or self.sample >= len(questions):
            return list(questions[: self.limit])
        chosen = random.Random(seed if self.seed is None else self.seed)  # noqa: S311 - repeatable, not secret
        return [questions[place] for place in sorted(chosen.sample(range(len(questions)), self.sample))]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part that is ready to run. ``files`` are hashes by file name; ``index`` is None in a reading suite."""

    part: SuitePart
    config: Config
    origins: dict[str, str]
    questions: list[Question]
    files: dict[str, str]
    index: Path | None
