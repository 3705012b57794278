"""What every `LexicalIndex` promises: one body over Tantivy and rank-bm25."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from ragqa.corpus.analyze import get_analyzer
from ragqa.index.lexical import MAX_TERMS, LexicalIndex, RankBM25Index, TantivyIndex, TantivyWriter, meta_term
from ragqa.types import Passage

Build = Callable[..., LexicalIndex]

TEXTS = [
    "Rivers carry water from the mountains to the sea.",
    "A bridge over the river, built of stone.",
    "Stone bridges outlive wooden bridges; a stone bridge is heavy.",
    "Mountains are made of stone.",
    "The baker sells bread.",
    "Café owners sell coffee.",
    "",
]


def passage(text: str, title: str = "", heading: str = "", **meta: str | int | float | bool) -> Passage:
    return Passage(id=text, doc_id="d", text=text, title=title, start=0, end=len(text), heading=heading, meta=meta)


@pytest.fixture(params=["tantivy", "rank-bm25"])
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Build:
    def make(passages: Sequence[Passage | str], first_row: int = 0, language: str = "en") -> LexicalIndex:
        analyzer = get_analyzer(language)
        items = [item if isinstance(item, Passage) else passage(item) for item in passages]
        if request.param == "rank-bm25":
            return RankBM25Index(np.arange(first_row, first_row + len(items)), items, analyzer)
        writer = TantivyWriter(tmp_path / "lexical", analyzer, create=True)
        writer.add(first_row, items)
        writer.commit()
        return TantivyIndex.open(tmp_path / "lexical", analyzer)

    return make


def rows(index: LexicalIndex, question: str, k: int = 10, where: dict[str, str] | None = None) -> list[int]:
    ranking = index.search([question], k, where)
    assert ranking.rows.dtype == np.int64 and ranking.scores.dtype == np.float32
    assert (np.diff(ranking.scores[0][ranking.rows[0] >= 0]) <= 0).all()
    return [row for row in ranking.rows[0].tolist() if row >= 0]


def test_finds_passages_that_share_a_word(build: Build) -> None:
    index = build(TEXTS)
    assert sorted(rows(index, "stone bridge")) == [1, 2, 3]
    assert rows(index, "stone bridges")[0] == 2
    assert rows(index, "Who sells bread?")[0] == 4
    assert rows(index, "zebra") == []


def test_a_batch_is_its_questions(build: Build) -> None:
    index = build(TEXTS)
    questions = ["stone bridge", "", "zebra", "bread", "river"]
    batch = index.search(questions, 3)
    assert batch.rows.shape == (5, 3)
    for question, own_rows, own_scores in zip(questions, batch.rows, batch.scores, strict=True):
        alone = index.search([question], 3)
        width = alone.rows.shape[1]
        np.testing.assert_array_equal(own_rows[:width], alone.rows[0])
        np.testing.assert_array_equal(own_scores[:width], alone.scores[0])
        assert (own_rows[width:] == -1).all()
    assert len(index.search([], 3)) == 0


@pytest.mark.parametrize(
    "question", ["", "   ", "?!", "the of and", "\x00", "\ud800", "AND OR NOT", '"', "text:stone -", "IN ["]
)
def test_no_question_is_syntax(build: Build, question: str) -> None:
    assert set(rows(build(TEXTS), question)) <= {1, 2, 3}


def test_words_are_not_operators(build: Build) -> None:
    index = build(["meta search", "text search", "plain"])
    assert sorted(rows(index, "+text:search -meta")) == [0, 1]


def test_k(build: Build) -> None:
    index = build(["stone"] * 5)
    assert index.search(["stone"], 0).rows.shape == (1, 0)
    assert rows(index, "stone", 3) == [0, 1, 2]
    assert rows(index, "stone", 10**9) == [0, 1, 2, 3, 4]


def test_equal_passages_stand_in_order_of_rows(build: Build) -> None:
    texts = ["red stone", "blue stone"] * 30
    index = build(texts, first_row=100)
    assert rows(index, "blue", 20) == list(range(101, 141, 2))
    assert rows(index, "stone", 7) == list(range(100, 107))


@pytest.mark.parametrize("passages", [[], ["", "the of"]])
def test_nothing_to_find(build: Build, passages: list[str]) -> None:
    assert rows(build(passages, first_row=3), "stone") == []


def test_two_passages(build: Build) -> None:
    # the idf of rank-bm25 is 0 or less for a word in half of the passages: it must be found nonetheless
    assert rows(build(["stone bridge", "wooden bridge"]), "stone") == [0]


def test_title_and_heading_are_searched(build: Build) -> None:
    index = build(
        [passage("It fell in 1902.", title="Campanile"), passage("It stands.", heading="Bell towers > Venice")]
    )
    assert rows(index, "campanile") == [0]
    assert rows(index, "towers of Venice") == [1]


def test_where(build: Build) -> None:
    index = build(
        [
            passage("stone", kind="wall", year=1902, old=True, score=0.5),
            passage("stone", kind="Wall", year=1903, old=False, score=1.0),
            passage("stone bridge", kind="bridge wall", year=1902, old=False),
            passage("bread", kind="wall"),
        ]
    )
    assert rows(index, "stone", where={}) == [0, 1, 2]
    assert rows(index, "stone", where={"kind": "wall"}) == [0]
    assert rows(index, "stone", where={"kind": "Wall"}) == [1]
    assert rows(index, "stone", where={"kind": "bridge wall"}) == [2]
    assert rows(index, "stone", where={"year": "1902"}) == [0, 2]
    assert rows(index, "stone", where={"year": "1902", "old": "false"}) == [2]
    assert rows(index, "stone", where={"old": "true"}) == [0]
    assert rows(index, "stone", where={"score": "1.0"}) == [1]
    assert rows(index, "stone", where={"kind": "none"}) == rows(index, "stone", where={"no": "wall"}) == []


def test_where_changes_no_score(build: Build) -> None:
    index = build(
        [passage("stone bridge", a="x"), passage("stone", a="y"), passage("bread"), passage("milk"), passage("")]
    )
    free, bound = index.search(["stone bridge"], 5), index.search(["stone bridge"], 5, {"a": "y"})
    assert bound.rows.tolist() == [[1]] and bound.scores[0, 0] == free.scores[0, free.rows[0].tolist().index(1)]


def test_a_word_said_twice_counts_twice(build: Build) -> None:
    filler = ["bread"] * 8
    index = build(["stone river", "bridge river", *filler])
    once = index.search(["stone"], 1).scores[0, 0]
    assert index.search(["stone stone, stones"], 1).scores[0, 0] == pytest.approx(3 * once, rel=1e-6)
    assert rows(index, "bridge stone bridge")[:2] == [1, 0]


def test_a_very_long_question_is_asked_by_its_rarest_words(build: Build) -> None:
    common = [f"c{number}" for number in range(400)]
    index = build([*(" ".join(common) for _ in range(3)), "needle", "other words"], language="simple")
    question = " ".join([*common * 25, "needle", *(f"unknown{number}" for number in range(500))])
    assert len(question.split()) > 10_000 and len(common) > MAX_TERMS
    assert set(rows(index, question)) == {0, 1, 2, 3}


def test_lone_surrogates_are_no_error(build: Build) -> None:
    index = build([passage("stone \ud800 bridge", key="\udfff")])
    assert rows(index, "stone \udc80") == rows(index, "stone", where={"key": "\udfff"}) == [0]


def test_meta_term() -> None:
    assert [meta_term("k", value) for value in ("a b", True, False, 3, 1.5)] == [
        "k=a b",
        "k=true",
        "k=false",
        "k=3",
        "k=1.5",
    ]
