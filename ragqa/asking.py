"""What a pipeline is asked: a question, and what is to be different for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from ragqa.filters import Where
from ragqa.types import AnswerForm


class ReadSettings(TypedDict, total=False):
    """The settings of an `Ask` that decide how it is answered."""

    k: int | None
    risk: float | None
    passages: int | None
    min_score: float | None
    all: bool | None
    form: AnswerForm | None
    as_typed: bool | None


class AskSettings(ReadSettings, total=False):
    """All that an `Ask` has beside its question."""

    where: Where | None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: a question, and what is to be different for it. None means what the pipeline's own settings say.

    ``where`` keeps to documents with these metadata (see `ragqa.filters`). At most ``k`` answers are given and at most
    ``passages`` are found and read; with ``all`` every passage is read, and every answer that is sure enough is given.
    An answer is given if its score reaches ``min_score``, or what keeps the share of wrong answers at ``risk``: a
    ``risk`` given here takes the place of a ``min_score`` in the pipeline's settings. ``form`` says whether short
    answers or excerpts are given, and with ``as_typed`` no word is corrected and nothing is added
    (`ragqa.config.ReadConfig`).
    """

    question: str
    where: Where | None = None
    k: int | None = None
    risk: float | None = None
    passages: int | None = None
    min_score: float | None = None
    all: bool | None = None
    form: AnswerForm | None = None
    as_typed: bool | None = None
