"""Questions, hits, answers and replies, as frozen data. Nothing here needs more than the standard library.

Offsets are code points, half-open, everywhere: ``passage.text[span.start:span.end] == answer.text``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ragqa.documents import Meta, Passage
from ragqa.seen import shown
from ragqa.sentences import sentence_at

Stopped = Literal["settled", "likely", "exhausted"]
AnswerKind = Literal["span", "excerpt"]
AnswerForm = Literal["auto", "span", "excerpt"]
Verdict = Literal["yes", "no"]


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

    ``verdict`` says what its sentence answers to a question for yes or no, where it decides that by itself
    (`ragqa.evidence.verdicts`); the score is not that of the verdict. Where a question asks for several things and the
    answer enumerates some, ``items`` are characters [start, end) of the passage, one pair for each, in order.

    With ``faq`` it is a stored answer, whole, to the question that is its passage's title.
    """

    text: str
    score: float
    span: Span
    hit: Hit
    support: tuple[Support, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    kind: AnswerKind = "span"
    verdict: Verdict | None = None
    items: tuple[tuple[int, int], ...] = ()

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
        (begin, stop), (first, last) = self.document_span, self.sentence
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "text": self.text,
            "score": self.score,
            "span": self.span.to_dict(),
            "sentence": {"start": first, "end": last},
            "items": [{"start": start, "end": end} for start, end in self.items],
            "document_span": {"start": begin, "end": stop},
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
    then the excerpt that most likely holds an answer, if anything was read. ``parts`` are the replies to a question for
    each of two things that are compared ("Which is older, A or B?"); nothing says how they compare. ``searched`` is the
    question as it was searched for and read, where words of it were corrected, else "". ``stopped`` says why no more
    was read: "settled", as the passages left could not change the best answer, "likely", as they would hardly change it
    (``read.change``), or "exhausted", as none was left.
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
    parts: tuple[Reply, ...] = ()

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
            "parts": [part.to_dict() for part in self.parts],
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
