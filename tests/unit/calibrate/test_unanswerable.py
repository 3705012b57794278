"""Questions that nothing answers, made from questions that something does; and excerpts' own fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.drawing import draw

from ragqa.calibrate.fit import fit
from ragqa.calibrate.unanswerable import unanswered
from ragqa.eval.measure.confidence import expected_calibration_error
from ragqa.evidence.calibration import Calibration, Weights, load_calibration, save_calibration


def drawn(count: int, seed: int):
    rng = np.random.default_rng(seed)
    return [draw(rng, Weights(relevance=0.6, null=1.0)) for _ in range(count)]


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5])
def test_they_are_a_share_of_all(share):
    seen = [one for one in drawn(100, 1) if one.references]
    found = unanswered(seen, share)
    assert len(found) / (len(seen) + len(found)) == pytest.approx(share, abs=0.01)
    assert found == unanswered(seen, share)


def test_no_passage_that_is_left_holds_an_answer():
    seen = [one for one in drawn(100, 2) if one.references]
    for one in unanswered(seen, 0.5):
        assert not one.references and not one.right("alpha0")
        assert len(one.hits) == len(one.spans) == 4, "each word stands in one of the five passages that draw() makes"


def test_there_are_no_more_than_there_are_questions():
    seen = [one for one in drawn(30, 3) if one.references]
    assert len(unanswered(seen, 0.9)) == len(seen)
    assert unanswered([replace(one, references=()) for one in seen], 0.5) == []


def test_scores_of_a_mix_mean_what_they_say():
    seen = drawn(800, 4)
    every = [*seen, *unanswered(seen, 0.4)]
    found = fit(every, Calibration(Weights(relevance=0.6, null=1.0)))
    assert expected_calibration_error(found.scores, found.right) < 0.06
    assert found.scores[: len(seen)].mean() > found.scores[len(seen) :].mean() + 0.03


def test_excerpts_are_fitted_with_the_rest_and_stored(tmp_path):
    found = fit(drawn(600, 5), Calibration(Weights(relevance=0.6, null=1.0))).calibration
    assert found.excerpts is not None and found.excerpts.curve
    assert found.excerpts.score.weights[0] > 0.0, "more mass, more likely"
    assert load_calibration(save_calibration(tmp_path, found)) == found
