"""What waits to be done for a request, and how a worker does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ragqa.answering import checked
from ragqa.asking import Ask
from ragqa.errors import RagqaError
from ragqa.pipeline import Pipeline
from ragqa.types import Hit, Reply

Kind = Literal["ask", "explain", "search"]


@dataclass(frozen=True, slots=True)
class Work:
    """One question to an index. Equal questions to one generation are equal values, so ``ask.where`` is a `Filter` or
    None. A search takes its question, ``where`` and ``k`` from ``ask``.
    """

    kind: Kind
    index: str
    generation: int
    ask: Ask

    def goes_with(self, other: Work) -> bool:
        """Whether a worker may do both at once."""
        return self.kind == other.kind == "ask" and self.index == other.index


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a piece of work: its JSON form, and the reply if it has one."""

    content: Mapping[str, Any]
    reply: Reply | None = None


def do(pipelines: Mapping[str, Pipeline], works: Sequence[Work]) -> list[Done | RagqaError]:
    """The results of works that go with one another, in order. What is wrong with one takes its result's place; what is
    wrong with the index or a model is raised.
    """
    first = works[0]
    pipeline = pipelines[first.index]
    if first.kind == "ask":
        replies = pipeline.answer([work.ask for work in works])
        return [reply if isinstance(reply, RagqaError) else Done(reply.to_dict(), reply) for reply in replies]
    return [_explained(pipeline, work.ask) if work.kind == "explain" else _found(pipeline, work.ask) for work in works]


def _explained(pipeline: Pipeline, ask: Ask) -> Done:
    explanation = pipeline.explain(
        ask.question,
        where=ask.where,
        k=ask.k,
        risk=ask.risk,
        passages=ask.passages,
        min_score=ask.min_score,
        all=ask.all,
    )
    reply = explanation.reply
    return Done({**reply.to_dict(), "explanation": explanation.to_dict()}, reply)


def _found(pipeline: Pipeline, ask: Ask) -> Done:
    answering = pipeline.answering  # hits and generation from one
    question = checked(ask.question)
    hits: Sequence[Hit] = answering.retriever.retrieve([question], ask.k or 10, ask.where)[0]
    content = {"question": question, "hits": [hit.to_dict() for hit in hits]}
    return Done({**content, "generation": answering.snapshot.generation})
