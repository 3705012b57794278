"""Joining the BM25 and the dense ranking into one. Pure numpy, for all questions at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ragqa.config import RetrieveConfig
from ragqa.index.ranking import Ranking, Rows, order

Parts = NDArray[np.float64]


def fuse(bm25: Ranking, dense: Ranking, config: RetrieveConfig, k: int) -> Ranking:
    """The best ``k`` passages that either source found.

    * linear: bm25 + ``dense_scale`` · cosine, unscaled, so a question of many telling words trusts BM25 more. A passage
      that a source did not find gets the lowest score that this source gave.
    * convex: w · dense + (1 − w) · bm25 with w = ``dense_weight``, each source normalised (see `normalise`). A passage
      that a source did not find gets 0 there. Scores are in [0, 1].
    * rrf: Σ 1 / (``rrf_k`` + rank), ranks from 1, over the sources that found the passage (Cormack et al., 2009).
      Scores are not scaled; they are at most 2 / (``rrf_k`` + 1).
    * bm25, dense: that source alone, normalised.
    """
    if config.fusion == "bm25":
        return normalise(bm25).cut(k)
    if config.fusion == "dense":
        return normalise(dense).cut(k)
    if config.fusion == "rrf":
        return _add(bm25.rows, _reciprocal(bm25, config.rrf_k), dense.rows, _reciprocal(dense, config.rrf_k), k)
    if config.fusion == "linear":
        words, lowest = _above_lowest(bm25, 1.0)
        meaning, lowest_dense = _above_lowest(dense, config.scale)
        joined = _add(bm25.rows, words, dense.rows, meaning, k)
        base = (lowest + lowest_dense).astype(np.float32)
        return Ranking(joined.rows, joined.scores + base)
    weight = config.dense_weight
    words, meaning = _normalised(bm25) * (1.0 - weight), _normalised(dense) * weight
    return _add(bm25.rows, words, dense.rows, meaning, k)


def normalise(ranking: Ranking) -> Ranking:
    """Scores brought to [0, 1], per question: (s − min) / (max − min) over its hits; all 1 where all are equal."""
    scores = np.where(ranking.rows >= 0, _normalised(ranking), -np.inf)
    return Ranking(ranking.rows, scores.astype(np.float32))


def lookup(ranking: Ranking, rows: Rows) -> NDArray[np.float32]:
    """The scores that ``ranking`` gives to ``rows`` [n, k] of the same questions: float32 [n, k], NaN where it has
    none.
    """
    found = np.full(rows.shape, np.nan, np.float32)
    if not ranking.rows.size or not rows.size:
        return found
    stride = int(max(ranking.rows.max(), rows.max())) + 2
    offsets = np.arange(len(rows), dtype=np.int64)[:, None] * stride + 1
    known, scores = (ranking.rows + offsets).ravel(), ranking.scores.ravel()
    sorting = np.argsort(known, kind="stable")
    wanted = rows + offsets
    places = sorting[np.minimum(np.searchsorted(known, wanted, sorter=sorting), known.size - 1)]
    hits = (known[places] == wanted) & (rows >= 0)
    found[hits] = scores[places[hits]]
    return found


def _normalised(ranking: Ranking) -> Parts:
    """[n, w] in float64, 0 where padded."""
    real = ranking.rows >= 0
    scores = np.where(real, ranking.scores, 0.0).astype(np.float64)
    low = np.min(scores, axis=1, keepdims=True, where=real, initial=np.inf)
    high = np.max(scores, axis=1, keepdims=True, where=real, initial=-np.inf)
    flat = high <= low
    scaled = (scores - np.where(flat, 0.0, low)) / np.where(flat, 1.0, high - low)
    return np.where(real, np.where(flat, 1.0, scaled), 0.0)


def _above_lowest(ranking: Ranking, scale: float) -> tuple[Parts, Parts]:
    """Scaled scores [n, w] above each question's lowest, 0 where padded; and the lowest [n, 1], 0 where none."""
    real = ranking.rows >= 0
    scores = np.where(real, ranking.scores, 0.0).astype(np.float64) * scale
    lowest = np.min(scores, axis=1, keepdims=True, where=real, initial=np.inf)
    lowest = np.where(np.isfinite(lowest), lowest, 0.0)
    return np.where(real, scores - lowest, 0.0), lowest


def _reciprocal(ranking: Ranking, constant: int) -> Parts:
    ranks = np.arange(1, ranking.rows.shape[1] + 1)
    return np.where(ranking.rows >= 0, 1.0 / (constant + ranks), 0.0)


def _add(rows: Rows, scores: Parts, other_rows: Rows, other_scores: Parts, k: int) -> Ranking:
    """Add up the scores that two sources give to each row; neither source repeats a row."""
    both = np.concatenate([rows, other_rows], axis=1)
    parts = np.concatenate([scores, other_scores], axis=1)
    sorting = np.argsort(both, axis=1, kind="stable")
    both, parts = np.take_along_axis(both, sorting, axis=1), np.take_along_axis(parts, sorting, axis=1)
    twice = (both[:, 1:] == both[:, :-1]) & (both[:, 1:] >= 0)
    parts[:, :-1] += np.where(twice, parts[:, 1:], 0.0)
    both[:, 1:][twice] = -1
    ranking = order(both, parts.astype(np.float32), k)
    width = int((ranking.rows >= 0).sum(axis=1).max(initial=0))
    return ranking.cut(width)
