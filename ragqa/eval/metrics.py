"""Exact match and F1 as SQuAD v1.1 defines them (Rajpurkar et al. 2016), and bootstrap intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.answers import normalize


def exact_match(prediction: str, references: Sequence[str]) -> float:
    """1.0 if the normalised prediction equals any normalised reference, else 0.0."""
    return float(any(normalize(prediction) == normalize(reference) for reference in references))


def f1(prediction: str, references: Sequence[str]) -> float:
    """The best token F1 over the references, on normalised words counted with multiplicity."""
    return max((_token_f1(prediction, reference) for reference in references), default=0.0)


def _token_f1(prediction: str, reference: str) -> float:
    predicted, expected = normalize(prediction).split(), normalize(reference).split()
    common = sum((Counter(predicted) & Counter(expected)).values())
    if not common:
        return 0.0
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def mean_interval(
    values: Sequence[float] | NDArray[np.float64], *, samples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """The mean and its 95 % percentile bootstrap interval over questions; NaN for none."""
    array = np.asarray(values, np.float64)
    if not len(array):
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    means = np.array([array[rng.integers(0, len(array), len(array))].mean() for _ in range(samples)])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(array.mean()), float(low), float(high)
