"""``/v1/pictures``: a page of a PDF as it looks, with a quotation marked."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from ragqa.corpus.drawing import draw_apart
from ragqa.corpus.limits import Limits
from ragqa.errors import SourceError
from ragqa.serve.documents import number_in, page_file, visible_document
from ragqa.serve.openapi import gives, in_path, in_query
from ragqa.serve.problems import Refused, busy
from ragqa.serve.service import Service
from ragqa.store.passages import encodable

AT_ONCE, WAITING = 2, 16  # pictures that are drawn, and that wait to be
WIDTH, NARROWEST, WIDEST = 1_200, 200, 2_400  # pixels
LIMITS = Limits()
PNG = "image/png"
PLACE = {"parameters": in_path("doc_id") + in_query("index", start=0, end=0, width=WIDTH)}


def picture_routes(service: Service) -> APIRouter:
    """The route of pictures."""
    router, room = APIRouter(), asyncio.Semaphore(AT_ONCE)
    waiting = 0

    @router.get("/v1/pictures/{doc_id:path}", openapi_extra=PLACE | gives(PNG))
    async def picture(request: Request) -> Response:
        """The page of a PDF as PNG, with characters from ``start`` to ``end`` of the document marked. Where the mark
        is, the header ``ragqa-mark`` says: its upper and lower edge as shares of the height. Only files that `ragqa
        index` has read are drawn, as long as they are where they were and say what they said.
        """
        nonlocal waiting
        access = service.access(request, "search")
        name, pipeline = service.chosen(access, request.query_params.get("index"))
        snapshot, doc_id = pipeline.snapshot, encodable(request.path_params["doc_id"])
        start, end = number_in(request, "start", 0), number_in(request, "end", 0)
        width = min(WIDEST, max(NARROWEST, number_in(request, "width", WIDTH)))
        document = await asyncio.to_thread(visible_document, snapshot, doc_id, access.where)
        file = None if document is None else page_file(document)
        if document is None or file is None:
            raise Refused(404, "picture-not-found", "there is no picture of this document")
        if waiting >= WAITING:
            raise busy()
        waiting += 1
        try:
            async with room:
                drawn = await asyncio.to_thread(draw_apart, *file, document.text, start, end, width, LIMITS)
        except SourceError as error:
            detail = "its file has changed since it was indexed, or cannot be drawn"
            raise Refused(404, "picture-not-found", detail) from error
        finally:
            waiting -= 1
        request.state.note.update(index=name, generation=snapshot.generation)
        headers = {"ragqa-mark": f"{drawn.top:.4f} {drawn.bottom:.4f}"}
        return Response(drawn.png, media_type=PNG, headers=headers)

    return router
