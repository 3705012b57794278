"""Every cause of error, each by a case made for it; the order of the rules."""

from __future__ import annotations

import pytest

from ragqa.eval.measure import causes
from ragqa.eval.measure.causes import CAUSES, Found, cause
from ragqa.eval.measure.slices import answer_type, overlap, question_word, slices_of


def record(question, **changes):
    base = {
        "id": question,
        "question": question,
        "references": ["Switzerland"],
        "pattern": False,
        "answerable": True,
        "language": "en",
        "meta": {},
        "read": 2,
        "in_corpus": True,
    }
    return base | changes


FROM_GOLD, ELSEWHERE, LATE, NOWHERE = Found(1, True), Found(1, False), Found(3, False), Found(0, False)


@pytest.mark.parametrize(
    ("own", "answer", "found", "expected"),
    [
        (record("q", answerable=False, references=[]), "Rhine", NOWHERE, causes.ANSWERED_UNANSWERABLE),
        (record("q", in_corpus=False), "Rhine", NOWHERE, causes.NOT_IN_CORPUS),
        (record("q"), "Rhine", NOWHERE, causes.NOT_RETRIEVED),
        (record("q"), "Rhine", LATE, causes.NOT_READ),
        (record("q"), None, FROM_GOLD, causes.ABSTAINED),
        (record("q"), "Danube", ELSEWHERE, causes.WRONG_PASSAGE),
        (record("q"), "Rhine", FROM_GOLD, causes.SAME_TYPE),
        (record("q"), "1,233 kilometres", FROM_GOLD, causes.OTHER_SPAN),
        (record("q", references=["May 1937"]), "May 1937 by the mayor", FROM_GOLD, causes.BOUNDARY_PREFIX),
        (record("q", references=["in May 1937"]), "1937", FROM_GOLD, causes.BOUNDARY_SUFFIX),
        (record("q", references=["opened in May 1937"]), "in May 1937 by", FROM_GOLD, causes.BOUNDARY_PARTIAL),
        (record("q", references=["opened in May"]), "was opened in May 1937", FROM_GOLD, causes.BOUNDARY_PARTIAL),
        (record("q"), "in Switzerland", ELSEWHERE, causes.QUESTIONABLE),
        (record("q"), "in Switzerland", NOWHERE, causes.QUESTIONABLE),
        (record("q", references=["in the sea"]), "in the city", FROM_GOLD, causes.SAME_TYPE),  # only frequent words
    ],
)
def test_each_cause(own, answer, found, expected):
    assert cause(own, answer, found) == expected
    assert expected in CAUSES


def test_a_patterns_neighbours_are_not_guessed():
    own = record("q", references=[r"Switz\w+"], pattern=True)
    assert cause(own, "Switz", ELSEWHERE) == causes.WRONG_PASSAGE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("May 1937", "date"),
        ("the 1920s", "date"),
        ("19th century", "date"),
        ("26 cantons", "number"),
        ("two thirds", "number"),
        ("University of Oxford", "name"),
        ("the black sea", "phrase"),
        ("…", "phrase"),
    ],
)
def test_answer_type(text, expected):
    assert answer_type(text) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who?", "who"),
        ("Whose bridge is it?", "who"),
        ("In which year did he die?", "which"),
        ("How much is it?", "how many"),
        ("How is it?", "how"),
        ("Name the river.", "other"),
    ],
)
def test_question_word(question, expected):
    assert question_word(question) == expected


def test_overlap_leaves_frequent_words_out():
    assert overlap("Where does the Rhine rise?", "The Rhine is long.") == 0.5
    assert overlap("What is it?", "It is.") == 0.0


def test_slices_need_two_values_and_not_too_many():
    records = [
        record(f"Who is {number}?", meta={"topic": "a" if number % 2 else "b", "key": number}) for number in range(30)
    ]
    table = slices_of(records, [None] * 30)
    assert set(table) == {"topic"}
    assert table["topic"][:2] == ["b", "a"]


def test_ranges_are_named_once_and_cover_all():
    records = [record("Who?", references=[" ".join(["word"] * count)]) for count in range(1, 9)]
    assert slices_of(records, [None] * 8)["answer words"] == ["≤ 1", "2", "3", "4–5", "4–5", "> 5", "> 5", "> 5"]
