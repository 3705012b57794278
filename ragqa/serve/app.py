"""The application: routes, put together with the edge that all requests pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from ragqa.serve.asking import asking_routes
from ragqa.serve.chat import chat_routes
from ragqa.serve.documents import document_routes
from ragqa.serve.edge import Edge, Log, problem_response
from ragqa.serve.feedback import feedback_routes
from ragqa.serve.files import file_routes
from ragqa.serve.health import health_routes
from ragqa.serve.openapi import describe
from ragqa.serve.pictures import picture_routes
from ragqa.serve.problems import Refused
from ragqa.serve.service import Service
from ragqa.serve.static import page_routes
from ragqa.serve.talking import session_routes
from ragqa.serve.texts import text_routes

METHODS = ("DELETE", "GET", "POST")

# adds routes to an application; what it returns runs while requests are taken
Mount = Callable[[FastAPI, Service], AbstractAsyncContextManager[None]]


def make_app(service: Service, log: Log, mounts: Sequence[Mount] = ()) -> FastAPI:
    """The application of a service; ``log`` is given a line of the access log after each response. ``mounts`` add what
    others offer over the service.
    """
    mounted: list[AbstractAsyncContextManager[None]] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running(), AsyncExitStack() as running:
            for each in mounted:
                await running.enter_async_context(each)
            yield

    # FastAPI's pages of documentation load scripts of other hosts, so there are none
    app = FastAPI(title="ragqa", docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    for routes in (
        health_routes,
        asking_routes,
        session_routes,
        feedback_routes,
        document_routes,
        file_routes,
        picture_routes,
        chat_routes,
        text_routes,
    ):
        app.include_router(routes(service))
    app.include_router(page_routes())
    mounted += [mount(app, service) for mount in mounts]
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(Edge, log=log, metrics=service.metrics, traces=service.traces)
    return app


def _no_route(request: Request, error: Any) -> Response:
    """What the routing refuses: no such path (404), or not by this method (405)."""
    if error.status_code == 405:
        allowed = {"Allow": ", ".join(_methods(request))}
        refused = Refused(405, "method-not-allowed", f"{request.method} is not for this path", allowed)
    else:
        refused = Refused(error.status_code, "not-found", "there is nothing at this path", error.headers)
    return problem_response(refused, request.state.request_id)


def _methods(request: Request) -> list[str]:
    """Those that the path of a request is for, by all routes: Starlette names those of the first alone."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.routes
    return [method for method, scope in scopes.items() if any(_fits(route, scope) for route in routes)]


def _fits(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL
