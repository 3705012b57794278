"""Logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RIDGE = 1.0  # the prior of a standardised weight is normal with variance 1 / RIDGE


def fit_logistic(features: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, tuple[float, ...]]:
    """The bias and the weights [f] by which ``features`` [n, f] tell ``right`` [n] best: with a ridge on standardised
    features, by Newton's method.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    inputs = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    penalty = np.array([0.0] + [RIDGE] * features.shape[1])
    beta = np.zeros(inputs.shape[1])
    for _ in range(100):
        p = 1.0 / (1.0 + np.exp(-np.clip(inputs @ beta, -30, 30)))
        gradient = inputs.T @ (right - p) - penalty * beta
        curvature = (inputs * (p * (1 - p))[:, None]).T @ inputs + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    weights = beta[1:] / spread
    return float(beta[0] - weights @ mean), tuple(map(float, weights))


def chances(bias: float, weights: Sequence[float], features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities [n] of features [n, f]."""
    logits = bias + features @ np.array(weights)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -50.0, 50.0))), np.float64)
