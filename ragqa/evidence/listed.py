"""The single things that an answer enumerates, where a question asks for several."""

from __future__ import annotations

from collections.abc import Sequence

from ragqa.enumerations import column, series
from ragqa.evidence.masses import Evidence
from ragqa.items import items
from ragqa.types import Answer

Part = tuple[int, int]
_COLONS = ":："


def items_of(answer: Answer, evidence: Evidence) -> tuple[Part, ...]:
    """Characters [start, end) of the passage for each thing, in order; none for a question that asks for one, or an
    answer that does not enumerate.

    They are the items of a list without their markers; else the cells of the column in which the reader looks for the
    answer; else the parts of "a, b and c": the answer itself, what the reader marks in an excerpt, or what follows a
    colon.
    """
    if not evidence.asked.several or answer.faq:
        return ()
    text, (start, end) = answer.hit.passage.text, (answer.span.start, answer.span.end)
    found = [(item.words, item.end) for item in items(text)]
    listed = _inside(found, start, end)
    if len(listed) > 1:
        return listed
    marked = [(start, end)] if answer.kind == "span" else _marked(answer, evidence)
    colon = max(text.find(sign, start, end) for sign in _COLONS)
    spoken = [*marked, (colon + 1, end)] if colon >= 0 else marked
    cells = (column(text, place) for place, _ in marked[:1])
    ways = [*cells, *(series(text, first, _without_stop(text, first, last)) for first, last in spoken)]
    return next((inside for way in ways if len(inside := _inside(way, start, end)) > 1), ())


def _inside(parts: Sequence[Part], start: int, end: int) -> tuple[Part, ...]:
    return tuple((first, last) for first, last in parts if start <= first < last <= end)


def _marked(answer: Answer, evidence: Evidence) -> list[Part]:
    """The stretch of an excerpt that has the most mass, if any has."""
    span = answer.span
    found = [
        (place.mass, -place.span.start, place.span)
        for form in evidence.forms.values()
        for place in form.places
        if evidence.hits[place.index] is answer.hit and span.start <= place.span.start and place.span.end <= span.end
    ]
    best = max(found, key=lambda one: one[:2], default=None)
    return [] if best is None else [(best[2].start, best[2].end)]


def _without_stop(text: str, start: int, end: int) -> int:
    return end - (end > start and text[end - 1] in ".。!?！？")
