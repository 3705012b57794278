"""Windows in batches of similar length, as large as memory allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import ModelError
from ragqa.models.tokenize import Window

Outputs = tuple[NDArray[np.float32], ...]
Fetch = Callable[[], Outputs]


def batches_by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions in batches of similar length, longest first; padded to its longest a batch holds ``budget`` at most."""
    batch: list[int] = []
    for position in longest_first(lengths):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def longest_first(lengths: Sequence[int]) -> list[int]:
    """Positions by length, ties in their order."""
    return sorted(range(len(lengths)), key=lambda position: -lengths[position])


class Batching:
    """Runs windows in batches of at most ``budget`` tokens, padding included.

    A batch that memory has no room for is halved, and what did fit is kept as the budget from then on. ``full`` says of
    an error whether it is that one.
    """

    def __init__(self, budget: int, full: Callable[[BaseException], bool]) -> None:
        self.budget, self.full = budget, full

    def run(self, windows: Sequence[Window], start: Callable[[list[Window]], Fetch]) -> list[Outputs]:
        """Each window's outputs in order, cut to its own length.

        ``start`` begins a batch and gives what waits for its outputs [batch, length, …]; the next batch is begun before
        the last one is waited for. A window that does not fit alone is a `ModelError`.
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
        """None where memory has no room for the batch."""
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
