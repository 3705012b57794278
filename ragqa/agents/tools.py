"""What an agent may ask: small results as frozen data, each of about `SIZE` characters of text at most, and a cursor
for what is left.

The classes have no slots, because the protocol's library would take slots for defaults. A cursor is a number of results
that were shown. Where the index changes between two calls, some may be shown twice or not at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ragqa.documents import Document
from ragqa.errors import ConfigError, SourceError
from ragqa.filters import Where
from ragqa.grounded import Ground, Grounded, Grounding
from ragqa.types import Answer, Hit, Reply

SIZE = 12_000  # characters of text in a result
CLIPPED = 1_500  # characters of one passage or sentence
WINDOW = 4_000  # characters of a document
MOST = 200  # passages that can be reached by cursors
SENTENCES = 50  # of a text that is grounded
TEXT = 20_000  # characters of it
Filtered = dict[str, Any] | None
T = TypeVar("T")


class Source(Protocol):
    """What is asked: a `Pipeline`, or a `Client`."""

    def ask(self, question: str, *, k: int, where: Where | None) -> Reply:
        """Answer one question."""
        ...

    def search(self, question: str, k: int, *, where: Where | None) -> list[Hit]:
        """The best passages."""
        ...

    def ground(self, text: str, *, where: Where | None) -> Grounding:
        """Compare a text with the documents."""
        ...

    def get(self, doc_id: str) -> Document | None:
        """The document of an id."""
        ...


S = TypeVar("S", bound=Source)


@dataclass(frozen=True)
class Quotation:
    """A quotation, characters [start, end) of a document; ``line`` is 0 where the source has none."""

    text: str
    document: str
    start: int
    end: int
    source: str
    line: int
    title: str


@dataclass(frozen=True)
class FoundAnswer:
    """An answer, the probability that it is right, and the sentence that it stands in; ``verdict`` is "yes" or "no"
    where that sentence decides a question for yes or no.
    """

    answer: Quotation
    score: float
    sentence: str
    verdict: str | None


@dataclass(frozen=True)
class Answers:
    """The answers to a question, best first. Where none is sure enough there are none, and ``nearest`` has what stands
    nearest to the question.
    """

    answered: bool
    answers: list[FoundAnswer]
    nearest: list[Quotation]
    generation: int


@dataclass(frozen=True)
class Passages:
    """Passages in the order of the search; ``next_cursor`` is there if there are more."""

    passages: list[Quotation]
    next_cursor: str | None


@dataclass(frozen=True)
class Text:
    """Characters [start, end) of a document of ``length`` characters."""

    text: str
    document: str
    start: int
    end: int
    length: int
    source: str
    line: int
    title: str
    next_start: int | None


@dataclass(frozen=True)
class JudgedSentence:
    """A sentence and its verdict: "supported", "contradicted" or "unsupported". ``differences`` say what the sentence
    and the first of its places say differently.
    """

    sentence: str
    verdict: str
    probability: float
    places: list[Quotation]
    differences: list[str]


@dataclass(frozen=True)
class JudgedText:
    """The sentences of a text; ``next_cursor`` is there if there are more."""

    sentences: list[JudgedSentence]
    next_cursor: str | None


class Loading(Generic[S]):
    """A source that is loaded once, when it is first called for. ``begin`` loads it ahead, in a thread, so that a
    server answers meanwhile. ``before`` is called with it before each use, to look for a new generation.
    """

    def __init__(self, load: Callable[[], S], before: Callable[[S], object] = lambda _: None) -> None:
        self._loading: Future[S] = Future()
        self._load, self._before = load, before
        self._begun = threading.Lock()

    def __call__(self) -> S:
        """The source, which is waited for."""
        self.begin()
        source = self._loading.result()
        self._before(source)
        return source

    def begin(self) -> None:
        """Begin to load, unless that has begun."""
        if self._begun.acquire(blocking=False):
            threading.Thread(target=self._fill, name="ragqa-load", daemon=True).start()

    def _fill(self) -> None:
        try:
            self._loading.set_result(self._load())
        except Exception as error:  # told to whoever uses a tool
            self._loading.set_exception(error)


class Tools:
    """The tools, over what ``source`` gives for each use."""

    def __init__(self, source: Callable[[], Source]) -> None:
        self._source = source

    def ask(self, question: str, k: int = 3, where: Filtered = None) -> Answers:
        """Answer a question with exact quotations; `ConfigError` for a ``k`` that is not from 1 to 10."""
        _check_count(k, 10)
        reply = self._source().ask(question, k=k, where=where)
        near = [] if reply.answered else [_passage(hit) for hit in reply.hits[:3]]
        return Answers(reply.answered, [_answer(one) for one in reply.answers], near, reply.generation)

    def search(self, query: str, k: int = 5, cursor: str | None = None, where: Filtered = None) -> Passages:
        """``k`` passages from the cursor on."""
        _check_count(k, 20)
        first = _number(cursor, MOST)
        hits = self._source().search(query, min(first + k + 1, MOST), where=where)
        shown, left = _fitting([_passage(hit) for hit in hits[first : first + k]], lambda one: len(one.text))
        more = left or len(hits) > first + k
        return Passages(shown, str(first + len(shown)) if more and shown else None)

    def fetch(self, document: str, start: int = 0, end: int | None = None) -> Text:
        """A document's text from ``start`` on, to ``end`` or as much as fits."""
        found = self._source().get(document)
        if found is None:
            raise SourceError(
                f"there is no document {document!r:.200}: take the name from the results of ask or search"
            )
        length = len(found.text)
        first = max(0, min(start, length))
        last = min(length if end is None else max(first, end), first + WINDOW, length)
        line = found.line + found.text.count("\n", 0, first) if found.line else 0
        following = last if last < length else None
        return Text(found.text[first:last], found.id, first, last, length, found.source, line, found.title, following)

    def ground(self, text: str, cursor: str | None = None, where: Filtered = None) -> JudgedText:
        """What the documents say of each sentence, from the cursor on."""
        if len(text) > TEXT:
            raise ConfigError(f"the text has {len(text):,} characters: at most {TEXT:,} are taken at once")
        sentences = self._source().ground(text, where=where).sentences
        first = _number(cursor, len(sentences))
        judged = [_judged(one) for one in sentences[first : first + SENTENCES]]
        shown, left = _fitting(judged, lambda one: len(one.sentence) + sum(len(own.text) for own in one.places))
        more = left or len(sentences) > first + SENTENCES
        return JudgedText(shown, str(first + len(shown)) if more and shown else None)


