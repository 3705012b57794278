"""The sentences that answer a question best: whole, as they stand, with a probability of their own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ragqa.enumerations import table
from ragqa.evidence.answers import clipped
from ragqa.evidence.calibration import EXCERPT_FEATURES, ExcerptModel
from ragqa.evidence.code import code_blocks
from ragqa.evidence.masses import Evidence
from ragqa.items import items
from ragqa.questions import Kind
from ragqa.types import Answer, Span

Part = tuple[int, int]

LONGEST = 600  # characters that sentences before and behind, and lists, may bring an excerpt to
_GAP = re.compile(r"[\s,;，；、]*+(?:and|or|und|oder|et|ou|y|o)?\s*+")
_HEADINGS = re.compile(r"(?:\s*#{1,6}\s[^\n]*(?:\n|\Z))+")
_LISTED = frozenset((Kind.LIST, Kind.PROCEDURE))


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters [start, end) of the passage of the hit ``index``: a sentence, with the ``mass`` of the spans in it."""

    index: int
    start: int
    end: int
    mass: float


def rank_excerpts(evidence: Evidence, model: ExcerptModel, count: int) -> tuple[Answer, ...]:
    """The ``count`` best excerpts of what was read, most probable first, ties by rank of their passage; none overlap.

    Each is chosen by its best sentence and then widened by what that cannot be understood without (`widened`).
    """
    found = sentences_of(evidence)
    every = [
        (model.probability(features), one, features)
        for one, features in zip(found, features_of(found, evidence), strict=True)
    ]
    every.sort(key=lambda each: (-each[0], each[1].index, each[1].start))
    given: list[Answer] = []
    for probability, one, features in every:
        if len(given) == count:
            break
        hit = evidence.hits[one.index]
        start, end = widened(one, evidence)
        if any(hit is other.hit and start < other.span.end and other.span.start < end for other in given):
            continue
        said = dict(zip(EXCERPT_FEATURES, features, strict=True))
        text = hit.passage.text[start:end]
        given.append(Answer(text, probability, Span(start, end, 0.0), hit, features=said, kind="excerpt"))
    return tuple(given)


def sentences_of(evidence: Evidence) -> list[Sentence]:
    """The sentences of the passages that were read, in order; a block of code is one, headings of Markdown are none,
    and a stored answer has none.
    """
    places: list[list[tuple[int, int, float]]] = [[] for _ in range(evidence.read)]
    for form in evidence.forms.values():
        for place in form.places:
            places[place.index].append((place.span.start, place.span.end, place.mass))
    return [
        Sentence(index, start, end, math.fsum(mass for first, last, mass in own if start <= first < end))
        for index, own in enumerate(places)
        for start, end in _cut(evidence, index)
    ]


def features_of(found: Sequence[Sentence], evidence: Evidence) -> list[list[float]]:
    """The values of `EXCERPT_FEATURES` for each sentence.

    They are the log-odds of its share of the mass, and its log-ratio to the best other sentence; of its passage the
    log-odds that it holds an answer, the cosine and the log-prior; and the shares of the question's words in the
    passage and in the sentence (`ragqa.evidence.overlap`).
    """
    masses = sorted((one.mass for one in found), reverse=True)
    best, second = (*masses, 0.0, 0.0)[:2]
    total, values = evidence.total, []
    for one in found:
        rival = max(second if one.mass == best else best, evidence.null, 1e-30)
        mass = max(one.mass, 1e-30)
        values.append(
            [
                clipped(math.log(mass) - math.log(max(total - mass, 1e-30))),
                clipped(math.log(mass) - math.log(rival)),
                evidence.relevances[one.index],
                evidence.hits[one.index].sources.get("dense", 0.0),
                clipped(evidence.priors[one.index]),
                evidence.overlap.within(one.index),
                evidence.overlap.near(one.index, Span(one.start, one.end, 0.0)),
            ]
        )
    return values


def _cut(evidence: Evidence, index: int) -> Iterator[tuple[int, int]]:
    passage = evidence.hits[index].passage
    text = passage.text
    if passage.is_faq:
        return
    blocks = code_blocks(text)
    ends = [at for at in passage.sentence_ends if not any(first < at < last for first, last in blocks)]
    borders = sorted({0, *ends, *(at for block in blocks for at in block)})
    for start, end in pairwise(borders):
        if heading := _HEADINGS.match(text, start, end):
            start = heading.end()
        whole = text[start:end]
        if whole.strip():
            yield start + len(whole) - len(whole.lstrip()), end - len(whole) + len(whole.rstrip())


def widened(one: Sentence, evidence: Evidence) -> tuple[int, int]:
    """A sentence with what belongs to it, as long as that is at most `LONGEST` characters: the items of the list that
    it announces; the whole list that it stands in, with the line before, or the whole table, if several things or a
    procedure are asked for; the block of code that it leads to, or the sentence that leads to it, if it is one itself;
    and the sentence before, if it begins with a word that points there ("It", "However").
    """
    text = evidence.hits[one.index].passage.text
    cut = list(_cut(evidence, one.index))
    start, end = one.start, one.end
    place = cut.index((start, end))
    listed = items(text)
    inside = any(item.start <= start < item.end for item in listed)
    touched = any(item.start < end and start < item.end for item in listed)
    blocks = code_blocks(text)
    wants_all = evidence.asked.several or bool(evidence.asked.kinds & _LISTED)
    if around := _code_around(text, (start, end), cut, blocks):
        start, end = around
    elif wants_all and len(rows := table(text, start)) > 1:
        start, end = min(start, rows[0][0]), max(end, rows[-1][1])
    elif touched and wants_all:
        start, end = _list_around(text, [(item.start, item.end) for item in listed], start, end)
        before = [piece for piece in cut if piece[1] <= start]
        if before and text[: before[-1][1]].rstrip().endswith((":", "：")):
            start = before[-1][0]
    elif text[start:end].rstrip().endswith((":", "：")):
        after = [(item.start, item.end) for item in listed if item.start >= end]
        if after and not text[end : after[0][0]].strip():
            _, end = _list_around(text, after, *after[0])
    elif place and not inside and evidence.asked.leans(text[start:end]):
        start = cut[place - 1][0]
    return (start, end) if end - start <= LONGEST else (one.start, one.end)


def _code_around(text: str, own: Part, cut: Sequence[Part], blocks: Sequence[Part]) -> Part | None:
    """A block of code with the sentence before it, of which one is the sentence itself; None if neither is."""
    start, end = own
    if block := next((each for each in blocks if each[0] <= start and end <= each[1]), None):
        leading = next((piece for piece in reversed(cut) if piece[1] <= block[0]), None)
        leads = leading is not None and leading not in blocks and not text[leading[1] : block[0]].strip()
        return (leading[0], block[1]) if leading is not None and leads else block
    block = next((each for each in blocks if each[0] >= end), None)
    return (start, block[1]) if block is not None and not text[end : block[0]].strip() else None


def _list_around(text: str, pieces: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """[start, end), of which some items are a part, widened to the neighbouring items that follow on one another."""
    touched = [place for place, piece in enumerate(pieces) if piece[0] < end and start < piece[1]]
    first, last = touched[0], touched[-1]
    while first and _GAP.fullmatch(text, pieces[first - 1][1], pieces[first][0]):
        first -= 1
    while last + 1 < len(pieces) and _GAP.fullmatch(text, pieces[last][1], pieces[last + 1][0]):
        last += 1
    return min(start, pieces[first][0]), max(end, pieces[last][1])
