"""Components for Haystack 3: a retriever, and a reader of what it found. Needs ``ragqa[haystack]``."""

from __future__ import annotations

from typing import Any

from haystack import Document, ExtractedAnswer, component

from ragqa.asking import Ask
from ragqa.documents import Passage
from ragqa.errors import ConfigError
from ragqa.integrations.found import Found, opened, passages
from ragqa.types import Answer, Hit

PLACE = ("document", "start", "end", "source", "line", "title", "heading", "score", "rank", "sources")


@component
class RagqaRetriever:
    """Passages of an index as documents. Their metadata have the place: ``document``, ``start``, ``end``, ``line``.

    ``index`` is the folder of an index, the address of a service, a `Pipeline` or a `Client`.
    """

    def __init__(self, index: Any, top_k: int = 10, where: dict[str, Any] | None = None) -> None:
        self.index, self.top_k, self.where = index, top_k, where
        self._opened: Any = None

    def warm_up(self) -> None:
        """Open the index."""
        if self._opened is None:
            self._opened = opened(self.index, reads=False)

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None, where: dict[str, Any] | None = None) -> dict[str, Any]:
        """The best passages for a query."""
        self.warm_up()
        found = passages(self._opened, query, self.top_k if top_k is None else top_k, where or self.where)
        return {"documents": list(map(_document, found))}


@component
class RagqaReader:
    """Extracts answers from documents, with the scores of the index' calibration; no answer below what keeps the risk.

    ``document_offset`` is the answer's place in its document's content, ``context_offset`` that in the ``context``, its
    sentence; the metadata have the place in the whole document. ``index`` is the folder of an index or a `Pipeline`.
    """

    def __init__(self, index: Any, top_k: int = 3, risk: float | None = None) -> None:
        self.index, self.top_k, self.risk = index, top_k, risk
        self._opened: Any = None

    def warm_up(self) -> None:
        """Open the index and its reader."""
        if self._opened is None:
            self._opened = opened(self.index)
            if not hasattr(self._opened, "answering"):
                raise ConfigError("RagqaReader needs an index: a service reads only what it has found itself")

    @component.output_types(answers=list[ExtractedAnswer])
    def run(self, query: str, documents: list[Document], top_k: int | None = None) -> dict[str, Any]:
        """The answers that are sure enough, best first."""
        self.warm_up()
        answering = self._opened.answering
        request = answering.request(Ask(query, k=self.top_k if top_k is None else top_k, risk=self.risk))
        hits = [_hit(document, rank) for rank, document in enumerate(documents, 1) if document.content]
        by_id = {document.id: document for document in documents}
        (reply,) = answering.read([request], [hits])
        return {"answers": [_answer(query, answer, by_id[answer.hit.passage.id]) for answer in reply.answers]}


def _document(one: Found) -> Document:
    return Document(id=one.id, content=one.text, meta=one.meta, score=one.score)


def _hit(document: Document, rank: int) -> Hit:
    """A document as a hit; one of another retriever is a text of its own."""
    meta, text = document.meta, document.content or ""
    start = int(meta.get("start", 0))
    passage = Passage(
        id=document.id,
        doc_id=str(meta.get("document", document.id)),
        text=text,
        title=str(meta.get("title", "")),
        start=start,
        end=start + len(text),
        heading=str(meta.get("heading", "")),
        source=str(meta.get("source", "")),
        line=int(meta.get("line", 0)),
        meta={name: value for name, value in meta.items() if name not in PLACE},
    )
    return Hit(passage, document.score or 0.0, rank, meta.get("sources", {}))


def _answer(query: str, answer: Answer, document: Document) -> ExtractedAnswer:
    start, end = answer.document_span
    first, _ = answer.sentence
    span = answer.span
    return ExtractedAnswer(
        query=query,
        score=answer.score,
        data=answer.text,
        document=document,
        context=answer.quote(),
        document_offset=ExtractedAnswer.Span(span.start, span.end),
        context_offset=ExtractedAnswer.Span(span.start - first, span.end - first),
        meta={"document": answer.hit.passage.doc_id, "start": start, "end": end, "line": answer.line},
    )
