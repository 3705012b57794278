"""Follow-up questions in Chinese, in indexes of several languages, and after others that were put together."""

from __future__ import annotations

import pytest

from ragqa.documents import Passage
from ragqa.followup import Turn, understand
from ragqa.session import turn_of
from ragqa.types import Hit, Reply

BRIDGE = Turn("青山大桥是谁设计的？", "青山大桥是谁设计的？", "李大明")
RHINE = Turn("Wie lang ist der Rhein?", "Wie lang ist der Rhein?", "1233 km", language="de")


@pytest.mark.parametrize(
    ("typed", "meant", "source"),
    [
        ("那北海大桥呢？", "北海大桥是谁设计的？", "question"),
        ("那麼北海大橋呢", "北海大橋是谁设计的？", "question"),
        ("他出生于哪一年？", "李大明出生于哪一年？", "answer"),
        ("那么他的老师是谁？", "李大明的老师是谁？", "answer"),
        ("哪一年？", "青山大桥是谁设计的？ 哪一年？", "question"),
        ("这座桥有多长？", "青山大桥是谁设计的？ 这座桥有多长？", "question"),
    ],
)
def test_what_a_chinese_question_leaves_out(typed, meant, source):
    understood = understand(typed, [BRIDGE], "zh")
    assert understood.question == meant and understood.carried[0].source == source


@pytest.mark.parametrize(
    "typed",
    ["那么管理员是谁？", "管理员是谁？", "保修期多久？", "谁发现了青霉素？", "吉他有几根弦？", "那不勒斯在哪里？"],
)
def test_a_whole_chinese_question_is_asked_as_typed_and_nothing_is_noted(typed):
    understood = understand(typed, [BRIDGE], "zh")
    assert (understood.question, understood.carried, understood.note) == (typed, (), "")


def test_it_is_what_was_asked_about_where_the_answer_is_none():
    length = Turn("青山大桥有多长？", "青山大桥有多长？", "350米")
    assert understand("它在哪里？", [length], "zh").question == "青山大桥在哪里？"


def test_what_is_put_in_front_does_not_grow():
    history = [RHINE]
    for typed in ("Und wie breit?", "Und wie tief?", "Und warum?"):
        understood = understand(typed, history, "de")
        assert understood.question == f"Wie lang ist der Rhein? {typed}"
        history.append(Turn(typed, understood.question))


def test_in_an_index_of_several_languages_that_of_the_last_answer_counts():
    typed = "Und wo genau entspringt die Elbe?"
    assert understand(typed, [RHINE], "auto").question == f"Wie lang ist der Rhein? {typed}"
    silent = Turn("?", "Wer?")
    assert understand(typed, [RHINE, silent], "auto").carried
    assert not understand(typed, [Turn("Qui ?", "Qui ?", "moi", language="fr")], "auto").carried


def test_a_turn_knows_the_language_of_its_best_hit():
    passage = Passage("p", "d", "Text.", "", 0, 5, meta={"ragqa.language": "de"})
    hit = Hit(passage, 1.0, 1)
    typed = understand("Wer?", [])
    assert turn_of(typed, Reply("Wer?", (), (hit,), 1)).language == "de"
    assert turn_of(typed, Reply("Wer?", (), (), 1)).language == ""


@pytest.mark.parametrize(("language", "noted"), [("de", False), ("zh", False), ("pl", True), ("ja", True)])
def test_a_note_only_where_there_are_no_rules(language, noted):
    understood = understand("Wie viele Planeten gibt es im Sonnensystem?", [RHINE], language)
    assert bool(understood.note) is noted and not understood.carried
