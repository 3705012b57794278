"""Versions, years and sections that a question names, and the passages that belong to them."""

from __future__ import annotations

import time

import pytest

from ragqa.documents import Passage
from ragqa.questions import asked
from ragqa.questions.scopes import ELSEWHERE, Scope, scopes

VERSION, YEAR, SECTION = (lambda value, kind=kind: Scope(kind, value) for kind in ("version", "year", "section"))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many clients are allowed in version 3.2?", {VERSION("3.2")}),
        ("What changed in v3?", {VERSION("3")}),
        ("What changed in release 3.2.1 of Kelda?", {VERSION("3.2.1")}),
        ("What is new in Kelda 3.2.1?", {VERSION("3.2.1")}),
        ("What was the revenue in 2019?", {YEAR("2019")}),
        ("Which fee does section 4.2 name?", {SECTION("4.2")}),
        ("Was steht in Kapitel 4?", {SECTION("4")}),
        ("What does § 7 forbid?", {SECTION("7")}),
        ("第3章讲什么？", {SECTION("3")}),
        ("What happened on 2019-05-04?", set()),
        ("Who has 2,019 members or 1.5 kg?", set()),
        ("Is 10.0.0.256.1 an address?", set()),
        ("Which section names the fee?", set()),
    ],
)
def test_what_a_question_names(question, found):
    assert scopes(question)[0] == found


def test_a_scope_is_no_name():
    own = asked("How many clients does Kelda allow in version 3.2?", "en")
    assert own.names == {"kelda"} and own.scopes == {VERSION("3.2")}


def passage(text="It allows ten.", **where):
    where = {"title": "", "heading": "", "source": "", "meta": {}, **where}
    return Passage(
        "p", "d", text, where["title"], 0, len(text), where["heading"], source=where["source"], meta=where["meta"]
    )


@pytest.mark.parametrize(
    ("scope", "where", "share"),
    [
        (VERSION("3.2"), {"title": "Kelda 3.2 manual"}, 1.0),
        (VERSION("3.2"), {"title": "Kelda 3.2.1 manual"}, 1.0),
        (VERSION("3.2"), {"title": "Kelda 13.2 manual"}, 0.0),
        (VERSION("3.2"), {"title": "Kelda 3.21 manual"}, 0.0),
        (VERSION("3"), {"source": "docs/v3.2/limits.md"}, 1.0),
        (VERSION("3.2"), {"source": "manual-3.2.md"}, 1.0),
        (VERSION("3.2"), {"meta": {"version": "3.2"}}, 1.0),
        (VERSION("3.2"), {"meta": {"version": "4.0"}, "text": "Since 3.2 it allows ten."}, ELSEWHERE),
        (VERSION("3.2"), {"text": "Since 3.2 it allows ten."}, 1.0),
        (VERSION("3.2"), {}, 0.0),
        (YEAR("2019"), {"meta": {"date": "2019-05-04"}}, 1.0),
        (YEAR("2019"), {"title": "Report 2020", "text": "In 2019 it was ten."}, 1.0),
        (YEAR("2019"), {"title": "Report 2020"}, 0.0),
        (SECTION("4"), {"heading": "Rules > 4.2 Fees"}, 1.0),
        (SECTION("4"), {"heading": "Rules > Section 4"}, 1.0),
        (SECTION("4"), {"heading": "Rules > 14 Fees"}, 0.0),
        (SECTION("4"), {"heading": "7 Fines", "text": "As section 4 says."}, ELSEWHERE),
        (VERSION("4.2"), {"heading": "4.2 Fees"}, 0.0),
    ],
)
def test_what_a_passage_belongs_to(scope, where, share):
    assert scope.belongs(passage(**where)) == share


def test_long_questions_are_read_in_linear_time():
    begin = time.process_time()
    for unit in ("v1.", "1.2.3.", "section 4 ", "2019 ", "第3章", "0"):
        scopes(unit * 20_000)
    assert time.process_time() - begin < 30
