"""Where answers stand: in text by characters, in tokens by position."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ragqa.corpus.squad import SquadQuestion
from ragqa.models.tokenize import IntArray

MAX_PLACES = 16
Place = tuple[int, int]


def answer_places(text: str, question: SquadQuestion) -> list[Place]:
    """Characters [start, end) of every whole-word occurrence of the answers, the annotated one included."""
    annotated = {place for answer in question.answers if (place := _annotated(text, answer.text, answer.start))}
    found = string_places(text, [answer.text for answer in question.answers])
    return sorted(annotated | set(found))[:MAX_PLACES]


def annotated_place(text: str, question: SquadQuestion) -> list[Place]:
    """The place that the first answer names; without one, or where it is wrong, the first occurrence. None or one."""
    for answer in question.answers:
        place = _annotated(text, answer.text, answer.start)
        if place is not None:
            return [place]
    return string_places(text, [answer.text for answer in question.answers])[:1]


def string_places(text: str, answers: Sequence[str]) -> list[Place]:
    """Characters [start, end) of every whole-word occurrence of the answers, in order (distant supervision)."""
    places = {
        match.span()
        for answer in answers
        if answer
        for match in re.finditer(rf"(?<!\w){re.escape(answer)}(?!\w)", text)
    }
    return sorted(places)[:MAX_PLACES]


def token_span(offsets: IntArray, start: int, end: int) -> tuple[int, int] | None:
    """The tokens, first and last inclusive, that cover characters [start, end); None where none do."""
    first = int(np.searchsorted(offsets[:, 1], start, side="right"))
    last = int(np.searchsorted(offsets[:, 0], end, side="left")) - 1
    return (first, last) if first <= last else None


def token_spans(offsets: IntArray, places: Sequence[Place]) -> IntArray:
    """The token spans [p, 2], inclusive, of those places that tokens cover."""
    spans = [token_span(offsets, *place) for place in places]
    return np.array([span for span in spans if span is not None], np.int64).reshape(-1, 2)


def _annotated(text: str, answer: str, start: int) -> Place | None:
    end = start + len(answer)
    return (start, end) if answer and start >= 0 and text[start:end] == answer else None
