"""Intervals and tests over questions. The same seed gives the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_CELLS = 8_000_000  # numbers held at once while resampling


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval and the number of questions; NaN without questions."""

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float]:
        """The JSON form."""
        return asdict(self)


NOTHING = Figure(float("nan"), float("nan"), float("nan"), 0)


def bootstrap_means(values: Values, *, samples: int = 1000, seed: int = 0) -> list[Figure]:
    """The means of the columns of ``values`` [n, m], with percentile bootstrap intervals (Efron 1979).

    All columns use the same resampled questions. NaN means that the column does not apply to the question.
    """
    n, m = values.shape
    missing = np.isnan(values)
    known, filled = (~missing).astype(np.float64), np.where(missing, 0.0, values)
    counts = known.sum(axis=0)
    if not n:
        return [NOTHING] * m
    rng, rows = np.random.default_rng(seed), max(1, _CELLS // n)
    means = np.empty((samples, m))
    for start in range(0, samples, rows):
        size = min(rows, samples - start)
        weights = rng.multinomial(n, np.full(n, 1.0 / n), size=size).astype(np.float64)
        means[start : start + size] = _divide(weights @ filled, weights @ known)
    whole = _divide(filled.sum(axis=0), counts)
    figures = []
    for column in range(m):
        real = means[:, column][~np.isnan(means[:, column])]
        low, high = np.percentile(real, [2.5, 97.5]) if len(real) else (float("nan"), float("nan"))
        figures.append(Figure(float(whole[column]), float(low), float(high), int(counts[column])))
    return figures


def bootstrap(statistic: Callable[[NDArray[np.intp]], float], n: int, *, samples: int = 200, seed: int = 0) -> Figure:
    """Any statistic with its interval. ``statistic`` gets the row numbers of resampled questions, which may repeat."""
    return bootstrap_each(lambda rows: (statistic(rows),), n, samples=samples, seed=seed)[0] if n else NOTHING


def bootstrap_each(
    statistics: Callable[[NDArray[np.intp]], Sequence[float]], n: int, *, samples: int = 200, seed: int = 0
) -> list[Figure]:
    """As `bootstrap`, for several statistics that one function calculates together; n must be at least 1."""
    rng = np.random.default_rng(seed)
    drawn = np.array([statistics(rng.integers(0, n, n)) for _ in range(samples)], np.float64)
    figures = []
    for value, column in zip(statistics(np.arange(n)), drawn.T, strict=True):
        real = column[~np.isnan(column)]
        low, high = np.percentile(real, [2.5, 97.5]) if len(real) else (float("nan"), float("nan"))
        figures.append(Figure(float(value), float(low), float(high), 0 if np.isnan(value) else n))
    return figures


def randomization_test(differences: Values, *, samples: int = 10_000, seed: int = 0) -> float:
    """The two-sided p of a paired randomisation test (Fisher; Smucker et al. 2007) that the mean difference is 0.

    p = (1 + number of resamplings with random signs whose mean is at least as far from 0) / (1 + samples), so p is
    never 0. NaN are left out.
    """
    changed = differences[~np.isnan(differences) & (differences != 0.0)]
    if not len(changed):
        return 1.0
    rng, rows = np.random.default_rng(seed), max(1, _CELLS // len(changed))
    total, extreme = changed.sum(), 0
    seen = abs(total) - 1e-12 * np.abs(changed).sum()  # sums that differ by rounding only count as equal
    for start in range(0, samples, rows):
        size = min(rows, samples - start)
        words = rng.integers(0, 2**64, (size, (len(changed) + 63) // 64), np.uint64)  # the same for any size of chunks
        bits = np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, count=len(changed))
        totals = 2.0 * (bits @ changed) - total
        extreme += int((np.abs(totals) >= seen).sum())
    return (1 + extreme) / (1 + samples)


def paired_interval(differences: Values, *, samples: int = 1000, seed: int = 0) -> Figure:
    """The mean difference with its paired bootstrap interval."""
    return bootstrap_means(differences.reshape(-1, 1), samples=samples, seed=seed)[0]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979): rejecting those below α keeps the family-wise error below α."""
    adjusted, worst = [0.0] * len(p_values), 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, (len(p_values) - place) * p_values[number]))
        adjusted[number] = worst
    return adjusted


def _divide(parts: Values, wholes: Values) -> Values:
    return np.asarray(np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0), np.float64)
