"""Which passages a question trains on: those that its current vector finds in the live index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ragqa.config import RetrieveConfig
from ragqa.documents import Passage
from ragqa.index.fuse import fuse
from ragqa.index.ranking import Ranking, stack
from ragqa.index.snapshot import Snapshot
from ragqa.judging.matching import AnswerFinder
from ragqa.types import Question

Rows = NDArray[np.int64]
CACHED = 65_536
AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Candidates:
    """Of b questions: rows [b, k], padded with −1, best first; their passages' ``vectors`` float32 [b, k, dim]."""

    rows: Rows
    vectors: NDArray[np.float32]
    passages: dict[int, Passage]


class CandidateSource:
    """Hybrid retrieval over one generation, for questions whose vectors change while their words do not.

    If none of the best ``k`` passages holds an answer, the best one that does (down to ``depth``) takes the last place.
    """

    def __init__(self, snapshot: Snapshot, questions: Sequence[Question], config: RetrieveConfig, k: int) -> None:
        self._questions, self._config, self._k = questions, config, k
        rows = np.flatnonzero(snapshot.alive)
        self._place = np.full(snapshot.rows, -1, np.int64)
        self._place[rows] = np.arange(len(rows))
        self._finder = AnswerFinder([passage.text for passage in snapshot.passages(rows)])
        self._bm25 = lru_cache(CACHED)(self._search_words)
        self.use(snapshot)

    def use(self, snapshot: Snapshot) -> None:
        """Use another generation from now on that differs in its vectors alone; remembered rankings by words stay
        valid.
        """
        self._snapshot, self._allowed = snapshot, snapshot.allowed()

    def find(self, numbers: Sequence[int], vectors: NDArray[np.float32]) -> Candidates:
        """The candidates of questions ``numbers`` whose vectors are ``vectors`` [b, dim]."""
        rows = self._choose(numbers, vectors)
        known = np.unique(rows[rows >= 0])
        passages = dict(zip(known.tolist(), self._snapshot.passages(known), strict=True))
        return Candidates(rows, self._vectors(rows), passages)

    def reachable(self, numbers: Sequence[int], vectors: NDArray[np.float32]) -> list[int]:
        """Those of ``numbers`` that would train on a passage with an answer, if their vectors were ``vectors``."""
        reached = []
        for start in range(0, len(numbers), AT_ONCE):
            own = numbers[start : start + AT_ONCE]
            for number, rows in zip(own, self._choose(own, vectors[start : start + AT_ONCE]), strict=True):
                if self._holds(rows[rows >= 0], self._questions[number]).any():
                    reached.append(number)
        return reached

    def _choose(self, numbers: Sequence[int], vectors: NDArray[np.float32]) -> Rows:
        """The rows [b, k] of the candidates."""
        depth = max(self._k, self._config.depth)
        bm25 = stack([self._bm25(number) for number in numbers])
        dense = self._snapshot.dense.search(vectors, depth, self._allowed)
        fused = fuse(bm25, dense, self._config, depth)
        rows = np.full((len(numbers), self._k), -1, np.int64)
        for place, number in enumerate(numbers):
            found = fused.rows[place][fused.rows[place] >= 0]
            chosen = self._with_an_answer(found, self._questions[number])
            rows[place, : len(chosen)] = chosen
        return rows

    def _with_an_answer(self, found: Rows, question: Question) -> Rows:
        best = found[: self._k]
        if self._holds(best, question).any():
            return best
        further = found[self._k :]
        holding = further[self._holds(further, question)]
        return np.append(best[: self._k - 1], holding[0]) if len(holding) else best

    def _holds(self, rows: Rows, question: Question) -> NDArray[np.bool_]:
        if not len(rows):
            return np.zeros(0, bool)
        return self._finder.contains(self._place[rows].tolist(), question.answers, question.pattern)

    def _search_words(self, number: int) -> Ranking:
        depth = max(self._k, self._config.depth)
        return self._snapshot.lexical.search([self._questions[number].text], depth, self._allowed)

    def _vectors(self, rows: Rows) -> NDArray[np.float32]:
        flat = rows.ravel()
        vectors = np.zeros((len(flat), self._snapshot.manifest.encoder.dim), np.float32)
        vectors[flat >= 0] = self._snapshot.dense.vectors(flat[flat >= 0])
        return vectors.reshape(*rows.shape, -1)
