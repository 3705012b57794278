"""A conversation with an index: follow-up questions are completed with what was asked and answered before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ragqa.documents import LANGUAGE
from ragqa.errors import QuestionError
from ragqa.explanation import Explanation
from ragqa.filters import Where
from ragqa.followup import Turn, Understood, understand
from ragqa.store.passages import encodable
from ragqa.types import Reply

REMEMBERED = 20  # turns that are looked back on


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a session: what it was understood as, and its reply."""

    understood: Understood
    reply: Reply

    @property
    def turn(self) -> Turn:
        """What later questions may refer to."""
        return turn_of(self.understood, self.reply)

    def to_dict(self) -> dict[str, Any]:
        """The reply's JSON form, with what was typed and what was carried over."""
        return {**self.reply.to_dict(), **account(self.understood)}


def account(understood: Understood) -> dict[str, Any]:
    """The JSON form of what was typed, what was carried over, and what there is to note of that."""
    return {
        "typed": understood.typed,
        "carried": [carried.to_dict() for carried in understood.carried],
        "note": understood.note,
    }


class Asked(Protocol):
    """What a talk asks its questions of: a `Pipeline`, or a `Client`."""

    @property
    def language(self) -> str:
        """The language of the index."""
        ...

    def ask(self, question: str, *, where: Where | None = None) -> Reply:
        """Answer one question."""
        ...


@runtime_checkable
class Explaining(Asked, Protocol):
    """One that can say why as well."""

    def explain(self, question: str, *, where: Where | None = None) -> Explanation:
        """Answer one question and say why."""
        ...


class Session:
    """Questions one after the other, each completed with those before it. Cheap to make, and for one thread only.

    The completed question is the one that is searched for and read, so ``reply.question`` is that.
    """

    def __init__(self, pipeline: Asked, *, where: Where | None = None) -> None:
        self.pipeline, self.where = pipeline, where
        self._exchanges: list[Exchange] = []
        self._turns: list[Turn] = []

    @property
    def history(self) -> tuple[Exchange, ...]:
        """All questions since the start or the last `reset`, oldest first."""
        return tuple(self._exchanges)

    @property
    def last(self) -> Exchange | None:
        """The latest of `history`."""
        return self._exchanges[-1] if self._exchanges else None

    def understand(self, question: str) -> Understood:
        """What a question would be completed to now. Nothing is asked or remembered."""
        if not isinstance(question, str):
            raise QuestionError(f"a question must be text, not {type(question).__name__}")
        return understand(encodable(question), self._turns, self.pipeline.language)

    def ask(self, question: str) -> Reply:
        """Answer a question after those before. An empty one is a `QuestionError` and is not remembered."""
        understood = self.understand(question)
        reply = self.pipeline.ask(understood.question, where=self.where)
        exchange = Exchange(understood, reply)
        self._exchanges.append(exchange)
        self._turns = [*self._turns, exchange.turn][-REMEMBERED:]
        return reply

    def reset(self) -> None:
        """Forget everything."""
        self._exchanges, self._turns = [], []


def turn_of(understood: Understood, reply: Reply) -> Turn:
    """What later questions may refer to: the best short answer, and the passages of its document that were found."""
    if not reply.answers or reply.answers[0].kind == "excerpt":
        return Turn(understood.typed, understood.question, language=_language(reply))
    passage = reply.answers[0].hit.passage
    found = sorted(
        (hit.passage for hit in reply.hits if hit.passage.doc_id == passage.doc_id), key=lambda found: found.start
    )
    context = "\n".join(own.text for own in found)
    return Turn(understood.typed, understood.question, reply.answers[0].text, passage.title, context, _language(reply))


def _language(reply: Reply) -> str:
    """That of the best hit's document, where the index recorded it."""
    return str(reply.hits[0].passage.meta.get(LANGUAGE, "")) if reply.hits else ""
