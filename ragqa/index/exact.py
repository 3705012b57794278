"""Which vectors can be among the nearest k: by a scan of all of them.

A scan proposes; `ragqa.index.dense` scores what is proposed, always in the same way, so that scores depend neither on
the engine nor on the size of the batch. A proposal holds every row whose float32 score could, within rounding, reach
the k-th best: after scoring, the result is exact, ties included.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Halfs = NDArray[np.float16]
Floats = NDArray[np.float32]
Columns = NDArray[np.int64]
Mask = NDArray[np.bool_]

BLOCK_ROWS = 16_384
CHUNK_SCORES = 1 << 24  # 64 MiB of float32 at a time
SPARSE = 4  # with less than a quarter of the rows alive, gathering them is cheaper than masking


class Scan(Protocol):
    """An engine over the vectors of one segment."""

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """For each question, columns (rows of the segment) that hold its nearest ``k``; only ``alive`` ones."""
        ...


def margin(questions: Floats, rounding: float = 0.0) -> Floats:
    """[n, 1]: how far two float32 products of a question and unit vectors may lie apart by rounding alone.

    ``rounding`` is the largest share by which an engine changes the question's numbers before it multiplies them.
    """
    lengths = np.linalg.norm(questions, axis=1, keepdims=True)
    return np.asarray(2.0 * (rounding + questions.shape[1] * 2.0**-24) * lengths, np.float32)


class NumpyScan:
    """Matrix products on the processor.

    With ``keep``, the vectors are kept in float32 from the first search on, a column each, which makes one question's
    product with them faster.
    """

    def __init__(self, vectors: Halfs, keep: bool) -> None:
        self.vectors, self.keep = vectors, keep
        self._kept: Floats | None = None

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """Every column that could be among the nearest ``k``."""
        if alive is not None and np.count_nonzero(alive) * SPARSE < len(alive):
            columns = np.flatnonzero(alive)
            few = NumpyScan(self.vectors[columns], keep=True)
            return [columns[near] for near in few.propose(questions, k, None)]
        chunk = max(1, CHUNK_SCORES // max(1, len(self.vectors)))
        found: list[Columns] = []
        for start in range(0, len(questions), chunk):
            part = questions[start : start + chunk]
            scores = self._scores(part)
            if alive is not None:
                scores[:, ~alive] = -np.inf
            found += [_near(own, k, slack) for own, slack in zip(scores, margin(part)[:, 0], strict=True)]
        return found

    def _scores(self, questions: Floats) -> Floats:
        if self.keep:
            if self._kept is None:
                self._kept = np.ascontiguousarray(self.vectors.T, np.float32)
            return questions @ self._kept
        scores = np.empty((len(questions), len(self.vectors)), np.float32)
        for start in range(0, len(self.vectors), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            scores[:, rows] = questions @ self.vectors[rows].astype(np.float32).T
        return scores


def _near(scores: Floats, k: int, slack: np.float32) -> Columns:
    border = np.partition(scores, len(scores) - k)[len(scores) - k] - slack if k < len(scores) else -np.inf
    return np.flatnonzero((scores >= border) & (scores > -np.inf))
