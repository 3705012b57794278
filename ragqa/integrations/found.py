"""What every framework is given: texts with their exact places, from an index or from a service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ragqa.filters import Where
from ragqa.remote import KEY
from ragqa.types import Answer, Hit, Reply


class Source(Protocol):
    """What is asked: a `Pipeline`, or a `Client`."""

    def ask(self, question: str, *, k: int, where: Where | None) -> Reply:
        """Answer one question."""
        ...

    def search(self, question: str, k: int, *, where: Where | None) -> list[Hit]:
        """The best passages."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Characters [start, end) of a document, its score, and what else is known of it (``meta``, with the place)."""

    id: str
    text: str
    document: str
    start: int
    end: int
    score: float
    meta: dict[str, Any]


def opened(source: Any, *, reads: bool = True) -> Any:
    """A `Pipeline` or `Client` as it is; for the folder of an index or the address of a service a new one. A service's
    key is in the environment variable RAGQA_KEY.
    """
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        from ragqa.remote.client import Client

        return Client(source, os.environ.get(KEY))
    if isinstance(source, (str, Path)):
        from ragqa.pipeline import Pipeline

        return Pipeline.load(source, reads=reads)
    return source


def passages(source: Source, query: str, k: int, where: Where | None) -> Iterator[Found]:
    """The best passages for a query."""
    for hit in source.search(query, k, where=where):
        passage = hit.passage
        more = {"rank": hit.rank, "sources": dict(hit.sources)}
        yield _found(hit, passage.text, passage.start, passage.end, passage.line, hit.score, more)


def sentences(source: Source, query: str, k: int, where: Where | None) -> Iterator[Found]:
    """The sentences of the answers to a question; what is known of each tells the answer and where it stands."""
    for answer in source.ask(query, k=k, where=where).answers:
        yield _sentence(answer)


def _sentence(answer: Answer) -> Found:
    passage = answer.hit.passage
    first, last = answer.sentence
    start, end = answer.document_span
    more = {"answer": answer.text, "answer_start": start, "answer_end": end}
    text = passage.text[first:last]
    return _found(answer.hit, text, passage.start + first, passage.start + last, answer.line, answer.score, more)


def _found(hit: Hit, text: str, start: int, end: int, line: int, score: float, more: dict[str, Any]) -> Found:
    passage = hit.passage
    place = {
        "document": passage.doc_id,
        "start": start,
        "end": end,
        "source": passage.source,
        "line": line,
        "title": passage.title,
        "heading": passage.heading,
        "score": score,
    }
    return Found(passage.id, text, passage.doc_id, start, end, score, {**passage.meta, **place, **more})
