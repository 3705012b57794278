"""Spans of several passages → masses, early stopping, ranked answers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.documents import Passage
from ragqa.evidence.answers import null_share, rank_answers
from ragqa.evidence.calibration import FEATURES, ScoreModel, Weights
from ragqa.evidence.masses import Evidence, log_priors
from ragqa.evidence.masses import relevance as relevance_of
from ragqa.evidence.phrases import near, phrase
from ragqa.evidence.stopping import ended
from ragqa.types import Hit, Span

PLAIN = Weights(bm25=1.0, dense=0.0, relevance=1.0, span=1.0, cap=12.0)
SHARE = ScoreModel()  # the score is the answer's share of all mass


def hit(text: str, score: float, rank: int, doc: str = "", start: int = 0) -> Hit:
    doc = doc or f"d{rank}"
    return Hit(Passage(f"p{rank}", doc, text, "", start, start + len(text)), score, rank, {"bm25": score})


def span(text: str, quote: str, probability: float) -> Span:
    start = text.index(quote)
    return Span(start, start + len(quote), math.log(probability))


def reading(*passages: list[Span], hits: list[Hit], weights: Weights = PLAIN) -> Evidence:
    evidence = Evidence(hits, weights)
    for spans in passages:
        evidence.add(spans)
    return evidence


def test_priors_are_a_softmax_of_weighted_sources():
    hits = [hit("a", 1.0, 1), hit("b", 1.0, 2)]
    assert log_priors(hits, PLAIN) == pytest.approx([math.log(0.5)] * 2)
    assert log_priors([], PLAIN) == []
    both = [
        Hit(hits[0].passage, 0.0, 1, {"bm25": 2.0, "dense": 0.5}),
        Hit(hits[1].passage, 0.0, 2, {"bm25": 1.0, "dense": 0.9}),
    ]
    first, second = log_priors(both, Weights(bm25=0.5, dense=3.0))
    assert first - second == pytest.approx(0.5 * 1.0 - 3.0 * 0.4)
    assert math.exp(first) + math.exp(second) == pytest.approx(1.0)


def test_what_a_source_did_not_find_counts_as_its_lowest():
    passage = hit("a", 0.0, 1).passage
    hits = [Hit(passage, 0.0, rank, sources) for rank, sources in enumerate(({"bm25": 5.0}, {"bm25": 2.0}, {}), 1)]
    first, second, third = log_priors(hits, Weights(bm25=1.0))
    assert first - second == pytest.approx(3.0) and second == pytest.approx(third)


def test_equal_answers_add_up_and_keep_their_places():
    texts = ["It was the Rhine.", "Rhine, they said.", "It was Elbe."]
    evidence = reading(
        [span(texts[0], "the Rhine", 0.3)],
        [span(texts[1], "Rhine", 0.6)],
        [span(texts[2], "Elbe", 0.6)],
        hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)],
    )
    best, other = rank_answers(evidence, SHARE, 5)
    assert best.text == "Rhine" and best.hit.rank == 2
    # odds of the three passages: 0.3 / 0.7, 0.6 / 0.4, 0.6 / 0.4; each has a third of the prior, "no answer" mass 1
    rhine, elbe = (0.3 / 0.7 + 0.6 / 0.4) / 3, (0.6 / 0.4) / 3
    assert best.score == pytest.approx(rhine / (rhine + elbe + 1))
    assert [support.text for support in best.support] == ["the Rhine"]
    assert best.support[0].share == pytest.approx(0.3 / 0.7 / 3 / rhine)
    assert other.text == "Elbe" and other.score == pytest.approx(elbe / (rhine + elbe + 1))
    assert null_share(evidence) == pytest.approx(1 / (rhine + elbe + 1))
    assert best.features["agreement"] == pytest.approx(math.log(2)) and tuple(best.features) == FEATURES


def test_overlapping_cuts_of_one_place_are_one_answer():
    text = "on 27 May 1937 it opened"
    spans = [span(text, "27 May 1937", 0.6), span(text, "May 1937", 0.3), span(text, "opened", 0.05)]
    evidence = reading(spans, hits=[hit(text, 1.0, 1)])
    best, other = rank_answers(evidence, SHARE, 5)
    assert (best.text, other.text) == ("27 May 1937", "opened") and not best.support
    assert best.score / other.score == pytest.approx(0.6 / 0.05)


def test_overlap_is_judged_in_the_document():
    one, two = "in the year 1937", "1937 it was"
    hits = [hit(one, 1.0, 1, "d", 0), hit(two, 1.0, 2, "d", 12)]
    evidence = reading([span(one, "year 1937", 0.6)], [span(two, "1937", 0.5)], hits=hits)
    assert [answer.text for answer in rank_answers(evidence, SHARE, 5)] == ["year 1937"]


def test_the_form_with_most_support_speaks_for_near_duplicates():
    texts = ["Johannes Kepler found it.", "Kepler, of course.", "As Kepler wrote.", "Tycho did."]
    evidence = reading(
        [span(texts[0], "Johannes Kepler", 0.6)],
        [span(texts[1], "Kepler", 0.5)],
        [span(texts[2], "Kepler", 0.5)],
        [span(texts[3], "Tycho", 0.7)],
        hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)],
    )
    best, other = rank_answers(evidence, SHARE, 5)
    assert (best.text, other.text) == ("Kepler", "Tycho")
    assert {support.text for support in best.support} == {"Kepler", "Johannes Kepler"}


def test_the_wording_that_is_shown_decides_what_is_nearly_the_same():
    """ "medal" was read first, but "Medal" has more mass and would be shown: the end of another name."""
    texts = ["A medal was given.", "It was the Service Medal.", "It was the Medal then."]
    evidence = reading(
        [span(texts[0], "medal", 0.001)],
        [span(texts[1], "Service Medal", 0.9)],
        [span(texts[2], "Medal", 0.1)],
        hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)],
    )
    assert [answer.text for answer in rank_answers(evidence, SHARE, 5)] == ["Service Medal"]


WORDINGS = ("medal", "Medal", "Service Medal", "1969", "in July 1969")


@given(st.permutations(WORDINGS), st.permutations([0.1, 0.3, 0.5, 0.7, 0.9]))
def test_no_answer_says_the_same_as_a_better_one(quotes, shares):
    hits = [hit(quote, 1.0, rank) for rank, quote in enumerate(quotes, 1)]
    read = [[span(quote, quote, share)] for quote, share in zip(quotes, shares, strict=True)]
    answers = rank_answers(reading(*read, hits=hits), SHARE, 8)
    said = [phrase(answer.text) for answer in answers]
    assert len({one.key for one in said}) == len(said)
    assert not any(near(one, other) for number, one in enumerate(said) for other in said[:number])


def test_null_option_is_kept_apart():
    text = "one two"
    evidence = reading([Span(0, 0, math.log(0.7)), span(text, "two", 0.2)], hits=[hit(text, 1.0, 1), hit(text, 1.0, 2)])
    assert [answer.text for answer in rank_answers(evidence, SHARE, 5)] == ["two"]
    # of the first passage's odds of an answer, 0.3 / 0.7, "two" has 0.2 / 0.3; its prior is a half
    assert null_share(evidence) == pytest.approx(1 / (1 + 0.5 * 0.2 / 0.7))


def test_weights_are_log_linear():
    text = "one two"
    weights = replace(PLAIN, relevance=0.5, span=2.0, null=0.7)
    evidence = reading([Span(0, 0, math.log(0.4)), span(text, "two", 0.3)], hits=[hit(text, 1.0, 1)], weights=weights)
    mass = (0.6 / 0.4) ** 0.5 * (0.3 / 0.6) ** 2
    assert null_share(evidence) == pytest.approx(math.exp(0.7) / (math.exp(0.7) + mass))


def test_a_sure_passage_outweighs_a_fairly_sure_one_of_better_rank():
    one, two = "It was the Rhine.", "It was the Elbe."
    evidence = reading(
        [span(one, "Rhine", 0.9), Span(0, 0, math.log(0.1))],
        [span(two, "Elbe", 0.999), Span(0, 0, math.log(0.001))],
        hits=[hit(one, 1.0, 1), hit(two, 0.0, 2)],
    )
    assert rank_answers(evidence, SHARE, 1)[0].text == "Elbe"  # by probability the Rhine: 0.73 · 0.9 > 0.27 · 0.999


def test_no_passage_can_say_more_than_the_cap():
    text = "one two"
    evidence = reading([span(text, "one", 1.0)], hits=[hit(text, 1.0, 1)], weights=replace(PLAIN, cap=2.0))
    assert rank_answers(evidence, SHARE, 1)[0].score == pytest.approx(math.exp(2) / (1 + math.exp(2)))
    silent = reading([Span(0, 0, 0.0), Span(0, 3, -800.0)], hits=[hit(text, 1.0, 1)])
    assert null_share(silent) == pytest.approx(1.0)


def test_count_and_order():
    text = "one two three"
    spans = [span(text, "one", 0.5), span(text, "two", 0.3), span(text, "three", 0.1)]
    evidence = reading(spans, hits=[hit(text, 1.0, 1)])
    assert [answer.text for answer in rank_answers(evidence, SHARE, 2)] == ["one", "two"]
    upside_down = ScoreModel(0.0, (-1.0, *[0.0] * 6))
    scores = [answer.score for answer in rank_answers(evidence, upside_down, 5)]
    assert len(scores) == 3 and scores == sorted(scores, reverse=True), "never above that of a better answer"


def test_no_hits_are_settled_and_answerless():
    evidence = Evidence([], PLAIN)
    assert (
        ended(evidence, None, 0.0) == "exhausted"
        and rank_answers(evidence, SHARE, 3) == ()
        and null_share(evidence) == 1.0
    )


@st.composite
def readings(draw):
    scores = sorted(draw(st.lists(st.floats(0, 10), min_size=1, max_size=6)), reverse=True)
    words = ["alpha", "beta", "gamma", "delta"]
    text = " ".join(words)
    read = []
    for _ in scores:
        shares = draw(st.lists(st.floats(0.001, 1), min_size=4, max_size=4))
        total = sum(shares) + draw(st.floats(0.001, 3))
        read.append([span(text, word, share / total) for word, share in zip(words, shares, strict=True)])
    return [hit(text, score, rank) for rank, score in enumerate(scores, 1)], read


@given(readings(), st.floats(0, 12), st.floats(0.2, 2))
def test_stopping_early_never_changes_the_best_answer(case, cap, relevance):
    hits, read = case
    weights = replace(PLAIN, relevance=relevance, cap=cap)
    early, full = Evidence(hits, weights), Evidence(hits, weights)
    for spans in read:
        if ended(early, None, 0.5) is None:
            early.add(spans)
        full.add(spans)
    assert ended(early, None, 0.0)
    best = rank_answers(early, SHARE, 1)[0]
    assert best.text == rank_answers(full, SHARE, 1)[0].text and 0.0 <= best.score <= 1.0


@given(readings())
def test_shares_sum_to_one_and_answers_never_overlap(case):
    hits, read = case
    evidence = reading(*read, hits=hits)
    answers = rank_answers(evidence, SHARE, 10)
    assert sum(answer.score for answer in answers) + null_share(evidence) == pytest.approx(1.0)
    assert all(a.score >= b.score for a, b in zip(answers, answers[1:], strict=False))
    places = [(answer.hit.passage.doc_id, *answer.document_span) for answer in answers]
    for number, (doc, start, end) in enumerate(places):
        assert not any(doc == d and start < e and s < end for d, s, e in places[:number])


def test_an_answer_of_hundreds_of_places_or_of_no_mass_is_an_answer() -> None:
    """No place has a hundredth of the mass where a bar stands hundreds of times, or where there is none."""
    text = "| " * 150
    many = [Span(2 * place, 2 * place + 1, math.log(0.9 / 150)) for place in range(150)]
    evidence = reading(many, many, hits=[hit(text, 1.0, 1), hit(text, 1.0, 2)])
    best, *_ = rank_answers(evidence, SHARE, 3)
    assert best.text == "|" and best.features["agreement"] == 0.0

    faint = reading([Span(0, 1, -2000.0), Span(2, 3, -2000.0)], hits=[hit("a a", 1.0, 1)])
    assert all(answer.features["agreement"] == 0.0 for answer in rank_answers(faint, SHARE, 3))


def test_relevance_is_the_log_odds_of_an_answer_within_the_cap():
    for null in (0.001, 0.3, 0.5, 0.9, 0.999):
        assert relevance_of(null, 12.0) == pytest.approx(math.log((1 - null) / null))
    assert [relevance_of(null, 12.0) for null in (0.0, 1e-300, 1.0, 1.0 - 1e-16)] == [12.0, 12.0, -12.0, -12.0]


def test_a_part_of_another_answer_is_no_support():
    texts = ["It is in Virginia.", "It is in West Virginia."]
    evidence = reading(
        [span(texts[0], "Virginia", 0.9), Span(0, 0, math.log(0.1))],
        [span(texts[1], "West Virginia", 0.8), span(texts[1], "Virginia", 0.1), Span(0, 0, math.log(0.1))],
        hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)],
    )
    best, other = rank_answers(evidence, SHARE, 5)
    assert [(one.text, one.support) for one in (best, other)] == [("Virginia", ()), ("West Virginia", ())]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.5 mg", "25 mg"),
        ("-40 °C", "40 °C"),
        ("until 1066", "after 1066"),
        ("hepatitis B", "hepatitis"),
        ("D", "D++"),
    ],
)
def test_what_differs_is_a_rival_and_lowers_the_score(one, other):
    def score(*quotes: str) -> float:
        read = [[span(quote, quote, 0.6), Span(0, 0, math.log(0.4))] for quote in quotes]
        evidence = reading(*read, hits=[hit(quote, 1.0, rank) for rank, quote in enumerate(quotes, 1)])
        best = rank_answers(evidence, SHARE, 5)[0]
        assert best.text == one and not any(support.text == other for support in best.support)
        return best.score

    assert score(one, other) < score(one, one)


def test_forms_that_contradict_each_other_are_not_joined_by_what_they_share():
    texts = ["1973", "in October 1973", "in May 1973"]
    read = [[span(text, text, share)] for text, share in zip(texts, (0.9, 0.6, 0.5), strict=True)]
    evidence = reading(*read, hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)])
    best, other = rank_answers(evidence, SHARE, 5)
    assert [best.text, *(one.text for one in best.support)] == ["1973", "in October 1973"]
    assert other.text == "in May 1973" and not other.support


@pytest.mark.parametrize("count", [2, 4, 12])
def test_equal_answers_do_not_count_against_one_another_where_several_may_be_right(count):
    texts = [f"One of them was born in town{number}." for number in range(count)]
    read = [[span(text, f"town{number}", 0.9)] for number, text in enumerate(texts)]
    evidence = reading(*read, hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)])
    alone = rank_answers(reading(read[0], hits=[hit(texts[0], 1.0, 1)]), SHARE, 20)[0].score
    rivals, fellows = (rank_answers(evidence, SHARE, 20, several=several) for several in (False, True))
    assert [one.text for one in rivals] == [one.text for one in fellows] and len(fellows) == count
    assert all(one.score < 0.51 for one in rivals), "they share one probability"
    share = alone / (1 - alone) / count  # each has that part of the prior
    assert all(one.score == pytest.approx(share / (1 + share)) for one in fellows)


def test_a_much_surer_answer_stays_a_rival_where_several_may_be_right():
    texts = ["It was the Rhine.", "It was the Elbe."]
    read = [[span(texts[0], "Rhine", 0.999)], [span(texts[1], "Elbe", 0.5)]]
    evidence = reading(*read, hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)])
    one, other = rank_answers(evidence, SHARE, 2), rank_answers(evidence, SHARE, 2, several=True)
    assert [answer.score for answer in one] == [answer.score for answer in other]


def test_each_copy_of_a_passage_is_support_and_no_evidence():
    texts = ["It was the Rhine.", "Or the Elbe."]
    shouted = hit("IT WAS: the Rhine", 1.0, 3)
    first, second = (hit(text, 1.0, rank) for rank, text in enumerate(texts, 1))
    spans = [[span(texts[0], "the Rhine", 0.6)], [span(texts[1], "Elbe", 0.3)]]
    alone = rank_answers(reading(*spans, hits=[first, second]), SHARE, 1)[0]
    copied = rank_answers(reading(*spans, hits=[replace(first, copies=(shouted,)), second]), SHARE, 1)[0]
    assert (copied.score, copied.features) == (alone.score, alone.features) and not alone.support
    assert [(one.text, one.hit, one.share) for one in copied.support] == [("the Rhine", shouted, 0.0)]


NUMBERS = ("1.5", "15", "-15", "150", "1,500", "1/5", "one hundred and fifty", "1-5")
AROUND = ("{}", "the {}", "about {}", "in {}", "{} years", "over {}", "before {}", "after {}", "late {}", "{} %", "${}")
MEANING = {"one hundred and fifty": "150"} | {"the {}": "{}", "about {}": "{}", "in {}": "{}", "{} years": "{}"}


@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(AROUND)), min_size=1, max_size=12, unique=True))
def test_no_answer_joins_what_differs_in_number_sign_bound_or_unit(said):
    quotes = [around.format(number) for number, around in said]
    meant = [(MEANING.get(number, number), MEANING.get(around, around)) for number, around in said]
    texts = [f"{quote} ({number})" for number, quote in enumerate(quotes)]  # no passage is a copy of another one
    read = [
        [span(text, quote, 0.9 - 0.05 * number)] for number, (text, quote) in enumerate(zip(texts, quotes, strict=True))
    ]
    evidence = reading(*read, hits=[hit(text, 1.0, rank) for rank, text in enumerate(texts, 1)])
    answers = rank_answers(evidence, SHARE, 20)
    joined = [{meant[one.hit.rank - 1] for one in (answer, *answer.support)} for answer in answers]
    assert all(len(found) == 1 for found in joined)
    assert len(joined) == len(set(meant)), "and what says the same is one answer"
