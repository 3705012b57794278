"""``/v1/chat/completions`` and ``/v1/models``: answers in the shape that chat front ends know. Citations keep their
exact places in a field of our own; fields that mean nothing here are passed over.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from ragqa.serve.bodies import MODEL, ChatBody, Question, ask_of, read_body
from ragqa.serve.edge import to_response
from ragqa.serve.openapi import gives, takes
from ragqa.serve.problems import Refused
from ragqa.serve.service import Service
from ragqa.types import Answer, Reply

EVENTS = "text/event-stream"
NOTHING = "No answer was found in the documents."


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
        """Answer the last message of the user. The answer's place is a citation (annotation)."""
        access = service.access(request, "ask")
        body = await read_body(request, ChatBody, service.config, loose=True)
        name = service.named(access, body.model)
        ask = ask_of(Question(_question(body)), access.where, service.config)
        done = await service.result(request, service.work("ask", name, ask), None, access)
        assert done.reply is not None
        content, notes = _said(done.reply, name, str(request.base_url))
        message = {"role": "assistant", "content": content, "annotations": notes}
        own = {"index": name, "generation": done.reply.generation, "answered": done.reply.answered}
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model, MODEL: own}
        return _streamed(head, message) if body.stream else _whole(head, message)

    return router


def _question(body: ChatBody) -> str:
    """The text of the user's last message, of which only text counts."""
    content = next((each.get("content") for each in reversed(body.messages) if each.get("role") == "user"), None)
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    words = [text for text in texts if isinstance(text, str)]
    if not words:
        raise Refused(422, "unfit-body", "messages must have a text of the user")
    return "\n".join(words)


def _said(reply: Reply, index: str, base: str) -> tuple[str, list[dict[str, Any]]]:
    """The answer in words, with its sentence and source; and its citation."""
    if not reply.answers:
        return NOTHING, []
    answer = reply.answers[0]
    line = f", line {answer.line}" if answer.line else ""
    quoted = "" if answer.kind == "excerpt" else f"> {answer.quote()}\n\n"
    said = f"{answer.verdict.capitalize()}: " if answer.verdict else ""
    content = f"{said}{answer.text}\n\n{quoted}({answer.source or answer.hit.passage.doc_id}{line})"
    citation = {
        "start_index": len(said),
        "end_index": len(said) + len(answer.text),
        "title": answer.hit.passage.title or answer.source,
        "url": _url(answer, index, base),
    }
    return content, [{"type": "url_citation", "url_citation": citation, MODEL: answer.to_dict()}]


def _url(answer: Answer, index: str, base: str) -> str:
    """Where the answer can be read: in its source if that is on the web, else from this service."""
    if answer.source.startswith(("http://", "https://")):
        return answer.source
    start, end = answer.document_span
    place = urlencode({"index": index, "start": start, "end": end})
    return f"{base}v1/documents/{quote(answer.hit.passage.doc_id)}?{place}"


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
