"""Answers one question of a suite and records everything that scoring may need. In `eval`, only this module runs
models.

A record (a line of answers.jsonl) has

    id, part, question, references, pattern, answerable, positives, language, meta      of the question
    answers     up to five: text, score, passage, doc_id, rank of the hit (0: the passage was given), start, end in the
                passage; of a reply also features, from which the score was calculated
    no_answer   the score of the null option, on the same scale
    read, tokens                                                    how many passages and tokens were read
    in_corpus   whether the corpus has a passage with the answer; null if that is not known
    gold        the reader's answer when it is given the passage with the answer: passage, doc_id, text, score, null,
                start, end; null if there is no such passage
    explanation if it was asked for: of the reply's explanation (`ragqa.explanation`) the passages that were read or are
                gold, each with ``gold``; best, logits, score and without. It leaves out sources, which are paths of
                this machine, and thresholds, which scoring applies
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.asking import Ask
from ragqa.documents import Passage
from ragqa.eval.runs.folder import Findings
from ragqa.explanation import Explanation, explain_hits
from ragqa.index.ranking import Ranking
from ragqa.index.snapshot import Snapshot
from ragqa.judging.matching import AnswerFinder
from ragqa.models.reader import SpanReader
from ragqa.models.remembering import Remembering
from ragqa.pipeline import Pipeline
from ragqa.protocols import Reader
from ragqa.retrieve import HybridRetriever, Rankings
from ragqa.timing import Stopwatch
from ragqa.types import Hit, Question, Reply

ANSWERS = 5
Examine = Callable[[int, Question, Findings], dict[str, Any]]  # (number, question, findings) → a record's fields
Rows = NDArray[np.int64]


class CorpusView:
    """All passages of an index in memory, to be looked up by document and by answer."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.rows: Rows = np.flatnonzero(snapshot.alive)
        self.passages = dict(zip(self.rows.tolist(), snapshot.passages(self.rows), strict=True))
        self.of_document: dict[str, list[int]] = {}
        for row, passage in self.passages.items():
            self.of_document.setdefault(passage.doc_id, []).append(row)

    @cached_property
    def finder(self) -> AnswerFinder:
        """Finds answers in the passages, which it numbers by their place in `rows`."""
        return AnswerFinder([passage.text for passage in self.passages.values()])

    def has_answer(self, rows: Rows, question: Question) -> NDArray[np.bool_]:
        """For each row whether its text holds one of the question's answers."""
        if not question.answers:
            return np.zeros(len(rows), bool)
        return self.finder.contains(np.searchsorted(self.rows, rows).tolist(), question.answers, question.pattern)

    def gold(self, question: Question) -> dict[int, int]:
        """The relevant rows and their grades.

        Of a relevant document with several passages, only those that hold an answer are relevant, if any does.
        """
        grades: dict[int, int] = {}
        for document, grade in question.positives.items():
            rows = self.of_document.get(document, []) if grade > 0 else []
            if len(rows) > 1 and question.answers:
                holding = [row for row, has in zip(rows, self.has_answer(np.array(rows), question), strict=True) if has]
                rows = holding or rows
            grades.update(dict.fromkeys(rows, grade))
        return grades

    def holds(self, question: Question, gold: dict[int, int]) -> bool | None:
        """Whether the corpus holds the answer; None for a question without an answer."""
        if not question.answerable:
            return None
        if question.positives or not question.answers:
            return bool(gold)
        return bool(self.has_answer(self.rows, question).any())


def examine_retrieval(retriever: HybridRetriever, view: CorpusView, depth: int) -> Examine:
    """Examines rankings only; if there is a reranker, its order is one of them."""

    def examine(number: int, question: Question, findings: Findings) -> dict[str, Any]:
        watch, gold = Stopwatch(), view.gold(question)
        if retriever.reranker is None:
            sources = _sources(retriever.rank([question.text], depth, watch=watch))
        else:
            sources, _ = _found(retriever, question.text, depth, depth, watch)
        findings.add_times(number, watch)
        _add_rankings(number, question, sources, view, gold, findings, depth)
        return {"in_corpus": view.holds(question, gold)}

    return examine


def examine_open(pipeline: Pipeline, view: CorpusView, depth: int, *, explain: bool = False) -> Examine:
    """Examines retrieval, the reply, and the reader's answer to the gold passage; with ``explain``
    also an explanation.
    """
    given = pipeline.answering.require_reader()
    reader = given if isinstance(given, Remembering) else Remembering(given)
    answering, length = pipeline.answering.with_reader(reader), _token_counter(reader.reader)

    def examine(number: int, question: Question, findings: Findings) -> dict[str, Any]:
        reader.forget()
        watch, gold = Stopwatch(), view.gold(question)
        request = answering.request(Ask(question.text))
        passages = request.read.passages
        sources, hits = _found(answering.retriever, request.question, passages, depth, watch, apart=True)
        (reply,) = answering.read([request], [hits[:passages]], watch)
        findings.add_times(number, watch)
        _add_rankings(number, question, sources, view, gold, findings, depth)
        for answer in reply.answers:
            findings.add_passage(answer.hit.passage)
        read = [hit.passage for hit in reply.hits[: reply.read]]
        best = view.passages[min(gold)] if gold and question.answers else None
        if best is not None:
            findings.add_passage(best)
        why = explain_hits(answering, request, reply.hits) if explain else None
        return {
            **_answers(reply),
            **({} if why is None else {"explanation": _explanation(why, {view.passages[row].id for row in gold})}),
            "tokens": sum(length(question.text) + length(passage.text) for passage in read),
            "in_corpus": view.holds(question, gold),
            "gold": None if best is None else _read_alone(reader, question.text, best),
        }

    return examine


