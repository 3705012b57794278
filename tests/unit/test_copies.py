"""Passages with the same words take one place among those that are read, and all of them are support."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ragqa
from ragqa.asking import Ask
from ragqa.config import Config, IndexConfig, ReadConfig, RetrieveConfig
from ragqa.copies import fold, span_in_copy, without
from ragqa.documents import FAQ, KIND, Document, Passage
from ragqa.index.writer import update
from ragqa.pipeline import Pipeline
from ragqa.testing import HashEncoder, WordReader
from ragqa.types import Hit


def hits(*texts: str, meta: dict[str, str] | None = None) -> list[Hit]:
    return [
        Hit(Passage(f"p{n}", f"d{n}", text, "", 0, len(text), meta=meta or {}), 1.0 / n, n, {"bm25": 1.0}, n)
        for n, text in enumerate(texts, 1)
    ]


def groups(*texts: str) -> list[list[str]]:
    return [[hit.passage.text, *(copy.passage.text for copy in hit.copies)] for hit in fold(hits(*texts))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The mill is closed.", "The mill is closed."),
        ("The mill is closed.", "THE MILL  is\nclosed"),
        ("The mill’s “old” door", 'The mill\'s "old" door'),
        ("the ﬁnal oﬃce", "the final office"),
        ("Ge\u00adbühr: 5 €", "Gebühr: 5 €"),
        ("Cafe\u0301 Orlin", "Café Orlin"),
        ("at −5 °C", "at -5 °C"),
        ("- The mill\n- The dam", "The mill, the dam"),
    ],
)
def test_copies(one, other):
    assert groups(one, "something else", other) == [[one, other], ["something else"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a dose of 1.5 mg", "a dose of 15 mg"),
        ("at -5 °C", "at 5 °C"),
        ("written in C", "written in C++"),
        ("from 1914-1918", "from 19141918"),
        ("from 1914-1918", "from 1914 1918"),
        ("costs $5", "costs 5"),
        ("page 3 of 9", "page 4 of 9"),
        ("an ice cream", "a nice cream"),
        ("कि", "की"),
        ("The mill is closed.", "The mill is closed. Or not."),
    ],
)
def test_what_differs_is_no_copy(one, other):
    assert groups(one, other) == [[one], [other]]


def test_ranks_and_order_are_those_of_the_first_of_each():
    found = fold(hits("a", "b", "a", "c", "B", "a"))
    assert [(hit.passage.id, hit.rank) for hit in found] == [("p1", 1), ("p2", 2), ("p4", 3)]
    assert [[copy.passage.id for copy in hit.copies] for hit in found] == [["p3", "p6"], ["p5"], []]
    apart = hits("a", "b")
    assert fold(apart) == apart


def test_stored_answers_are_told_apart_by_their_questions():
    assert len(fold(hits("yes", "yes", meta={KIND: FAQ}))) == 2


def test_a_copy_takes_the_place_of_what_is_left_out():
    found = fold(hits("a", "b", "a", "a"))
    rest = without(found, "p1")
    assert [(hit.passage.id, hit.rank) for hit in rest] == [("p3", 1), ("p2", 2)]
    assert [copy.passage.id for copy in rest[0].copies] == ["p4"]
    assert [hit.passage.id for hit in without(found, "p2")] == ["p1"]


@given(st.lists(st.sampled_from(["mill", "-5", "Orlin", "1.5", "café"]), min_size=1, max_size=6), st.data())
def test_a_span_stands_for_the_same_words_in_a_copy(words, data):
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    text, copy = " ".join(words), ",\n ".join(word.upper().replace("É", "E\u0301") for word in words) + "."
    start = len(" ".join(words[:first])) + bool(first)
    place = span_in_copy(text, start, start + len(" ".join(words[first : last + 1])), copy)
    assert place is not None
    assert groups(text, copy) == [[text, copy]]
    assert groups(text[start:], copy[place[0] :]) == [[text[start:], copy[place[0] :]]]


def test_a_span_without_a_word_is_nowhere_in_a_copy():
    assert span_in_copy("a - b", 2, 3, "a b") is None and span_in_copy("a - b", 2, 3, "a - b") == (2, 3)


@pytest.fixture
def folder(tmp_path):
    """Of 40 documents 30 say the same; two of them in another spelling."""
    texts = ["The harbour was built by Quimby."] * 28 + ["The HARBOUR was built, by Quimby"] * 2
    texts += [f"The harbour of town {number} was dug by Holt{number}." for number in range(10)]
    documents = [Document(f"d{number:02}", text) for number, text in enumerate(texts)]
    update(tmp_path / "index", IndexConfig(), HashEncoder(), documents)
    return tmp_path / "index"


@pytest.mark.parametrize("retrieve", [RetrieveConfig(), RetrieveConfig(fusion="bm25"), RetrieveConfig(fusion="rrf")])
def test_copies_take_one_place_among_what_is_read(folder, retrieve):
    config = Config(retrieve=retrieve, read=ReadConfig(passages=8, min_score=0.0))
    with Pipeline(ragqa.Snapshot.open(folder), HashEncoder(), WordReader(), config) as pipeline:
        question = "Who built the harbour?"
        found = pipeline.answering.find([pipeline.answering.request(Ask(question))])[0]
        assert len(found) == 8 and [hit.rank for hit in found] == list(range(1, 9))
        texts = [hit.passage.text.lower() for hit in found]
        assert sum("quimby" in text for text in texts) == 1
        assert max(len(hit.copies) for hit in found) >= 20
        searched = pipeline.search(question, 8)
        assert len({hit.passage.text for hit in searched}) == 1 and not any(hit.copies for hit in searched)


def test_copies_are_support_and_no_more_evidence(folder):
    config = Config(read=ReadConfig(passages=20, min_score=0.0, answers=1))
    with Pipeline(ragqa.Snapshot.open(folder), HashEncoder(), WordReader(), config) as pipeline:
        answer = pipeline.ask("Who built the harbour by Quimby?").answers[0]
        assert len(answer.support) == 10 and all(one.share == 0.0 for one in answer.support)
        assert len({one.hit.passage.doc_id for one in answer.support} | {answer.hit.passage.doc_id}) == 11
        assert {one.text.lower() for one in answer.support} == {answer.text.lower()}
        assert answer.features["agreement"] == 0.0
        explained = pipeline.explain("Who built the harbour by Quimby?")
        assert explained.without is not None and explained.without.answer.text.lower() == answer.text.lower()
