"""Rankings: rows and scores in numpy. Nothing else passes between the searches and the fetch of passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """For each of n questions its best passages: ``rows`` int64 [n, w] and ``scores`` float32 [n, w].

    Order: score descending, ties by ascending row. A question with fewer hits than w is padded at its end with row −1
    and score −inf. A search for k hits gives w ≤ k.
    """

    rows: Rows
    scores: Scores

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def empty(cls, n: int, k: int = 0) -> Self:
        """Padding only."""
        return cls(np.full((n, k), -1, np.int64), np.full((n, k), -np.inf, np.float32))

    @classmethod
    def pack(cls, rows: Sequence[Rows], scores: Sequence[Scores]) -> Self:
        """Already ordered hits, one pair of arrays a question, of different lengths; as wide as the longest."""
        packed = cls.empty(len(rows), max(map(len, rows), default=0))
        for question, (own_rows, own_scores) in enumerate(zip(rows, scores, strict=True)):
            packed.rows[question, : len(own_rows)] = own_rows
            packed.scores[question, : len(own_scores)] = own_scores
        return packed

    def cut(self, k: int) -> Ranking:
        """The best ``k`` of each question."""
        return Ranking(self.rows[:, :k], self.scores[:, :k])


def order(rows: Rows, scores: Scores, k: int) -> Ranking:
    """Unordered hits [n, w], padded anywhere, as a Ranking of width min(k, w). A row stands at most once a question."""
    rows = np.where(scores > -np.inf, rows, -1)  # NaN too is no hit
    scores = np.where(rows >= 0, scores, np.float32(-np.inf))
    best = np.lexsort((rows, -scores), axis=-1)[:, :k]
    return Ranking(np.take_along_axis(rows, best, axis=1), np.take_along_axis(scores, best, axis=1))


def top_k(scores: Scores, rows: Rows, k: int) -> Ranking:
    """The best ``k`` columns of ``scores`` [n, m], column j being passage ``rows[j]``; −inf and NaN are no hits.

    Exact, ties at the border included: of equal scores the smaller rows are taken.
    """
    found_rows, found_scores = [], []
    for own in scores:
        columns = np.flatnonzero(own > -np.inf)
        values = own[columns]
        if 0 < k < len(values):
            near = values >= np.partition(values, len(values) - k)[len(values) - k]
            columns, values = columns[near], values[near]
        best = np.lexsort((rows[columns], -values))[:k]
        found_rows.append(rows[columns[best]])
        found_scores.append(values[best])
    return Ranking.pack(found_rows, found_scores)


def merge(rankings: Sequence[Ranking], k: int) -> Ranking:
    """The best ``k`` over rankings of the same questions that share no rows (segments of one index)."""
    if len(rankings) == 1:
        return rankings[0].cut(k)
    rows = np.concatenate([ranking.rows for ranking in rankings], axis=1)
    scores = np.concatenate([ranking.scores for ranking in rankings], axis=1)
    return order(rows, scores, k)


def stack(rankings: Sequence[Ranking]) -> Ranking:
    """Rankings of different questions, one under the other."""
    return Ranking.pack(
        [rows for ranking in rankings for rows in ranking.rows],
        [scores for ranking in rankings for scores in ranking.scores],
    )
