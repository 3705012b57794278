"""The tools in a service, at ``/mcp``: for its callers, with their keys, as its HTTP API lets them ask. Needs
``ragqa[mcp]``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from anyio import from_thread
from fastapi import FastAPI, Request, Response
from mcp.server.mcpserver import Context
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Message, Receive, Scope, Send

from ragqa.agents.mcp import PATH, make_server
from ragqa.agents.tools import Tools
from ragqa.asking import Ask
from ragqa.documents import Document
from ragqa.errors import ServiceError
from ragqa.filters import Where, to_json
from ragqa.grounded import Grounding
from ragqa.remote.replies import grounding_of, hits_of
from ragqa.serve.bodies import Gone, GroundBody, Question, SearchBody, ask_of, ground_of, read_bytes
from ragqa.serve.documents import visible_document
from ragqa.serve.edge import tell
from ragqa.serve.problems import refused
from ragqa.serve.service import Access, Service
from ragqa.serve.work import Done, Kind
from ragqa.store.passages import encodable, unmarked
from ragqa.types import Hit, Reply

T = TypeVar("T")


def mount(app: FastAPI, service: Service) -> AbstractAsyncContextManager[None]:
    """Offer the tools in a service's application; what is returned runs while requests are taken."""

    def tools_for(context: Context[Any, Any]) -> Tools:
        request = context.request_context.request
        assert isinstance(request, Request)  # this transport gives it
        return Tools(lambda: Caller(service, request))

    server = make_server(tools_for, "ragqa")
    # the service looks at hosts, keys and sizes itself
    server.streamable_http_app(json_response=True, stateless_http=True, host="")

    @app.post(PATH, include_in_schema=False)
    async def tools(request: Request) -> Response:
        """Let in whom the service knows; what a caller may do is looked at by each tool."""
        service.access(request)
        return _Handled(server.session_manager, await read_bytes(request, service.config))

    service.tools = PATH
    return server.session_manager.run()


class _Handled(Response):
    """What the library makes of a request whose body has been read."""

    def __init__(self, manager: StreamableHTTPSessionManager, body: bytes) -> None:
        super().__init__()
        self._manager, self._sent = manager, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        messages: list[Message] = [{"type": "http.request", "body": self._sent, "more_body": False}]

        async def received() -> Message:
            return messages.pop() if messages else await receive()

        await self._manager.handle_request(scope, received, send)


class Caller:
    """What the tools ask for one request, each time from a thread: the service, with the rights of the caller."""

    def __init__(self, service: Service, request: Request) -> None:
        self._service, self._request = service, request

    def ask(self, question: str, *, k: int, where: Where | None) -> Reply:
        """Answer one question; needs the action ask."""
        body = Question(question, _plain(where), k)
        reply = self._done("ask", "ask", lambda access: ask_of(body, access.where, self._service.config)).reply
        assert reply is not None
        return reply

    def search(self, question: str, k: int, *, where: Where | None) -> list[Hit]:
        """The best passages; needs the action search."""
        body = SearchBody(question, _plain(where), k)
        done = self._done("search", "search", lambda access: ask_of(body, access.where, self._service.config))
        return hits_of(done.content)

    def ground(self, text: str, *, where: Where | None) -> Grounding:
        """Compare a text with the documents; needs the action ask."""
        body = GroundBody(text, _plain(where))
        done = self._done("ask", "ground", lambda access: ground_of(body, access.where, self._service.config))
        return grounding_of(done.content)

    def get(self, doc_id: str) -> Document | None:
        """The document of an id, if the caller may see it; needs the action search."""
        return self._run(self._document, doc_id)

    def _done(self, action: str, kind: Kind, ask: Callable[[Access], Ask]) -> Done:
        return self._run(self._result, action, kind, ask)

    def _run(self, step: Callable[..., Coroutine[Any, Any, T]], *given: Any) -> T:
        """Do a step in the service's event loop. Of errors an agent is told what a caller of the HTTP API is told."""
        try:
            return from_thread.run(step, *given)
        except Gone:
            raise
        except Exception as error:
            tell(error, self._request.state.request_id)
            raise ServiceError(refused(error).detail) from error

    async def _result(self, action: str, kind: Kind, ask: Callable[[Access], Ask]) -> Done:
        service, request = self._service, self._request
        access = service.access(request, action)
        name, _ = service.chosen(access, request.query_params.get("index"))
        work = await asyncio.to_thread(lambda: service.work(kind, name, ask(access)))
        return await service.result(request, work, None, access)

    async def _document(self, doc_id: str) -> Document | None:
        service, request = self._service, self._request
        access = service.access(request, "search")
        name, pipeline = service.chosen(access, request.query_params.get("index"))
        snapshot = pipeline.snapshot
        request.state.note.update(index=name, generation=snapshot.generation)
        found = await asyncio.to_thread(visible_document, snapshot, encodable(doc_id), access.where)
        return None if found is None else unmarked(found)


def _plain(where: Where | None) -> dict[str, Any] | None:
    return None if where is None else to_json(where)
