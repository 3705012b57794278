"""The written dialogues that `eval/understood.py` counts: every turn is understood, but for those named here."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

EVAL = Path(__file__).parents[3] / "eval"
UNDERSTOOD = runpy.run_path(str(EVAL / "understood.py"))
MISUNDERSTOOD = {
    "followups.jsonl": {
        "Who built the clock tower?",  # the question before it got no answer, so nothing says which town has the tower
        "When did he show it?",  # "it" is a clause: that mosquitoes spread malaria
        "What is the bark of the cinchona tree used for?",  # "the cinchona tree" needs no "of Malaria"
    },
    "followups-languages.jsonl": {
        "怎样退会？",  # "how to leave" does not say what
        "那西遊記呢？",  # asked about the question before the last one
        "那换货呢？",  # "退货期限" is one word for the thing and its property
    },
    "followups-aside.jsonl": {
        "What about volunteers?",  # asked about the question before the last one
    },
    "followups-manuals.jsonl": {
        "How many people do they employ?",  # the ropes that were the last answer do not employ anybody
        "tell me more about it",  # nothing tells that a band is no person
        "And the visa for Sudland?",  # "Norland valid" is taken for a name with its noun
        "What does it cost?",  # "for Sudland" is no part of what the question is about
    },
}


def dialogues(name):
    return [json.loads(line) for line in (EVAL / "questions" / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", sorted(MISUNDERSTOOD))
def test_turns_are_understood(name):
    turns = [turn for dialogue in dialogues(name) for turn in UNDERSTOOD["judge"](dialogue)]
    assert len(turns) > 40
    assert {turn.typed for turn in turns if not turn.right} == MISUNDERSTOOD[name]


@pytest.mark.parametrize("name", ["followups.jsonl", "followups-aside.jsonl"])
def test_dialogues_are_whole(name):
    """Each has two to five turns, answers that stand in its documents, and something meant by every turn."""
    for dialogue in dialogues(name):
        assert 2 <= len(dialogue["turns"]) <= 5
        text = "\n".join(dialogue["documents"].values()).lower()
        for turn in dialogue["turns"]:
            assert turn["meant"] and turn["kind"] and set(turn) <= {"question", "meant", "answers", "kind", "title"}
            assert turn["meant"] == [turn["question"]] or turn["kind"] != "first"
            assert all(answer.lower() in text for answer in turn["answers"])


def test_the_same_words_in_another_order_are_right_and_another_word_is_wrong():
    same = UNDERSTOOD["same"]
    assert same("What is the population of Peru?", "What's Peru's population?")
    assert not same("What is the population of Peru?", "What is the capital of Peru's population?")
    assert not same("When was it built?", "Where was it built?")