def examine_reading(reader: Reader) -> Examine:
    """Examines the reader on the paragraph that the question was asked on."""
    length = _token_counter(reader)

    def examine(number: int, question: Question, findings: Findings) -> dict[str, Any]:
        passage = given_passage(question)
        watch = Stopwatch()
        (spans,) = reader.read([question.text], [passage])
        watch.lap("read")
        findings.add_times(number, watch)
        findings.add_passage(passage)
        answers = [
            _entry(passage, span.start, span.end, math.exp(span.score), 0) for span in spans if span.end > span.start
        ]
        null = sum(math.exp(span.score) for span in spans if span.end == span.start)
        return {
            "answers": answers[:ANSWERS],
            "no_answer": null,
            "read": 1,
            "tokens": length(question.text) + length(passage.text),
        }

    return examine


def given_passage(question: Question) -> Passage:
    """The paragraph that a question was asked on, as a passage."""
    document = next(iter(question.positives), "")
    name = hashlib.sha256(f"{document}\n{question.context}".encode("utf-8", "replace")).hexdigest()[:16]
    return Passage(name, document, question.context, question.title, 0, len(question.context))


def _found(
    retriever: HybridRetriever, question: str, k: int, depth: int, watch: Stopwatch, *, apart: bool = False
) -> tuple[dict[str, Ranking], list[Hit]]:
    """The rankings of all sources, at least ``depth`` deep, with "reranked" if there is a reranker; and the hits in
    their final order, at least the best ``k``; with ``apart`` copies take one place among the hits, and crowds few.
    """
    reach = retriever.reach(k)
    rankings = retriever.rank([question], max(depth, reach, retriever.config.depth), watch=watch)
    fetched = retriever.fetch(rankings, reach, [question] if apart else ())
    watch.lap("fetch")
    (hits,) = retriever.rerank([question], fetched, reach, watch)
    if retriever.reranker is None:
        return _sources(rankings), hits
    ranked = [(row, hit.score) for hit in hits for row in (hit.row, *(copy.row for copy in hit.copies))]
    rows, scores = np.array([row for row, _ in ranked], np.int64), np.array([score for _, score in ranked], np.float32)
    reranked = Ranking.pack([rows], [scores])
    return {**_sources(rankings), "reranked": reranked}, hits


def _sources(rankings: Rankings) -> dict[str, Ranking]:
    return {"bm25": rankings.bm25, "dense": rankings.dense, "fused": rankings.fused}


def _add_rankings(
    number: int,
    question: Question,
    sources: Mapping[str, Ranking],
    view: CorpusView,
    gold: dict[int, int],
    findings: Findings,
    depth: int,
) -> None:
    for source, ranking in sources.items():
        rows, scores = ranking.rows[0][:depth], ranking.scores[0][:depth]
        rows, scores = rows[rows >= 0], scores[rows >= 0]
        passages = [view.passages[row] for row in rows.tolist()]
        columns = {
            "passage": [passage.id for passage in passages],
            "document": [passage.doc_id for passage in passages],
            "score": scores.tolist(),
            "grade": [gold.get(row, 0) for row in rows.tolist()],
            "answer": view.has_answer(rows, question).tolist(),
        }
        findings.add_hits(number, source, columns)


def _answers(reply: Reply) -> dict[str, Any]:
    return {
        "answers": [
            {
                **_entry(answer.hit.passage, answer.span.start, answer.span.end, answer.score, answer.hit.rank),
                "features": dict(answer.features),
            }
            for answer in reply.answers
        ],
        "no_answer": reply.no_answer,
        "read": reply.read,
    }


# of an explanation: what names paths of this machine, and what does not depend on the question
LEFT_OUT = ("answer", "source", "line", "given", "threshold", "risk")


def _explanation(explanation: Explanation, gold: set[str]) -> dict[str, Any]:
    content = explanation.to_dict()
    passages = [{**passage, "gold": passage["passage"] in gold} for passage in content["passages"]]
    return {
        "passages": [_kept(passage) for passage in passages if passage["read"] or passage["gold"]],
        "logits": content["logits"],
        **{part: content[part] and _kept(content[part]) for part in ("best", "score", "without")},
    }


def _kept(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in LEFT_OUT}


def _read_alone(reader: Reader, question: str, passage: Passage) -> dict[str, Any]:
    (spans,) = reader.read([question], [passage])
    null = sum(math.exp(span.score) for span in spans if span.end == span.start)
    best = next((span for span in spans if span.end > span.start), None)
    if best is None:
        return {**_entry(passage, 0, 0, 0.0, 0), "null": null}
    return {**_entry(passage, best.start, best.end, math.exp(best.score), 0), "null": null}


def _entry(passage: Passage, start: int, end: int, score: float, rank: int) -> dict[str, Any]:
    return {
        "text": passage.text[start:end],
        "score": score,
        "passage": passage.id,
        "doc_id": passage.doc_id,
        "rank": rank,
        "start": start,
        "end": end,
    }


def _token_counter(reader: Reader) -> Callable[[str], int]:
    """Counts the reader's tokens of a text; 0 for readers without a tokenizer."""
    if not isinstance(reader, SpanReader):
        return lambda text: 0
    encode = reader.tokenizer.encode
    return lru_cache(100_000)(lambda text: len(encode([text])[0]))
