"""BM25 against numbers worked by hand, against the formula written out, and against the package rank-bm25."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi
from support.everything import EVERYTHING

from ragqa.corpus.analyze import get_analyzer
from ragqa.documents import Passage
from ragqa.index.lexical import TantivyIndex, TantivyWriter
from ragqa.index.rankbm25 import RankBM25Index

SIMPLE = get_analyzer("simple")
K1, B = 1.2, 0.75


def passages(texts: Sequence[str]) -> list[Passage]:
    return [
        Passage(id=str(row), doc_id="d", text=text, title="", start=0, end=len(text)) for row, text in enumerate(texts)
    ]


def tantivy(texts: Sequence[str], directory: Path) -> TantivyIndex:
    writer = TantivyWriter(directory, SIMPLE, create=True)
    writer.add(0, passages(texts))
    writer.commit()
    return TantivyIndex.open(directory, SIMPLE)


def scores(index: TantivyIndex | RankBM25Index, question: str, k: int) -> dict[int, float]:
    ranking = index.search([question], k, EVERYTHING)
    real = ranking.rows[0] >= 0
    return dict(zip(ranking.rows[0][real].tolist(), ranking.scores[0][real].tolist(), strict=True))


def byte_length(length: int) -> int:
    """A length as one byte keeps it: exact up to 40, then three bits after the leading one, rounded down."""
    kept = 0
    for byte in range(256):
        mantissa, shift = (byte - 24) & 7, ((byte - 24) >> 3) - 1
        value = byte if byte < 24 else 24 + (mantissa if shift < 0 else (mantissa | 8) << shift)
        if value <= length:
            kept = value
    return kept


def by_formula(texts: Sequence[str], question: str) -> dict[int, float]:
    """Okapi BM25 as Tantivy states it."""
    bags = [Counter(text.split()) for text in texts]
    mean = sum(bag.total() for bag in bags) / len(bags)
    total: dict[int, float] = {}
    for term in question.split():
        n = sum(term in bag for bag in bags)
        idf = math.log(1 + (len(bags) - n + 0.5) / (n + 0.5))
        for row, bag in enumerate(bags):
            if bag[term]:
                norm = K1 * (1 - B + B * byte_length(bag.total()) / mean)
                total[row] = total.get(row, 0.0) + idf * bag[term] * (K1 + 1) / (bag[term] + norm)
    return total


def synthetic(count: int, longest: int, seed: int) -> tuple[list[str], list[str]]:
    """Passages of words by Zipf's law, and questions of six words from one passage each."""
    chance = random.Random(seed)
    words = [f"w{number}" for number in range(4000)]
    weights = [1 / (number + 20) for number in range(4000)]
    texts = [" ".join(chance.choices(words, weights, k=chance.randint(5, longest))) for _ in range(count)]
    questions = [" ".join(chance.choices(chance.choice(texts).split(), k=6)) for _ in range(60)]
    return texts, questions


def test_by_hand(tmp_path: Path) -> None:
    """Three passages of 2, 4 and 6 words, mean 4; "stone" is in two of them: idf = ln(1 + 1.5 / 2.5) = ln 1.6."""
    index = tantivy(["stone wall", "stone stone old wall", "bread milk salt corn oil wine"], tmp_path / "index")
    found = scores(index, "stone", 3)
    assert list(found) == [1, 0]
    # 1: tf 2, length 4 = mean, so norm = 1.2; 2 · 2.2 / 3.2 = 1.375
    assert found[1] == pytest.approx(0.4700036 * 1.375, abs=1e-5)
    # 0: tf 1, length 2, so norm = 1.2 · (0.25 + 0.375) = 0.75; 2.2 / 1.75 = 1.2571429
    assert found[0] == pytest.approx(0.4700036 * 1.2571429, abs=1e-5)


@pytest.mark.parametrize(
    ("length", "kept"), [(0, 0), (24, 24), (39, 39), (40, 40), (41, 40), (43, 42), (57, 56), (120, 120), (127, 120)]
)
def test_lengths_in_a_byte(length: int, kept: int) -> None:
    assert byte_length(length) == kept


@pytest.mark.parametrize(("longest", "seed"), [(40, 1), (400, 2)])
def test_tantivy_is_the_formula(tmp_path: Path, longest: int, seed: int) -> None:
    texts, questions = synthetic(300, longest, seed)
    index = tantivy(texts, tmp_path / "index")
    for question in questions:
        expected = by_formula(texts, question)
        assert scores(index, question, 300) == pytest.approx(expected, rel=1e-5)
        best = scores(index, question, 10)
        assert list(best.values()) == pytest.approx(sorted(expected.values(), reverse=True)[:10], rel=1e-5)


@given(st.lists(st.text("abc ", max_size=30), min_size=1, max_size=8), st.text("abcd ", max_size=8))
def test_tantivy_is_the_formula_on_odd_corpora(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], question: str
) -> None:
    index = tantivy(texts, tmp_path_factory.mktemp("index") / "index")
    assert scores(index, question, 8) == pytest.approx(by_formula(texts, question), rel=1e-5)


class SameIdf(BM25Okapi):
    """rank-bm25 with Tantivy's k1 and idf, its scoring untouched."""

    def __init__(self, corpus: list[list[str]]) -> None:
        super().__init__(corpus, k1=K1, b=B)

    def _calc_idf(self, nd: dict[str, int]) -> None:
        for term, n in nd.items():
            self.idf[term] = math.log(1 + (self.corpus_size - n + 0.5) / (n + 0.5))


def test_with_the_same_constants_both_are_the_same(tmp_path: Path) -> None:
    texts, questions = synthetic(2000, 40, 3)
    index, oracle = tantivy(texts, tmp_path / "index"), SameIdf([text.split() for text in texts])
    for question in questions:
        expected = oracle.get_scores(question.split())
        found = scores(index, question, 2000)
        assert found == pytest.approx({row: expected[row] for row in np.flatnonzero(expected)}, rel=1e-5)
        order = list(found)
        exact = expected[order]
        assert (np.diff(exact) <= 1e-5 * exact[:-1]).all()  # the same order, but for differences of float32


def test_with_their_own_constants_the_best_are_mostly_the_same(tmp_path: Path) -> None:
    """k1 1.2 or 1.5 and two idf: of ten passages at least nine are shared on average, and the first 19 times of 20."""
    texts, questions = synthetic(2000, 40, 4)
    index, oracle = tantivy(texts, tmp_path / "index"), RankBM25Index(np.arange(2000), passages(texts), SIMPLE)
    ours, theirs = index.search(questions, 10, EVERYTHING), oracle.search(questions, 10, EVERYTHING)
    shared = [len(set(own) & set(other)) for own, other in zip(ours.rows.tolist(), theirs.rows.tolist(), strict=True)]
    assert np.mean(shared) >= 9
    assert (ours.rows[:, 0] == theirs.rows[:, 0]).mean() >= 0.95


def test_rank_bm25_is_the_package() -> None:
    texts, questions = synthetic(200, 40, 5)
    index, oracle = RankBM25Index(np.arange(200), passages(texts), SIMPLE), BM25Okapi([text.split() for text in texts])
    for question in questions:
        expected = oracle.get_scores(question.split())
        assert scores(index, question, 200) == pytest.approx(
            {row: expected[row] for row in np.flatnonzero(expected)}, rel=1e-5
        )
