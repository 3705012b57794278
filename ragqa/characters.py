"""Sets of characters for regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable


def char_class(characters: Iterable[str]) -> str:
    """The inside of a character class, with a range for each run of neighbours.

    Python looks characters above U+FFFF up one by one: a class that lists hundreds of them singly is a hundred times
    slower than one of ranges.
    """
    runs: list[list[int]] = []
    for code in sorted(set(map(ord, characters))):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    ends = (re.escape(chr(first)) + (f"-{re.escape(chr(last))}" if last > first else "") for first, last in runs)
    return "".join(ends)
