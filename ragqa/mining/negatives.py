"""Hard negatives: passages that an index finds for a question although they do not answer it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.config import RetrieveConfig, check_least
from ragqa.convert import misfit
from ragqa.device import AUTO
from ragqa.documents import Passage
from ragqa.errors import ConfigError, TrainingError
from ragqa.index.ranking import Ranking
from ragqa.index.report import Progress, silent
from ragqa.index.snapshot import Snapshot
from ragqa.judging.matching import AnswerFinder
from ragqa.judging.questions import read_questions
from ragqa.mining.pairs import Candidate, Pairing, write_pairings
from ragqa.mining.teacher import Teacher, load_teacher
from ragqa.models.catalog import encoder_name, load_encoder
from ragqa.protocols import Encoder
from ragqa.retrieve import HybridRetriever, Rankings
from ragqa.types import Question

SOURCES = ("bm25", "dense", "hybrid")
BATCH = 64


@dataclass(frozen=True, slots=True)
class Mining:
    """How to mine. The best ``depth`` passages of each ranking that ``by`` names are taken in turn, until a question
    has ``negatives`` negatives.

    A passage is not taken as a negative if it holds an answer, has the text of a positive, is of a positive's document
    (unless ``same_document`` is set), or scores above the best positive by more than ``margin`` times that score, in
    one of the rankings or by the teacher (``margin`` None: no such limit). A question gets at most ``positives``
    positives.
    """

    by: tuple[str, ...] = ("hybrid",)
    negatives: int = 8
    positives: int = 4
    depth: int = 50
    margin: float | None = 0.1
    same_document: bool = True

    def __post_init__(self) -> None:
        """Known names and ranges."""
        if not self.by or not set(self.by) <= set(SOURCES):
            raise ConfigError(misfit("by", list(self.by), f"some of {', '.join(SOURCES)}"))
        check_least(self, "", negatives=1, positives=1, depth=1)
        if self.margin is not None and not self.margin >= 0:
            raise ConfigError(misfit("margin", self.margin, "at least 0, or none"))


@dataclass(frozen=True, slots=True)
class MineReport:
    """How many questions were ``written``, with how many passages, and how many were left out without a positive.

    ``distant`` counts the written questions that name no document of the index, so that passages holding an answer are
    their positives. The other fields count passages that were found and not taken as negatives, by the first reason.
    """

    questions: int = 0
    written: int = 0
    without_positive: int = 0
    without_negative: int = 0
    distant: int = 0
    positives: int = 0
    negatives: int = 0
    holds_answer: int = 0
    same_text: int = 0
    same_document: int = 0
    above_positive: int = 0


def mine(
    index: str | Path,
    questions: str | Path | Sequence[Question],
    output: str | Path,
    settings: Mining | None = None,
    *,
    encoder: Encoder | None = None,
    teacher: str | None = None,
    device: str = AUTO,
    progress: Progress | None = None,
) -> MineReport:
    """Ask the index every question and write positives and hard negatives to ``output`` (`ragqa.mining.pairs`).

    Positives are the passages of the documents that a question names; of one with several passages those that hold an
    answer, if any does. If it names none that is in the index, they are the passages found that hold an answer.
    Questions without any are left out; those without a negative stay. ``teacher`` is "reader", "reader:NAME" or a
    cross-encoder, and gives the scores that are written; otherwise the ranking does (the hybrid one, of several).
    Nothing is written if no question can be. Without an ``encoder`` the packaged one is taken, if the index was built
    with that. Search and the models that are loaded here run on ``device``.
    """
    settings, tell = settings or Mining(), progress or silent
    asked = list(read_questions(questions)) if isinstance(questions, (str, Path)) else list(questions)
    snapshot = Snapshot.open(index, device=device)
    if encoder is None:
        language = snapshot.manifest.config.language
        name = encoder_name(snapshot.manifest.encoder, index, language=language)
        encoder = load_encoder(name, language=language, device=device)
    miner = _Miner(snapshot, encoder, settings, None if teacher is None else load_teacher(teacher, device))

    def pairings() -> Iterator[Pairing]:
        for start in range(0, len(asked), BATCH):
            yield from miner.mine(asked[start : start + BATCH])
            tell("mining", min(start + BATCH, len(asked)), len(asked))
        if not miner.counts["written"]:
            raise TrainingError(f"none of {len(asked):,} questions has a passage in {index} that answers it")

    write_pairings(output, pairings())
    return MineReport(**{item.name: miner.counts[item.name] for item in fields(MineReport)})


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was found for a batch of questions: passages by row, and which of them hold an answer."""

    passages: Mapping[int, Passage]
    finder: AnswerFinder
    places: Mapping[int, int]

    def holding(self, rows: Sequence[int], question: Question) -> set[int]:
        if not question.answers:
            return set()
        found = self.finder.contains([self.places[row] for row in rows], question.answers, question.pattern)
        return {row for row, has in zip(rows, found, strict=True) if has}


