"""The risk-coverage curve of held-out questions, from which thresholds are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ragqa.evidence.calibration import Step


def risk_curve(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[Step, ...]:
    """The share of wrong answers among the best k, for k from 10 on, growing by a tenth each time, and for all answers.
    Answers with equal scores are counted together.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, wrong = scores[order], np.cumsum(~right[order])
    steps: list[Step] = []
    size = 10.0
    while len(ranked):
        k = int(np.searchsorted(-ranked, -ranked[min(int(size), len(ranked)) - 1], side="right"))
        if not steps or k > steps[-1].given:
            steps.append(Step(float(ranked[k - 1]), k, int(wrong[k - 1])))
        if k == len(ranked):
            break
        size = max(size * 1.1, k + 1)
    return tuple(steps)
