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
    evidence = Evidence([hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)], 10, temperature=1)
    evidence.add([span(texts[0], "the Rhine", 0.3)])
    evidence.add([span(texts[1], "Rhine", 0.6)])
    evidence.add([span(texts[2], "Elbe", 0.6)])
    best, other = evidence.answers(5)
    assert best.text == "Rhine" and best.hit.rank == 2
    # odds of the three passages: 0.3 / 0.7, 0.6 / 0.4, 0.6 / 0.4; each has a third of the prior, "no answer" mass 1
    rhine, elbe = (0.3 / 0.7 + 0.6 / 0.4) / 3, (0.6 / 0.4) / 3
    assert best.score == pytest.approx(rhine / (rhine + elbe + 1))
    assert [support.text for support in best.support] == ["the Rhine"]
    assert other.text == "Elbe" and other.score == pytest.approx(elbe / (rhine + elbe + 1))
    assert evidence.null == pytest.approx(1 / (rhine + elbe + 1))


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
    # of the first passage's odds of an answer, 0.3 / 0.7, "two" has 0.2 / 0.3; its prior is a half
    mass = (0.5 * 0.2 / 0.7) ** (1 / 1.5)
    assert evidence.null == pytest.approx(1 / (1 + mass))


def test_a_sure_passage_outweighs_a_fairly_sure_one_of_better_rank():
    one, two = "It was the Rhine.", "It was the Elbe."
    evidence = Evidence([hit(one, 1.0, 1), hit(two, 0.9, 2)], 10)
    evidence.add([span(one, "Rhine", 0.9), Span(0, 0, math.log(0.1))])
    evidence.add([span(two, "Elbe", 0.999), Span(0, 0, math.log(0.001))])
    assert evidence.answers(1)[0].text == "Elbe"  # by probability it would be the Rhine: 0.73 · 0.9 > 0.27 · 0.999


def test_no_passage_can_say_more_than_the_cap():
    text = "one two"
    evidence = Evidence([hit(text, 1.0, 1)], 10, cap=2.0, temperature=1)
    evidence.add([span(text, "one", 1.0)])
    assert evidence.answers(1)[0].score == pytest.approx(math.exp(2) / (1 + math.exp(2)))
    silent = Evidence([hit(text, 1.0, 1)], 10)
    silent.add([Span(0, 0, 0.0), Span(0, 3, -800.0)])
    assert silent.null == pytest.approx(1.0)


def test_min_score_and_count():
    text = "one two three"
    evidence = Evidence([hit(text, 1.0, 1)], 10)
    evidence.add([span(text, "one", 0.5), span(text, "two", 0.3), span(text, "three", 0.1)])
    assert len(evidence.answers(2)) == 2
    scores = [answer.score for answer in evidence.answers(5)]
    assert len(scores) == 3
    assert [answer.text for answer in evidence.answers(5, min_score=scores[1])] == ["one", "two"]


def test_no_hits_are_settled_and_answerless():
    evidence = Evidence([], 10)
    assert evidence.settled() and evidence.answers(3) == () and evidence.null == 1.0


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


@given(readings(), st.floats(0, 12))
def test_stopping_early_never_changes_the_best_answer(case, cap):
    hits, read = case
    early, full = Evidence(hits, 10, cap), Evidence(hits, 10, cap)
    for spans in read:
        if not early.settled():
            early.add(spans)
        full.add(spans)
    assert early.settled()
    assert early.answers(1)[0].text == full.answers(1)[0].text
    assert 0.0 <= early.answers(1)[0].score <= 1.0


@given(readings())
def test_scores_sum_to_at_most_one(case):
    hits, read = case
    evidence = Evidence(hits, 10)
    for spans in read:
        evidence.add(spans)
    answers = evidence.answers(10)
    assert sum(answer.score for answer in answers) + evidence.null == pytest.approx(1.0)
    assert all(a.score >= b.score for a, b in zip(answers, answers[1:], strict=False))
