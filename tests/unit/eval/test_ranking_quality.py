"""Ranking measures against naive definitions and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.eval.measure import ranking_quality

RANKING = st.lists(st.integers(0, 3), max_size=8)


@given(RANKING, st.lists(st.integers(1, 3), max_size=4), st.integers(1, 8))
def test_against_naive_definitions(ranking, unfound, k):
    depth = 8
    grades = np.full((1, depth), -1)
    grades[0, : len(ranking)] = ranking
    ideal = [grade for grade in ranking if grade > 0] + unfound

    def dcg(values):
        return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(values[:k], 1))

    hits = [rank for rank, grade in enumerate(ranking, 1) if grade > 0]
    assert ranking_quality.accuracy_at(grades, k)[0] == float(any(rank <= k for rank in hits))
    assert ranking_quality.reciprocal_rank(grades)[0] == (1 / hits[0] if hits else 0.0)
    own = [np.array(ideal, int)]
    if not ideal:
        assert np.isnan(ranking_quality.recall_at(grades, own, k)[0])
        assert np.isnan(ranking_quality.ndcg_at(grades, own, k)[0])
        assert np.isnan(ranking_quality.average_precision(grades, own)[0])
        return
    assert ranking_quality.recall_at(grades, own, k)[0] == sum(rank <= k for rank in hits) / len(ideal)
    assert ranking_quality.ndcg_at(grades, own, k)[0] == pytest.approx(dcg(ranking) / dcg(sorted(ideal, reverse=True)))
    precisions = [sum(other <= rank for other in hits) / rank for rank in hits]
    assert ranking_quality.average_precision(grades, own)[0] == pytest.approx(sum(precisions) / len(ideal))


def test_ndcg_agrees_with_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics", reason="needs ragqa[train]")
    grades = np.array([[3, 0, 2, 1, 0], [0, 0, 1, 2, 3]])
    expected = [sklearn.ndcg_score([row], [[5, 4, 3, 2, 1]], k=4) for row in grades]
    assert ranking_quality.ndcg_at(grades, [row[row > 0] for row in grades], 4) == pytest.approx(expected)


@given(st.lists(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3)), min_size=6, max_size=6), max_size=4))
def test_documents_against_a_walk_down_the_ranks(rankings):
    """−1 is no hit, wherever it stands."""
    documents = np.array([[name for name, _ in own] for own in rankings], int).reshape(-1, 6)
    grades = np.array([[grade if name >= 0 else -1 for name, grade in own] for own in rankings], int).reshape(-1, 6)
    first, kept = [], []
    for own in rankings:
        best = {}
        first.append([name >= 0 and name not in [other for other, _ in own[:at]] for at, (name, _) in enumerate(own)])
        for name, grade in own:
            if name >= 0:
                best[name] = max(best.get(name, 0), grade)
        kept.append([*best.values(), *[-1] * (6 - len(best))])
    assert ranking_quality.first_of_document(documents).tolist() == first
    assert ranking_quality.documents_only(grades, documents).tolist() == kept


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0, 0)])
def test_nothing_to_rank(shape):
    grades, ideal = np.full(shape, -1), [np.array([1])] * shape[0]
    assert ranking_quality.documents_only(grades, grades).shape == shape
    assert ranking_quality.first_of_document(grades).shape == shape
    for values in (
        ranking_quality.accuracy_at(grades, 3),
        ranking_quality.reciprocal_rank(grades),
        ranking_quality.recall_at(grades, ideal, 3),
        ranking_quality.average_precision(grades, ideal),
        ranking_quality.ndcg_at(grades, ideal, 3),
    ):
        assert values.tolist() == [0.0] * shape[0]


def test_each_question_has_its_own_row():
    grades = np.array([[0, 1, 0], [2, 0, 1], [0, 0, -1], [0, 0, 0]])
    ideal = [np.array([1]), np.array([1, 2, 1]), np.array([1]), np.array([], int)]
    assert ranking_quality.accuracy_at(grades, 1).tolist() == [0, 1, 0, 0]
    assert ranking_quality.reciprocal_rank(grades).tolist() == [0.5, 1, 0, 0]
    nan = float("nan")
    assert ranking_quality.recall_at(grades, ideal, 3) == pytest.approx([1, 2 / 3, 0, nan], nan_ok=True)
    assert ranking_quality.average_precision(grades, ideal) == pytest.approx(
        [1 / 2, (1 + 2 / 3) / 3, 0, nan], nan_ok=True
    )
    best = 2 + 1 / math.log2(3) + 1 / 2
    assert ranking_quality.ndcg_at(grades, ideal, 3) == pytest.approx(
        [1 / math.log2(3), 2.5 / best, 0, nan], nan_ok=True
    )


def test_a_document_counts_once_at_its_best_rank():
    grades, documents = np.array([[0, 2, 0, 2, -1]]), np.array([[7, 5, 7, 5, -1]])
    assert ranking_quality.documents_only(grades, documents).tolist() == [[0, 2, -1, -1, -1]]
