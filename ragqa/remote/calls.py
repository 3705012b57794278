"""Requests to a service: one connection a thread, a deadline, a wait where the service asks for one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from ragqa.convert import read_json, shown
from ragqa.errors import ConfigError, IndexNotFound, RagqaError, ServiceError, SourceError, named_kinds

MOST = 1 << 28  # bytes of a response
CHUNK = 1 << 16
BUSY, TOO_OFTEN, TOO_LARGE, NOT_FOUND = 503, 429, 413, 404
PROBLEM, INSTANCE = "urn:ragqa:problem:", "urn:ragqa:request:"
# what a service refuses, by the kind of error that it is in process
KINDS: dict[str, type[RagqaError]] = {
    **dict.fromkeys(("index-missing", "unfit-body", "malformed-body", "parameter"), ConfigError),
    **dict.fromkeys(("batch-too-large", "body-too-large", "text-too-large"), ConfigError),
    "index-not-found": IndexNotFound,
    "unfit-document": SourceError,
    "document-not-found": SourceError,
}


class Refusal(Exception):
    """A response that is no success: its status and what its problem says."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status, self.problem = status, problem


class _Cut(ConnectionError):
    """The connection was closed while a body was sent, and there is no response."""


class Calls:
    """Requests to the service at ``url``, each within ``timeout`` seconds. Safe to use from several threads.

    A service that is full (503), or was asked too often (429), and says when to come back is asked again then, if that
    is within the time. Redirections are not followed, so that a key goes to no other address.
    """

    def __init__(self, url: str, key: str | None, timeout: float) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self._secure, self._host, self._port, self._path = _taken_apart(self.url)
        self._headers = {"Accept": "application/json"}
        if key is not None:
            if not (key.isascii() and key.isprintable()):
                raise ConfigError("the key has characters that no key has: give it as ragqa keys create printed it")
            self._headers["Authorization"] = f"Bearer {key}"
        self._own = threading.local()

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """The JSON object at a path; what is refused is a `Refusal`, what does not come at all a `ServiceError`."""
        given = urlencode({name: value for name, value in query.items() if value is not None})
        return self._call("GET", f"{path}?{given}" if given else path, None)

    def send(self, method: str, path: str, body: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """The same for a request with a JSON body. Without ``wait`` a full service is a `Refusal` at once."""
        return self._call(method, path, _sent(body), wait=wait)

    def lines(self, path: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The JSON objects of a response of lines to a ``POST``, each when it has come, on a connection of its own."""
        end, content = time.monotonic() + self.timeout, _sent(body)
        with closing(self._connection()) as connection:
            while True:
                with self._told(content):
                    response = self._response(connection, "POST", self._path + path, content, end)
                    rest = b"" if response.status == 200 else _read(connection, response, end)
                if not self._paused(response, end):
                    break
            if response.status != 200:
                raise Refusal(response.status, self._taken(response, rest))
            while True:
                with self._told(content):
                    line = _line(connection, response, end)
                if not line:
                    return
                yield self._taken(response, line)

    def close(self) -> None:
        """Close this thread's connection; the next request opens another."""
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()

    def error(self, refusal: Refusal) -> RagqaError:
        """The error that a refusal is for a program: as in process where it speaks of the request."""
        return self.problem_error(refusal.problem, refusal.status)

    def problem_error(self, problem: Mapping[str, Any], status: int) -> RagqaError:
        """The same for a problem inside a response."""
        kind, detail = str(problem.get("type", "")).removeprefix(PROBLEM), str(problem.get("detail", ""))
        error = {**named_kinds(), **KINDS}.get(kind, ServiceError)
        if issubclass(error, ConfigError):
            return error(detail)
        request = str(problem.get("instance", "")).removeprefix(INSTANCE)
        where = f" (request {request})" if request else ""
        made: RagqaError = error.__new__(error, f"{self.url}: {detail or f'status {status}'}{where}")
        return made

    def unreadable(self, why: object) -> ServiceError:
        """The error for a response that is no reply."""
        return ServiceError(f"{self.url}: the response cannot be read ({why}): is it a ragqa service of this version?")

    def _call(self, method: str, path: str, body: bytes | None, *, wait: bool = True) -> dict[str, Any]:
        end = time.monotonic() + self.timeout
        while True:
            response, content = self._answered(method, self._path + path, body, end)
            if (wait or response.status != BUSY) and self._paused(response, end):
                continue
            data = self._taken(response, content)
            if response.status != 200:
                raise Refusal(response.status, data)
            return data

    def _paused(self, response: HTTPResponse, end: float) -> bool:
        """Whether a service that refuses wants to be asked again within the time, which is waited for then."""
        pause = _pause(response)
        if pause is None or time.monotonic() + pause >= end:
            return False
        time.sleep(pause)
        return True

    def _taken(self, response: HTTPResponse, content: bytes) -> dict[str, Any]:
        """The JSON object that a response, or a line of one, holds."""
        if 300 <= response.status < 400:
            to = shown(response.headers.get("Location", ""))
            raise ServiceError(f"{self.url}: redirects to {to}: give the address that is to be asked")
        try:
            return read_json(content)
        except ValueError as error:
            raise self.unreadable(f"status {response.status}, {error}") from error

    def _answered(self, method: str, path: str, body: bytes | None, end: float) -> tuple[HTTPResponse, bytes]:
        """A response and its body. Where a kept connection turns out to be closed, another is opened, once."""
        kept = getattr(self._own, "connection", None)
        connection = self._own.connection = kept or self._connection()
        reused = connection.sock is not None
        try:
            with self._told(body):
                response = self._response(connection, method, path, body, end)
                return response, _read(connection, response, end)
        except ServiceError as error:
            connection.close()
            if reused and isinstance(error.__cause__, ConnectionError):
                return self._answered(method, path, body, end)
            raise

    def _response(
        self, connection: HTTPConnection, method: str, path: str, body: bytes | None, end: float
    ) -> HTTPResponse:
        """A response whose body is yet to be read."""
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        _wait(connection, end)
        try:
            connection.request(method, path, body, headers)
        except (BrokenPipeError, ConnectionResetError) as error:
            try:  # a body that is refused may not be taken to its end
                _wait(connection, end)
                return connection.getresponse()
            except (OSError, HTTPException):
                raise _Cut from error
        _wait(connection, end)
        return connection.getresponse()

    @contextmanager
    def _told(self, body: bytes | None) -> Iterator[None]:
        """What goes wrong with a connection is told as a `ServiceError`, whose cause it is."""
        try:
            yield
        except TimeoutError as error:
            raise ServiceError(f"{self.url}: no answer within {self.timeout:g} seconds") from error
        except (OSError, HTTPException) as error:
            if isinstance(error, _Cut) and body is not None:
                taken = f"the connection was closed while {len(body):,} bytes were sent"
                raise ServiceError(f"{self.url}: {taken}: does the service take so much at once?") from error
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ServiceError(f"{self.url}: cannot be reached ({why}): is the service running?") from error

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._secure else HTTPConnection
        return kind(self._host, self._port, timeout=self.timeout)


def _taken_apart(url: str) -> tuple[bool, str, int | None, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{url!r:.200} is no address of a service: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ConfigError(f"{url!r:.200} is no address of a service: expected one such as http://127.0.0.1:8000")
    return parts.scheme == "https", parts.hostname, port, parts.path


def _pause(response: HTTPResponse) -> int | None:
    """The seconds after which a service that is full, or was asked too often, wants to be asked again."""
    said = response.headers.get("Retry-After", "")
    return (
        int(said)
        if response.status in (BUSY, TOO_OFTEN) and said.isascii() and said.isdigit() and len(said) < 8
        else None
    )


def _wait(connection: HTTPConnection, end: float) -> None:
    """Let the next step of a connection take no longer than until the end."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.timeout = left
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _sent(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the request cannot be sent as JSON: {error}") from error


def _line(connection: HTTPConnection, response: HTTPResponse, end: float) -> bytes:
    """The next line of a response, "" at its end."""
    _wait(connection, end)
    line = response.readline(MOST + 1)
    if len(line) > MOST:
        raise HTTPException(f"a line of more than {MOST:,} bytes")
    if line and not line.endswith(b"\n"):
        raise HTTPException("a line that does not end")
    return line


def _read(connection: HTTPConnection, response: HTTPResponse, end: float) -> bytes:
    content = bytearray()
    while part := response.read(CHUNK):
        content += part
        if len(content) > MOST:
            raise HTTPException(f"a response of more than {MOST:,} bytes")
        _wait(connection, end)
    return bytes(content)
