"""Fitting: gradients against differences, weights found again that made the data, scores that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from support.drawing import draw

from ragqa.calibrate.fit import fit, fit_score, read_answers
from ragqa.calibrate.gather import Seen
from ragqa.calibrate.weights import NAMES, fit_weights, log_likelihood, tabulate
from ragqa.calibrate.worth import share_between
from ragqa.errors import ConfigError
from ragqa.eval.measure.confidence import expected_calibration_error
from ragqa.evidence.calibration import Calibration, Weights
from ragqa.evidence.masses import Evidence
from ragqa.evidence.stopping import ended


def test_the_gradient_is_the_slope():
    rng = np.random.default_rng(1)
    table = tabulate([draw(rng, Weights()) for _ in range(20)], Weights(cap=12.0))
    at = np.array([0.3, 4.0, 0.0, 0.8, 0.9, -0.5])
    _, gradient = log_likelihood(table, at)
    for place in range(len(NAMES)):
        nudge = np.zeros(len(NAMES))
        nudge[place] = 1e-5
        slope = (log_likelihood(table, at + nudge)[0] - log_likelihood(table, at - nudge)[0]) / 2e-5
        assert gradient[place] == pytest.approx(slope, abs=1e-6)


def test_weights_that_made_the_data_are_found_again():
    rng = np.random.default_rng(2)
    truth = Weights(bm25=0.4, dense=6.0, relevance=0.7, span=1.3, null=0.5)
    found = fit_weights([draw(rng, truth) for _ in range(3000)], Weights(bm25=0.1, dense=1.0))
    assert found.bm25 == pytest.approx(truth.bm25, abs=0.08)
    assert found.dense == pytest.approx(truth.dense, abs=1.5)
    assert found.relevance == pytest.approx(truth.relevance, abs=0.12)
    assert found.span == pytest.approx(truth.span, abs=0.25)
    assert found.null == pytest.approx(truth.null, abs=0.25)
    assert found.rerank == Weights().rerank, "nothing was said about it"


def test_a_score_is_the_share_of_right_answers():
    rng = np.random.default_rng(3)
    seen = [draw(rng, Weights(relevance=0.6, null=1.0)) for _ in range(1500)]
    found = fit(seen, Calibration(Weights(bm25=0.1, dense=1.0), reader="r"), weights=True, data={"q": "x"})
    assert expected_calibration_error(found.scores, found.right) < 0.05
    calibration = found.calibration
    assert (calibration.questions, calibration.reader, calibration.data) == (1500, "r", {"q": "x"})
    assert calibration.curve[-1].given == 1500 and calibration.curve[-1].wrong == int((~found.right).sum())
    kept = fit(seen, Calibration()).calibration
    assert kept.weights == Weights() and kept.score != calibration.score


def test_reading_in_a_fit_stops_where_it_would():
    rng = np.random.default_rng(4)
    one = draw(rng, Weights())
    weights = Weights(bm25=50.0, cap=1.0)  # the first passages take it all
    ordered = sorted(range(5), key=lambda place: -one.hits[place].sources["bm25"])
    hits = tuple(one.hits[place] for place in ordered)
    spans = tuple(one.spans[place] for place in ordered)
    evidence = Evidence(hits, weights)
    while ended(evidence, None, 0.0) is None:
        evidence.add(spans[evidence.read])
    answers = read_answers(Seen("?", hits, spans, ()), weights)
    assert evidence.read < 5 and answers[0].hit.rank == hits[0].rank


def test_logistic_regression_recovers_a_logistic():
    rng = np.random.default_rng(5)
    features = rng.normal(size=(20_000, 7)) * [1, 5, 0.1, 1, 1, 0, 0]
    logits = 0.5 + features @ [1.0, -0.2, 3.0, 0.0, 0.5, 9.0, 9.0]
    model = fit_score(features, rng.uniform(size=len(logits)) < 1 / (1 + np.exp(-logits)))
    assert model.bias == pytest.approx(0.5, abs=0.1)
    assert model.weights[:5] == pytest.approx((1.0, -0.2, 3.0, 0.0, 0.5), abs=0.25)
    assert model.weights[5:] == pytest.approx((0.0, 0.0), abs=1e-6), "a feature that never varies says nothing"


def test_twenty_questions_can_be_fitted_to_but_no_weights():
    rng = np.random.default_rng(7)
    seen = [draw(rng, Weights(relevance=0.6, null=1.0)) for _ in range(20)]
    calibration = fit(seen, Calibration()).calibration
    assert calibration.questions == 20 and calibration.threshold(0.05) is None
    with pytest.raises(ConfigError, match="20 questions are too few to fit the weights of evidence to: at least 50"):
        fit(seen, Calibration(), weights=True)


def test_the_share_on_other_questions_is_between_exact_bounds():
    assert share_between(10, 20) == pytest.approx((0.302, 0.698), abs=0.001)  # Clopper and Pearson's, from tables
    assert share_between(0, 20) == pytest.approx((0.0, 0.139), abs=0.001)
    assert share_between(20, 20) == pytest.approx((0.861, 1.0), abs=0.001)
    low, high = share_between(150, 300)
    assert 0.5 - low == pytest.approx(high - 0.5) and high - low < 0.1


def test_what_cannot_be_fitted_is_refused():
    rng = np.random.default_rng(6)
    with pytest.raises(ConfigError, match="too few"):
        fit([draw(rng, Weights())] * 10, Calibration())
    nothing = Seen("?", (), (), ())
    with pytest.raises(ConfigError, match="nothing to fit"):
        fit([nothing] * 60, Calibration())
