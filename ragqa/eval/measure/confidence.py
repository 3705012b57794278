"""Measures of how well scores tell right answers from wrong ones. ``scores`` is float [n] in [0, 1], ``right`` is bool
[n]; for n = 0 a result is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Bools = NDArray[np.bool_]
_ROUNDING = 1e-12  # means that differ by less count as equal


def expected_calibration_error(scores: Values, right: Bools, bins: int = 15) -> float:
    """The mean distance between score and share of right answers, over bins of equal size (adaptive, Nixon et al.
    2019).

    Equal scores stay in one bin, so there can be fewer bins.
    """
    total = sum(n * abs(mean - share) for mean, share, n in reliability(scores, right, bins))
    return total / len(scores) if len(scores) else float("nan")


def reliability(scores: Values, right: Bools, bins: int = 15) -> list[tuple[float, float, int]]:
    """(mean score, share right, n) of each bin, by rising score."""
    order = np.argsort(scores, kind="stable")
    ranked, correct = scores[order], right[order]
    return [
        (float(ranked[low:high].mean()), float(correct[low:high].mean()), int(high - low))
        for low, high in _bins(ranked, bins)
    ]


def brier(scores: Values, right: Bools) -> float:
    """The mean squared distance between score and outcome."""
    return float(np.mean((scores - right) ** 2)) if len(scores) else float("nan")


def auroc(scores: Values, right: Bools) -> float:
    """The probability that a right answer scores above a wrong one, ties counting half; NaN without right or wrong
    ones.
    """
    positives, negatives = int(right.sum()), int((~right).sum())
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    return float((ranks[inverse][right].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def risk_coverage(scores: Values, right: Bools) -> tuple[Values, Values]:
    """(coverage, risk) as answers are given from the highest score down; equal scores are given together.

    Risk is the share of wrong answers among the given ones.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, wrong = scores[order], np.cumsum(~right[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.empty(0, np.int64)
    return (last + 1) / max(1, len(ranked)), wrong[last] / (last + 1)


def aurc(scores: Values, right: Bools) -> float:
    """The area under the risk-coverage curve: the mean risk over all coverages (Geifman and El-Yaniv 2017)."""
    return selective(scores, right, ())[0]


def coverage_at_precision(scores: Values, right: Bools, precision: float) -> float:
    """The largest share of questions that can be answered with at least this share right; 0 if there is none."""
    return selective(scores, right, (precision,))[1]


def selective(scores: Values, right: Bools, precisions: Sequence[float]) -> list[float]:
    """`aurc`, then `coverage_at_precision` for each of ``precisions``, all from one curve."""
    coverage, risk = risk_coverage(scores, right)
    area = float(np.sum(np.diff(coverage, prepend=0.0) * risk)) if len(coverage) else float("nan")
    good = [coverage[1.0 - risk >= precision - 1e-12] for precision in precisions]
    return [area, *(float(own.max()) if len(own) else 0.0 for own in good)]


def best_no_answer_threshold(no_answer: Values, answered: Values, abstained: Values) -> tuple[float, float]:
    """The best mean of a measure over all thresholds, and that threshold, as SQuAD v2.0's script finds it for EM and
    F1.

    A question whose ``no_answer`` is at most the threshold counts as answered and is worth ``answered``; any other is
    worth ``abstained``. Of equally good thresholds the lowest is taken, and 0 if nothing is answered. Equal values of
    ``no_answer`` always fall on the same side of the threshold.
    """
    if not len(no_answer):
        return float("nan"), 0.0
    order = np.argsort(no_answer, kind="stable")
    ranked = no_answer[order]
    means = (abstained.sum() + np.cumsum((answered - abstained)[order])) / len(ranked)
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    start, tops = float(abstained.mean()), means[last]
    best = last[np.argmax(tops >= tops.max() - _ROUNDING)]
    return (start, 0.0) if start >= means[best] - _ROUNDING else (float(means[best]), float(ranked[best]))


def _bins(ranked: Values, bins: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of about equal size that do not separate equal scores."""
    low, n = 0, len(ranked)
    for number in range(1, bins + 1):
        high = round(n * number / bins)
        if high <= low:
            continue
        high = int(np.searchsorted(ranked, ranked[high - 1], side="right"))
        yield low, high
        low = high
