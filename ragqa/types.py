"""The words of ragqa, as frozen data. Nothing here needs more than the standard library.

Offsets are code points, half-open, everywhere:
``document.text[passage.start:passage.end] == passage.text`` and ``passage.text[span.start:span.end] == answer.text``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Literal

from ragqa.normalized import plain
from ragqa.seen import Seen, is_markdown, seen, sentence_ends, shown
from ragqa.sentences import sentence_at

Scalar = str | int | float | bool
Meta = Mapping[str, Scalar | Sequence[Scalar]]
KIND = "ragqa.kind"  # the key of the metadata that says what a document is if it is not plain text
FAQ = "faq"
ORIGIN = "ragqa.origin"  # the key that says who gave a document, if it was not read from a file
PROGRAM = "program"
LANGUAGE = "ragqa.language"  # the key that says by which language's analyzer the words of a document were indexed
SEEN_FORM = "seen-1"  # to be raised where `ragqa.normalized` begins to give other text
MARKDOWN_FORM = "markdown-2"  # to be raised where `ragqa.seen` begins to give other text of Markdown
FORMS = f"{SEEN_FORM} {MARKDOWN_FORM}"  # in which search and models see texts now
Stopped = Literal["settled", "likely", "exhausted"]
AnswerKind = Literal["span", "excerpt"]
AnswerForm = Literal["auto", "span", "excerpt"]


@dataclass(frozen=True, slots=True)
class Section:
    """From character ``start`` of a document on, the text stands under this heading path ("History > Early years").

    ``body`` is where its text begins: what stands between the two (its heading line, or metadata) is in no passage.
    Without it (0) the heading line is told from the text.
    """

    start: int
    heading: str
    body: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Characters [start, end) of a document are a table, a line each row; its rows begin at ``body``, after the header.

    ``columns`` are the names of its columns with " | " between, or empty if it has no header. The splitter puts them
    into the context of each passage that it cuts from the rows.
    """

    start: int
    body: int
    end: int
    columns: str = ""


_PLACE = re.compile(r"(?:#(?:page|slide|sheet|cell|message|chapter)=[^#:/]*)?(?::\d+)?\Z")


def file_of(source: str) -> str:
    """The path in a document's source, without the place in the file.

    A place is ``:12`` (a record's line or row, from 1), ``#page=3``, ``#slide=3``, ``#cell=3`` (of a notebook),
    ``#message=3`` (of a mailbox), ``#chapter=3`` (of a book), or ``#sheet=Prices:12``. In a sheet's name "#", ":", "/",
    "%" and white space are percent-encoded, as in a URL.
    """
    return _PLACE.sub("", source, count=1)


