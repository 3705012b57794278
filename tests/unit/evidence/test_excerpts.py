"""Excerpts: which sentences are chosen, what is taken along, and that they never lie about their place."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.documents import FAQ, KIND, Passage
from ragqa.evidence.calibration import EXCERPT_FEATURES, ExcerptModel, Weights
from ragqa.evidence.code import code_blocks
from ragqa.evidence.excerpts import LONGEST, rank_excerpts
from ragqa.evidence.masses import Evidence
from ragqa.types import Hit, Span

MODEL = ExcerptModel()


def read(question: str, *passages: tuple[str, str], weights: Weights | None = None) -> Evidence:
    """Evidence on passages, each with the words that the reader marks in it."""
    hits = [
        Hit(Passage(f"p{n}", f"d{n}", text, "", 0, len(text)), 1.0, n + 1, {"bm25": 1.0, "dense": 0.5})
        for n, (text, _) in enumerate(passages)
    ]
    evidence = Evidence.on(question, hits, weights or Weights(), "en")
    for text, marked in passages:
        start = text.index(marked)
        evidence.add([Span(0, 0, math.log(0.2)), Span(start, start + len(marked), math.log(0.8))])
    return evidence


def best(evidence: Evidence) -> str:
    return rank_excerpts(evidence, MODEL, 1)[0].text


def test_the_sentence_with_the_mass_is_chosen():
    text = "The mill was built in 1810. It burnt down when a lamp fell. A new one stands there now."
    found = rank_excerpts(read("Why did the mill burn?", (text, "a lamp fell")), MODEL, 3)
    assert "when a lamp fell." in found[0].text and found[0].kind == "excerpt"
    assert all(answer.text == answer.hit.passage.text[answer.span.start : answer.span.end] for answer in found)
    assert [answer.score for answer in found] == sorted((answer.score for answer in found), reverse=True)
    assert tuple(found[0].features) == EXCERPT_FEATURES
    assert MODEL.probability(list(found[0].features.values())) == found[0].score


def test_the_sentence_before_comes_along_where_the_next_points_to_it():
    text = "The mill was built in 1810. It burnt down when a lamp fell. A new one stands there now."
    assert best(read("Why did it burn?", (text, "a lamp fell"))) == text[: text.index(" A new")]
    assert best(read("Why?", (text, "new one"))) == "A new one stands there now."


def test_a_list_comes_with_the_line_that_announces_it():
    text = "Some words.\n\nBring these things:\n\n- a lamp\n- a rope\n- bread\n\nThe hut has water."
    whole = text[text.index("Bring") : text.index("\n\nThe hut")]
    assert best(read("What do I bring?", (text, "these things"))) == whole
    assert best(read("List what to bring.", (text, "a rope"))) == whole
    assert best(read("Is there a rope?", (text, "a rope"))) == "- a rope", "a list is not asked for"


def test_a_long_list_is_not_taken_whole():
    items = "\n".join(f"- thing number {n} of many" for n in range(60))
    found = best(read("List what to bring.", (f"Bring this:\n\n{items}", "thing number 7")))
    assert found == "- thing number 7 of many" and len(items) > LONGEST


FENCED = (
    "Install it first.\n\nStart it like this:\n\n```sh\nserver run.\nserver wait\n```\n\nStop it by a signal. It waits."
)
INDENTED = (
    "Install it first.\n\nStart it like this.\n\n    server run.\n\n    server wait\n\nStop it by a signal. It waits."
)


@pytest.mark.parametrize("text", [FENCED, INDENTED])
def test_a_block_of_code_belongs_to_the_sentence_that_leads_to_it(text):
    whole = text[text.index("Start") : text.index("\n\nStop")]
    assert whole.rstrip("`\n").endswith("server wait")
    for marked in ("Start it", "server run", "server wait"):
        assert best(read("How do I start it?", (text, marked))) == whole
        assert best(read("What is run?", (text, marked))) == whole
    assert best(read("How do I stop it?", (text, "by a signal"))) == "Stop it by a signal."
    assert best(read("How do I get it?", (text, "Install"))) == "Install it first."


def test_code_without_a_sentence_before_it_stands_alone():
    text = "# Start\n\n```\nserver run\n```\n\nIt waits."
    assert best(read("How do I start it?", (text, "server run"))) == "```\nserver run\n```"
    assert best(read("Run?", ("It runs.\n\n```\nserver run", "server run"))) == "It runs.\n\n```\nserver run"


def test_what_is_indented_in_a_list_is_code_only_behind_a_colon():
    text = "Do this:\n\n- Run it:\n\n    server run\n- Stop it.\n\n    It stops. It says so.\n"
    assert [text[start:end] for start, end in code_blocks(text)] == ["    server run"]


def test_headings_and_stored_answers_are_no_excerpts():
    text = "# Closing times\n\nThe gate closes at six."
    assert all("#" not in one.text for one in rank_excerpts(read("When?", (text, "six")), MODEL, 5))
    stored = Hit(Passage("f", "f", "At six.", "When does it close?", 0, 7, meta={KIND: FAQ}), 1.0, 1, {"dense": 0.9})
    evidence = Evidence.on("When does it close?", [stored], Weights(), "en")
    evidence.add([Span(0, 0, -1.0), Span(0, 7, -0.1)])
    assert not rank_excerpts(evidence, MODEL, 3)


def test_nothing_read_gives_nothing():
    assert not rank_excerpts(Evidence.on("Why?", [], Weights(), "en"), MODEL, 3)


@given(st.text("ab. \n-:#1", min_size=1, max_size=120), st.integers(0, 119), st.integers(1, 20))
def test_any_text_gives_excerpts_in_their_place_that_do_not_overlap(text, start, length):
    start = min(start, len(text) - 1)
    end = min(len(text), start + length)
    hit = Hit(Passage("p", "d", text, "", 0, len(text)), 1.0, 1, {"bm25": 1.0})
    evidence = Evidence.on("How to list it?", [hit], Weights(), "en")
    evidence.add([Span(0, 0, -1.0), Span(start, end, -0.5)])
    found = rank_excerpts(evidence, MODEL, 9)
    places = sorted((one.span.start, one.span.end) for one in found)
    assert all(first < last and text[first:last] == text[first:last].strip() for first, last in places)
    assert all(one[1] <= other[0] for one, other in zip(places, places[1:], strict=False))


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_sentence_of_a_better_passage_is_more_probable(share):
    texts = ("Bread is sold at the mill.", "Stones are sold at the mill.")
    evidence = read("What is sold?", (texts[0], "Bread"), (texts[1], "Stones"))
    evidence.priors[:] = [math.log(share), math.log(1 - share)]
    model = ExcerptModel(0.0, tuple(float(name == "prior") for name in EXCERPT_FEATURES))
    assert rank_excerpts(evidence, model, 1)[0].text == texts[share < 0.5]
