"""What waits to be done for a request, and how a worker does it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ragqa.answering import checked
from ragqa.asking import Ask
from ragqa.documents import Passage
from ragqa.errors import ConfigError, RagqaError
from ragqa.explanation import explain
from ragqa.grounding import ground
from ragqa.pipeline import Pipeline
from ragqa.store.passages import encodable
from ragqa.types import Hit, Reply

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
    pipelines: Mapping[str, Pipeline], works: Sequence[Work], tell: Callable[[int, Found], None]
) -> list[Done | RagqaError]:
    """The results of works that go with one another, in order. What is wrong with one takes its result's place; what is
    wrong with the index or a model is raised. ``tell`` is told the place of a question and its passages as soon as they
    are found.
    """
    first = works[0]
    pipeline = pipelines[first.index]
    if first.kind == "ask":
        return _answered(pipeline, works, tell)
    hands = {"explain": _explained, "search": _found, "ground": _grounded, "rerank": _judged}
    results: list[Done | RagqaError] = []
    for work in works:
        begun = time.time_ns()
        done = hands.get(work.kind, _encoded)(pipeline, work)
        results.append(replace(done, stages=((work.kind, begun, time.time_ns()),)))
    return results


def _answered(pipeline: Pipeline, works: Sequence[Work], tell: Callable[[int, Found], None]) -> list[Done | RagqaError]:
    answering, begun, found = pipeline.answering, time.time_ns(), dict[int, int]()
    generation = answering.snapshot.generation

    def told(place: int, hits: Sequence[Hit]) -> None:
        found[place] = time.time_ns()
        tell(place, Found(hits, generation))

    replies = answering.answer([work.ask for work in works], told)
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


def _explained(pipeline: Pipeline, work: Work) -> Done:
    answering = pipeline.answering
    explanation = explain(answering, answering.request(work.ask))
    reply = explanation.reply
    return Done({**reply.to_dict(), "explanation": explanation.to_dict()}, reply.generation, reply)


def _found(pipeline: Pipeline, work: Work) -> Done:
    answering, ask = pipeline.answering, work.ask  # hits and generation from one
    question, generation = checked(ask.question), answering.snapshot.generation
    hits: Sequence[Hit] = answering.retriever.retrieve([question], ask.k or 10, ask.where)[0]
    content = {"question": question, "hits": [hit.to_dict() for hit in hits], "generation": generation}
    return Done(content, generation)


def _grounded(pipeline: Pipeline, work: Work) -> Done:
    grounding = ground(pipeline.answering, work.ask.question, work.ask.where)
    return Done(grounding.to_dict(), grounding.generation)


def _judged(pipeline: Pipeline, work: Work) -> Done:
    """The reader's probability, for each text, that it holds an answer."""
    answering = pipeline.answering
    if answering.reader is None:
        raise ConfigError("the service has no reader")
    question = checked(work.ask.question)
    spans = answering.reader.read([question] * len(work.texts), _passages(work.texts))
    nulls = (next((span.score for span in own if span.end == 0), 0.0) for own in spans)
    return Done({"scores": [1.0 - math.exp(min(null, 0.0)) for null in nulls]}, answering.snapshot.generation)


def _encoded(pipeline: Pipeline, work: Work) -> Done:
    answering = pipeline.answering
    encoder = answering.retriever.encoder
    if work.kind == "embed-questions":
        vectors = encoder.encode_questions(list(map(encodable, work.texts)))
    else:
        vectors = encoder.encode_passages(_passages(work.texts))
    return Done({"vectors": vectors.tolist()}, answering.snapshot.generation)


def _passages(texts: Sequence[str]) -> list[Passage]:
    clean = list(map(encodable, texts))
    return [Passage(str(place), str(place), text, "", 0, len(text)) for place, text in enumerate(clean)]
