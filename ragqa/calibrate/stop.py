"""Learning when reading may stop, from questions of which all passages were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.calibrate.gather import Seen
from ragqa.calibrate.logistic import fit_logistic
from ragqa.evidence.calibration import STATES, StopModel, Weights
from ragqa.evidence.masses import Evidence
from ragqa.evidence.stopping import settled, standing, state
from ragqa.wording import wording_among


def fit_stop(seen: Sequence[Seen], weights: Weights) -> StopModel | None:
    """The model of the probability that reading the rest changes the best answer; None where it never does, or always,
    so that nothing can be learnt.
    """
    found = [one for own in seen for one in _states(own, weights)]
    changes = np.array([changed for _, changed in found], bool)
    if changes.all() or not changes.any():
        return None
    states: NDArray[np.float64] = np.array([own for own, _ in found], np.float64).reshape(-1, len(STATES))
    return StopModel(*fit_logistic(states, changes))


def _states(one: Seen, weights: Weights) -> Iterator[tuple[tuple[float, ...], bool]]:
    """The state after each passage but the last, as long as the exact bound does not end reading, and whether the best
    answer after all passages is another one than now.
    """
    evidence = Evidence(one.hits, weights, wording_among(one.hits, one.language))
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
