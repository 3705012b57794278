"""The fields that the JSON files of a run must have, because scoring needs them. The files may have more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Begun:
    """run.json of a run that may not be finished."""

    hash: str


@dataclass(frozen=True, slots=True)
class DescribedPart:
    """A part in run.json."""

    questions: int


@dataclass(frozen=True, slots=True)
class Described:
    """run.json of a finished run."""

    hash: str
    suite: str
    task: str
    depth: int
    ks: tuple[int, ...]
    parts: Mapping[str, DescribedPart]


@dataclass(frozen=True, slots=True)
class Quote:
    """An answer in a record."""

    text: str
    score: float
    passage: str
    rank: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Record:
    """A line of answers.jsonl."""

    id: str
    question: str
    references: tuple[str, ...]
    pattern: bool
    answerable: bool
    positives: Mapping[str, int]
    language: str
    meta: Mapping[str, Any]
    answers: tuple[Quote, ...] = ()
    gold: Quote | None = None
    read: int = 0
    in_corpus: bool | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """cost.json: what the whole run cost; of an interrupted one, what its last piece cost. Megabytes are 10⁶ bytes."""

    seconds: float
    index_mb: Mapping[str, float]
    peak_memory_mb: float | None = None
