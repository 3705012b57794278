"""Stored answers: matched by their question alone, given whole, never shown to the reader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.config import Config, RetrieveConfig
from ragqa.corpus.analyze import get_analyzer
from ragqa.documents import FAQ, KIND, Passage
from ragqa.faq import SUREST, StoredAnswers, log_odds, overlap, whole
from ragqa.indexing import build
from ragqa.pipeline import Pipeline
from ragqa.testing import HashEncoder
from ragqa.types import Hit, Span

QUESTION, ANSWER = "How do I open the blue window?", "Turn the handle.\n\nThen pull; it opens inwards. Zebra."
ENGLISH = get_analyzer("en")


class FirstWord:
    """A reader that takes the first word of every passage, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        self.shown += [passage.text for passage in passages]
        return [
            [Span(0, len(passage.text.split()[0]), math.log(0.5)), Span(0, 0, math.log(0.5))] for passage in passages
        ]


def hit(question: str, **sources: float) -> Hit:
    passage = Passage("p", "d", ANSWER, question, 0, len(ANSWER), meta={KIND: FAQ})
    return Hit(passage, 1.0, 1, sources)


@pytest.fixture(params=["convex", "rrf", "bm25", "dense"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Pipeline:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "faq.csv").write_text(f'question,answer\n{QUESTION},"{ANSWER}"\nWhy is it so cold?,It is winter.\n')
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"Doors of kind {number} are made of wood.")
    build(folder, tmp_path / "index", encoder=HashEncoder(dim=512))
    config = Config(retrieve=RetrieveConfig(fusion=request.param))
    return Pipeline.load(tmp_path / "index", config, encoder=HashEncoder(dim=512), reader=FirstWord())


@pytest.mark.parametrize("question", [QUESTION, "how do i OPEN the blue windows"])
def test_the_whole_answer_is_given_with_its_place(pipeline: Pipeline, question: str) -> None:
    reply = pipeline.ask(question)
    best = reply.answers[0]
    assert best.text == ANSWER and best.faq and best.to_dict()["faq"] is True and best.score > 0.5
    passage = best.hit.passage
    assert passage.text[best.span.start : best.span.end] == ANSWER
    document = pipeline.snapshot.document(passage.doc_id)
    assert document is not None and document.text[slice(*best.document_span)] == ANSWER
    assert passage.title == QUESTION and passage.source.endswith("faq.csv:2")


def test_another_question_does_not_get_it(pipeline: Pipeline) -> None:
    for question in ("Who wrote the book of the blue kangaroo?", "Are doors made of wood?"):
        assert not any(answer.faq and answer.score > 0.2 for answer in pipeline.ask(question))


def test_the_answers_words_find_nothing(pipeline: Pipeline) -> None:
    rankings = pipeline.retriever.rank(["zebra"], 10)
    found = pipeline.snapshot.passages(rankings.bm25.rows[rankings.bm25.rows >= 0])
    assert not any(passage.is_faq for passage in found)
    assert not any(answer.faq for answer in pipeline.ask("zebra handle inwards"))


def test_the_reader_is_shown_none(pipeline: Pipeline) -> None:
    assert isinstance(pipeline.reader, FirstWord)
    pipeline.ask_many(["Why is it so cold?", QUESTION, "Doors made of wood", "blue doors cold"])
    assert pipeline.reader.shown and not {ANSWER, "It is winter."} & set(pipeline.reader.shown)


def test_spans_keep_the_order_of_the_hits() -> None:
    plain = Hit(Passage("q", "e", "plain text", "", 0, 10), 1.0, 1)
    hits = [hit(QUESTION, dense=1.0), plain, hit("Other?", dense=0.0), plain]
    spans = StoredAnswers(ENGLISH, dense=True).read(FirstWord(), [QUESTION] * 4, hits)
    assert [own[0].end for own in spans] == [len(ANSWER), 5, 0, 5]
    assert StoredAnswers(ENGLISH, dense=True).read(FirstWord(), [], []) == []


def test_the_match_by_hand() -> None:
    both, words = StoredAnswers(ENGLISH, dense=True), StoredAnswers(ENGLISH, dense=False)
    asked = "open windows quickly"  # three terms, two of them stored
    stored = ENGLISH.tokens(QUESTION)
    dice = 2 * 2 / (3 + len(stored))
    assert both.match(asked, hit(QUESTION, dense=0.8)) == pytest.approx(0.75 * 0.8 + 0.25 * dice)
    assert both.match(asked, hit(QUESTION, bm25=3.0)) == pytest.approx(0.25 * dice)  # not among the nearest
    assert both.match(asked, hit(QUESTION, dense=-0.3)) == pytest.approx(0.25 * dice)
    assert words.match(asked, hit(QUESTION, bm25=3.0)) == both.match(asked, hit(QUESTION)) == pytest.approx(dice)
    assert both.match(QUESTION, hit(QUESTION, dense=1.0)) == 1.0
    assert (log_odds(1.0), log_odds(0.6), log_odds(0.0)) == (SUREST, 0.0, -SUREST)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 1000))
def test_scores_are_probabilities_that_rise_with_the_match(one: float, other: float, length: int) -> None:
    spans = whole(length, log_odds(one))
    assert sum(math.exp(span.score) for span in spans) == pytest.approx(1.0)
    assert all(span.score <= 0.0 and math.isfinite(span.score) for span in spans)
    assert {(span.start, span.end) for span in spans} == {(0, length), (0, 0)}
    assert spans[0].score >= spans[1].score
    if one <= other:
        assert log_odds(one) <= log_odds(other)


WORDS = st.lists(st.sampled_from("abcd"), max_size=6)


@given(WORDS, WORDS)
def test_overlap(one: list[str], other: list[str]) -> None:
    assert 0.0 <= overlap(one, other) == overlap(other, one) <= 1.0
    assert (overlap(one, other) == 1.0) == (sorted(one) == sorted(other) and one != [])
    assert (overlap(one, other) == 0.0) == set(one).isdisjoint(other)


def test_vectors_are_of_the_question(tmp_path: Path) -> None:
    passage = hit(QUESTION).passage
    encoder = HashEncoder()
    np.testing.assert_array_equal(encoder.encode_passages([passage]), encoder.encode_questions([QUESTION]))
