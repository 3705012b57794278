"""Measures of rankings, for n questions at once. Definitions are those of trec_eval; nDCG is that of Järvelin and
Kekäläinen (2002).

``grades`` is int [n, depth]: the grade of the document at each rank, 0 for not relevant, −1 for no hit. ``ideal`` has
for each question the grades (≥ 1) of all its relevant documents. Results are float64 [n], NaN for questions that have
no relevant document; accuracy and reciprocal rank, which need no ``ideal``, are 0 there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Grades = NDArray[np.int64]
Values = NDArray[np.float64]


def accuracy_at(grades: Grades, k: int) -> Values:
    """1 if anything relevant is among the first k, else 0."""
    return np.asarray((grades[:, :k] > 0).any(axis=1), np.float64)


def reciprocal_rank(grades: Grades) -> Values:
    """1 / rank of the first relevant hit; 0 without one."""
    found = grades > 0
    first = found.argmax(axis=1) if grades.shape[1] else np.zeros(len(grades), np.int64)
    return np.where(found.any(axis=1), 1.0 / (first + 1.0), 0.0)


def recall_at(grades: Grades, ideal: Sequence[Grades], k: int) -> Values:
    """The share of the relevant documents that is among the first k."""
    return _over((grades[:, :k] > 0).sum(axis=1), _counts(ideal))


def average_precision(grades: Grades, ideal: Sequence[Grades]) -> Values:
    """The mean, over all relevant documents, of the precision at its rank; 0 for those that were not found."""
    found = grades > 0
    precision = found.cumsum(axis=1) / np.arange(1, grades.shape[1] + 1)
    return _over((precision * found).sum(axis=1), _counts(ideal))


def ndcg_at(grades: Grades, ideal: Sequence[Grades], k: int) -> Values:
    """The discounted gain of the first k, divided by that of the best order. The gain is the grade, the discount
    log2(rank + 1).
    """
    best = np.zeros((len(ideal), k))
    for question, own in enumerate(ideal):
        top = np.sort(own)[::-1][:k] if len(own) > 1 else own
        best[question, : len(top)] = top
    return _over(_gain(np.maximum(grades[:, :k], 0)), _gain(best))


def first_of_document(documents: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each passage of a ranking is the first of its document: bool [n, depth]; −1 in
    ``documents`` is no hit.
    """
    order, begins = _by_document(documents)
    first = np.empty_like(begins)
    np.put_along_axis(first, order, begins, axis=1)
    return first & (documents >= 0)


def documents_only(grades: Grades, documents: NDArray[np.int64]) -> Grades:
    """Rankings of passages as rankings of documents: each at its best rank, with the best grade of its passages.

    ``documents`` is int [n, depth]: the document of each passage (−1: no hit). Ranks that remain free are −1.
    """
    order, begins = _by_document(documents)
    best = np.full_like(grades, -1)
    if best.size:
        runs = np.flatnonzero(begins)
        highest = np.maximum.reduceat(np.take_along_axis(grades, order, axis=1).ravel(), runs)
        best[runs // grades.shape[1], order.ravel()[runs]] = highest
    first = first_of_document(documents)
    question, rank = np.nonzero(first)
    result = np.full_like(grades, -1)
    result[question, first.cumsum(axis=1)[first] - 1] = best[question, rank]
    return result


def _by_document(documents: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each question the ranks, ordered by document and then by rank, and where in this order a document begins."""
    order = np.argsort(documents, axis=1, kind="stable")
    ordered = np.take_along_axis(documents, order, axis=1)
    begins = np.ones(documents.shape, bool)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return order, begins


def _gain(gains: NDArray[np.generic]) -> Values:
    values: Values = (gains / np.log2(np.arange(2, gains.shape[1] + 2))).sum(axis=1)
    return values


def _counts(ideal: Sequence[Grades]) -> Values:
    return np.array([len(own) for own in ideal], np.float64)


def _over(parts: NDArray[np.generic], wholes: Values) -> Values:
    return np.asarray(np.divide(parts, wholes, out=np.full(len(wholes), np.nan), where=wholes > 0), np.float64)