@dataclass(frozen=True, slots=True)
class Document:
    """One readable text and where it came from.

    ``source`` is the path as named by the user, with the place of a part of a file behind it (`file_of`). ``line`` is
    the line of the source at which ``text`` begins when the lines of the text are those of the source, and 0 when they
    are not (a record, a PDF, HTML). ``sections`` are in order of ``start``. ``whole`` asks the splitter to keep the
    document as one passage; ``tables`` and ``together`` (characters [start, end) that belong together, such as a
    program and the sentence that announces it) tell it where else not to cut. Both are in order and do not overlap.
    ``meta`` may hold dates and nested mappings too: an index stores dates as ISO texts and nested values under keys
    such as ``author.name``.
    """

    id: str
    text: str
    title: str = ""
    source: str = ""
    meta: Meta = field(default_factory=dict)
    line: int = 0
    sections: tuple[Section, ...] = ()
    whole: bool = False
    tables: tuple[Table, ...] = ()
    together: tuple[tuple[int, int], ...] = ()

    @property
    def sha(self) -> str:
        """sha256 (hex) of title, text, meta, and of what tells how the text is cut and shown (sections, tables and what
        stays together): what an update compares. The language that was found does not count.

        It also tells in which form search and models see a text that is normalised for them, so that indexes made
        before such texts were normalised, or in another way, take them in anew, and nothing else.
        """
        meta = {key: value for key, value in self.meta.items() if key != LANGUAGE}
        content: list[object] = [self.title, self.text, meta]
        if plain(self.title) != self.title or plain(self.text) != self.text:
            content.append(SEEN_FORM)
        if is_markdown(self.source):
            content.append(MARKDOWN_FORM)
        if shape := [*map(astuple, self.sections), *map(astuple, self.tables), *self.together]:
            content.append(shape)
        written = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, characters [start, end). ``line`` is that of its first character, 0 when unknown."""

    id: str
    doc_id: str
    text: str
    title: str
    start: int
    end: int
    heading: str = ""
    source: str = ""
    line: int = 0
    meta: Meta = field(default_factory=dict)

    @property
    def context(self) -> str:
        """Title and heading path, which stand in front of the text for retrieval, and for readers that have learnt to
        read them (and never count in offsets).
        """
        return " > ".join(part for part in (self.title, self.heading) if part)

    @property
    def is_faq(self) -> bool:
        """Whether the text is a stored answer, and the title the question that it belongs to."""
        return self.meta.get(KIND) == FAQ

    @property
    def retrieval_text(self) -> str:
        """What retrievers see: context and text; of a stored answer its question alone."""
        if self.is_faq:
            return self.title
        text, context = self.seen.text, self.context
        return f"{context}\n{text}" if context else text

    @property
    def seen(self) -> Seen:
        """The text as search and models see it."""
        return seen(self.text, self.source, self.heading)

    @property
    def sentence_ends(self) -> tuple[int, ...]:
        """The ends of its sentences, ascending, the last of them that of the text."""
        return sentence_ends(self.text, self.source)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.id,
            "doc_id": self.doc_id,
            "title": self.title,
            "heading": self.heading,
            "source": self.source,
            "line": self.line,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "meta": dict(self.meta),
        }


def passage_id(doc_id: str, start: int, end: int, text: str) -> str:
    """16 hex digits that depend on nothing but the arguments: the same passage keeps its id over rebuilds."""
    content = json.dumps([doc_id, start, end, text], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage in answer to a question: rank from 1, the score it was ranked by, and each source's own score.

    ``sources`` has "bm25" and "dense" where that source found the passage, "rerank" where a cross-encoder scored it.
    ``row`` is the passage's number in the generation that it was found in, −1 where it comes from none. ``copies`` are
    hits with the same words, which take no place of their own among the passages that are read; a search has none.
    """

    passage: Passage
    score: float
    rank: int
    sources: Mapping[str, float] = field(default_factory=dict)
    row: int = -1
    copies: tuple[Hit, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; of a copy it begins with the id and the source of its passage."""
        return {
            "rank": self.rank,
            "score": self.score,
            "sources": dict(self.sources),
            "row": self.row,
            "passage": self.passage.to_dict(),
            "copies": [
                {"passage_id": copy.passage.id, "source": copy.passage.source, **copy.to_dict()} for copy in self.copies
            ],
        }


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a passage, with the reader's log-probability that they answer the question.

    The empty span [0, 0) is the null option: that the passage holds no answer.
    """

    start: int
    end: int
    score: float

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"start": self.start, "end": self.end, "score": self.score}


