"""Calculates one number for each question and measure of a run, NaN where the measure does not apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ragqa.errors import SourceError
from ragqa.eval.measure.ranking_quality import (
    accuracy_at,
    average_precision,
    documents_only,
    ndcg_at,
    recall_at,
    reciprocal_rank,
)
from ragqa.eval.runs.folder import SuiteRun
from ragqa.judging.matching import has_answer
from ragqa.judging.metrics import exact_match, f1

Values = NDArray[np.float64]
Record = Mapping[str, Any]
SOURCES = ("bm25", "dense", "fused", "reranked")
ANSWER_DEPTHS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Grid:
    """The rankings of one source for n questions, each [n, depth]: the grade of a passage (−1: no hit), whether it
    holds an answer, its document.
    """

    grades: NDArray[np.int64]
    answers: NDArray[np.bool_]
    documents: NDArray[np.int64]

    def rank_of_gold(self) -> NDArray[np.int64]:
        """For each question the first rank of a relevant passage, from 1; 0 if none was found."""
        return _first(self.grades > 0)

    def rank_of_answer(self) -> NDArray[np.int64]:
        """For each question the first rank of a passage with an answer, from 1; 0 if none was found."""
        return _first(self.answers)


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """A suite's part of a run: records, rankings by source, passages by id, times by stage, measures."""

    name: str
    facts: Mapping[str, Any]
    records: Sequence[Record]
    grids: Mapping[str, Grid]
    passages: Mapping[str, tuple[str, str]]
    wall: Mapping[str, Values]
    cpu: Mapping[str, Values]
    values: Mapping[str, Values]

    @property
    def ids(self) -> list[str]:
        """The questions' ids, in order."""
        return [record["id"] for record in self.records]

    @property
    def min_score(self) -> float:
        """The run's threshold: an answer with a lower score was not given."""
        return threshold_of(self.facts)


def load_parts(folder: SuiteRun) -> dict[str, MeasuredPart]:
    """The parts of a finished run with their measures, in the suite's order."""
    facts, records = folder.facts(), folder.records()
    hits, times = folder.table("hits.arrow"), folder.table("timings.arrow")
    columns = [folder.table("passages.arrow")[name].to_pylist() for name in ("id", "title", "text")]
    passages = {name: (title, text) for name, title, text in zip(*columns, strict=True)}
    if len(records) != sum(int(own["questions"]) for own in facts["parts"].values()):
        raise SourceError(f"{folder.path}: answers.jsonl has {len(records)} records, not those that run.json counts")
    parts, first = {}, 0
    for name, own in facts["parts"].items():
        last = first + int(own["questions"])
        mine = records[first:last]
        grids = _grids(hits, first, last, int(facts["depth"]))
        if facts["task"] != "reading":  # hits.arrow has no fused ranking if no question had a hit
            grids.setdefault("fused", _no_hits((last - first, int(facts["depth"]))))
        wall, cpu = _times(times, first, last, "wall_ms"), _times(times, first, last, "cpu_ms")
        values = {
            **_retrieval(mine, grids, tuple(facts["ks"])),
            **_answering(mine, own, str(facts["task"])),
        }
        parts[name] = MeasuredPart(name, own, mine, grids, passages, wall, cpu, values)
        first = last
    return parts


def threshold_of(facts: Mapping[str, Any]) -> float:
    """The lowest score at which answers were given; in older runs it is among the settings."""
    return float(facts["threshold"] if "threshold" in facts else facts["config"]["read"]["min_score"])


def given(record: Record, min_score: float) -> list[str]:
    """The texts of the answers that reach a threshold, best first."""
    return [answer["text"] for answer in record["answers"] if answer["score"] >= min_score]


def best_of(record: Record, texts: Sequence[str], score: Callable[..., float]) -> float:
    """The best value of a measure (`exact_match`, `f1`) over some answers; no answers count as the answer ""."""
    references = record["references"] if record["answerable"] else [""]
    return max(_judge(record, text, references, score) for text in (texts or [""]))


def top_score(record: Record) -> float:
    """The best answer's score; 0 without one."""
    return float(record["answers"][0]["score"]) if record["answers"] else 0.0


def _judge(record: Record, text: str, references: Sequence[str], score: Callable[..., float]) -> float:
    if record["pattern"]:
        return float(bool(text) and has_answer(text, references, pattern=True))
    return score(text, references, record["language"])


def _answering(records: Sequence[Record], facts: Mapping[str, Any], task: str) -> dict[str, Values]:
    """EM, F1 and abstention in percent, of the answers that were given at the run's threshold. For questions with an
    answer also EM and F1 of the best answer whatever its score ("top"), and of the reader's answer to the gold passage
    ("gold").
    """
    if task == "retrieval":
        return {}
    threshold, group = threshold_of(facts), "open" if task == "open" else "read"
    texts = [given(record, threshold) for record in records]
    answerable = np.array([record["answerable"] for record in records], bool)
    values = {}
    judged = {
        name: [
            [best_of(record, [text], score) for text in some or [""]]
            for record, some in zip(records, texts, strict=True)
        ]
        for name, score in (("em", exact_match), ("f1", f1))
    }
    for depth in ANSWER_DEPTHS:
        for name, each in judged.items():
            values[f"{group}/{name}@{depth}"] = _percent(max(some[:depth]) for some in each)
    em = values[f"{group}/em@1"]
    answered = _percent(bool(some) for some in texts)
    values[f"{group}/answered"] = answered
    values[f"{group}/has_answer_em"] = np.where(answerable, em, np.nan)
    values[f"{group}/has_answer_f1"] = np.where(answerable, values[f"{group}/f1@1"], np.nan)
    values[f"{group}/no_answer_accuracy"] = np.where(answerable, np.nan, 100.0 - answered)
    values[f"{group}/passages_read"] = np.array([float(record["read"]) for record in records])
    unsure = {"gold/": [_alone(record, task) for record in records]}
    if task == "open":
        unsure["open/top_"] = [_top(record) for record in records]
        values["open/in_corpus"] = _percent(
            np.nan if record["in_corpus"] is None else float(record["in_corpus"]) for record in records
        )
    for prefix, best in unsure.items():
        for name, score in (("em", exact_match), ("f1", f1)):
            values[f"{prefix}{name}"] = _percent(
                np.nan if texts is None else best_of(record, texts, score)
                for record, texts in zip(records, best, strict=True)
            )
    return values


