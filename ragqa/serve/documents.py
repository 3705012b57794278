"""``/v1/documents``: the text around a place; and, where the service may write, adding and deleting."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter, Request, Response

from ragqa.documents import ORIGIN, PROGRAM, Document, file_of
from ragqa.errors import ConfigError, SourceError
from ragqa.filters import Filter
from ragqa.index.snapshot import Snapshot
from ragqa.serve.bodies import AddBody, DeleteBody, GivenDocument, read_body
from ragqa.serve.edge import to_response
from ragqa.serve.openapi import gives, in_path, in_query, takes
from ragqa.serve.problems import Refused
from ragqa.serve.service import Service
from ragqa.store.passages import encodable, unmarked

_PAGE = re.compile(r"\.pdf#page=(\d{1,8}(?:-\d{1,8})?)\Z", re.IGNORECASE)
AROUND, MOST = 2_000, 200_000  # characters on each side of a span, and in all
PLACE = {"parameters": in_path("doc_id") + in_query("index", start=0, end=0, around=AROUND)}


def document_routes(service: Service) -> APIRouter:
    """The routes of documents."""
    router = APIRouter()

    @router.get("/v1/documents/{doc_id:path}", openapi_extra=PLACE | gives(reply="DocumentReply"))
    async def document(request: Request) -> Response:
        """A document's text from ``start`` to ``end`` (its beginning, without them) and ``around`` characters on both
        sides, with its place, and whether ``/v1/pictures`` may have a picture of it.
        """
        access = service.access(request, "search")
        name, pipeline = service.chosen(access, request.query_params.get("index"))
        snapshot, doc_id = pipeline.snapshot, encodable(request.path_params["doc_id"])
        kept = await asyncio.to_thread(visible_document, snapshot, doc_id, access.where)
        if kept is None:
            raise Refused(404, "document-not-found", "there is no such document in this generation of the index")
        found = unmarked(kept)
        start, end = number_in(request, "start", 0), number_in(request, "end", 0)
        around = number_in(request, "around", AROUND)
        first, last = window(len(found.text), start, max(start, end), around)
        request.state.note.update(index=name, generation=snapshot.generation)
        return to_response(
            {
                "index": name,
                "id": found.id,
                "title": found.title,
                "source": found.source,
                "meta": dict(found.meta),
                "line": found.line + found.text.count("\n", 0, first) if found.line else 0,
                "length": len(found.text),
                "start": first,
                "end": last,
                "text": found.text[first:last],
                "picture": page_file(kept) is not None,
                "generation": snapshot.generation,
            }
        )

    @router.post("/v1/documents", openapi_extra=takes(AddBody) | gives(reply="AddReply"))
    async def add(request: Request) -> Response:
        """Add documents, in place of those with the same ids. What is there already as it is given costs nothing."""
        access = service.access(request, "write")
        require_writable(service)
        body = await read_body(request, AddBody, service.config)
        name, _ = service.chosen(access, body.index)
        documents = [_document(given) for given in body.documents]
        try:
            report, generation = await service.change(name, lambda index: index.upsert(documents))
        except SourceError as error:
            raise Refused(422, "unfit-document", str(error)) from error
        request.state.note.update(index=name, generation=generation)
        return to_response({"index": name, "report": asdict(report), "generation": generation})

    @router.delete("/v1/documents", openapi_extra=takes(DeleteBody) | gives(reply="DeleteReply"))
    async def delete(request: Request) -> Response:
        """Delete documents by ids or by a filter; those that are not there are passed over."""
        access = service.access(request, "write")
        require_writable(service)
        body = await read_body(request, DeleteBody, service.config)
        name, _ = service.chosen(access, body.index)
        if not body.ids and not body.where:
            raise Refused(422, "unfit-body", "name the ids of documents to delete, or a condition with where")
        ids, where = body.ids, body.where or None
        count, generation = await service.change(name, lambda index: index.delete(ids, where=where))
        request.state.note.update(index=name, generation=generation)
        return to_response({"index": name, "deleted": count, "generation": generation})

    return router


def visible_document(snapshot: Snapshot, doc_id: str, where: Filter | None) -> Document | None:
    """The document of an id, as the index has it, if a filter is about it."""
    if where is not None:
        numbers = snapshot.numbered([doc_id])
        try:
            seen = snapshot.selection.matching(snapshot.selection.resolved(where))
        except ConfigError:  # no document has a key of the filter
            return None
        if not len(numbers) or not seen[numbers].all():
            return None
    return snapshot.document(doc_id)


def page_file(document: Document) -> tuple[Path, str] | None:
    """The PDF that a document was read from, and the place in it; None if there is none here.

    Not of documents that callers gave: they could name any file of this machine.
    """
    found = _PAGE.search(document.source)
    path = Path(file_of(document.source))
    if found is None or document.meta.get(ORIGIN) == PROGRAM or not path.is_file():
        return None
    return path, found[1]


def window(length: int, start: int, end: int, around: int) -> tuple[int, int]:
    """Characters [first, last) of a text: the span and ``around`` on both sides, `MOST` at most, within the text."""
    first = max(0, min(start, length) - around)
    return first, min(length, end + around, first + MOST)


def number_in(request: Request, name: str, default: int) -> int:
    """A number of the query, from 0."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Refused(400, "parameter", f"{name} must be a whole number, not below 0")
    return int(text)


def require_writable(service: Service) -> None:
    """403 unless requests may change indexes."""
    if not service.config.writable:
        raise Refused(403, "read-only", "the service does not change its indexes: it was started without --writable")


def _document(given: GivenDocument) -> Document:
    return Document(given.id, given.text, given.title, given.source, given.meta)
