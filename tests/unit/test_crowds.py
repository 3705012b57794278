"""Of passages that say nearly the same three are read before all others, unless they differ where the question asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ragqa
from ragqa.asking import Ask
from ragqa.config import Config, IndexConfig, ReadConfig
from ragqa.crowds import crowded, late_last, nearly_equal
from ragqa.documents import FAQ, KIND, Document, Passage
from ragqa.index.writer import update
from ragqa.pipeline import Pipeline
from ragqa.testing import HashEncoder, WordReader
from ragqa.types import Hit

NOTICE = (
    "Notice {n} of the water board, dated {day} May. The valve of every garden must be closed in winter by its owner. "
    "The pipes are emptied before the first frost. Damage is reported to the board within two days. {more}"
)
ABOUT_VALVE, ABOUT_NOTICE = "When must the valve of a garden be closed?", "When was notice 7 of the water board dated?"


def notices(count, **more):
    return [NOTICE.format(n=n, day=n + 2, more="", **more) for n in range(1, count + 1)]


def hits(*texts: str, meta: dict[str, str] | None = None) -> list[Hit]:
    return [
        Hit(Passage(f"p{n}", f"d{n}", text, "", 0, len(text), meta=meta or {}), 1.0 / n, n, {"bm25": 1.0}, n)
        for n, text in enumerate(texts, 1)
    ]


def late(*texts: str, question: str = ABOUT_VALVE) -> list[bool]:
    return crowded(hits(*texts), question)


def test_those_beyond_the_third_are_late():
    other = "Gardeners close the valve at the first frost, says the almanac."
    assert late(*notices(3), other, *notices(6)[3:], other) == [False] * 4 + [True] * 3 + [False]


def test_what_differs_where_the_question_asks_is_not_late():
    assert not any(late(*notices(12), question=ABOUT_NOTICE))


@pytest.mark.parametrize("day", ["-5", "5", "5.0", "May", "C++", "5 €"])
def test_a_sign_a_number_or_a_name_in_the_sentence_that_bears_the_question_counts(day):
    texts = [NOTICE.format(n=n, day=n, more="The hall opens at 4.") for n in range(1, 5)]
    texts.append(NOTICE.format(n=5, day=5, more=f"The hall opens at {day}."))
    assert late(*texts, question="When does the hall open?") == [False, False, False, True, False]


def test_the_sentence_after_the_one_that_bears_the_question_counts():
    texts = [
        notice.replace("The pipes are", f"It takes {n} hours. The pipes are") for n, notice in enumerate(notices(6))
    ]
    assert not any(late(*texts))
    assert late(*texts, question="To whom is damage reported?") == [False] * 3 + [True] * 3


def test_passages_of_other_words_make_no_crowd():
    texts = [f"The valve of garden {n} {' '.join(f'w{n}x{m}' for m in range(20))}." for n in range(8)]
    assert not any(late(*texts))


@pytest.mark.parametrize("question", ["", "???", "水阀何时关闭？", "is it so"])
def test_a_question_without_telling_words_makes_no_crowd(question):
    assert not any(late(*notices(8), question=question))


def test_stored_answers_make_no_crowd():
    assert not any(crowded(hits(*notices(8), meta={KIND: FAQ}), ABOUT_VALVE))


def test_late_ones_come_last_in_their_order():
    found = hits("a", "b", "c", "d")
    assert late_last(found, [False] * 4) == found
    moved = late_last(found, [False, True, False, True])
    assert [(hit.passage.text, hit.rank) for hit in moved] == [("a", 1), ("c", 2), ("b", 3), ("d", 4)]


def test_nearly_equal_is_by_shared_words():
    ten = "one two three four five six seven eight nine ten"
    texts = [ten, f"{ten} more", ten.upper().replace(" ", "\n "), "one two three", "", "no word shared here", "\ud800"]
    assert nearly_equal(texts)[0].tolist() == [True, True, True, False, False, False, False]


@given(st.lists(st.text(), min_size=4, max_size=8), st.text())
def test_any_texts(texts, question):
    found = crowded(hits(*texts), question)
    assert len(found) == len(texts) and not any(found[:3])


@pytest.fixture
def folder(tmp_path):
    """Twenty-five notices that differ by a number and a date, and three other passages on the same."""
    others = [
        "The almanac tells gardeners to close the valve of the garden in October.",
        "In a mild year the valve may stay open, says the mayor of Orlin.",
        "Valves of brass need no winter rest in any garden of Sarn.",
    ]
    documents = [Document(f"d{number:02}", text) for number, text in enumerate([*notices(25), *others])]
    update(tmp_path / "index", IndexConfig(), HashEncoder(), documents)
    return tmp_path / "index"


def read(pipeline, question):
    answering = pipeline.answering
    (found,) = answering.find([answering.request(Ask(question))])
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    return ["Notice" in hit.passage.text for hit in found]


def test_a_crowd_leaves_places_to_others(folder):
    config = Config(read=ReadConfig(passages=10, min_score=0.0))
    with Pipeline(ragqa.Snapshot.open(folder), HashEncoder(), WordReader(), config) as pipeline:
        told = read(pipeline, ABOUT_VALVE)
        assert sum(told[:6]) == 3 and told[6:] == [True] * 4
        assert sum(read(pipeline, ABOUT_NOTICE)) >= 9


def test_others_are_fetched_from_deeper_in_the_ranking(folder):
    config = Config(read=ReadConfig(passages=5, min_score=0.0))
    with Pipeline(ragqa.Snapshot.open(folder), HashEncoder(), WordReader(), config) as pipeline:
        assert sum(read(pipeline, "The valve of every garden must be closed in winter by its owner.")) == 3
