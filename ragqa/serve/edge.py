"""What every request and response passes: an id, security headers, the access log, figures, the last word on errors.

This is the one place of the service that catches whatever is raised.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragqa.errors import RagqaError
from ragqa.serve.bodies import Gone
from ragqa.serve.metrics import Metrics
from ragqa.serve.problems import MEDIA_TYPE, Refused, problem, refused
from ragqa.serve.tracing import Ended, Traces

LOG = logging.getLogger("ragqa.serve")
CLOSED = 499  # in the log: the caller did not wait for the response
UNREAD, PATIENCE = 1_000_000, 0.5  # bytes and seconds of a refused body that are still taken in
HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
Log = Callable[[Mapping[str, Any]], None]


def to_json(content: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8, in one line; half a character, which UTF-8 cannot hold, is escaped."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")


def to_response(content: Mapping[str, Any], status: int = 200, media_type: str = "application/json") -> Response:
    """A response of JSON."""
    return Response(to_json(content), status, media_type=media_type)


def problem_response(error: Refused, request_id: str) -> Response:
    """The response for a refusal."""
    response = to_response(problem(error, request_id), error.status, MEDIA_TYPE)
    response.headers.update(error.headers)
    return response


class Edge:
    """The outermost part of the application. Endpoints put into ``scope["state"]["note"]`` what the log is to say."""

    def __init__(self, app: ASGIApp, log: Log, metrics: Metrics, traces: Traces) -> None:
        self._app, self._log, self._metrics, self._traces = app, log, metrics, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, note={})
        with self._traces.request(scope["method"], headers) as ended:
            await self._http(scope, receive, send, ended)

    async def _http(self, scope: Scope, receive: Receive, send: Send, ended: Ended) -> None:
        started, status, arriving = time.perf_counter(), 0, True
        request_id, note = scope["state"]["request_id"], scope["state"]["note"]
        own = [(name.encode(), value.encode()) for name, value in {**HEADERS, "x-request-id": request_id}.items()]

        async def received() -> Message:
            nonlocal arriving
            message = await receive()
            arriving = message["type"] == "http.request" and message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given_already = {header for header, _ in message["headers"]}
                more = [(header, value) for header, value in own if header not in given_already]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        try:
            await self._app(scope, received, sent)
        except Gone:
            status = CLOSED
        except Exception as error:  # whatever it is, the caller gets a problem and the log the rest
            tell(error, request_id)
            if status:
                raise  # half a response cannot be taken back: the connection is closed
            if arriving and not any(name == b"expect" for name, _ in scope["headers"]):
                await _hear_out(receive)
            await problem_response(refused(error), request_id)(scope, receive, sent)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.request(route, status, seconds)
            ended(route, status, note)
            self._log(
                {
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "id": request_id,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    **note,
                }
            )


async def _hear_out(receive: Receive) -> None:
    """Take in the rest of a body, for a while: a caller who is cut off while sending may lose the response."""
    left = UNREAD
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def tell(error: Exception, request_id: str) -> None:
    """Say in the log what a caller is not told."""
    if isinstance(error, RagqaError) and error.http_status >= 500:
        LOG.error("request %s: %s: %s", request_id, type(error).__name__, error)
    elif not isinstance(error, (RagqaError, Refused)):
        LOG.error("request %s: internal error", request_id, exc_info=error)
