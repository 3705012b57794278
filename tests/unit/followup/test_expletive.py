""" "It" that stands for nothing is left as it is; "it" that stands for something is not mistaken for it."""

from __future__ import annotations

import pytest

from ragqa.followup import Turn, understand
from ragqa.followup.expletive import expletive, is_impersonal
from ragqa.followup.words import tokens

SUN = Turn("How old is the Sun?", "How old is the Sun?", "4.6 billion years", "Sun", "The Sun is a star. It is hot.")
FERRY = Turn("When does the ferry sail?", "When does the ferry sail?", "at 9", "Port guide", "The ferry sails at 9.")

NOTHING = [
    # weather
    "How hot is it in Cairo?",
    "How much colder is it in Minsk in January?",
    "Is it sunnier in Malaga than in Nice?",
    "Is it raining?",
    "Will it snow in the mountains?",
    "Does it ever hail in Quito?",
    "How windy does it get on Skye?",
    "When does it get dark in Oulu?",
    "Is it warm outside?",
    "What is it like in Lapland?",
    # time
    "What time is it?",
    "What time is it in Lima?",
    "Which month is it now?",
    "How late is it in Perth?",
    "Is it Sunday?",
    # distance
    "How far is it from Turin to Milan?",
    "How many miles is it to Dover?",
    "How far is it between Lyon and Nice?",
    # words that follow say what it is
    "How long does it take to cross the Alps?",
    "Is it true that bats are blind?",
    "Is it possible to swim?",
    "Is it forbidden to smoke?",
    "Is it still dangerous to touch the wires?",
    "Is it worth seeing Rome?",
    "What does it cost to send a parcel?",
    "What is it like to be a bat?",
]
SOMETHING = [
    ("How hot is it?", "How hot is the Sun?"),
    ("How hot is it inside?", "How hot is the Sun inside?"),
    ("How far is it from Mars?", "How far is the Sun from Mars?"),
    ("How bright is it?", "How bright is the Sun?"),
    ("What year was it found?", "What year was the Sun found?"),
    ("Is it dangerous?", "Is the Sun dangerous?"),
    ("Is it safe to touch?", "Is the Sun safe to touch?"),
    ("What is it made of?", "What is the Sun made of?"),
    ("How wide is it in kilometres?", "How wide is the Sun in kilometres?"),
]


@pytest.mark.parametrize("before", [SUN, FERRY], ids=["Sun", "ferry"])
@pytest.mark.parametrize("question", NOTHING)
def test_it_may_stand_for_nothing(question, before):
    understood = understand(question, [before])
    assert (understood.question, understood.carried, understood.note) == (question, (), "")


@pytest.mark.parametrize(("typed", "meant"), SOMETHING, ids=[typed for typed, _ in SOMETHING])
def test_it_may_stand_for_a_thing(typed, meant):
    assert understand(typed, [SUN]).question == meant


def test_there_is_understood_beside_an_it_that_stands_for_nothing():
    oslo = Turn("What is the capital of Norway?", "What is the capital of Norway?", "Oslo", "Norway", "It is Oslo.")
    assert understand("How cold is it there?", [oslo]).question == "How cold is it in Oslo?"
    assert understand("What time is it there?", [oslo]).question == "What time is it in Oslo?"


def test_weather_and_distance_leave_no_thing_behind():
    """ "It" after a question about the weather is what was spoken of before that."""
    weather = Turn("Is it windy in Kiel?", "Is it windy in Kiel?")
    way = Turn(
        "How far is it from Kiel to Lübeck?", "How far is it from Kiel to Lübeck?", "80 km", "Kiel", "Kiel. 80 km."
    )
    assert understand("How hot is it?", [SUN, weather, way]).question == "How hot is the Sun?"
    assert is_impersonal(weather.question) and is_impersonal(way.question) and not is_impersonal(SUN.question)


def test_only_the_word_it_stands_for_nothing():
    parts = tokens("Is he in Rome?")
    assert not any(expletive(parts, place) for place in range(len(parts)))
