"""EM and F1: hand-worked cases of the official definitions, and a second, straightforward implementation."""

from __future__ import annotations

import collections
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.judging.metrics import exact_match, f1
from ragqa.judging.normalize import answer_tokens, normalize

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


def first_f1(prediction, reference):
    """SQuAD v1.1's: nothing in common is 0, even of nothing and nothing."""
    one, other = official_tokens(prediction), official_tokens(reference)
    shared = sum((collections.Counter(one) & collections.Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


@given(WORDS, st.lists(WORDS.filter(official_tokens), min_size=1, max_size=3))
def test_answerable_questions_are_judged_as_in_version_1(prediction, references):
    """Version 1.1 knows no empty reference; with words in each, both versions agree, for an empty prediction too."""
    assert exact_match(prediction, references) == max(
        float(official_tokens(prediction) == official_tokens(reference)) for reference in references
    )
    assert f1(prediction, references) == pytest.approx(max(first_f1(prediction, reference) for reference in references))
    assert exact_match("", references) == f1("", references) == f1("the", references) == 0.0


@pytest.mark.parametrize(
    ("prediction", "references", "em", "f1_score"),
    [
        ("The Rhine.", ["rhine"], 1.0, 1.0),
        ("river Rhine", ["the Rhine"], 0.0, 2 / 3),
        ("", ["Rhine"], 0.0, 0.0),
        ("", [], 1.0, 1.0),
        ("Rhine", [], 0.0, 0.0),
        ("the the", ["Rhine", "a"], 0.0, 0.0),  # "a" normalises to nothing and does not count
        ("", ["the", "!"], 1.0, 1.0),  # and if none is left, the question has no answer
        ("Rhine", ["the"], 0.0, 0.0),
        ("to be or not to be", ["to be to"], 0.0, 2 * 3 / 9),  # a word counts as often as both have it
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


SEGMENTS = st.lists(st.sampled_from(["京", "海", "Ab", "1.5", "，", " ", "-"]), max_size=8).map("".join)


def longest_common_run(one, other):
    """Every run of the one, looked for in the other."""
    runs = [one[low:high] for low in range(len(one)) for high in range(low + 1, len(one) + 1)]
    found = [len(run) for run in runs if any(other[at : at + len(run)] == run for at in range(len(other)))]
    return max(found, default=0)


@given(SEGMENTS, st.lists(SEGMENTS.filter(lambda text: answer_tokens(text, "zh")), min_size=1, max_size=3))
def test_chinese_against_a_second_implementation(prediction, references):
    values, own = [], answer_tokens(prediction, "zh")
    for reference in references:
        other = answer_tokens(reference, "zh")
        shared = longest_common_run(own, other)
        precision, recall = shared / max(1, len(own)), shared / len(other)
        values.append(2 * precision * recall / (precision + recall) if shared else 0.0)
    assert f1(prediction, references, "zh") == pytest.approx(max(values))
    same = [normalize(prediction, "zh") == normalize(reference, "zh") for reference in references]
    assert exact_match(prediction, references, "zh") == float(any(same))


@pytest.mark.parametrize(
    ("prediction", "reference", "em", "f1_score"),
    [
        ("1.5", "15", 0.0, 0.0),
        ("50%", "50", 0.0, 2 / 3),
        ("2008-2009年", "20082009年", 1.0, 1.0),
        ("京a海", "京海", 0.0, 2 * 1 / 5),  # runs, not bags: the two do not stand together
        ("京a海", "京b海", 0.0, 2 * 1 / 6),
        ("", "北京", 0.0, 0.0),
        ("", "。", 1.0, 1.0),
    ],
)
def test_chinese_by_hand(prediction, reference, em, f1_score):
    assert exact_match(prediction, [reference], "zh-hans") == em
    assert f1(prediction, [reference], "zh-hans") == pytest.approx(f1_score)


def test_other_languages_keep_their_articles():
    assert normalize("¡A La Casa!", "es") == "a la casa"
    assert exact_match("la casa", ["casa"], "es") == 0.0
    assert normalize("the house", "de") == "the house"
