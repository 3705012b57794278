"""Logits → spans: exact, joint span search over all windows of a passage. Pure numpy.

A span (i, j) of passage tokens has the log-odds ``start[i] + end[j] − null`` against "no answer here", where ``null``
is the start and end logit of the window's position 0. With the null option as 1, probabilities over *all* valid spans
of the passage and the null option sum to 1, so they compare between passages. A span seen by several windows counts
once, with its best log-odds.

What a model cuts inside a number, an address or a pair of brackets is widened to the whole of it (`whole_spans`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ragqa.seen import Seen
from ragqa.types import Span
from ragqa.wholes import Wholes

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WindowLogits:
    """What a reader says of passage tokens [first, first + n): ``start`` and ``end`` are [n]; ``null`` is a number."""

    first: int
    start: Floats
    end: Floats
    null: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """The best spans of a passage, best first, and the log-probability that it holds no answer."""

    spans: list[Span]
    null: float

    @property
    def options(self) -> list[Span]:
        """The spans and the null option (an empty span), best first."""
        return sorted([*self.spans, Span(0, 0, self.null)], key=lambda span: -span.score)


def decode(windows: Sequence[WindowLogits], offsets: NDArray[np.int64], max_chars: int, count: int) -> Decoded:
    """The ``count`` most probable spans of a passage with token ``offsets`` [m, 2].

    Valid spans have end ≥ start and at most ``max_chars`` characters (a single longer token is valid, so a passage with
    a token always has a span); tokens of no width are never a border. Ties go to the earlier start, then the shorter.
    """
    width = _band_width(offsets, max_chars)
    if not width:
        return Decoded([], 0.0)
    odds = np.full((len(offsets), width), -np.inf, np.float32)
    for window in windows:
        rows = slice(window.first, window.first + len(window.start))
        np.maximum(odds[rows], _band(window.start, window.end, width) - np.float32(window.null), out=odds[rows])
    odds[~_valid(offsets, width, max_chars)] = -np.inf
    flat = odds.ravel()
    top = float(flat.max(initial=-np.inf))
    peak = max(top, 0.0)
    total = peak + float(np.log(np.exp(-peak) + np.exp(flat - np.float32(peak)).sum(dtype=np.float64)))
    spans = []
    for cell in _best(flat, count):
        start, length = divmod(int(cell), width)
        spans.append(Span(int(offsets[start, 0]), int(offsets[start + length, 1]), min(0.0, float(flat[cell]) - total)))
    return Decoded(spans, min(0.0, -total))


def whole_spans(seen: Seen, decoded: Decoded) -> Decoded:
    """The spans of a passage, from what is ``seen`` of it, each widened to what belongs together (`ragqa.wholes`), in
    the passage itself. A span of nothing that stands in the passage is left out.

    Spans that become equal are one, whose probability is the sum of theirs. Best first; ties go to the earlier start,
    then the shorter.
    """
    wholes = Wholes(seen.text)
    found: dict[tuple[int, int], list[float]] = {}
    for span in decoded.spans:
        if (own := seen.place(*wholes.widen(span.start, span.end))) is not None:
            found.setdefault(own, []).append(span.score)
    spans = [Span(*place, _log_sum(scores)) for place, scores in found.items()]
    return replace(decoded, spans=sorted(spans, key=lambda span: (-span.score, span.start, span.end)))


def _log_sum(scores: Sequence[float]) -> float:
    """The logarithm of the sum of probabilities; of one alone exactly what it was."""
    peak = max(scores)
    if len(scores) == 1 or peak == -math.inf:
        return peak
    return min(0.0, peak + math.log(math.fsum(math.exp(score - peak) for score in scores)))


def logits_of(
    windows: Sequence[WindowLogits], offsets: NDArray[np.int64], span: Span
) -> tuple[float, float, float] | None:
    """The start, end and null logits of a span in the window that gives it its best log-odds, start + end − null; ties
    go to the first window. None if no window has all of it, or its ends are no borders of tokens.
    """
    solid = offsets[:, 1] > offsets[:, 0]
    firsts = np.flatnonzero((offsets[:, 0] == span.start) & solid)
    lasts = np.flatnonzero((offsets[:, 1] == span.end) & solid)
    found = [
        (float(window.start[first - window.first]), float(window.end[last - window.first]), window.null)
        for window in windows
        for first in firsts.tolist()
        for last in lasts.tolist()
        if window.first <= first <= last < window.first + len(window.start)
    ]
    return max(found, key=lambda logits: logits[0] + logits[1] - logits[2], default=None)


def _band_width(offsets: NDArray[np.int64], max_chars: int) -> int:
    """The largest number of tokens in a valid span."""
    if not len(offsets):
        return 0
    last = np.searchsorted(offsets[:, 1], offsets[:, 0] + max_chars, side="right")
    return max(1, int((last - np.arange(len(offsets))).max()))


def _band(start: Floats, end: Floats, width: int) -> Floats:
    """[n, width]: element (i, d) is start[i] + end[i + d], −inf beyond the end."""
    padded = np.concatenate([end, np.full(width - 1, -np.inf, np.float32)])
    ends: Floats = np.lib.stride_tricks.sliding_window_view(padded, width)
    return start[:, None] + ends


def _valid(offsets: NDArray[np.int64], width: int, max_chars: int) -> NDArray[np.bool_]:
    """[m, width]: whether tokens i … i + d make a span."""
    padded = np.concatenate([offsets[:, 1], np.full(width - 1, np.iinfo(np.int64).max)])
    ends = np.lib.stride_tricks.sliding_window_view(padded, width)
    fits: NDArray[np.bool_] = ends - offsets[:, :1] <= max_chars
    fits[:, 0] = True  # a token alone is always short enough
    solid = offsets[:, 1] > offsets[:, 0]
    solid_ends: NDArray[np.bool_] = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([solid, np.zeros(width - 1, bool)]), width
    )
    return fits & solid[:, None] & solid_ends


def _best(flat: Floats, count: int) -> NDArray[np.intp]:
    """Cells of the ``count`` largest finite values, largest first, ties by position."""
    if count < len(flat):
        threshold = np.partition(flat, len(flat) - count)[len(flat) - count]
        cells = np.flatnonzero(flat >= threshold)
    else:
        cells = np.arange(len(flat))
    cells = cells[np.isfinite(flat[cells])]
    return cells[np.argsort(-flat[cells], kind="stable")][:count]
