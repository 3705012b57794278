"""Which places of a passage training takes as right, in characters and in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ragqa.corpus.squad import SquadQuestion
from ragqa.judging.matching import AnswerFinder, Place
from ragqa.models.tokenize import IntArray

MAX_PLACES = 16


def right_places(text: str, answers: Sequence[str], *, pattern: bool = False) -> list[Place]:
    """Characters [start, end) of the answers in a text, in order, at most 16 (distant supervision).

    There are some exactly where `matching.has_answer` finds an answer. Of one that also stands in the text letter by
    letter only these places are right: of "US", not "us".
    """
    finder, found = _finder(text), set[Place]()
    for answer in dict.fromkeys(answers):
        own = finder.places(0, [answer], pattern)
        found.update([place for place in own if text[slice(*place)] == answer] or own)
    return sorted(found)[:MAX_PLACES]


def answer_places(text: str, question: SquadQuestion) -> list[Place]:
    """The places of the answers in a SQuAD paragraph, the annotated ones among them."""
    annotated = {place for answer in question.answers if (place := _annotated(text, answer.text, answer.start))}
    found = right_places(text, [answer.text for answer in question.answers])
    return sorted(annotated | set(found))[:MAX_PLACES]


def annotated_place(text: str, question: SquadQuestion) -> list[Place]:
    """The place that the first answer names; without one, or where it is wrong, the first place. None or one."""
    for answer in question.answers:
        place = _annotated(text, answer.text, answer.start)
        if place is not None:
            return [place]
    return right_places(text, [answer.text for answer in question.answers])[:1]


def token_span(offsets: IntArray, start: int, end: int) -> tuple[int, int] | None:
    """The tokens, first and last inclusive, that cover characters [start, end); None where none do."""
    first = int(np.searchsorted(offsets[:, 1], start, side="right"))
    last = int(np.searchsorted(offsets[:, 0], end, side="left")) - 1
    return (first, last) if first <= last else None


def token_spans(offsets: IntArray, places: Sequence[Place]) -> IntArray:
    """The token spans [p, 2], inclusive, of those places that tokens cover."""
    spans = [token_span(offsets, *place) for place in places]
    return np.array([span for span in spans if span is not None], np.int64).reshape(-1, 2)


@lru_cache(64)
def _finder(text: str) -> AnswerFinder:
    """Questions about one passage mostly come one after the other."""
    return AnswerFinder([text])


def _annotated(text: str, answer: str, start: int) -> Place | None:
    end = start + len(answer)
    return (start, end) if answer and start >= 0 and text[start:end] == answer else None
