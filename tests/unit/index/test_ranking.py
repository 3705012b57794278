from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.index.ranking import Ranking, merge, order, stack, top_k

# few different scores, so that ties are the rule
SCORES = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0])


def matrix(values: list[list[float]]) -> np.ndarray:
    return np.array(values, np.float32)


def pairs(ranking: Ranking) -> list[list[tuple[int, float]]]:
    """The hits of each question, and a check that padding stands at the end and is −1 and −inf."""
    found = []
    for rows, scores in zip(ranking.rows, ranking.scores, strict=True):
        real = int((rows >= 0).sum())
        assert (rows[:real] >= 0).all() and (rows[real:] == -1).all()
        assert np.isfinite(scores[:real]).all() and (scores[real:] == -np.inf).all()
        found.append(list(zip(rows[:real].tolist(), scores[:real].tolist(), strict=True)))
    return found


def best(hits: list[tuple[int, float]], k: int) -> list[tuple[int, float]]:
    """The promise, spelled out."""
    return sorted((hit for hit in hits if hit[1] > -np.inf), key=lambda hit: (-hit[1], hit[0]))[:k]


def test_equal_scores_stand_in_order_of_rows() -> None:
    ranking = top_k(matrix([[1, 3, 3, 0]]), np.array([40, 30, 20, 10]), 3)
    assert pairs(ranking) == [[(20, 3.0), (30, 3.0), (40, 1.0)]]
    assert ranking.rows.dtype == np.int64 and ranking.scores.dtype == np.float32


def test_a_tie_at_the_border_goes_to_the_smaller_row() -> None:
    ranking = top_k(matrix([[1, 1, 1, 5, 1]]), np.array([9, 3, 7, 8, 1]), 3)
    assert pairs(ranking) == [[(8, 5.0), (1, 1.0), (3, 1.0)]]


def test_minus_infinity_and_nan_are_no_hits() -> None:
    ranking = top_k(matrix([[np.nan, -np.inf, 1], [-np.inf, -np.inf, np.nan]]), np.arange(3), 3)
    assert pairs(ranking) == [[(2, 1.0)], []]
    assert pairs(order(np.array([[0, 1, 2]]), matrix([[np.nan, -np.inf, 1]]), 3)) == [[(2, 1.0)]]


@pytest.mark.parametrize("k", [0, 1, 2, 100])
def test_nothing_to_rank(k: int) -> None:
    assert pairs(top_k(matrix([[], []]), np.array([], np.int64), k)) == [[], []]
    assert len(top_k(np.empty((0, 4), np.float32), np.arange(4), k)) == 0
    assert pairs(merge([Ranking.empty(2), Ranking.empty(2, 3)], k)) == [[], []]


@given(st.lists(st.lists(SCORES, min_size=7, max_size=7), min_size=1, max_size=3), st.integers(0, 9), st.randoms())
def test_top_k_is_a_sort(values: list[list[float]], k: int, random: object) -> None:
    rows = list(range(100, 107))
    random.shuffle(rows)  # type: ignore[attr-defined]
    expected = [best(list(zip(rows, own, strict=True)), k) for own in values]
    assert pairs(top_k(matrix(values), np.array(rows), k)) == expected


@given(st.lists(st.lists(SCORES, min_size=6, max_size=6), min_size=1, max_size=3), st.integers(0, 7))
def test_merged_parts_are_the_whole(values: list[list[float]], k: int) -> None:
    scores, rows = matrix(values), np.arange(6)
    parts = [top_k(scores[:, own], rows[own], k) for own in (rows[:2], rows[2:2], rows[2:])]
    assert pairs(merge(parts, k)) == pairs(top_k(scores, rows, k))


def test_cut_and_stack() -> None:
    one, other = top_k(matrix([[1, 2, 3]]), np.arange(3), 3), top_k(matrix([[4, -np.inf]]), np.arange(2), 2)
    assert pairs(stack([one, other])) == [[(2, 3.0), (1, 2.0), (0, 1.0)], [(0, 4.0)]]
    assert pairs(stack([one, other]).cut(2)) == [[(2, 3.0), (1, 2.0)], [(0, 4.0)]]
    assert stack([one, other]).cut(9).rows.shape == (2, 3)
    assert len(stack([])) == 0
