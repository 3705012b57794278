"""``/v1/feedback``: what callers say of answers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from ragqa.answering import checked
from ragqa.index.snapshot import Snapshot
from ragqa.serve.bodies import FeedbackBody, read_body
from ragqa.serve.documents import visible_document
from ragqa.serve.edge import to_response
from ragqa.serve.openapi import gives, takes
from ragqa.serve.problems import Refused
from ragqa.serve.questionlog import Entry, now
from ragqa.serve.service import Access, Service
from ragqa.store.passages import encodable


def feedback_routes(service: Service) -> APIRouter:
    """The route of feedback."""
    router = APIRouter()

    @router.post("/v1/feedback", openapi_extra=takes(FeedbackBody) | gives(reply="FeedbackReply"))
    async def feedback(request: Request) -> Response:
        """Say that an answer is "right" or "wrong", or that the documents hold "none"; where a log of questions is
        kept. An answer that names its document and characters must stand there.
        """
        access = service.access(request, "ask")
        if service.questions is None:
            raise Refused(403, "no-log", "the service keeps no log of questions: it was started without --question-log")
        body = await read_body(request, FeedbackBody, service.config)
        name, pipeline = service.chosen(access, body.index)
        question = checked(body.question)
        most = service.config.question_chars
        if len(question) > most or len(body.answer) > most:
            raise Refused(413, "text-too-large", f"question and answer may have {most:,} characters")
        if body.verdict != "none" and not body.answer.strip():
            raise Refused(422, "unfit-body", "answer is missing: which answer is right or wrong?")
        snapshot = pipeline.snapshot
        await asyncio.to_thread(_check_place, body, snapshot, access)
        entry = Entry(
            time=now(),
            index=name,
            question=question,
            verdict=body.verdict,
            answer=encodable(body.answer),
            document=encodable(body.document),
            start=body.start,
            end=body.end,
            key=access.key,
        )
        await asyncio.to_thread(service.questions.add, entry)
        request.state.note.update(index=name, generation=snapshot.generation)
        said = {"index": name, "generation": snapshot.generation}
        return to_response({**said, "question": question, "verdict": body.verdict})

    return router


def _check_place(body: FeedbackBody, snapshot: Snapshot, access: Access) -> None:
    """That the answer stands where it is said to stand, in a document that the caller may see."""
    if not body.document:
        return
    found = visible_document(snapshot, encodable(body.document), access.where)
    if found is None:
        raise Refused(404, "document-not-found", "there is no such document in this generation of the index")
    if body.end and found.text[max(0, body.start) : body.end] != body.answer:
        raise Refused(422, "unfit-body", "the answer does not stand at these characters of the document")
