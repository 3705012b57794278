"""EM and F1: hand-worked cases of the official definitions, and a second, straightforward implementation."""

from __future__ import annotations

import collections
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.eval.metrics import exact_match, f1
from ragqa.eval.normalize import answer_tokens, normalize

WORDS = st.lists(st.sampled_from(["the", "A", "cat", "Cat,", "sat", "1,000", "an", "–", "mat."]), max_size=6).map(
    " ".join
)


def official_tokens(text):
    """As the SQuAD v2.0 evaluation describes it, step by step."""
    text = text.lower()
    text = "".join(char for char in text if char not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def official_f1(prediction, reference):
    one, other = official_tokens(prediction), official_tokens(reference)
    shared = sum((collections.Counter(one) & collections.Counter(other)).values())
    if not one or not other:
        return float(one == other)
    if not shared:
        return 0.0
    precision, recall = shared / len(one), shared / len(other)
    return 2 * precision * recall / (precision + recall)


@given(WORDS, st.lists(WORDS, max_size=3))
def test_against_a_second_implementation(prediction, references):
    kept = [reference for reference in references if official_tokens(reference)] or [""]
    assert exact_match(prediction, references) == max(
        float(official_tokens(prediction) == official_tokens(reference)) for reference in kept
    )
    assert f1(prediction, references) == pytest.approx(max(official_f1(prediction, reference) for reference in kept))


@pytest.mark.parametrize(
    ("prediction", "references", "em", "f1_score"),
    [
        ("The Rhine.", ["rhine"], 1.0, 1.0),
        ("river Rhine", ["the Rhine"], 0.0, 2 / 3),
        ("", ["Rhine"], 0.0, 0.0),
        ("", [], 1.0, 1.0),
        ("Rhine", [], 0.0, 0.0),
        ("the the", ["Rhine", "a"], 0.0, 0.0),  # "a" normalises to nothing and does not count
        ("1,000", ["1000"], 1.0, 1.0),
        ("in May 1937", ["May 1937", "1937"], 0.0, 0.8),
    ],
)
def test_by_hand(prediction, references, em, f1_score):
    assert exact_match(prediction, references) == em
    assert f1(prediction, references) == pytest.approx(f1_score)


def test_chinese_goes_by_characters():
    assert normalize("《红楼梦》 ", "zh") == "红楼梦"
    assert answer_tokens("在1937年 May", "zh") == ("在", "1937", "年", "may")
    assert exact_match("北京。", ["北京"], "zh") == 1.0
    # the longest common run is 2 of 4 and 3 characters: precision 1/2, recall 2/3
    assert f1("上海北京", ["北京市"], "zh") == pytest.approx(2 * 2 / 7)


def test_other_languages_keep_their_articles():
    assert normalize("¡A La Casa!", "es") == "a la casa"
    assert exact_match("la casa", ["casa"], "es") == 0.0
    assert normalize("the house", "de") == "the house"
