from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.answers import Evidence, normalize, passage_priors
from ragqa.types import Hit, Passage, Span


def hit(text: str, score: float, rank: int, doc: str = "", start: int = 0) -> Hit:
    doc = doc or f"d{rank}"
    return Hit(Passage(f"p{rank}", doc, text, "", start, start + len(text)), score, rank)


def span(text: str, quote: str, probability: float) -> Span:
    start = text.index(quote)
    return Span(start, start + len(quote), math.log(probability))


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


def test_priors_are_a_softmax():
    assert passage_priors([1.0, 1.0], 10) == [0.5, 0.5]
    assert passage_priors([0.0, math.log(3) / 2], 2) == pytest.approx([0.25, 0.75])
    assert passage_priors([], 10) == []
    assert passage_priors([1e9, 0.0], 10) == [1.0, 0.0]


def test_equal_answers_add_up_and_keep_their_places():
    texts = ["It was the Rhine.", "Rhine, they said.", "It was Elbe."]
    evidence = Evidence([hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)], 10)
    evidence.add([span(texts[0], "the Rhine", 0.3)])
    evidence.add([span(texts[1], "Rhine", 0.6)])
    evidence.add([span(texts[2], "Elbe", 0.7)])
    best, other = evidence.answers(5)
    assert best.text == "Rhine" and best.hit.rank == 2
    assert best.score == pytest.approx((0.3 + 0.6) / 3)
    assert [support.text for support in best.support] == ["the Rhine"]
    assert other.text == "Elbe" and other.score == pytest.approx(0.7 / 3)


def test_overlapping_cuts_of_one_place_are_one_answer():
    text = "on 27 May 1937 it opened"
    evidence = Evidence([hit(text, 1.0, 1)], 10)
    evidence.add([span(text, "27 May 1937", 0.6), span(text, "May 1937", 0.3), span(text, "opened", 0.05)])
    assert [answer.text for answer in evidence.answers(5)] == ["27 May 1937", "opened"]


def test_overlap_is_judged_in_the_document():
    one, two = "in the year 1937", "1937 it was"
    evidence = Evidence([hit(one, 1.0, 1, "d", 0), hit(two, 1.0, 2, "d", 12)], 10)
    evidence.add([span(one, "year 1937", 0.6)])
    evidence.add([span(two, "1937", 0.5)])
    assert [answer.text for answer in evidence.answers(5)] == ["year 1937"]


def test_null_option_is_kept_apart():
    text = "one two"
    evidence = Evidence([hit(text, 1.0, 1), hit(text, 1.0, 2)], 10)
    evidence.add([Span(0, 0, math.log(0.7)), span(text, "two", 0.2)])
    assert [answer.text for answer in evidence.answers(5)] == ["two"]
    assert evidence.null == pytest.approx(0.35)


def test_min_score_and_count():
    text = "one two three"
    evidence = Evidence([hit(text, 1.0, 1)], 10)
    evidence.add([span(text, "one", 0.5), span(text, "two", 0.3), span(text, "three", 0.1)])
    assert len(evidence.answers(2)) == 2
    assert [answer.text for answer in evidence.answers(5, min_score=0.2)] == ["one", "two"]


def test_no_hits_are_settled_and_answerless():
    evidence = Evidence([], 10)
    assert evidence.settled() and evidence.answers(3) == ()


@st.composite
def readings(draw):
    scores = sorted(draw(st.lists(st.floats(0, 1), min_size=1, max_size=6)), reverse=True)
    words = ["alpha", "beta", "gamma", "delta"]
    text = " ".join(words)
    read = []
    for _ in scores:
        shares = draw(st.lists(st.floats(0.001, 1), min_size=4, max_size=4))
        total = sum(shares) + draw(st.floats(0.001, 3))
        read.append([span(text, word, share / total) for word, share in zip(words, shares, strict=True)])
    return [hit(text, score, rank) for rank, score in enumerate(scores, 1)], read


@given(readings())
def test_stopping_early_never_changes_the_best_answer(case):
    hits, read = case
    early, full = Evidence(hits, 10), Evidence(hits, 10)
    for spans in read:
        if not early.settled():
            early.add(spans)
        full.add(spans)
    assert early.settled()
    assert early.answers(1)[0].text == full.answers(1)[0].text
    assert 0.0 <= early.answers(1)[0].score <= full.answers(1)[0].score + 1e-12 <= 1.0 + 1e-9


@given(readings())
def test_scores_sum_to_at_most_one(case):
    hits, read = case
    evidence = Evidence(hits, 10)
    for spans in read:
        evidence.add(spans)
    answers = evidence.answers(10)
    assert sum(answer.score for answer in answers) <= 1.0 + 1e-9
    assert all(a.score >= b.score for a, b in zip(answers, answers[1:], strict=False))
