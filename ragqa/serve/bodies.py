"""What requests say, and how their bodies are read: JSON, not too long, not too slow, and exactly of these fields."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from starlette.requests import ClientDisconnect, Request

from ragqa.asking import Ask
from ragqa.convert import Misfit, convert, read_json
from ragqa.errors import ConfigError, QuestionError
from ragqa.filters import Filter, parse_filter
from ragqa.sentences import sentences
from ragqa.serve.problems import Refused
from ragqa.serve.settings import ServeConfig
from ragqa.types import AnswerForm

Body = TypeVar("Body")
MODEL = "ragqa"  # the name by which clients that choose a model choose the only index


class Gone(Exception):
    """The caller has closed the connection."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its settings (see `ragqa.Ask`)."""

    question: str
    where: Mapping[str, Any] | None = None
    k: int | None = None
    risk: float | None = None
    passages: int | None = None
    min_score: float | None = None
    all: bool | None = None
    form: AnswerForm | None = None
    as_typed: bool | None = None


@dataclass(frozen=True, slots=True)
class AskBody(Question):
    """``POST /v1/ask``: a question with its settings; ``timeout`` are the seconds that it may take. With a ``session``
    it is completed with what was asked before. With ``stream`` passages are sent as soon as they are found.
    """

    index: str | None = None
    session: str | None = None
    explain: bool = False
    stream: bool = False
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class SessionBody:
    """``POST /v1/sessions``: with which index."""

    index: str | None = None


@dataclass(frozen=True, slots=True)
class BatchBody:
    """``POST /v1/ask/batch``: questions, each as `Question` has it."""

    questions: tuple[Mapping[str, Any], ...]
    index: str | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class SearchBody:
    """``POST /v1/search``: the ``k`` passages nearest to a question."""

    question: str
    where: Mapping[str, Any] | None = None
    k: int = 10
    index: str | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class GroundBody:
    """``POST /v1/ground``: a text that somebody wrote, which is compared with the documents sentence by sentence."""

    text: str
    where: Mapping[str, Any] | None = None
    index: str | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class FeedbackBody:
    """``POST /v1/feedback``: whether an ``answer`` to a question is "right" or "wrong", or that the documents have
    "none"; where it stands, if that is known.
    """

    question: str
    verdict: Literal["right", "wrong", "none"]
    answer: str = ""
    document: str = ""
    start: int = 0
    end: int = 0
    index: str | None = None


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """A document to add, or to put in the place of the one with its id."""

    id: str
    text: str
    title: str = ""
    source: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddBody:
    """``POST /v1/documents``."""

    documents: tuple[GivenDocument, ...]
    index: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteBody:
    """``DELETE /v1/documents``: those of these ids, and those that a filter is about."""

    ids: tuple[str, ...] = ()
    where: Mapping[str, Any] | None = None
    index: str | None = None


@dataclass(frozen=True, slots=True)
class ChatBody:
    """``POST /v1/chat/completions``: the last message of the user is the question, which is completed with the messages
    before it.
    """

    messages: tuple[Mapping[str, Any], ...]
    model: str = MODEL
    stream: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddingsBody:
    """``POST /v1/embeddings``: a text or a list of texts; ``input_type`` says which side of a search they are."""

    input: Any
    model: str = MODEL
    encoding_format: str = "float"
    input_type: str = "query"


@dataclass(frozen=True, slots=True)
class RerankBody:
    """``POST /v1/rerank``: texts, or tables with a ``text``, in the order of how surely they answer the query."""

    query: str
    documents: tuple[Any, ...]
    model: str = MODEL
    top_n: int | None = None
    return_documents: bool = False


BODIES = (
    AskBody,
    SessionBody,
    BatchBody,
    SearchBody,
    GroundBody,
    FeedbackBody,
    AddBody,
    DeleteBody,
    ChatBody,
    EmbeddingsBody,
    RerankBody,
    Question,
)


async def read_body(request: Request, kind: type[Body], config: ServeConfig, *, loose: bool = False) -> Body:
    """A request's body. JSON alone is taken: a page of another origin cannot send it without asking first."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "media-type", "send the body as Content-Type: application/json")
    content = await read_bytes(request, config)
    # in a thread, so that health is told while a large body is taken apart
    return await asyncio.to_thread(_read, kind, content, loose)


async def read_bytes(request: Request, config: ServeConfig) -> bytes:
    """A body as it is, if it is neither too large nor too slow."""
    try:
        async with asyncio.timeout(config.body_seconds):
            return await _bytes(request, config.body_bytes)
    except TimeoutError:
        raise Refused(408, "slow-body", "the body took too long to arrive") from None
    except ClientDisconnect:
        raise Gone from None


def _read(kind: type[Body], content: bytes, loose: bool) -> Body:
    try:
        data = read_json(content)
    except ValueError as error:
        raise Refused(400, "malformed-body", f"the body cannot be read as JSON: {error}") from None
    return fitted(kind, data, loose=loose)


def fitted(kind: type[Body], data: object, *, loose: bool = False) -> Body:
    """Plain data as a body; what does not fit is a 422 that names the field. With ``loose``, unknown fields are passed
    over.
    """
    try:
        return convert(kind, data, loose=loose)
    except Misfit as error:
        raise Refused(422, "unfit-body", str(error)) from None


def ask_of(body: Question | SearchBody, forced: Filter | None, config: ServeConfig) -> Ask:
    """The request that a body makes, kept to what the caller may see, within the bounds; `ConfigError` otherwise."""
    if len(body.question) > config.question_chars:
        raise QuestionError(
            f"the question has {len(body.question):,} characters: at most {config.question_chars:,} are taken"
        )
    where = both(parse_filter(body.where), forced)
    if isinstance(body, SearchBody):
        if not 1 <= body.k <= config.passages:
            raise ConfigError(f"k is not possible: expected a number from 1 to {config.passages}")
        return Ask(body.question, where, k=body.k)
    for name, value in (("k", body.k), ("passages", body.passages)):
        if value is not None and value > config.passages:
            raise ConfigError(f"{name} is more than {config.passages}, the most that this service gives")
    return Ask(
        body.question, where, body.k, body.risk, body.passages, body.min_score, body.all, body.form, body.as_typed
    )


def ground_of(body: GroundBody, forced: Filter | None, config: ServeConfig) -> Ask:
    """The text that is to be compared, as a request: no longer than so many questions, and of no more sentences."""
    if len(body.text) > config.questions * config.question_chars:
        raise Refused(
            413, "text-too-large", f"at most {config.questions * config.question_chars:,} characters are taken"
        )
    if sum(1 for _ in sentences(body.text, 0, len(body.text))) > config.questions:
        raise Refused(413, "text-too-large", f"at most {config.questions} sentences are taken at once")
    return Ask(body.text, both(parse_filter(body.where), forced))


def both(one: Filter | None, other: Filter | None) -> Filter | None:
    """What both filters are about."""
    if one is None or other is None:
        return one or other
    return Filter((*one.conditions, *other.conditions))


def too_large(most: int) -> Refused:
    """A body of more than so many bytes."""
    return Refused(413, "body-too-large", f"the body has more than {most:,} bytes", {"Connection": "close"})


async def _bytes(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and (len(length) > len(str(most)) or int(length) > most):
        raise too_large(most)
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most:
            raise too_large(most)
    return bytes(content)