@dataclass(frozen=True, slots=True)
class SpanLogits:
    """What a reader, the ``reader``-th of an ensemble, makes of a span: the logits of its first and its last token, and
    of "no answer here", in the window that gives it the best log-odds.
    """

    start: float
    end: float
    null: float
    reader: int = 1

    @property
    def margin(self) -> float:
        """The log-odds of the span against "no answer here": start + end − null."""
        return self.start + self.end - self.null

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with the margin."""
        logits = {"start": self.start, "end": self.end, "null": self.null}
        return {"reader": self.reader, **logits, "margin": self.margin}


@dataclass(frozen=True, slots=True)
class Support:
    """Another place that says the same: a span of another hit, or of the same; ``share`` of the answer's evidence, of
    which a copy of a passage that was read has none.
    """

    span: Span
    hit: Hit
    share: float = 0.0

    @property
    def text(self) -> str:
        """The quoted text."""
        return self.hit.passage.text[self.span.start : self.span.end]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: text, span in the passage and in the document, and which passage of which document."""
        passage = self.hit.passage
        return {
            "text": self.text,
            "span": self.span.to_dict(),
            "document_span": {"start": passage.start + self.span.start, "end": passage.start + self.span.end},
            "passage_id": passage.id,
            "doc_id": passage.doc_id,
            "source": passage.source,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A quotation that answers the question: ``score`` is the probability that it is right, ``support`` the other
    places that say the same, ``features`` what the score was made of.

    Its ``kind`` is "span" for a short answer, or "excerpt" for the sentences, list or row that answer it best; then the
    score is the probability that the answer stands in them.

    With ``faq`` it is a stored answer, whole, to the question that is its passage's title.
    """

    text: str
    score: float
    span: Span
    hit: Hit
    support: tuple[Support, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    kind: AnswerKind = "span"

    @property
    def source(self) -> str:
        """Where the passage that it is quoted from comes from, as the document says."""
        return self.hit.passage.source

    @property
    def sentence(self) -> tuple[int, int]:
        """Characters [start, end) of the passage: the sentence that the answer stands in, or the sentences, without
        the white space around them.
        """
        passage = self.hit.passage
        return sentence_at(passage.text, passage.sentence_ends, self.span.start, self.span.end)

    def quote(self) -> str:
        """The text of `sentence`, as it stands in the passage."""
        start, end = self.sentence
        return self.hit.passage.text[start:end]

    def shown(self, start: int, end: int) -> str:
        """Characters [start, end) of the passage as a page shows them: without the marks of Markdown."""
        return shown(self.hit.passage.text, self.source, start, end)

    @property
    def line(self) -> int:
        """The line of the source on which the answer begins, 0 when unknown."""
        passage = self.hit.passage
        return passage.line + passage.text.count("\n", 0, self.span.start) if passage.line else 0

    @property
    def faq(self) -> bool:
        """Whether it is the stored answer of a FAQ file, given as a whole."""
        return self.hit.passage.is_faq

    @property
    def document_span(self) -> tuple[int, int]:
        """Characters [start, end) in the document."""
        start = self.hit.passage.start
        return start + self.span.start, start + self.span.end

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; "sentence" is that of the passage that the answer stands in, in characters of the passage."""
        (start, end), (first, last) = self.document_span, self.sentence
        return {
            "kind": self.kind,
            "text": self.text,
            "score": self.score,
            "span": self.span.to_dict(),
            "sentence": {"start": first, "end": last},
            "document_span": {"start": start, "end": end},
            "line": self.line,
            "faq": self.faq,
            "passage": self.hit.passage.to_dict(),
            "support": [support.to_dict() for support in self.support],
            "features": dict(self.features),
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question got: answers, best first; the passages looked at; which generation; where the time went.

    ``timings`` are milliseconds by stage ("bm25", "encode", "dense", "fuse", "fetch", "rerank", "read") and their
    "total"; ``read`` is the number of passages read; ``no_answer`` is the share of the evidence that says they hold
    none.
    ``candidates`` are the best short answers that were not good enough to be given, where none was, and ``nearest`` is
    then the excerpt that most likely holds an answer, if anything was read. ``searched`` is the question as it was
    searched for and read, where words of it were corrected, else "". ``stopped`` says why no
    more was read: "settled", as the passages left could not change the best answer, "likely", as they would hardly
    change it (``read.change``), or "exhausted", as none was left.
    """

    question: str
    answers: tuple[Answer, ...]
    hits: tuple[Hit, ...]
    generation: int
    timings: Mapping[str, float] = field(default_factory=dict)
    read: int = 0
    no_answer: float = 0.0
    candidates: tuple[Answer, ...] = ()
    stopped: Stopped = "exhausted"
    nearest: Answer | None = None
    searched: str = ""

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return bool(self.answers)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, the same from the command line, the API and the service. `ragqa.remote.replies` reads it."""
        return {
            "question": self.question,
            "searched": self.searched,
            "answered": self.answered,
            "answers": [answer.to_dict() for answer in self.answers],
            "candidates": [answer.to_dict() for answer in self.candidates],
            "nearest": None if self.nearest is None else self.nearest.to_dict(),
            "hits": [hit.to_dict() for hit in self.hits],
            "no_answer": self.no_answer,
            "read": self.read,
            "stopped": self.stopped,
            "generation": self.generation,
            "timings": dict(self.timings),
        }


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is known of its answer, for training and evaluation.

    ``positives`` grades documents by id: 1 and more are relevant, 0 was judged not to be. Without ``answerable`` the
    right reply is none. With ``pattern`` the answers are regular expressions. ``context`` is the paragraph that it was
    asked on and ``title`` that of its article, where the data say so.
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    positives: Mapping[str, int] = field(default_factory=dict)
    answerable: bool = True
    pattern: bool = False
    context: str = ""
    title: str = ""
    meta: Meta = field(default_factory=dict)
