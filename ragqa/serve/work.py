"""What waits to be done for a request, and how a worker does it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from ragqa.answering import Left, checked
from ragqa.asking import Ask
from ragqa.documents import Passage
from ragqa.errors import ConfigError, RagqaError
from ragqa.explanation import explain
from ragqa.grounding import ground
from ragqa.pipeline import Pipeline
from ragqa.store.passages import encodable
from ragqa.types import Hit, Reply

ROUND = 8  # texts that are judged before it is asked again whether anybody waits
Kind = Literal["ask", "explain", "search", "ground", "rerank", "embed-questions", "embed-passages"]


@dataclass(frozen=True, slots=True)
class Work:
    """One question to an index. Equal questions to one generation are equal values, so ``ask.where`` is a `Filter` or
    None. A search takes its question, ``where`` and ``k`` from ``ask``, and to ground a text takes the text as its
    question; ``texts`` are those that a caller sent to be judged by the index' models.
    """

    kind: Kind
    index: str
    generation: int
    ask: Ask
    texts: tuple[str, ...] = ()

    def goes_with(self, other: Work) -> bool:
        """Whether a worker may do both at once."""
        return self.kind == other.kind == "ask" and self.index == other.index


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a piece of work: its JSON form, the reply if it has one, and the stages of the work, each with its
    name and from when to when, in nanoseconds since 1970.
    """

    content: Mapping[str, Any]
    generation: int
    reply: Reply | None = None
    stages: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The passages that a question is answered from, before they are read."""

    hits: Sequence[Hit]
    generation: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a request: its work, and what the response says when that is done."""

    work: Work
    content: Callable[[Done], dict[str, Any]]


def do(
    pipelines: Mapping[str, Pipeline], works: Sequence[Work], tell: Callable[[int, Found], None], left: Left
) -> list[Done | RagqaError]:
    """The results of works that go with one another, in order. What is wrong with one takes its result's place; what is
    wrong with the index or a model is raised. ``tell`` is told the place of a question and its passages as soon as they
    are found. ``left`` says whether nobody waits any more for the work at a place, which then is done no further, and
    its result not to be used.
    """
    first = works[0]
    pipeline = pipelines[first.index]
    if first.kind == "ask":
        return _answered(pipeline, works, tell, left)
    hands = {"explain": _explained, "search": _found, "ground": _grounded, "rerank": _judged}
    results: list[Done | RagqaError] = []
    for place, work in enumerate(works):
        begun = time.time_ns()
        done = hands.get(work.kind, _encoded)(pipeline, work, partial(_at, left, place))
        results.append(replace(done, stages=((work.kind, begun, time.time_ns()),)))
    return results


def _at(left: Left, place: int, _only: int = 0) -> bool:
    """Whether nobody waits for the work at a place, of which there is no other part."""
    return left(place)


def _answered(
    pipeline: Pipeline, works: Sequence[Work], tell: Callable[[int, Found], None], left: Left
) -> list[Done | RagqaError]:
    answering, begun, found = pipeline.answering, time.time_ns(), dict[int, int]()
    generation = answering.snapshot.generation

    def told(place: int, hits: Sequence[Hit]) -> None:
        found[place] = time.time_ns()
        tell(place, Found(hits, generation))

    replies = answering.answer([work.ask for work in works], told, left)
    ended = time.time_ns()
    return [
        reply
        if isinstance(reply, RagqaError)
        else Done(
            reply.to_dict(),
            reply.generation,
            reply,
            (("search", begun, found[place]), ("read", found[place], ended)),
        )
        for place, reply in enumerate(replies)
    ]


def _explained(pipeline: Pipeline, work: Work, left: Left) -> Done:
    answering = pipeline.answering
    explanation = explain(answering, answering.request(work.ask), left)
    reply = explanation.reply
    return Done({**reply.to_dict(), "explanation": explanation.to_dict()}, reply.generation, reply)


def _found(pipeline: Pipeline, work: Work, _left: Left) -> Done:
    answering, ask = pipeline.answering, work.ask  # hits and generation from one
    question, generation = checked(ask.question), answering.snapshot.generation
    hits: Sequence[Hit] = answering.retriever.retrieve([question], ask.k or 10, ask.where)[0]
    content = {"question": question, "hits": [hit.to_dict() for hit in hits], "generation": generation}
    return Done(content, generation)


def _grounded(pipeline: Pipeline, work: Work, left: Left) -> Done:
    grounding = ground(pipeline.answering, work.ask.question, work.ask.where, left)
    return Done(grounding.to_dict(), grounding.generation)


def _judged(pipeline: Pipeline, work: Work, left: Left) -> Done:
    """The reader's probability, for each text, that it holds an answer."""
    answering = pipeline.answering
    if answering.reader is None:
        raise ConfigError("the service has no reader")
    question = checked(work.ask.question)
    rounds = _rounds(work, left)
    spans = [own for some in rounds for own in answering.reader.read([question] * len(some), some)]
    nulls = (next((span.score for span in own if span.end == 0), 0.0) for own in spans)
    return Done({"scores": [1.0 - math.exp(min(null, 0.0)) for null in nulls]}, answering.snapshot.generation)


def _encoded(pipeline: Pipeline, work: Work, left: Left) -> Done:
    answering = pipeline.answering
    encoder = answering.retriever.encoder
    rows: list[list[float]] = []
    for some in _rounds(work, left):
        if work.kind == "embed-questions":
            rows += encoder.encode_questions([passage.text for passage in some]).tolist()
        else:
            rows += encoder.encode_passages(some).tolist()
    return Done({"vectors": rows}, answering.snapshot.generation)


def _rounds(work: Work, left: Left) -> Iterator[list[Passage]]:
    """A caller's texts, some at a time, while somebody waits."""
    for start in range(0, len(work.texts), ROUND):
        if left(0):
            return
        yield _passages(work.texts[start : start + ROUND])


def _passages(texts: Sequence[str]) -> list[Passage]:
    clean = list(map(encodable, texts))
    return [Passage(str(place), str(place), text, "", 0, len(text)) for place, text in enumerate(clean)]
