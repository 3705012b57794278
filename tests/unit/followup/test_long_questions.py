"""However long a question is, it is understood in time that a caller would wait, and without an error."""

from __future__ import annotations

import time

import pytest

from ragqa.followup import Turn, understand

LAST = Turn(
    "Who built the bridge of Chur?",
    "Who built the bridge of Chur?",
    "Ilse Brandt",
    "Chur",
    "The bridge of Chur was built by Ilse Brandt in the year 1900.",
)


@pytest.mark.parametrize("words", ["the ", "When did he ", "in the A ", "Anna's ", "of the bridge ", "is that it "])
def test_a_very_long_question(words: str) -> None:
    question = (words * 4_000)[: 3_000 if words == "is that it " else 16_000] + "?"
    begun = time.monotonic()
    understood = understand(question, [LAST])
    follow_up = understand("And when did he?", [LAST, Turn(question, understood.question)])
    assert time.monotonic() - begun < 10  # a minute, where each word takes the whole question apart again
    assert understood.typed == question.strip() and follow_up.typed == "And when did he?"


def test_a_name_goes_on_behind_each_possessive() -> None:
    question = "Where is St Paul's Cathedral's Great Bell's rope?"
    assert understand(question, [LAST]).question == question
