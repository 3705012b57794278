"""Mistyped words: what is doubted, what was meant; distances are compared with a plain recursion."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.spelling import _distance, doubted, meant, variants

WORDS = st.text("abc", min_size=1, max_size=6)


def plain_distance(one: str, other: str) -> int:
    """Optimal string alignment, by its definition."""

    @cache
    def of(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        best = min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (one[i - 1] != other[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            best = min(best, of(i - 2, j - 2) + 1)
        return best

    return of(len(one), len(other))


@given(WORDS, WORDS)
def test_distance_is_that_of_its_definition(one, other):
    assert _distance(one, other, 10) == plain_distance(one, other)
    assert _distance(one, other, 1) == min(2, plain_distance(one, other))


@given(st.text("abcdefgh", min_size=2, max_size=7))
def test_variants_are_one_step_away(word):
    found = variants(word)
    assert len(found) == len(set(found)) and word not in found
    assert all(plain_distance(word, other) == 1 and other[0] == word[0] for other in found)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who discoverd penicilin?", ["discoverd", "penicilin"]),
        ("Who was Flemming's mentor?", ["Flemming", "mentor"]),
        ("What is RFC2616 at x@mailer.example or /etc/passwords?", []),
        ("Is the NASA hat red?", []),
        ("--verbos option", ["option"]),
        ("什么时候建成penicilin", ["penicilin"]),
    ],
)
def test_what_is_doubted(question, words):
    assert [question[start:end] for start, end in doubted(question)] == words


def test_the_nearest_and_then_the_most_frequent_is_meant():
    assert meant("brigde", ["the bridge, the bridge, the bride"]) == "bridge"
    assert meant("valit", ["valid valid valet"]) == "valid"
    assert meant("valit", ["valid valet valet"]) == "valet", "more frequent"
    assert meant("machinerx", ["machinery machines machines"]) == "machinery", "nearer"
    assert meant("valit", ["dated bread"]) == "" and meant("valit", []) == ""


def test_a_long_word_may_have_two_errors_and_a_short_one_not():
    assert meant("penicillnn", ["Penicillin is"]) == "Penicillin"
    assert meant("mahchinerey", ["machinery"]) == "machinery"
    assert meant("cahbe", ["cabin"]) == ""


def test_the_first_letter_stays():
    assert meant("gridge", ["bridge"]) == ""


def test_capitals_are_those_of_the_text_or_of_the_question():
    assert meant("flemming", ["Alexander Fleming"]) == "Fleming"
    assert meant("Brigde", ["the bridge"]) == "bridge" and meant("Brigde", ["the bridge. Bridge"]) == "Bridge"
    assert meant("penicilin", ["Penicillin. Of penicillin"]) == "penicillin"
