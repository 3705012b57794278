from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.config import RetrieveConfig
from ragqa.index.fuse import fuse, lookup, normalise
from ragqa.index.ranking import Ranking, order, stack

CONVEX = RetrieveConfig(fusion="convex", dense_weight=0.4)


def ranking(*questions: dict[int, float]) -> Ranking:
    rows = [np.array(list(hits), np.int64) for hits in questions]
    scores = [np.array(list(hits.values()), np.float32) for hits in questions]
    packed = Ranking.pack(rows, scores)
    return order(packed.rows, packed.scores, packed.rows.shape[1])


def hits(found: Ranking, question: int = 0) -> dict[int, float]:
    """Row → score, in order of rank."""
    real = found.rows[question] >= 0
    return dict(zip(found.rows[question][real].tolist(), found.scores[question][real].tolist(), strict=True))


def test_normalise() -> None:
    found = normalise(ranking({1: 10.0, 2: 6.0, 3: 2.0}, {4: -0.5}, {}, {5: 3.0, 6: 3.0}))
    assert [hits(found, question) for question in range(4)] == [
        {1: 1.0, 2: 0.5, 3: 0.0},
        {4: 1.0},
        {},
        {5: 1.0, 6: 1.0},
    ]


def test_convex_by_hand() -> None:
    # bm25 normalised: 1 → 1, 2 → .5, 3 → 0; dense: 2 → 1, 4 → 0
    found = hits(fuse(ranking({1: 10, 2: 6, 3: 2}), ranking({2: 0.9, 4: 0.1}), CONVEX, 10))
    assert list(found) == [2, 1, 3, 4]  # 3 and 4 tie at 0
    assert list(found.values()) == pytest.approx([0.6 * 0.5 + 0.4, 0.6, 0.0, 0.0])


def test_rrf_by_hand() -> None:
    config = RetrieveConfig(fusion="rrf", rrf_k=60)
    found = hits(fuse(ranking({1: 10, 2: 6}), ranking({2: 0.9, 3: 0.1}), config, 10))
    assert list(found) == [2, 1, 3]
    assert list(found.values()) == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])


def test_one_source_alone() -> None:
    bm25, dense = ranking({1: 10, 2: 6, 3: 2}), ranking({2: 0.9, 4: 0.1})
    assert hits(fuse(bm25, dense, RetrieveConfig(fusion="bm25"), 2)) == {1: 1.0, 2: 0.5}
    assert hits(fuse(bm25, dense, RetrieveConfig(fusion="dense"), 9)) == {2: 1.0, 4: 0.0}
    assert hits(fuse(bm25, Ranking.empty(1), RetrieveConfig(fusion="bm25"), 2)) == {1: 1.0, 2: 0.5}


@pytest.mark.parametrize("fusion", ["convex", "rrf", "bm25", "dense"])
def test_sources_that_find_nothing(fusion: str) -> None:
    config, none, one = RetrieveConfig(fusion=fusion), Ranking.empty(1), ranking({7: 0.3})
    assert hits(fuse(none, none, config, 5)) == {}
    assert len(fuse(Ranking.empty(0), Ranking.empty(0), config, 5)) == 0
    assert set(hits(fuse(one, Ranking.empty(1, 4), config, 5))) == (set() if fusion == "dense" else {7})
    assert set(hits(fuse(none, one, config, 5))) == (set() if fusion == "bm25" else {7})


def test_row_0_is_a_row() -> None:
    assert hits(
        fuse(
            ranking({0: 2.0, 1: 1.0}),
            ranking(
                {0: 0.5},
            ),
            CONVEX,
            5,
        )
    ) == {0: 1.0, 1: 0.0}


def test_lookup() -> None:
    found = lookup(ranking({0: 5.0, 9: 2.0}, {3: 1.0}), np.array([[9, 0, 3], [3, -1, 0]]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([[2.0, 5.0, np.nan], [1.0, np.nan, np.nan]], np.float32))
    assert np.isnan(lookup(Ranking.empty(2, 0), np.array([[1], [2]]))).all()
    assert lookup(ranking({1: 1.0}), np.empty((1, 0), np.int64)).shape == (1, 0)


SOURCE = st.dictionaries(st.integers(0, 12), st.floats(-50, 50, width=16), max_size=8)


@given(st.lists(st.tuples(SOURCE, SOURCE), min_size=1, max_size=4), st.floats(0, 1), st.integers(1, 12))
def test_against_a_loop(questions: list[tuple[dict, dict]], weight: float, k: int) -> None:
    bm25, dense = ranking(*(words for words, _ in questions)), ranking(*(meaning for _, meaning in questions))
    for fusion in ("convex", "rrf"):
        config = RetrieveConfig(fusion=fusion, dense_weight=weight, rrf_k=3)
        found = fuse(bm25, dense, config, k)
        alone = stack([fuse(ranking(words), ranking(meaning), config, k) for words, meaning in questions])
        np.testing.assert_array_equal(found.rows, alone.rows)
        for question, (words, meaning) in enumerate(questions):
            expected = by_loop(words, meaning, config)
            got = hits(found, question)
            assert got == pytest.approx({row: expected[row] for row in got}, abs=1e-6)
            assert list(got.values()) == pytest.approx(sorted(expected.values(), reverse=True)[:k], abs=1e-6)
            if fusion == "convex":
                assert all(0.0 <= score <= 1.0 for score in got.values())


def by_loop(words: dict[int, float], meaning: dict[int, float], config: RetrieveConfig) -> dict[int, float]:
    total: dict[int, float] = {}
    for source, weight in ((words, 1 - config.dense_weight), (meaning, config.dense_weight)):
        ranked = sorted(source, key=lambda row: (-source[row], row))
        for rank, row in enumerate(ranked, 1):
            low, high = min(source.values()), max(source.values())
            share = 1.0 if high == low else (source[row] - low) / (high - low)
            part = weight * share if config.fusion == "convex" else 1 / (config.rrf_k + rank)
            total[row] = total.get(row, 0.0) + part
    return total


@given(SOURCE)
def test_lookup_finds_what_stands_there(source: dict[int, float]) -> None:
    found = ranking(source)
    wanted = np.arange(-1, 14)[None]
    expected = [source.get(row, np.nan) for row in range(-1, 14)]
    np.testing.assert_array_equal(lookup(found, wanted)[0], np.array(expected, np.float32))
