"""``/v1/ask``, ``/v1/ask/batch``, ``/v1/search``, ``/v1/ground``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from ragqa.errors import RagqaError
from ragqa.serve.bodies import (
    AskBody,
    BatchBody,
    GroundBody,
    Question,
    SearchBody,
    ask_of,
    fitted,
    ground_of,
    read_body,
)
from ragqa.serve.edge import tell, to_response
from ragqa.serve.openapi import gives, takes
from ragqa.serve.problems import Refused, problem, refused
from ragqa.serve.service import Access, Service
from ragqa.serve.streaming import MEDIA_TYPE as LINES
from ragqa.serve.streaming import streamed
from ragqa.serve.talking import follow_up
from ragqa.serve.waiting import Result
from ragqa.serve.work import Asked, Done, Kind, Work


def asking_routes(service: Service) -> APIRouter:
    """The routes of questions."""
    router = APIRouter()

    @router.post("/v1/ask", openapi_extra=takes(AskBody) | gives(LINES, reply="AskReply"))
    async def ask(request: Request) -> Response:
        """Answer a question: the reply as `ragqa ask --json` gives it, with the name of the index. With ``stream`` it
        comes in lines of JSON (NDJSON): of type "hits" as soon as passages are found, then of type "reply", or "error".
        """
        access = service.access(request, "ask")
        body = await read_body(request, AskBody, service.config)
        kind: Kind = "explain" if body.explain else "ask"
        asked = await (_plain if body.session is None else follow_up)(service, access, body, kind)
        if body.stream:
            return await streamed(service, request, asked, body.timeout, access)
        return to_response(asked.content(await service.result(request, asked.work, body.timeout, access)))

    @router.post("/v1/search", openapi_extra=takes(SearchBody) | gives(reply="SearchReply"))
    async def search(request: Request) -> Response:
        """Find passages for a question without reading them."""
        access = service.access(request, "search")
        body = await read_body(request, SearchBody, service.config)
        asked = await _plain(service, access, body, "search")
        return to_response(asked.content(await service.result(request, asked.work, body.timeout, access)))

    @router.post("/v1/ground", openapi_extra=takes(GroundBody) | gives(reply="GroundReply"))
    async def ground(request: Request) -> Response:
        """Compare a text with the documents: what supports each of its sentences, and which nothing supports."""
        access = service.access(request, "ask")
        body = await read_body(request, GroundBody, service.config)
        name, _ = service.chosen(access, body.index)
        work = await asyncio.to_thread(
            lambda: service.work("ground", name, ground_of(body, access.where, service.config))
        )
        result = await service.result(request, work, body.timeout, access)
        return to_response({"index": name, **result.content})

    @router.post("/v1/ask/batch", openapi_extra=takes(BatchBody) | gives(reply="BatchReply"))
    async def batch(request: Request) -> Response:
        """Answer questions in order. In the place of one that cannot be asked stands ``{"problem": …}``."""
        access = service.access(request, "ask")
        body = await read_body(request, BatchBody, service.config)
        if len(body.questions) > service.config.questions:
            raise Refused(413, "batch-too-large", f"at most {service.config.questions} questions are taken at once")
        service.rates.owe(access.key, len(body.questions) - 1)
        name, _ = service.chosen(access, body.index)
        asked = await asyncio.to_thread(lambda: [_work(service, name, item, access) for item in body.questions])
        works = [each for each in asked if isinstance(each, Work)]
        found = iter(await service.results(request, works, body.timeout, access))
        results = [next(found) if isinstance(each, Work) else each for each in asked]
        request.state.note["index"] = name
        replies = [_given(result, request.state.request_id) for result in results]
        return to_response({"index": name, "replies": replies})

    return router


async def _plain(service: Service, access: Access, body: AskBody | SearchBody, kind: Kind) -> Asked:
    """A question that stands for itself."""
    name, _ = service.chosen(access, body.index)
    # in a thread, as what a body asks for may be a filter of very many values
    work = await asyncio.to_thread(lambda: service.work(kind, name, ask_of(body, access.where, service.config)))
    return Asked(work, lambda done: {"index": name, **done.content})


def _work(service: Service, name: str, item: Mapping[str, Any], access: Access) -> Work | Refused | RagqaError:
    """The work for one question of a batch, or what is wrong with it."""
    try:
        return service.work("ask", name, ask_of(fitted(Question, item), access.where, service.config))
    except (Refused, RagqaError) as error:
        return error


def _given(result: Result, request_id: str) -> dict[str, Any]:
    """What stands in a batch's reply for one question. What goes wrong with one takes no reply from another."""
    if isinstance(result, Done):
        return dict(result.content)
    tell(result, request_id)
    return {"problem": problem(refused(result), request_id)}
