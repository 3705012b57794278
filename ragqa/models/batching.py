"""Runs windows in batches of similar length, as large as memory allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import ModelError
from ragqa.models.tokenize import Window

Outputs = tuple[NDArray[np.float32], ...]
Fetch = Callable[[], Outputs]


def batches_by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Batches of positions of similar length, longest first. Padded to its longest, a batch has at most ``budget``
    tokens.
    """
    batch: list[int] = []
    for position in longest_first(lengths):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def longest_first(lengths: Sequence[int]) -> list[int]:
    """Positions by falling length, ties in their order."""
    return sorted(range(len(lengths)), key=lambda position: -lengths[position])


class Batching:
    """Runs windows in batches of at most ``budget`` tokens, padding included.

    A batch that does not fit into memory is halved, and the budget is lowered to the size that fits. ``full`` tells
    whether an error means that memory is full.
    """

    def __init__(self, budget: int, full: Callable[[BaseException], bool]) -> None:
        self.budget, self.full = budget, full

    def run(self, windows: Sequence[Window], start: Callable[[list[Window]], Fetch]) -> list[Outputs]:
        """Each window's outputs in order, cut to its own length.

        ``start`` begins a batch and returns a function that waits for its outputs [batch, length, …]; the next batch is
        started before that function is called. A single window that does not fit is a `ModelError`.
        """
        results: list[Outputs] = [()] * len(windows)
        lengths = [len(window.ids) for window in windows]
        left, begun = longest_first(lengths), None
        while left:
            rows = next(self._cut(left, lengths))
            fetch = self._start(start, [windows[row] for row in rows])
            if fetch is None:
                self.budget = lengths[rows[0]] * (len(rows) // 2)
                continue
            if begun is not None:
                _keep(results, windows, *begun)
            begun, left = (rows, fetch), left[len(rows) :]
        if begun is not None:
            _keep(results, windows, *begun)
        return results

    def _cut(self, rows: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
        for batch in batches_by_length([lengths[row] for row in rows], self.budget):
            yield [rows[place] for place in batch]

    def _start(self, start: Callable[[list[Window]], Fetch], batch: list[Window]) -> Fetch | None:
        """Start a batch; None if memory is full."""
        try:
            return start(batch)
        except Exception as error:
            if not self.full(error):
                raise
            if len(batch) == 1:
                size = len(batch[0].ids)
                raise ModelError(f"there is no memory left for a text of {size} tokens: use another device") from error
        return None


def _keep(results: list[Outputs], windows: Sequence[Window], rows: Sequence[int], fetch: Fetch) -> None:
    outputs = fetch()
    for place, row in enumerate(rows):
        results[row] = tuple(output[place, : len(windows[row].ids)] for output in outputs)
