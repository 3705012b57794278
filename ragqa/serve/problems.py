"""Errors as problem details (RFC 9457): which status, and what a caller is told. Never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ragqa.errors import ConfigError, IndexLocked, RagqaError, name_of

TYPE = "urn:ragqa:problem:"
MEDIA_TYPE = "application/problem+json"


class Refused(Exception):
    """A request that is not answered: a status, a name for its kind, and what to do about it."""

    def __init__(self, status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.headers = status, kind, detail, dict(headers or {})


def unauthorized(detail: str) -> Refused:
    """Without a key, or with one that is not valid."""
    return Refused(401, "unauthorized", detail, {"WWW-Authenticate": "Bearer"})


def busy() -> Refused:
    """The queue is full."""
    return Refused(503, "busy", "too many questions wait: try again later", {"Retry-After": "1"})


def late() -> Refused:
    """The request took longer than it may."""
    return Refused(504, "deadline", "there was no answer within the time allowed: ask for less, or allow more time")


def refused(error: Exception) -> Refused:
    """What a caller is told of an error: its message if it speaks of the request, and else only its kind."""
    if isinstance(error, Refused):
        return error
    if not isinstance(error, RagqaError):
        return Refused(500, "internal-error", "something went wrong here: the log says what, by the request's id")
    kind = name_of(type(error))
    if isinstance(error, ConfigError):
        return Refused(error.http_status, kind, str(error))
    # the message of another kind names files of this machine, and is for the log
    summary = " ".join((type(error).__doc__ or kind).split()).replace("`", "")
    headers = {"Retry-After": "1"} if isinstance(error, IndexLocked) else {}
    return Refused(error.http_status, kind, summary, headers)


def problem(error: Refused, request_id: str) -> dict[str, Any]:
    """The problem details of a refusal; ``instance`` is the request's id, as it stands in the log."""
    return {
        "type": TYPE + error.kind,
        "title": error.kind.replace("-", " "),
        "status": error.status,
        "detail": error.detail,
        "instance": f"urn:ragqa:request:{request_id}",
    }