class _Miner:
    def __init__(self, snapshot: Snapshot, encoder: Encoder, settings: Mining, teacher: Teacher | None) -> None:
        self.counts: Counter[str] = Counter()
        self._snapshot, self._settings, self._teacher = snapshot, settings, teacher
        alone = settings.by[0] if len(set(settings.by)) == 1 and settings.by[0] != "hybrid" else "convex"
        config = RetrieveConfig(fusion=alone, depth=max(settings.depth, RetrieveConfig().depth))
        self._retriever = HybridRetriever(snapshot, encoder, config)
        self._numbers = {doc_id: number for number, doc_id, _, _ in snapshot.identities()}

    def mine(self, questions: Sequence[Question]) -> list[Pairing]:
        rankings = self._retriever.rank([question.text for question in questions], self._settings.depth)
        scores = [self._scores(rankings, place) for place in range(len(questions))]
        found = [_in_turn(own[: len(self._settings.by)]) for own in scores]
        gold = self._gold_rows(questions)
        batch = self._fetch({row for rows in (*found, *gold) for row in rows})
        drafts = [
            draft
            for question, rows, own, named in zip(questions, found, scores, gold, strict=True)
            if (draft := self._draft(question, rows, own, named, batch)) is not None
        ]
        self.counts["questions"] += len(questions)
        return [self._count(pairing) for pairing in self._judge(drafts)]

    def _scores(self, rankings: Rankings, place: int) -> list[dict[int, float]]:
        """For each ranking the scores by row, best first; the last one gives the scores that are written."""
        known = {"bm25": rankings.bm25, "dense": rankings.dense, "hybrid": rankings.fused}
        used = [_by_row(known[name], place, self._settings.depth) for name in self._settings.by]
        return [*used, used[0] if len(used) == 1 else _by_row(rankings.fused, place, self._settings.depth)]

    def _gold_rows(self, questions: Sequence[Question]) -> list[list[int]]:
        """The live rows of the documents that each question names."""
        named = [
            {self._numbers[name] for name, grade in question.positives.items() if grade > 0 and name in self._numbers}
            for question in questions
        ]
        documents = np.zeros(len(self._snapshot.alive_documents), bool)
        documents[sorted(set().union(*named))] = True
        rows: NDArray[np.int64] = np.flatnonzero(self._snapshot.per_row(documents) & self._snapshot.alive)
        owners = [self._numbers[passage.doc_id] for passage in self._snapshot.passages(rows)]
        return [[row for row, owner in zip(rows.tolist(), owners, strict=True) if owner in own] for own in named]

    def _fetch(self, rows: set[int]) -> _Batch:
        wanted = np.array(sorted(rows), np.int64)
        passages = dict(zip(wanted.tolist(), self._snapshot.passages(wanted), strict=True))
        finder = AnswerFinder([passage.text for passage in passages.values()])
        return _Batch(passages, finder, {row: place for place, row in enumerate(passages)})

    def _draft(
        self, question: Question, found: list[int], scores: list[dict[int, float]], gold: list[int], batch: _Batch
    ) -> Pairing | None:
        """A pairing; with a teacher it has more negatives than wanted, as the teacher removes some."""
        holding = batch.holding(list(dict.fromkeys([*found, *gold])), question)
        right = _positives(question, found, gold, holding, batch)
        if not right or (not question.answerable and question.context):  # SQuAD 2.0: no answer in its paragraph
            self.counts["without_positive"] += 1
            return None
        self.counts["distant"] += not gold
        wanted = self._settings.negatives * (1 if self._teacher is None else 2)
        wrong = self._negatives(found, scores[:-1], right, holding, batch)[:wanted]
        right = right[: self._settings.positives]
        positives, negatives = (
            tuple(_candidate(batch.passages[row], scores[-1].get(row, 0.0)) for row in rows) for rows in (right, wrong)
        )
        return Pairing(question.id, question.text, question.answers, positives, negatives, pattern=question.pattern)

    def _negatives(
        self, found: list[int], rankings: list[dict[int, float]], right: list[int], holding: set[int], batch: _Batch
    ) -> list[int]:
        margin = self._settings.margin
        limits = [_limit([ranking[row] for row in right if row in ranking], margin) for ranking in rankings]
        texts = {batch.passages[row].text for row in right}
        documents = {batch.passages[row].doc_id for row in right}
        wrong = []
        for row in found:
            above = any(ranking.get(row, -np.inf) > limit for ranking, limit in zip(rankings, limits, strict=True))
            if row in right:
                continue
            if row in holding:
                self.counts["holds_answer"] += 1
            elif batch.passages[row].text in texts:
                self.counts["same_text"] += 1
            elif not self._settings.same_document and batch.passages[row].doc_id in documents:
                self.counts["same_document"] += 1
            elif above:
                self.counts["above_positive"] += 1
            else:
                wrong.append(row)
        return wrong

    def _judge(self, drafts: list[Pairing]) -> list[Pairing]:
        """The pairings with the teacher's scores, if there is a teacher, and at most as many negatives as wanted."""
        count = self._settings.negatives
        if self._teacher is None:
            return drafts
        pairs = [(draft.question, one) for draft in drafts for one in (*draft.positives, *draft.negatives)]
        scores = iter(self._teacher([question for question, _ in pairs], [one for _, one in pairs]))
        judged = []
        for draft in drafts:
            right = sorted(_with_scores(draft.positives, scores), key=lambda one: -one.score)
            wrong = _with_scores(draft.negatives, scores)
            limit = _limit([one.score for one in right], self._settings.margin)
            below = [one for one in wrong if one.score <= limit]
            self.counts["above_positive"] += len(wrong) - len(below)
            judged.append(replace(draft, positives=tuple(right), negatives=tuple(below[:count])))
        return judged

    def _count(self, pairing: Pairing) -> Pairing:
        self.counts["written"] += 1
        self.counts["positives"] += len(pairing.positives)
        self.counts["negatives"] += len(pairing.negatives)
        self.counts["without_negative"] += not pairing.negatives
        return pairing


