"""Axes of charts: the position of a value, and the round values that label the axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_TINY = 1e-9  # smaller differences are rounding


@dataclass(frozen=True, slots=True)
class Axis:
    """The title and range of an axis; ``log`` makes it logarithmic, which needs ``low`` > 0."""

    title: str
    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies between the ends, from 0 to 1; a value beyond an end lies at that end."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        at = math.log(max(value, self.low)) if self.log else value
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def ticks(self) -> list[float]:
        """Round values to write at the axis: about five, or 1, 2 and 5 times powers of ten."""
        return log_ticks(self.low, self.high) if self.log else nice_ticks(self.low, self.high)


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten within [low, high], rising, about that many."""
    span = high - low
    if not span > _TINY or not math.isfinite(span):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / about))
    steps = (factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0))
    step = next((step for step in steps if span / step <= about + 0.5), 10.0 * power)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values within [low, high], rising: 1, 2 and 5 times powers of ten; if these are too many, the powers of
    ten; if those are too many, every nth.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [value for power in powers for factor in factors if low <= (value := factor * 10.0**power) <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def spanning(title: str, values: Sequence[float], *, log: bool = False) -> Axis:
    """An axis for these values (≥ 0): from 0 to a round number, or logarithmic if asked for and they span that much."""
    finite = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if log and low > 0 and high / low > 20:
        return Axis(title, low, high, log=True)
    high = high if high > _TINY else 1.0
    step = nice_ticks(0.0, high)[1]
    return Axis(title, 0.0, step * math.ceil(high / step - 1e-9))