def _alone(record: Record, task: str) -> list[str] | None:
    """The reader's answer to the gold passage, whatever its score; None if the question has no answer or no gold
    passage.
    """
    if task == "reading":
        return _top(record)
    return [record["gold"]["text"]] if record["gold"] else None


def _top(record: Record) -> list[str] | None:
    """The best answer, whatever its score; None if the question has no right answer."""
    return [answer["text"] for answer in record["answers"][:1]] if record["answerable"] else None


def _retrieval(records: Sequence[Record], grids: Mapping[str, Grid], ks: Sequence[int]) -> dict[str, Values]:
    """The quality of each source's ranking among the first k.

    For passages: accuracy by gold passage and by answer string, in percent. For documents: recall, nDCG, MRR and MAP,
    the last two also over the whole ranking that was kept.
    """
    ideal = [np.array([grade for grade in record["positives"].values() if grade > 0]) for record in records]
    judged = np.array([len(grades) > 0 and record["answerable"] for grades, record in zip(ideal, records, strict=True)])
    asked = np.array([bool(record["references"]) and record["answerable"] for record in records], bool)
    values: dict[str, Values] = {}
    for source, grid in grids.items():
        documents = documents_only(grid.grades, grid.documents)
        for k in ks:
            if judged.any():
                values[f"{source}/gold@{k}"] = _where(judged, 100.0 * accuracy_at(grid.grades, k))
                values[f"{source}/recall@{k}"] = _where(judged, recall_at(documents, ideal, k))
                values[f"{source}/ndcg@{k}"] = _where(judged, ndcg_at(documents, ideal, k))
                values[f"{source}/mrr@{k}"] = _where(judged, reciprocal_rank(documents[:, :k]))
                values[f"{source}/map@{k}"] = _where(judged, average_precision(documents[:, :k], ideal))
            if asked.any():
                values[f"{source}/answer@{k}"] = _where(
                    asked, np.asarray(100.0 * grid.answers[:, :k].any(axis=1), np.float64)
                )
        if judged.any():
            values[f"{source}/mrr"] = _where(judged, reciprocal_rank(documents))
            values[f"{source}/map"] = _where(judged, average_precision(documents, ideal))
    return values


def _grids(hits: pa.Table, first: int, last: int, depth: int) -> dict[str, Grid]:
    own = _of_questions(hits, first, last)
    question, rank = own["question"].to_numpy() - first, own["rank"].to_numpy() - 1
    sources, names = _codes(own["source"])
    documents, _ = _codes(own["document"])
    grades, answers = own["grade"].to_numpy(), own["answer"].to_numpy()
    found = {}
    for code, name in enumerate(names):
        mine = (sources == code) & (rank < depth)
        place, grid = (question[mine], rank[mine]), _no_hits((last - first, depth))
        grid.grades[place], grid.answers[place], grid.documents[place] = grades[mine], answers[mine], documents[mine]
        found[name] = grid
    return {name: found[name] for name in SOURCES if name in found}


def _no_hits(shape: tuple[int, int]) -> Grid:
    return Grid(np.full(shape, -1, np.int64), np.zeros(shape, bool), np.full(shape, -1, np.int64))


def _times(times: pa.Table, first: int, last: int, column: str) -> dict[str, Values]:
    own = _of_questions(times, first, last)
    question, values = own["question"].to_numpy() - first, own[column].to_numpy()
    stages, names = _codes(own["stage"])
    spent = {}
    for code, name in enumerate(names):
        spent[name] = np.bincount(question[stages == code], values[stages == code], last - first).astype(np.float64)
    return spent


def _of_questions(table: pa.Table, first: int, last: int) -> pa.Table:
    low, high = np.searchsorted(table["question"].to_numpy(), [first, last])
    return table.slice(low, high - low)


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """A dictionary-encoded column as numbers and the texts that they index."""
    whole = column.unify_dictionaries().combine_chunks()
    whole = whole if isinstance(whole, pa.DictionaryArray) else pa.array([], column.type)
    return whole.indices.to_numpy().astype(np.int64), whole.dictionary.to_pylist()


def _where(applies: NDArray[np.bool_], values: Values) -> Values:
    return np.where(applies, values, np.nan)


def _percent(values: Any) -> Values:
    return 100.0 * np.array([float(value) for value in values], np.float64)


def _first(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    rank = np.argmax(found, axis=1) + 1 if found.shape[1] else np.zeros(len(found), np.int64)
    return np.where(found.any(axis=1), rank, 0)
