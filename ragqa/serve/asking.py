"""``/v1/ask``, ``/v1/ask/batch``, ``/v1/search``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ragqa.errors import RagqaError
from ragqa.serve.bodies import AskBody, BatchBody, Question, SearchBody, ask_of, fitted, read_body
from ragqa.serve.edge import to_response
from ragqa.serve.openapi import takes
from ragqa.serve.problems import Refused, problem, refused
from ragqa.serve.service import Service
from ragqa.serve.waiting import Result
from ragqa.serve.work import Done, Kind, Work


def asking_routes(service: Service) -> APIRouter:
    """The routes of questions."""
    router = APIRouter()

    async def one(
        request: Request, body: AskBody | SearchBody, kind: Kind, action: str, index: str | None, seconds: float | None
    ) -> Response:
        access = service.access(request, action)
        name, _ = service.chosen(access, index)
        ask = ask_of(body, access.where, service.config)
        result = await service.result(request, service.work(kind, name, ask), seconds, access)
        return to_response({"index": name, **result.content})

    @router.post("/v1/ask", openapi_extra=takes(AskBody))
    async def ask(request: Request) -> Response:
        """Answer a question: the reply as `ragqa ask --json` gives it, with the name of the index."""
        service.access(request, "ask")
        body = await read_body(request, AskBody, service.config)
        return await one(request, body, "explain" if body.explain else "ask", "ask", body.index, body.timeout)

    @router.post("/v1/search", openapi_extra=takes(SearchBody))
    async def search(request: Request) -> Response:
        """Find passages for a question without reading them."""
        service.access(request, "search")
        body = await read_body(request, SearchBody, service.config)
        return await one(request, body, "search", "search", body.index, body.timeout)

    @router.post("/v1/ask/batch", openapi_extra=takes(BatchBody))
    async def batch(request: Request) -> Response:
        """Answer questions in order. In the place of one that cannot be asked stands ``{"problem": …}``."""
        access = service.access(request, "ask")
        body = await read_body(request, BatchBody, service.config)
        if len(body.questions) > service.config.questions:
            raise Refused(413, "batch-too-large", f"at most {service.config.questions} questions are taken at once")
        name, _ = service.chosen(access, body.index)
        results: dict[int, Result] = {}
        works: dict[int, Work] = {}
        for place, item in enumerate(body.questions):
            try:
                asked = ask_of(fitted(Question, item), access.where, service.config)
                works[place] = service.work("ask", name, asked)
            except (Refused, RagqaError) as error:
                results[place] = error
        found = await service.results(request, list(works.values()), body.timeout, access)
        results.update(zip(works, found, strict=True))
        request.state.note["index"] = name
        given = [_given(results[place], request.state.request_id) for place in range(len(body.questions))]
        return to_response({"index": name, "replies": given})

    return router


def _given(result: Result, request_id: str) -> dict[str, Any]:
    if isinstance(result, Done):
        return dict(result.content)
    if not isinstance(result, (Refused, RagqaError)):
        raise result
    return {"problem": problem(refused(result), request_id)}