def _positives(question: Question, found: list[int], gold: list[int], holding: set[int], batch: _Batch) -> list[int]:
    """The rows of the positives: first those that were found, in their order, then the others."""
    if not gold:
        return [row for row in found if row in holding]
    by_document: dict[str, list[int]] = {}
    for row in gold:
        by_document.setdefault(batch.passages[row].doc_id, []).append(row)
    meant = {row for rows in by_document.values() for row in ([one for one in rows if one in holding] or rows)}
    return [row for row in found if row in meant] + sorted(meant - set(found))


def _in_turn(rankings: Sequence[Mapping[int, float]]) -> list[int]:
    """The rows of all rankings, each once: the first of each ranking, then the second of each, and so on."""
    columns = [list(ranking) for ranking in rankings]
    longest = max(map(len, columns), default=0)
    return list(dict.fromkeys(column[rank] for rank in range(longest) for column in columns if rank < len(column)))


def _by_row(ranking: Ranking, place: int, depth: int) -> dict[int, float]:
    if not ranking.rows.size:
        return {}
    rows, scores = ranking.rows[place, :depth], ranking.scores[place, :depth]
    return {int(row): float(score) for row, score in zip(rows, scores, strict=True) if row >= 0}


def _limit(right: Sequence[float], margin: float | None) -> float:
    """The highest score that a negative may have; infinite without a positive to compare with."""
    return float("inf") if margin is None or not right else max(right) + margin * abs(max(right))


def _candidate(passage: Passage, score: float) -> Candidate:
    return Candidate(passage.id, passage.text, passage.context, score)


def _with_scores(candidates: Sequence[Candidate], scores: Iterator[float]) -> list[Candidate]:
    return [replace(candidate, score=float(next(scores))) for candidate in candidates]
