"""``/v1/chat/completions`` and ``/v1/models``: answers in the shape that chat front ends know. Citations keep their
exact places in a field of our own; fields that mean nothing here are passed over.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from ragqa.followup import Understood
from ragqa.serve.bodies import MODEL, ChatBody, Question, ask_of, read_body
from ragqa.serve.edge import to_response
from ragqa.serve.links import links_to
from ragqa.serve.messages import understood_last
from ragqa.serve.openapi import gives, takes
from ragqa.serve.said import say
from ragqa.serve.service import Access, Service
from ragqa.serve.work import Work
from ragqa.session import account

EVENTS = "text/event-stream"


def chat_routes(service: Service) -> APIRouter:
    """The routes of chats."""
    router = APIRouter()

    @router.get("/v1/models")
    async def models(request: Request) -> Response:
        """The indexes, as models: "ragqa/NAME"."""
        access = service.access(request)
        found = [
            {"id": f"{MODEL}/{name}", "object": "model", "created": 0, "owned_by": MODEL}
            for name in service.visible(access)
        ]
        return to_response({"object": "list", "data": found})

    @router.post("/v1/chat/completions", openapi_extra=takes(ChatBody) | gives(EVENTS))
    async def chat(request: Request) -> Response:
        """Answer the last message of the user, completed with the messages before. Each answer's place is a citation
        (annotation).
        """
        access = service.access(request, "ask")
        body = await read_body(request, ChatBody, service.config, loose=True)
        name = service.named(access, body.model)
        understood, work = await asyncio.to_thread(_work, service, access, name, body)
        done = await service.result(request, work, None, access)
        assert done.reply is not None
        base = service.config.public_url or str(request.base_url)
        content, notes = say(done.reply, links_to(base, name, done.generation))
        message = {"role": "assistant", "content": content, "annotations": notes}
        own = {"index": name, "generation": done.generation, "answered": done.reply.answered}
        own |= {"question": done.reply.question, **account(understood)}
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model, MODEL: own}
        return _streamed(head, message) if body.stream else _whole(head, message)

    return router


def _work(service: Service, access: Access, name: str, body: ChatBody) -> tuple[Understood, Work]:
    """What is asked, and the work that it makes."""
    most = service.config.question_chars
    understood = understood_last(body.messages, service.pipelines[name].language, most)
    return understood, service.work("ask", name, ask_of(Question(understood.question), access.where, service.config))


def _whole(head: Mapping[str, Any], message: Mapping[str, Any]) -> Response:
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}  # clients want it; nothing is counted
    return to_response({**head, "object": "chat.completion", "choices": [choice], "usage": usage})


def _streamed(head: Mapping[str, Any], message: Mapping[str, Any]) -> Response:
    """The answer as events; it is all there when the first is sent."""
    events = []
    for delta, finish in ((message, None), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        events.append(json.dumps({**head, "object": "chat.completion.chunk", "choices": [choice]}))
    return Response("".join(f"data: {event}\n\n" for event in (*events, "[DONE]")), media_type=EVENTS)
