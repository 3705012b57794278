"""Fits a `Calibration` (weights, score model, risk curve) to questions with known answers and what the pipeline saw for
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragqa.calibrate.curve import risk_curve
from ragqa.calibrate.examples import Examples, gather_examples
from ragqa.calibrate.excerpts import fit_excerpts
from ragqa.calibrate.gather import Seen
from ragqa.calibrate.logistic import chances, fit_logistic
from ragqa.calibrate.stop import LEAST, fit_stop
from ragqa.calibrate.weights import fit_weights
from ragqa.errors import ConfigError
from ragqa.evidence.answers import rank_answers
from ragqa.evidence.calibration import Calibration, ScoreModel, StopModel, Weights
from ragqa.evidence.masses import Evidence
from ragqa.evidence.stopping import ended
from ragqa.types import Answer

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEWEST, FEWEST_WEIGHED = 20, 50  # questions: of fewer a fit is worth less than none
FOLDS = 5
ANSWERS = 3  # the best so many answers of each question are used to fit the score model


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration and its cross-fitted result: for each question, in order, the score of the best answer (0 without
    one) by a model that was not fitted on the question, and whether that answer is right.
    """

    calibration: Calibration
    scores: Floats
    right: Bools


def fit(
    seen: Sequence[Seen],
    start: Calibration,
    *,
    weights: bool = False,
    change: float = 0.0,
    data: Mapping[str, str] | None = None,
    seed: int = 1,
) -> Fit:
    """Fit the score model and the risk curve to ``seen``; with ``weights`` also the weights of the evidence, beginning
    at those of ``start``. ``change`` is that of `ReadConfig`: answers are those that a pipeline gives with it.
    From fewer than `LEAST` questions when reading ends is not learnt, and stays as in ``start``.

    The curve is made from cross-fitted scores: each comes from a model that was not fitted on its question.
    """
    check_number(len(seen), weights=weights)
    found = fit_weights(seen, start.weights) if weights else start.weights
    stop = fit_stop(seen, found, change, seed) if len(seen) >= LEAST else start.stop
    read = [read_evidence(one, found, stop, change) for one in seen]
    best = [rank_answers(evidence, ScoreModel(), ANSWERS) for evidence in read]
    score, scores, right = fit_examples(gather_examples(list(zip(seen, best, strict=True))), seed)
    calibration = Calibration(
        weights=found,
        score=score,
        curve=risk_curve(scores, right),
        questions=len(seen),
        reader=start.reader,
        encoder=start.encoder,
        data=dict(data or {}),
        stop=stop,
        excerpts=fit_excerpts(seen, read, seed),
    )
    return Fit(calibration, scores, right)


def check_number(questions: int, *, weights: bool = False) -> None:
    """`ConfigError` if so many questions are too few to fit to."""
    fewest, what = (FEWEST_WEIGHED, "the weights of evidence") if weights else (FEWEST, "a score")
    if questions < fewest:
        raise ConfigError(f"{questions} questions are too few to fit {what} to: at least {fewest}")


def fit_examples(examples: Examples, seed: int = 1) -> tuple[ScoreModel, Floats, Bools]:
    """The score model fitted to all examples; and for each question's best answer its score, by a model that was not
    fitted on the question, and whether it is right.
    """
    if examples.right.all() or not examples.right.any():
        raise ConfigError("all answers are right, or all are wrong: nothing to fit a score to")
    fold = np.random.default_rng(seed).permutation(examples.questions) % FOLDS
    best, scores = examples.best, np.zeros(examples.questions)
    for held in range(FOLDS):
        learnt = fold[examples.owner] != held
        model = fit_score(examples.features[learnt], examples.right[learnt])
        asked = np.flatnonzero((fold == held) & (best >= 0))
        scores[asked] = probabilities(model, examples.features[best[asked]])
    return fit_score(examples.features, examples.right), scores, examples.best_right


def read_evidence(one: Seen, weights: Weights, stop: StopModel | None = None, change: float = 0.0) -> Evidence:
    """What a pipeline has read with these weights when it stops."""
    evidence = Evidence.on(one.question, one.hits, weights, one.language)
    while ended(evidence, stop, change) is None:
        evidence.add(one.spans[evidence.read])
    return evidence


def read_answers(
    one: Seen, weights: Weights, count: int = ANSWERS, stop: StopModel | None = None, change: float = 0.0
) -> tuple[Answer, ...]:
    """The answers that a pipeline gives with these weights, with scores of no fit."""
    return rank_answers(read_evidence(one, weights, stop, change), ScoreModel(), count)


def probabilities(model: ScoreModel, features: Floats) -> Floats:
    """The model's probabilities [n] for features [n, f]."""
    return chances(model.bias, model.weights, features)


def fit_score(features: Floats, right: Bools) -> ScoreModel:
    """Logistic regression of ``right`` [n] on ``features`` [n, f]."""
    return ScoreModel(*fit_logistic(features, right))
