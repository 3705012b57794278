"""What a number of questions is worth: how far the share of right answers among them may be from that of all others."""

from __future__ import annotations

from ragqa.evidence.calibration import CONFIDENCE, binomial_tail

_HALVINGS = 50


def share_between(right: int, questions: int) -> tuple[float, float]:
    """The lowest and the highest share of right answers with which ``right`` of so many questions is no surprise: each
    bound is exact (Clopper and Pearson) and leaves out (1 − `CONFIDENCE`) / 2.
    """
    outside = (1.0 - CONFIDENCE) / 2.0
    return _share_where(right - 1, questions, 1.0 - outside), _share_where(right, questions, outside)


def _share_where(count: int, questions: int, chance: float) -> float:
    """The share at which at most ``count`` are right with this chance, which falls as the share grows."""
    low, high = 0.0, 1.0
    if count < 0:
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if binomial_tail(count, questions, middle) > chance else (low, middle)
    return (low + high) / 2.0
