"""What excerpts are worth: the probability that one holds an answer, fitted to questions with known answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.calibrate.curve import risk_curve
from ragqa.calibrate.gather import Seen
from ragqa.calibrate.logistic import fit_logistic
from ragqa.evidence.calibration import ExcerptFit, ExcerptModel
from ragqa.evidence.excerpts import features_of, rank_excerpts, sentences_of
from ragqa.evidence.masses import Evidence

FOLDS = 5
Bools = NDArray[np.bool_]


def fit_excerpts(seen: Sequence[Seen], read: Sequence[Evidence], seed: int = 1) -> ExcerptFit | None:
    """The model, fitted to every sentence of what was read, and the curve of the best excerpts, from models that were
    not fitted on their questions.

    None where all sentences hold an answer, or none does.
    """
    features, right, owner = _sentences(seen, read)
    if right.all() or not right.any():
        return None
    fold = np.random.default_rng(seed).permutation(len(seen)) % FOLDS
    scores, holds = np.zeros(len(seen)), np.zeros(len(seen), bool)
    for held in range(FOLDS):
        model = ExcerptModel(*fit_logistic(features[fold[owner] != held], right[fold[owner] != held]))
        for number in np.flatnonzero(fold == held).tolist():
            for best in rank_excerpts(read[number], model, 1):
                scores[number], holds[number] = best.score, seen[number].held_in(best.text)
    model = ExcerptModel(*fit_logistic(features, right))
    return ExcerptFit(model, risk_curve(scores, holds))


def _sentences(seen: Sequence[Seen], read: Sequence[Evidence]) -> tuple[NDArray[np.float64], Bools, NDArray[np.int64]]:
    """Of every sentence that was read: its features [n, f], whether it holds an answer [n], and the number of its
    question [n].
    """
    features: list[list[float]] = []
    right: list[bool] = []
    owner: list[int] = []
    for number, (one, evidence) in enumerate(zip(seen, read, strict=True)):
        found = sentences_of(evidence)
        features += features_of(found, evidence)
        texts = [evidence.hits[part.index].passage.text[part.start : part.end] for part in found]
        right += [one.held_in(text) for text in texts]
        owner += [number] * len(found)
    return np.array(features, np.float64), np.array(right, bool), np.array(owner, np.int64)
