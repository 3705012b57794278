"""Replies, hits and groundings, rebuilt from the JSON form that their ``to_dict`` give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ragqa.convert import Misfit, convert
from ragqa.documents import Meta, Passage
from ragqa.grounded import Grounding
from ragqa.types import Answer, AnswerKind, Hit, Reply, Span, Stopped, Support, Verdict


@dataclass(frozen=True, slots=True)
class _Support:
    span: Span
    passage_id: str
    share: float


@dataclass(frozen=True, slots=True)
class _Item:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    score: float
    span: Span
    passage: Passage
    kind: AnswerKind
    support: tuple[_Support, ...]
    verdict: Verdict | None = None
    items: tuple[_Item, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reply:
    question: str
    answers: tuple[_Answer, ...]
    candidates: tuple[_Answer, ...]
    hits: tuple[Hit, ...]
    no_answer: float
    read: int
    stopped: Stopped
    generation: int
    timings: Mapping[str, float]
    nearest: _Answer | None = None
    searched: str = ""
    parts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    hits: tuple[Hit, ...]


def reply_of(data: object) -> Reply:
    """The reply that a JSON form was made of; `Misfit` for anything else. Keys that are not known are passed over."""
    sent = convert(_Reply, data, loose=True)
    return replace(_reply(sent), parts=tuple(_reply(convert(_Reply, part, loose=True)) for part in sent.parts))


def answers_of(data: Sequence[object], hits: Sequence[Hit]) -> list[Answer]:
    """Answers that are quoted from these hits, or from copies of them, from their JSON form."""
    known = {hit.passage.id: hit for hit in _with_copies(hits)}
    return [_answer(convert(_Answer, one, loose=True), known) for one in data]


def _reply(sent: _Reply) -> Reply:
    hits = {hit.passage.id: hit for hit in _with_copies(sent.hits)}
    return Reply(
        question=sent.question,
        answers=tuple(_answer(answer, hits) for answer in sent.answers),
        hits=sent.hits,
        generation=sent.generation,
        timings=sent.timings,
        read=sent.read,
        no_answer=sent.no_answer,
        candidates=tuple(_answer(answer, hits) for answer in sent.candidates),
        stopped=sent.stopped,
        nearest=None if sent.nearest is None else _answer(sent.nearest, hits),
        searched=sent.searched,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Characters [start, end) of a document that has ``length`` of them in all; ``line`` is that of the part."""

    id: str
    title: str
    source: str
    meta: Meta
    line: int
    length: int
    start: int
    end: int
    text: str
    generation: int


def part_of(data: object, start: int) -> Part:
    """The part of a document that begins at ``start``, from its JSON form; none that has nothing of what is left."""
    part = convert(Part, data, loose=True)
    if part.start != start or part.end - start != len(part.text) or (not part.text and start < part.length):
        raise Misfit(
            f"the part from {part.start} to {part.end} has {len(part.text)} characters and was asked at {start}"
        )
    return part


def hits_of(data: object) -> list[Hit]:
    """The hits of a search, from its JSON form."""
    return list(convert(_Found, data, loose=True).hits)


def grounding_of(data: object) -> Grounding:
    """The grounding that a JSON form was made of; offsets that are not those of its texts are a `Misfit`."""
    sent = convert(Grounding, data, loose=True)
    for sentence in sent.sentences:
        if sent.text[sentence.start : sentence.end] != sentence.text:
            raise Misfit(f"the sentence {sentence.text!r:.80} does not stand where it is said to stand")
        for ground in sentence.grounds:
            if not 0 <= ground.start < ground.end <= len(ground.hit.passage.text):
                raise Misfit(f"a ground of {sentence.text!r:.80} does not stand in its passage")
    return sent


def _with_copies(hits: Sequence[Hit]) -> Iterator[Hit]:
    for hit in hits:
        yield from hit.copies
        yield hit


def _answer(sent: _Answer, hits: Mapping[str, Hit]) -> Answer:
    hit = _known(hits, sent.passage.id)
    if hit.passage.text[sent.span.start : sent.span.end] != sent.text:
        raise Misfit(f"the answer {sent.text!r:.80} does not stand where it is said to stand")
    support = tuple(Support(one.span, _known(hits, one.passage_id), one.share) for one in sent.support)
    items = tuple((item.start, item.end) for item in sent.items)
    if not all(sent.span.start <= start < end <= sent.span.end for start, end in items):
        raise Misfit(f"an item of the answer {sent.text!r:.80} does not stand in it")
    return Answer(sent.text, sent.score, sent.span, hit, support, sent.features, sent.kind, sent.verdict, items)


def _known(hits: Mapping[str, Hit], passage_id: str) -> Any:
    if passage_id not in hits:
        raise Misfit(f"the passage {passage_id!r:.80} is not among the hits")
    return hits[passage_id]
