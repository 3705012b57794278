"""What each form of a question's word counts in an index of several languages."""

from __future__ import annotations

import pytest

from ragqa.corpus.analyze import get_analyzer
from ragqa.index.readings import Readings, idf

ENGLISH, GERMAN, TURKISH, CHINESE = map(get_analyzer, ("en", "de", "tr", "zh"))
PASSAGES = 1_000


def words(question: str, analyzers: dict, **frequencies: int) -> dict[str, float]:
    return Readings(analyzers).words(question, lambda term: frequencies.get(term, 0), PASSAGES)


def test_one_analyzer_asks_for_what_is_said_as_often_as_it_is_said() -> None:
    assert words("the house, the houses and a well-known mouse", {ENGLISH: PASSAGES}) == {
        "hous": 2.0,
        "well": 1.0,
        "known": 1.0,
        "mous": 1.0,
    }


def test_a_form_that_is_rare_for_its_language_alone_counts_as_the_word() -> None:
    found = words("houses", {ENGLISH: 900, CHINESE: 100}, hous=300, houses=2)
    assert found["hous"] == pytest.approx(idf(302, PASSAGES) / idf(300, PASSAGES))
    assert found["houses"] == pytest.approx(idf(302, PASSAGES) / idf(2, PASSAGES))
    assert found["houses"] * idf(2, PASSAGES) == pytest.approx(found["hous"] * idf(300, PASSAGES))


def test_a_stop_word_counts_as_if_all_passages_of_its_language_had_it() -> None:
    (the,) = words("the", {ENGLISH: 900, CHINESE: 100}, the=5).values()
    assert the * idf(5, PASSAGES) == pytest.approx(idf(905, PASSAGES))
    die = words("die", {ENGLISH: 500, GERMAN: 500}, die=20)["die"]
    assert die * idf(20, PASSAGES) == pytest.approx(idf(520, PASSAGES))


def test_a_term_that_all_give_counts_once() -> None:
    assert words("blue blue", {ENGLISH: 500, TURKISH: 500}, blue=10) == {"blue": 2.0}


def test_terms_of_another_script_are_asked_as_its_analyzer_cuts_them() -> None:
    found = words("大桥通车", {ENGLISH: 500, CHINESE: 500}, 大桥=5, 通车=5)
    assert found["大桥"] == found["通车"] == 1.0


def test_a_word_that_no_passage_has_is_not_asked_for() -> None:
    assert words("zebra houses", {ENGLISH: 500, TURKISH: 500}, hous=3) == {"hous": 1.0}
