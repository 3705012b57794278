"""DPR's has-answer rule."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.errors import SourceError
from ragqa.eval.matching import AnswerFinder, has_answer


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("It opened in 1937.", "1937", True),
        ("It has 19375 seats.", "1937", False),
        ("the U.S. Army", "u.s.", True),
        ("Beyonce\u0301 sang", "Beyoncé", True),
        ("Beyoncé sang", "Beyonc", False),
        ("東京は日本の首都", "日本", True),
        ("a b c", "a c", False),
        ("anything", "", False),
        ("foo_bar", "foo", True),
    ],
)
def test_by_hand(text, answer, found):
    assert has_answer(text, [answer]) is found


def test_patterns():
    assert has_answer("It opened on 27 May 1937.", [r"27 may \d{4}"], pattern=True)
    assert not has_answer("It opened in June.", [r"May"], pattern=True)
    with pytest.raises(SourceError, match="regular expression"):
        has_answer("text", ["(unclosed"], pattern=True)


ASCII_TEXT = st.text("ab1 .,-'", max_size=30)


@given(st.lists(ASCII_TEXT, min_size=1, max_size=4), ASCII_TEXT)
def test_against_lists_of_words(texts, answer):
    def words(text):
        return re.findall(r"[a-z0-9]+|[^a-z0-9\s]", text.lower())

    def holds(text):
        wanted, own = words(answer), words(text)
        return bool(wanted) and any(own[at : at + len(wanted)] == wanted for at in range(len(own)))

    found = AnswerFinder(texts).contains(range(len(texts)), [answer])
    assert found.tolist() == [holds(text) for text in texts]
