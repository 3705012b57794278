"""How often a key may ask: a bucket of tokens for each key, which a request takes one from and time fills again.

All of this belongs to the event loop's thread, so there are no locks. Each process counts for itself.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from ragqa.convert import Misfit, misfit
from ragqa.serve.problems import Refused

UNITS = {"s": ("a second", 1), "m": ("a minute", 60), "h": ("an hour", 3_600), "d": ("a day", 86_400)}
ROUNDED = 1e-6  # of a token, so that one who waits as long as was said is let through
_RATE = re.compile(r"([1-9][0-9]{0,6})/([smhd])")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds; as many may come at once after a pause."""

    count: int
    unit: str

    @property
    def per_second(self) -> float:
        """How many tokens a second brings."""
        return self.count / UNITS[self.unit][1]

    def __str__(self) -> str:
        return f"{self.count:,} {'request' if self.count == 1 else 'requests'} {UNITS[self.unit][0]}"


def parse_rate(text: str) -> Rate:
    """The rate that a text such as "60/m" says; `Misfit` for any other."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise Misfit(misfit("rate", text, "a number of requests a second, minute, hour or day, such as 10/s or 60/m"))
    return Rate(int(found[1]), found[2])


class Rates:
    """The buckets of keys. A bucket that owes tokens gives none until they are there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when there were so many

    def take(self, key: str, rate: Rate) -> None:
        """Take a token; 429 if there is none."""
        tokens = self._now(key, rate)
        if tokens < 1 - ROUNDED:
            seconds = max(1, math.ceil((1 - tokens) / rate.per_second))
            detail = f"the key may make {rate}: try again in {seconds:,} seconds"
            raise Refused(429, "too-many-requests", detail, {"Retry-After": str(seconds)})
        self._buckets[key] = tokens - 1, self._clock()

    def owe(self, key: str, count: int) -> None:
        """Take further tokens for a request that was let through, whether they are there or not."""
        if key in self._buckets:
            tokens, then = self._buckets[key]
            self._buckets[key] = tokens - count, then

    def _now(self, key: str, rate: Rate) -> float:
        now = self._clock()
        tokens, then = self._buckets.get(key, (float(rate.count), now))
        return min(float(rate.count), tokens + (now - then) * rate.per_second)
