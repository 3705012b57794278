"""Whatever sequence of adds, changes, deletes and compactions led to it, an index equals a fresh build.

Passages, vectors and what both searches find are equal at any time; BM25 scores only after a compaction, as Tantivy
counts deleted passages in its statistics until it merges them away.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document
from ragqa.index.ranking import Ranking
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=6))
ENCODER = HashEncoder()
WORDS = ["stone", "bridge", "river", "boat", "summer", "bread"]
QUESTIONS = ["stone bridge", "river boat summer", "bread"]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
corpora = st.dictionaries(st.sampled_from("abcdef"), texts, min_size=1, max_size=5)
steps = st.lists(st.one_of(corpora, st.just("compact")), min_size=1, max_size=5)


def documents(corpus: dict[str, str]) -> list[Document]:
    return [Document(name, text, meta={"first": text.split()[0]}) for name, text in corpus.items()]


def by_passage(snapshot: Snapshot, found: Ranking) -> list[dict[str, float]]:
    """For each question the scores by passage id."""
    return [
        {passage.id: float(score) for passage, score in zip(snapshot.passages(rows[rows >= 0]), scores, strict=False)}
        for rows, scores in zip(found.rows, found.scores, strict=True)
    ]


def lexical(snapshot: Snapshot, where: dict[str, str] | None = None) -> list[dict[str, float]]:
    return by_passage(snapshot, snapshot.lexical.search(QUESTIONS, 1000, snapshot.allowed(where)))


def dense(snapshot: Snapshot, where: dict[str, str] | None = None) -> list[dict[str, float]]:
    vectors = ENCODER.encode_questions(QUESTIONS)
    return by_passage(snapshot, snapshot.dense.search(vectors, 1000, snapshot.allowed(where)))


def content(snapshot: Snapshot) -> dict[str, object]:
    """Passages with their documents, by id."""
    passages = snapshot.passages(np.flatnonzero(snapshot.alive))
    assert len({passage.id for passage in passages}) == len(passages)
    return {passage.id: (passage, snapshot.document(passage.doc_id)) for passage in passages}


@settings(max_examples=15)
@given(corpora, steps)
def test_any_history_equals_a_fresh_build(start: dict[str, str], history: list[dict[str, str] | str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown, fresh = Path(folder) / "grown", Path(folder) / "fresh"
        corpus = start
        update(grown, CONFIG, ENCODER, documents(start))
        for step in history:
            if isinstance(step, str):
                compact(grown)
            else:
                report = update(grown, CONFIG, ENCODER, documents(step))
                before, corpus = corpus, step
                assert report.added == len(step.keys() - before.keys())
                assert report.removed == len(before.keys() - step.keys())
                assert report.unchanged == len(step.items() & before.items())
        update(fresh, CONFIG, ENCODER, documents(corpus))
        assert verify(grown) == []

        one, other = Snapshot.open(grown), Snapshot.open(fresh)
        where = {"first": "stone"}
        assert content(one) == content(other) and one.live == other.live
        assert dense(one) == dense(other) and dense(one, where) == dense(other, where)
        for filtered in (None, where):
            for found, expected in zip(lexical(one, filtered), lexical(other, filtered), strict=True):
                assert found.keys() == expected.keys()

        compact(grown)
        merged = Snapshot.open(grown)
        assert merged.alive.all() and content(merged) == content(other) and dense(merged) == dense(other)
        for found, expected in zip(lexical(merged), lexical(other), strict=True):
            assert found.keys() == expected.keys()
            np.testing.assert_allclose([found[key] for key in expected], list(expected.values()), rtol=1e-5)
