"""A reply in lines of JSON (NDJSON), each sent as soon as there is something to say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ragqa.serve.bodies import Gone
from ragqa.serve.edge import tell, to_json
from ragqa.serve.problems import problem, refused
from ragqa.serve.service import Access, Service
from ragqa.serve.work import Asked, Done, Found

MEDIA_TYPE = "application/x-ndjson"


async def streamed(service: Service, request: Request, asked: Asked, seconds: float | None, access: Access) -> Response:
    """The response to a question. Whatever goes wrong before its first line is raised."""
    steps = service.steps(request, asked.work, seconds, access)
    return Lines(_lines(request, asked, await anext(steps), steps), media_type=MEDIA_TYPE)


class Lines(StreamingResponse):
    """Lines of JSON as they come. Whether the caller is still there is looked at by who makes the lines."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        await self.stream_response(send)


async def _lines(
    request: Request, asked: Asked, first: Found | Done, steps: AsyncGenerator[Found | Done, None]
) -> AsyncIterator[bytes]:
    async with aclosing(steps):
        try:
            yield _line(asked, first)
            async for step in steps:
                yield _line(asked, step)
        except Gone:
            raise
        except Exception as error:  # half a response cannot become a problem: it gets a last line
            request_id, told = request.state.request_id, refused(error)
            tell(error, request_id)
            request.state.note["problem"] = told.kind
            yield to_json({"type": "error", "problem": problem(told, request_id)}) + b"\n"


def _line(asked: Asked, step: Found | Done) -> bytes:
    content: dict[str, Any]
    if isinstance(step, Done):
        content = {"type": "reply", **asked.content(step)}
    else:
        hits = [hit.to_dict() for hit in step.hits]
        content = {"type": "hits", "index": asked.work.index, "generation": step.generation, "hits": hits}
    return to_json(content) + b"\n"
