"""`Client`: asks a service as a `Pipeline` is asked, and changes its documents as an `Index` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, Unpack
from urllib.parse import quote

from ragqa.asking import Ask, AskSettings
from ragqa.config import check_number
from ragqa.convert import Misfit, convert
from ragqa.documents import Document
from ragqa.errors import ConfigError, QuestionError, RagqaError
from ragqa.filters import Where, parse_filter, to_json
from ragqa.grounded import Grounding
from ragqa.metadata import plain_meta
from ragqa.remote.calls import BUSY, NOT_FOUND, TOO_LARGE, Calls, Refusal
from ragqa.remote.replies import Part, grounding_of, hits_of, part_of, reply_of
from ragqa.types import Answer, Hit, Reply

if TYPE_CHECKING:
    from ragqa.explanation import Explanation
    from ragqa.index.report import BuildReport
    from ragqa.session import Session

BATCH = 8  # questions of a request
WINDOW = 200_000  # characters of a document that a service gives at once
T = TypeVar("T")


class Client:
    """Asks the service at ``url`` (`ragqa serve`); replies equal those of the `Pipeline` that is served.

    ``index`` names one of several indexes. A request takes at most ``timeout`` seconds, waiting for a full service
    included. What is wrong with a question, a filter or a setting is the error that it is in process; a service that
    cannot be reached, lets nobody in or has no time is a `ServiceError`. Safe to use from several threads.
    """

    def __init__(self, url: str, key: str | None = None, *, index: str | None = None, timeout: float = 60.0) -> None:
        check_number(timeout, "timeout")
        if timeout <= 0:
            raise ConfigError(f"timeout is {timeout}: expected above 0")
        self.index, self._calls = index, Calls(url, key, timeout)
        self._language: str | None = None

    def __repr__(self) -> str:
        """Without the key."""
        return f"Client({self._calls.url!r}, index={self.index!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close this thread's connection; a later question opens another."""
        self._calls.close()

    def ask(self, question: str, **settings: Unpack[AskSettings]) -> Reply:
        """Answer one question; ``settings`` are those of an `Ask`."""
        return self._reply(self._send("POST", "/v1/ask", _asked(Ask(question, **settings))))

    def stream(self, question: str, **settings: Unpack[AskSettings]) -> Iterator[list[Hit] | Reply]:
        """Answer one question in two steps: the passages that were found, as soon as they are, and then the reply."""
        body = {**_asked(Ask(question, **settings)), "index": self.index, "stream": True}
        try:
            for line in self._calls.lines("/v1/ask", body):
                if line.get("type") == "hits":
                    yield self._read(hits_of, line)
                    continue
                if isinstance(line.get("problem"), dict):
                    raise self._calls.problem_error(line["problem"], 200)
                yield self._reply(line)
                return
        except Refusal as refusal:
            raise self._calls.error(refusal) from None
        raise self._calls.unreadable("it ends without a reply")

    def ask_many(self, questions: Iterable[str], **settings: Unpack[AskSettings]) -> list[Reply]:
        """Answer questions in order."""
        return list(self.ask_iter(questions, **settings))

    def ask_iter(self, questions: Iterable[str], **settings: Unpack[AskSettings]) -> Iterator[Reply]:
        """Answer a stream of questions in order, in batches; the error of the first question that fails is raised."""
        for batch in _batches(Ask(question, **settings) for question in questions):
            for reply in self._batch(batch):
                if isinstance(reply, RagqaError):
                    raise reply
                yield reply

    def answer(self, asks: Iterable[Ask]) -> list[Reply | RagqaError]:
        """One reply for each request, in order, each with settings of its own; those of a batch from one generation.

        An error in a request takes the place of its reply and affects no other; other errors are raised.
        """
        return [reply for batch in _batches(asks) for reply in self._batch(batch)]

    def session(self, *, where: Where | None = None) -> Session:
        """A conversation, whose questions are completed here and asked there (see `ragqa.session`)."""
        from ragqa.session import Session

        return Session(self, where=where)

    def explain(self, question: str, **settings: Unpack[AskSettings]) -> Explanation:
        """Answer one question and explain the reply. Of the settings of the search, ``retrieve`` has those that decide
        how scores are joined.
        """
        from ragqa.remote.explained import explanation_of

        body = {**_asked(Ask(question, **settings)), "explain": True}
        return self._read(explanation_of, self._send("POST", "/v1/ask", body))

    def search(self, question: str, k: int = 10, *, where: Where | None = None) -> list[Hit]:
        """The ``k`` best passages, fewer if the index holds fewer."""
        body = {**_asked(Ask(question, where)), "k": k}
        return self._read(hits_of, self._send("POST", "/v1/search", body))

    def search_many(self, questions: Sequence[str], k: int = 10, *, where: Where | None = None) -> list[list[Hit]]:
        """The best passages of each question."""
        return [self.search(question, k, where=where) for question in questions]

    def ground(self, text: str, *, where: Where | None = None) -> Grounding:
        """Compare a text of somebody else's with the documents, sentence by sentence."""
        if not isinstance(text, str):
            raise QuestionError(f"a question must be text, not {type(text).__name__}")
        return self._read(grounding_of, self._send("POST", "/v1/ground", {"text": text, "where": _where(where)}))

    def feedback(
        self, question: str, verdict: Literal["right", "wrong", "none"], answer: str | Answer | None = None
    ) -> None:
        """Tell the service that an answer is "right" or "wrong", or that its documents hold "none", where it keeps a
        log of questions (else a `ServiceError`). An `Answer` is told with its place.
        """
        body: dict[str, Any] = {"question": question, "verdict": verdict}
        if isinstance(answer, Answer):
            start, end = answer.document_span
            body |= {"answer": answer.text, "document": answer.hit.passage.doc_id, "start": start, "end": end}
        elif answer is not None:
            body["answer"] = answer
        self._send("POST", "/v1/feedback", body)

    @property
    def language(self) -> str:
        """The language that the documents were indexed in."""
        if self._language is None:
            indexes = self.info()["indexes"]
            name = self.index if self.index is not None or len(indexes) != 1 else next(iter(indexes))
            if name not in indexes:
                raise ConfigError(f"{self._calls.url}: name the index: one of {', '.join(sorted(indexes))}")
            self._language = str(indexes[name]["language"])
        return self._language

    def info(self) -> dict[str, Any]:
        """The service's version, and the indexes that may be asked."""
        return self._done(lambda: self._calls.get("/v1/info"))

    def get(self, doc_id: str) -> Document | None:
        """The document of this id, without its sections; None where the service shows none."""
        path, parts = f"/v1/documents/{quote(doc_id, safe='')}", list[Part]()
        while not parts or parts[-1].end < parts[-1].length:
            start = parts[-1].end if parts else 0
            try:
                sent = self._calls.get(path, start=start, end=start + WINDOW, around=0, index=self.index)
            except Refusal as refusal:
                if refusal.status == NOT_FOUND and str(refusal.problem.get("type")).endswith("document-not-found"):
                    return None
                raise self._calls.error(refusal) from None
            part = self._read(partial(part_of, start=start), sent)
            if parts and part.generation != parts[0].generation:
                parts = []  # it may have changed between two parts
                continue
            parts.append(part)
        first, text = parts[0], "".join(part.text for part in parts)
        return Document(first.id, text, first.title, first.source, first.meta, line=first.line)

    def upsert(self, documents: Iterable[Document]) -> BuildReport:
        """Add these documents in one request, in place of those of the same ids. Documents that are divided into
        sections or tables cannot be sent (`ConfigError`).
        """
        from ragqa.index.report import BuildReport

        sent = self._send("POST", "/v1/documents", {"documents": [_given(document) for document in documents]})
        return self._read(lambda data: convert(BuildReport, data["report"], loose=True), sent)

    def delete(self, ids: Iterable[str] = (), *, where: Where | None = None) -> int:
        """Delete the documents of these ids and those that a filter is about; how many there were."""
        if isinstance(ids, str):
            raise TypeError(f"delete takes several ids: give a list of them, such as [{ids!r}]")
        named, wanted = list(ids), _where(where)
        if where is not None and not wanted:
            raise ConfigError("delete: an empty filter is about every document: name ids, or a condition")
        if not named and where is None:
            return 0
        sent = self._send("DELETE", "/v1/documents", {"ids": named, "where": wanted})
        return self._read(lambda data: int(data["deleted"]), sent)

    def _batch(self, asks: Sequence[Ask]) -> list[Reply | RagqaError]:
        """Replies to one batch; to halves of it, one after the other, where the service has no room for the whole."""
        bodies = [_asked(ask) for ask in asks]
        try:
            sent = self._calls.send(
                "POST", "/v1/ask/batch", {"questions": bodies, "index": self.index}, wait=len(asks) < 2
            )
        except Refusal as refusal:
            if len(asks) > 1 and refusal.status in (TOO_LARGE, BUSY):
                middle = len(asks) // 2
                return [*self._batch(asks[:middle]), *self._batch(asks[middle:])]
            raise self._calls.error(refusal) from None
        replies = self._read(lambda data: list(data["replies"]), sent)
        if len(replies) != len(asks):
            raise self._calls.unreadable(f"{len(replies)} replies to {len(asks)} questions")
        return [self._one(reply) for reply in replies]

    def _one(self, data: Any) -> Reply | RagqaError:
        problem = data.get("problem") if isinstance(data, dict) else None
        if not isinstance(problem, dict):
            return self._reply(data)
        error = self._calls.problem_error(problem, 200)
        if isinstance(error, ConfigError):
            return error
        raise error

    def _reply(self, data: Any) -> Reply:
        return self._read(reply_of, data)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._done(lambda: self._calls.send(method, path, {**body, "index": self.index}))

    def _done(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return call()
        except Refusal as refusal:
            raise self._calls.error(refusal) from None

    def _read(self, read: Callable[[Any], T], data: Any) -> T:
        """What is made of a response; one that it cannot be made of is told in a line."""
        try:
            return read(data)
        except (Misfit, KeyError, TypeError) as error:
            raise self._calls.unreadable(error) from error


def _asked(ask: Ask) -> dict[str, Any]:
    """A request's body, without what is left open."""
    if not isinstance(ask.question, str):
        raise QuestionError(f"a question must be text, not {type(ask.question).__name__}")
    said = {name: value for name, value in asdict(ask).items() if value is not None and name != "where"}
    where = _where(ask.where)
    return {**said, "where": where} if where else said


def _where(where: Where | None) -> dict[str, Any] | None:
    """A filter as it is sent; `ConfigError` if it is none."""
    parse_filter(where)
    return None if where is None else to_json(where)


def _given(document: Document) -> dict[str, Any]:
    if document.sections or document.tables or document.together:
        raise ConfigError(f"document {document.id!r:.100}: documents with sections or tables cannot be sent")
    meta = plain_meta(document.meta, document.id)
    return {"id": document.id, "text": document.text, "title": document.title, "source": document.source, "meta": meta}


def _batches(asks: Iterable[Ask]) -> Iterator[list[Ask]]:
    stream = iter(asks)
    while batch := list(islice(stream, BATCH)):
        yield batch
