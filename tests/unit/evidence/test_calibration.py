"""Thresholds that keep a promise, the binomial tail, and the file."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.calibrate.curve import risk_curve
from ragqa.errors import ModelError
from ragqa.evidence.calibration import (
    FEATURES,
    Calibration,
    ScoreModel,
    Weights,
    binomial_tail,
    has_checksum,
    load_calibration,
    save_calibration,
)
from ragqa.models.catalog import reader_calibration
from ragqa.store.record import unseal


def test_a_reader_without_a_fit_is_weighed_like_the_packaged_one():
    assert load_calibration(reader_calibration()).weights == Weights()


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 0.99))
def test_the_tail_is_the_sum_over_all_outcomes(wrong, more, risk):
    given = wrong + more
    expected = sum(math.comb(given, k) * risk**k * (1 - risk) ** (given - k) for k in range(wrong + 1))
    assert binomial_tail(wrong, given, risk) == pytest.approx(min(1.0, expected), abs=1e-9)


def test_the_tail_at_the_ends():
    assert binomial_tail(0, 10, 0.0) == 1.0 and binomial_tail(3, 10, 1.0) == 0.0 and binomial_tail(10, 10, 1.0) == 1.0
    assert binomial_tail(200, 10_000, 0.05) < 1e-40


def test_the_risk_is_kept_in_nine_fits_of_ten():
    """Scores that rank well but lie about their size: the promise may not depend on them."""
    rng = np.random.default_rng(0)

    def draw(n):
        chance = rng.uniform(0.2, 1.0, n)
        return chance**3, rng.uniform(size=n) < chance  # the score understates the probability

    broken = answered = 0
    for _ in range(300):
        threshold = Calibration(curve=risk_curve(*draw(400))).threshold(0.2)
        scores, right = draw(4000)
        if threshold is not None:
            taken = scores >= threshold
            answered += taken.mean()
            broken += (~right[taken]).mean() > 0.2
    assert broken <= 300 * 0.1 + 3 * math.sqrt(300 * 0.1 * 0.9), "a bound at 90 % confidence"
    assert answered > 100, "and not by never answering"


def test_no_promise_without_enough_questions():
    curve = risk_curve(np.linspace(1, 0.5, 30), np.ones(30, bool))
    assert Calibration(curve=curve).threshold(0.05) is None
    assert Calibration(curve=curve).threshold(0.5) is not None
    assert Calibration().threshold(0.5) is None


def test_many_questions_are_not_judged_by_their_first_few():
    """Seven wrong among the best eighty are too many for a risk of 0.1, and say little about the best two hundred."""
    right = np.ones(2000, bool)
    right[:70:10], right[1000:] = False, False
    scores = np.linspace(1, 0, 2000)
    threshold = Calibration(curve=risk_curve(scores, right)).threshold(0.1)
    assert threshold is not None and 900 < (scores >= threshold).sum() < 1100
    assert Calibration(curve=risk_curve(scores[:500], right[:500])).threshold(0.1) is None


def test_the_curve_counts_equal_scores_together():
    scores = np.array([0.9] * 15 + [0.5] * 5)
    curve = risk_curve(scores, np.array([True] * 14 + [False] * 6))
    assert [(step.score, step.given, step.wrong) for step in curve] == [(0.9, 15, 1), (0.5, 20, 6)]
    assert risk_curve(np.empty(0), np.empty(0, bool)) == ()


def test_score_is_logistic_and_never_overflows():
    model = ScoreModel(0.5, (1.0, 0.0, 2.0, *[0.0] * 4))
    assert model.probability([1, 9, 0.25, 9, 9, 9, 9]) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert 0.0 <= model.probability([-1e9, *[0] * 6]) < 1e-9
    with pytest.raises(ValueError, match="finite"):
        ScoreModel(0.0, (1.0,))


@pytest.mark.parametrize("change", [{"bm25": -1.0}, {"cap": 60.0}, {"span": math.nan}])
def test_weights_that_cannot_be_are_refused(change):
    with pytest.raises(ValueError, match="weights"):
        replace(Weights(), **change)


def test_a_file_comes_back_as_it_was(tmp_path):
    made = Calibration(
        Weights(bm25=0.3),
        ScoreModel(0.1, tuple(range(len(FEATURES)))),
        risk_curve(np.linspace(1, 0, 40), np.arange(40) < 30),
        40,
        "reader",
        "encoder",
        {"q.jsonl": "abc"},
    )
    assert load_calibration(save_calibration(tmp_path, made)) == made


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.update(format=99),
        lambda content: content.update(format="1"),
        lambda content: content.pop("score"),
        lambda content: content["weights"].update(bm25=-3),
        lambda content: content["weights"].update(bm25="0.3"),
        lambda content: content["weights"].update(bm25=True),
        lambda content: content["weights"].update(bm25=math.nan),
        lambda content: content["weights"].update(unheard=3),
        lambda content: content.update(curve=[{"score": "high"}]),
        lambda content: content.update(curve=[{"score": 0.5, "given": 1.5, "wrong": 0}]),
        lambda content: content.update(curve=[{"score": 0.5, "given": 1, "wrong": 2}]),
        lambda content: content.update(questions=-math.inf),
        lambda content: content.update(data={"q": 1}),
        lambda content: content.update(unheard=1),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, spoil):
    path = save_calibration(tmp_path, Calibration())
    content, _ = unseal(json.loads(path.read_text()))
    spoil(content)
    path.write_text(json.dumps(content))  # as one without a checksum
    with pytest.raises(ModelError, match=r"^[^\n]*calibration\.json: [^\n]*ragqa calibrate again[^\n]*$"):
        load_calibration(path)


@pytest.mark.parametrize(
    "content", [b"", b"[1, 2", b"[]", b'{"a": "\xff"}', b"\xff\xfe{\0", b"[" * 100_000, b"\0" * 99]
)
def test_no_calibration_at_all(tmp_path, content):
    path = tmp_path / "calibration.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"^[^\n]*calibration\.json: not a usable calibration \([^\n]*$"):
        load_calibration(path)
    path.unlink()
    with pytest.raises(ModelError, match=r"calibration\.json: no calibration there"):
        load_calibration(path)


def test_every_changed_byte_is_noticed_and_older_files_have_no_checksum(tmp_path):
    path = save_calibration(tmp_path, Calibration(questions=7, reader="reader", encoder="encoder"))
    whole, made = path.read_bytes(), load_calibration(path)
    assert has_checksum(path)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with suppress(ModelError):  # white space says nothing
            assert load_calibration(path) == made
    content, _ = unseal(json.loads(whole))
    del content["weights"]["rerank"]  # which the first calibrations did not have
    path.write_text(json.dumps(content, indent=1))
    assert load_calibration(path) == made and not has_checksum(path)


def test_a_file_of_an_earlier_version_weighs_and_scores_as_it_did(tmp_path):
    """It has six features and says nothing of form, names, the end of reading and excerpts."""
    made = Calibration(Weights(bm25=0.3), ScoreModel(0.1, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)))
    path = save_calibration(tmp_path, made)
    content, _ = unseal(json.loads(path.read_text()))
    content["score"]["weights"].pop()
    for name in ("misfit", "echo", "stray", "other_key"):
        del content["weights"][name]
    content.pop("excerpts", None)
    path.write_text(json.dumps(content))
    found = load_calibration(path)
    assert found.score.weights == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0) and found.excerpts is None
    assert found.weights == replace(made.weights, misfit=0.0, echo=0.0, stray=0.0, other_key=0.0)


def test_a_file_that_weighs_the_form_of_answers_weighs_their_keys_by_default(tmp_path):
    made = Calibration(Weights(other_key=1.0))
    path = save_calibration(tmp_path, made)
    assert load_calibration(path) == made
    content, _ = unseal(json.loads(path.read_text()))
    del content["weights"]["other_key"]
    path.write_text(json.dumps(content))
    assert load_calibration(path).weights == replace(made.weights, other_key=Weights().other_key) != made.weights
