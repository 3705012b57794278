"""Arrays of answers and whether they are right, from which the score model is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragqa.calibrate.gather import Seen
from ragqa.evidence.calibration import FEATURES
from ragqa.types import Answer

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Examples:
    """Answers of several questions, ordered by question and then best first.

    For each answer: its features [n, f], whether it is right [n], and the number of its question [n], ascending. A
    question may have no answer.
    """

    features: Floats
    right: Bools
    owner: NDArray[np.int64]
    questions: int

    @property
    def best(self) -> NDArray[np.int64]:
        """For each question the row of its best answer, −1 if it has none."""
        first = np.searchsorted(self.owner, np.arange(self.questions))
        has = np.bincount(self.owner, minlength=self.questions) > 0
        return np.where(has, first, -1)

    @property
    def best_right(self) -> Bools:
        """For each question whether it has an answer and the best one is right."""
        best = self.best
        return np.array([row >= 0 and bool(self.right[row]) for row in best.tolist()], bool)

    def of(self, chosen: NDArray[np.int64]) -> Examples:
        """The examples of the chosen questions, renumbered from 0 in this order."""
        rows = [np.flatnonzero(self.owner == number) for number in chosen.tolist()]
        places = np.concatenate([np.zeros(0, np.int64), *rows])
        owner = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
        return Examples(self.features[places], self.right[places], owner, len(rows))


def gather_examples(found: Sequence[tuple[Seen, Sequence[Answer]]]) -> Examples:
    """The examples from each question and the answers that were given to it."""
    rows = [(number, one, answer) for number, (one, best) in enumerate(found) for answer in best]
    features = np.array([list(answer.features.values()) for _, _, answer in rows], np.float64)
    right = np.array([one.right(answer.text) for _, one, answer in rows], bool)
    owner = np.array([number for number, _, _ in rows], np.int64)
    return Examples(features.reshape(len(rows), len(FEATURES)), right, owner, len(found))
