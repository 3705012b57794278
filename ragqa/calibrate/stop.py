"""Learning when reading may stop, from questions of which all passages were read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.calibrate.gather import Seen
from ragqa.calibrate.logistic import chances, fit_logistic
from ragqa.evidence.calibration import STATES, StopModel, Weights
from ragqa.evidence.masses import Evidence
from ragqa.evidence.stopping import settled, standing, state

FOLDS = 5
BORDERS = np.geomspace(1e-4, 0.5, 80)
LEAST = 500  # questions: of fewer, one in a hundred is too few to tell


def fit_stop(seen: Sequence[Seen], weights: Weights, change: float = 0.0, seed: int = 1) -> StopModel | None:
    """The model of the probability that reading the rest changes the best answer; None where it never does, or always,
    so that nothing can be learnt.

    Few states are as unsure as the border, so a question whose reading ends at a probability of at most ``change``
    would get another answer more seldom than that. With ``change`` above 0 the model is shifted so that the share of
    such questions is ``change``, by models that have not seen them.
    """
    found = [(owner, *one) for owner, own in enumerate(seen) for one in _states(own, weights)]
    changes = np.array([changed for _, _, changed in found], bool)
    if changes.all() or not changes.any():
        return None
    owners = np.array([owner for owner, _, _ in found], np.int64)
    states: NDArray[np.float64] = np.array([own for _, own, _ in found], np.float64).reshape(-1, len(STATES))
    bias, slopes = fit_logistic(states, changes)
    if change > 0.0:
        border = _border(_cross_fitted(states, changes, owners, seed), changes, owners, change * len(seen))
        bias += _logit(change) - _logit(border)
    return StopModel(bias, slopes)


def _cross_fitted(
    states: NDArray[np.float64], changes: NDArray[np.bool_], owners: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """[n]: the probability in each state, by a model that was not fitted on its question."""
    fold = np.random.default_rng(seed).permutation(int(owners.max()) + 1)[owners] % FOLDS
    found = np.zeros(len(states))
    for held in range(FOLDS):
        model = fit_logistic(states[fold != held], changes[fold != held])
        found[fold == held] = chances(*model, states[fold == held])
    return found


def _border(likely: NDArray[np.float64], changes: NDArray[np.bool_], owners: NDArray[np.int64], most: float) -> float:
    """The largest probability at which reading may end so that at most so many questions get another answer."""
    border = float(BORDERS[0])
    for candidate in BORDERS.tolist():
        ends = np.flatnonzero(likely <= candidate)
        _, first = np.unique(owners[ends], return_index=True)
        if changes[ends[first]].sum() > most:
            break
        border = candidate
    return border


def _logit(chance: float) -> float:
    return math.log(chance) - math.log1p(-chance)


def _states(one: Seen, weights: Weights) -> Iterator[tuple[tuple[float, ...], bool]]:
    """The state after each passage but the last, as long as the exact bound does not end reading, and whether the best
    answer after all passages is another one than now.
    """
    evidence = Evidence.on(one.question, one.hits, weights, one.language)
    passed = []
    for spans in one.spans:
        evidence.add(spans)
        now = standing(evidence)
        if settled(evidence, now):
            break
        if now is not None:
            passed.append((state(evidence, now), now.key))
    last = standing(evidence)
    yield from ((own, last is None or key != last.key) for own, key in passed)
