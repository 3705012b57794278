"""``/v1/sessions``, and the questions of a session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from ragqa.followup import Understood
from ragqa.serve.bodies import AskBody, SessionBody, ask_of, read_body
from ragqa.serve.edge import to_response
from ragqa.serve.messages import completed
from ragqa.serve.openapi import gives, in_path, takes
from ragqa.serve.problems import Refused
from ragqa.serve.service import Access, Service
from ragqa.serve.work import Asked, Done, Kind, Work
from ragqa.session import account, turn_of


def session_routes(service: Service) -> APIRouter:
    """The routes of sessions."""
    router = APIRouter()

    @router.post("/v1/sessions", openapi_extra=takes(SessionBody) | gives(reply="SessionReply"))
    async def start(request: Request) -> Response:
        """Start a session, whose questions are completed with those before. It ends when it is not used for a while."""
        access = service.access(request, "ask")
        body = await read_body(request, SessionBody, service.config)
        name, _ = service.chosen(access, body.index)
        conversation = service.sessions.start(access.key, name)
        return to_response({"session": conversation.id, "index": name, "seconds": service.sessions.seconds})

    @router.delete("/v1/sessions/{session}", openapi_extra={"parameters": in_path("session")})
    async def end(request: Request) -> Response:
        """Forget a session; one that is over already is passed over."""
        access = service.access(request, "ask")
        return to_response({"ended": service.sessions.end(access.key, request.path_params["session"])})

    return router


async def follow_up(service: Service, access: Access, body: AskBody, kind: Kind) -> Asked:
    """A question of a session, whose response has the reply, and what was typed and carried over. Of several at once
    each is completed with those that have been answered by then.
    """
    session = body.session or ""
    conversation = service.sessions.find(access.key, session)
    if body.index not in (None, conversation.index):
        raise Refused(400, "other-index", f"the session is with the index {conversation.index}")
    name, pipeline = service.chosen(access, conversation.index)

    def understanding() -> tuple[Understood, Work]:
        ask = ask_of(body, access.where, service.config)
        understood = completed(ask.question, conversation.turns, pipeline.language, service.config.question_chars)
        return understood, service.work(kind, name, replace(ask, question=understood.question))

    understood, work = await asyncio.to_thread(understanding)

    def content(done: Done) -> dict[str, Any]:
        assert done.reply is not None
        service.sessions.remember(access.key, session, turn_of(understood, done.reply))
        return {"index": name, **done.content, **account(understood), "session": session}

    return Asked(work, content)
