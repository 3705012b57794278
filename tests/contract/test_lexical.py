"""What every `LexicalIndex` promises: one body over Tantivy and rank-bm25. Synonyms and parts have their own files."""

from __future__ import annotations

import numpy as np
import pytest
from support.everything import EVERYTHING
from support.words import TEXTS, Build, allowed, passage, rows

from ragqa.filters import Where, text_of
from ragqa.index.facts import meta_term
from ragqa.index.query import MAX_TERMS


def test_finds_passages_that_share_a_word(build: Build) -> None:
    index = build(TEXTS)
    assert sorted(rows(index, "stone bridge")) == [1, 2, 3]
    assert rows(index, "stone bridges")[0] == 2
    assert rows(index, "Who sells bread?")[0] == 4
    assert rows(index, "zebra") == []


def test_a_batch_is_its_questions(build: Build) -> None:
    index = build(TEXTS)
    questions = ["stone bridge", "", "zebra", "bread", "river"]
    batch = index.search(questions, 3, EVERYTHING)
    assert batch.rows.shape == (5, 3)
    for question, own_rows, own_scores in zip(questions, batch.rows, batch.scores, strict=True):
        alone = index.search([question], 3, EVERYTHING)
        width = alone.rows.shape[1]
        np.testing.assert_array_equal(own_rows[:width], alone.rows[0])
        np.testing.assert_array_equal(own_scores[:width], alone.scores[0])
        assert (own_rows[width:] == -1).all()
    assert len(index.search([], 3, EVERYTHING)) == 0


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
    assert index.search(["stone"], 0, EVERYTHING).rows.shape == (1, 0)
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


@pytest.mark.parametrize("by_terms", [True, False])
def test_where(build: Build, by_terms: bool) -> None:
    passages = [
        passage("stone", kind="wall", year=1902, old=True, score=0.5),
        passage("stone", kind="Wall", year=1903, old=False, score=1.0, tags=["a", "b"]),
        passage("stone bridge", kind="bridge wall", year=1902, old=False, tags=["b"]),
        passage("bread", kind="wall"),
    ]
    index = build(passages)

    def found(where: Where) -> list[int]:
        return rows(index, "stone", allowed=allowed(passages, where, by_terms))

    assert found({}) == [0, 1, 2]
    assert found({"kind": "wall"}) == [0]
    assert found({"kind": "Wall"}) == [1]
    assert found({"kind": "bridge wall"}) == [2]
    assert found({"year": "1902"}) == found({"year": 1902}) == found({"year": {"lt": 1903}}) == [0, 2]
    assert found({"year": "1902", "old": "false"}) == [2]
    assert found({"old": "true"}) == found({"old": True}) == [0]
    assert found({"score": "1.0"}) == found({"score": 1}) == found({"score": {"gt": 0.5}}) == [1]
    assert found({"kind": "none"}) == found({"no": "wall"}) == []
    assert found({"tags": "b"}) == found({"tags": {"exists": True}}) == [1, 2]
    assert found({"tags": {"ne": "a"}}) == [0, 2] and found({"tags": {"in": ["a", "c"]}}) == [1]
    assert found({"score": {"exists": False}}) == [2]


def test_few_allowed_passages_among_many_better_ones(build: Build) -> None:
    """Without terms, passages are looked through until enough of those that are allowed are found."""
    passages = [passage("stone stone stone", number=number) for number in range(200)]
    passages += [passage("stone and much else that is said", number=number) for number in range(200, 204)]
    index, where = build(passages), {"number": {"gte": 200}}
    for by_terms in (True, False):
        assert rows(index, "stone", 3, allowed(passages, where, by_terms)) == [200, 201, 202]
        assert rows(index, "stone", 9, allowed(passages, where, by_terms)) == [200, 201, 202, 203]


def test_a_key_with_an_equals_sign_is_no_other_key(build: Build) -> None:
    passages = [passage("stone", a="b=c"), passage("stone", **{"a=b": "c"})]
    index = build(passages)
    assert rows(index, "stone", allowed=allowed(passages, {"a": "b=c"})) == [0]
    assert rows(index, "stone", allowed=allowed(passages, {"a=b": "c"})) == [1]


def test_a_value_that_is_too_long_for_a_term(build: Build) -> None:
    passages = [passage("stone", a="x" * 70_000), passage("stone", a="y" * 70_000)]
    assert rows(build(passages), "stone", allowed=allowed(passages, {"a": "y" * 70_000})) == [1]


def test_where_changes_no_score(build: Build) -> None:
    passages = [passage("stone bridge", a="x"), passage("stone", a="y"), passage("bread"), passage("milk"), passage("")]
    index = build(passages)
    free = index.search(["stone bridge"], 5, EVERYTHING)
    bound = index.search(["stone bridge"], 5, allowed(passages, {"a": "y"}))
    assert bound.rows.tolist() == [[1]] and bound.scores[0, 0] == free.scores[0, free.rows[0].tolist().index(1)]


def test_a_word_said_twice_counts_twice(build: Build) -> None:
    filler = ["bread"] * 8
    index = build(["stone river", "bridge river", *filler])
    once = index.search(["stone"], 1, EVERYTHING).scores[0, 0]
    assert index.search(["stone stone, stones"], 1, EVERYTHING).scores[0, 0] == pytest.approx(3 * once, rel=1e-6)
    assert rows(index, "bridge stone bridge")[:2] == [1, 0]


def test_a_very_long_question_is_asked_by_its_rarest_words(build: Build) -> None:
    common = [f"c{number}" for number in range(400)]
    index = build([*(" ".join(common) for _ in range(3)), "needle", "other words"], language="simple")
    question = " ".join([*common * 25, "needle", *(f"unknown{number}" for number in range(500))])
    assert len(question.split()) > 10_000 and len(common) > MAX_TERMS
    assert set(rows(index, question)) == {0, 1, 2, 3}


def test_lone_surrogates_are_no_error(build: Build) -> None:
    passages = [passage("stone \ud800 bridge", key="\udfff")]
    index = build(passages)
    assert rows(index, "stone \udc80") == rows(index, "stone", allowed=allowed(passages, {"key": "\udfff"})) == [0]


def test_meta_term() -> None:
    assert [meta_term("k", text_of(value)) for value in ("a b", True, False, 3, 1.5)] == [
        "k=a b",
        "k=true",
        "k=false",
        "k=3",
        "k=1.5",
    ]


def test_words_that_a_passage_has(build: Build) -> None:
    index = build(["The bridges of Chur were built early.", "Bread is sold"])
    assert index.known(["bridge", "Built", "the", "bread"]) == [True, True, True, True]
    assert index.known(["brigde", "harbour", "bread"]) == [False, False, True]
    assert index.known([]) == []


def test_rarity_is_the_idf_of_each_term_and_most_for_one_that_no_passage_has(build: Build) -> None:
    index = build(TEXTS)
    stone, bread, zebra = index.rarity(["stone", "bread", "zebra"])
    assert 0 < stone < bread < zebra
    assert index.rarity([]) == [] and index.rarity(["bread", "bread"]) == [bread, bread]