def _fitting(items: Sequence[T], size: Callable[[T], int]) -> tuple[list[T], bool]:
    """The first items that fit, at least one, and whether any is left."""
    shown: list[T] = []
    total = 0
    for item in items:
        total += size(item)
        if shown and total > SIZE:
            return shown, True
        shown.append(item)
    return shown, False


def _number(cursor: str | None, most: int) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 6) or int(cursor) > most:
        raise ConfigError(
            f"the cursor {cursor!r:.50} is none: give the next_cursor of an earlier result, or leave it out"
        )
    return int(cursor)


def _check_count(k: int, most: int) -> None:
    if not 1 <= k <= most:
        raise ConfigError(f"k is {k}: expected a number from 1 to {most}")


def _answer(one: Answer) -> FoundAnswer:
    start, end = one.document_span
    quoted = _quotation(one.hit, one.text, start, end, one.line)
    return FoundAnswer(quoted, round(one.score, 3), one.quote()[:CLIPPED], one.verdict)


def _passage(hit: Hit) -> Quotation:
    passage = hit.passage
    return _quotation(hit, passage.text, passage.start, passage.end, passage.line)


def _place(ground: Ground) -> Quotation:
    start, end = ground.document_span
    return _quotation(ground.hit, ground.text, start, end, ground.line)


def _quotation(hit: Hit, text: str, start: int, end: int, line: int) -> Quotation:
    """Clipped, if it is long: then ``end`` is that of what is shown."""
    passage = hit.passage
    shown = text[:CLIPPED]
    return Quotation(shown, passage.doc_id, start, min(end, start + len(shown)), passage.source, line, passage.title)


def _judged(one: Grounded) -> JudgedSentence:
    differences = one.grounds[0].differences if one.grounds else ()
    told = [f"{own.kind}: the text says {own.said}, the document {own.found}" for own in differences]
    places = [_place(ground) for ground in one.grounds]
    return JudgedSentence(one.text[:CLIPPED], one.verdict, round(one.probability, 3), places, told)
