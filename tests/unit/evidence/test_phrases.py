"""When two quotations say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.evidence.phrases import near, normalize, phrase


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Eiffel Tower!", "eiffel tower"),
        ("a.b.c.", "abc"),
        ("An apple a day", "apple day"),
        ("the", ""),
        ("北京", "北京"),
    ],
)
def test_normalize_is_squads(text, expected):
    assert normalize(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("27 May 1937", "May 27, 1937"),
        ("27th of May", "27th of May"),
        ("Sep 3", "3rd September"),
        ("five", "5"),
        ("the Rhine", "rhine."),
        ("5,000", "5000"),
        ("May 1937", "1937 May"),
    ],
)
def test_equal_answers_share_a_key(one, other):
    assert phrase(one).key == phrase(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("27 May 1937", "27 May 1938"),
        ("May 1937", "27 May 1937"),
        ("five", "fifty"),
        ("3 May", "5 March"),
        ("12 1937", "1937"),
        ("may", "march"),
    ],
)
def test_other_answers_do_not(one, other):
    assert phrase(one).key != phrase(other).key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("in October 1973", "1973", True),
        ("October 1973", "1973", True),
        ("Johannes Kepler", "Kepler", True),
        ("about 500", "500", True),
        ("5 million", "5", False),
        ("New York Times", "New York", False),
        ("Elizabeth I", "Elizabeth II", False),
        ("north of Paris", "Paris", False),
        ("1973 barrels", "1973", False),
        ("the tall tower", "tower", False),
        ("Kepler", "Kepler", False),
        ("", "Kepler", False),
    ],
)
def test_near_duplicates(one, other, same):
    assert near(phrase(one), phrase(other)) is same is near(phrase(other), phrase(one))


@given(st.text(max_size=30))
def test_any_text_is_a_phrase_and_no_near_duplicate_of_itself(text):
    assert phrase(text).key or not text
    assert not near(phrase(text), phrase(text))
