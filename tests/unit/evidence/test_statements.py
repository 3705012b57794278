"""What tells in a sentence, and when two sentences agree on it."""

from __future__ import annotations

import time

import pytest

from ragqa.corpus.analyze import get_analyzer
from ragqa.evidence.statements import EMPTY, Agreement, agreement, joined, statement
from ragqa.wording import wording_of

STEM = get_analyzer("en").tokens


def said(text, language="en"):
    return statement(text, wording_of(language), get_analyzer(language).tokens)


def compare(claim: str, place: str, title: str = "", before: str = "") -> Agreement:
    return agreement(said(claim), said(place), said(title), said(before))


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("The bridge opened in 1932.", "It was in 1932 that the bridge opened."),
        ("She was born on November 7, 1867.", "She was born on 7 November 1867 in Warsaw."),
        ("It weighs twenty-one kilograms.", "It weighs 21 kg."),
        ("It costs 5 dollars.", "The price is $5."),
        ("More than 40 people came.", "Over 40 people came."),
        ("It has 1,200 members.", "It has 1200 members."),
        ("At least 3 tests ran.", "A minimum of 3 tests ran."),
        ("It didn't open in 1932.", "It did not open in 1932."),
        ("Researchers like tea.", "All researchers like tea."),
        ("However, Brandt built it.", "Ada Brandt built it."),
        ("Not only Brandt built it.", "Brandt built it."),
        ("Einstein's theory was late.", "The theory of Einstein was late."),
    ],
)
def test_sentences_agree(claim, place):
    assert compare(claim, place).whole


@pytest.mark.parametrize(
    ("claim", "place", "difference"),
    [
        ("The bridge opened in 1932.", "The bridge opened in 1933.", ("year", "1932", "1933")),
        ("It weighs 21 kg.", "It weighs 21 tonnes.", ("number", "21 kg", "21 tonne")),
        ("It fell to -5 degrees.", "It fell to 5 degrees.", ("number", "-5 degrees", "5 degrees")),
        ("It opened before 1932.", "It opened in 1932.", ("year", "before 1932", "1932")),
        ("More than 40 came.", "Fewer than 40 came.", ("number", "> 40", "< 40")),
        ("She was born in May 1867.", "She was born in June 1867.", ("month", "5", "6")),
        ("It lies north of Bern.", "It lies south of Bern.", ("direction", "north", "south")),
        ("He was the first president.", "He was the second president.", ("order", "first", "second")),
        ("It was built by Ada Brandt.", "It was built by Otto Klein.", ("name", "ada brandt", "otto klein")),
        (
            "He did not build the bridge.",
            "They build the bridge.",
            ("negation", "not build", "build"),
        ),
        ("He built the bridge.", "He never built the bridge.", ("negation", "built", "not built")),
    ],
)
def test_what_differs_is_told(claim, place, difference):
    found = compare(claim, place)
    assert not found.whole
    (one,) = found.differences
    assert (one.kind, one.said, one.found) == difference


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("It opened in 1932.", "It opened on time."),
        ("It was built by Ada Brandt.", "It was built by somebody."),
        ("It is not red.", "It is large."),
        ("She won in 1903 and 1911.", "She won in 1903."),
    ],
)
def test_what_is_not_there_is_missing(claim, place):
    found = compare(claim, place)
    assert found.missing and not found.differences and not found.whole


def test_names_may_stand_in_the_title_or_be_referred_to():
    claim = "Marie Curie was born in Warsaw."
    assert compare(claim, "She was born in Warsaw.", title="Marie Curie").from_title == 2
    before = "Marie Curie was a physicist."
    assert compare(claim, "She was born in Warsaw.", before=before).from_before == 2
    assert compare(claim, "Curie was born in Warsaw.", before=before).whole
    assert not compare(claim, "Somebody was born in Warsaw.", before=before).whole, "nothing refers to her"
    assert not compare(claim, "She was born in Warsaw.", before="Marie Brandt was a physicist.").whole


def test_a_capital_at_the_beginning_tells_nothing_where_the_word_is_written_small():
    assert compare("Rivers flow to Bern.", "Water of rivers goes to Bern.").whole
    assert compare("Brandt went to Bern.", "Somebody went to Bern.").missing


def test_a_sentence_leans_on_what_was_named_before():
    assert said("He was born in Vienna.").leans and said("In 1900 she left Vienna.").leans
    assert not said("Ada Brandt said that she left.").leans and said("Ada Brandt said that she left.").refers
    assert not said("Vienna is large.").leans


def test_sentences_join():
    both = joined([said("She was born in Warsaw."), said("It was 1867.")])
    assert agreement(said("Born in Warsaw in 1867."), both, EMPTY, EMPTY).whole
    assert joined([]) == EMPTY


def test_negations_of_other_languages():
    found = agreement(said("Il a construit.", "fr"), said("Il n'a jamais construit.", "fr"), EMPTY, EMPTY)
    assert [one.kind for one in found.differences] == ["negation"]


@pytest.mark.parametrize("many", ["(", "_", ",", "not "])
def test_long_runs_cost_no_more_than_their_length(many):
    begun = time.monotonic()
    said(f"a{many * 60_000}x")
    assert time.monotonic() - begun < 20  # minutes, if each character is compared with all that follow


def test_the_two_words_behind_each_negation_are_denied():
    denied = said("It did not only open but never closed again and was not painted.").denied
    assert list(denied.values()) == ["closed", "again", "painted"]
