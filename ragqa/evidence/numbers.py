"""Numbers in words, brought to digits: "twenty-one", "two hundred and one", "1.5 million", "3rd"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from ragqa.wording import Wording

_DECIMAL = re.compile(r"\d{1,15}(?:\.\d{1,15})?")
_HUNDRED = 100


def spoken_number(words: Sequence[str], wording: Wording) -> tuple[int, str]:
    """How many of the first words make one whole number, and that number in digits.

    (0, "") where they do not begin with a number, or with nothing but one in digits.
    """
    total, current, used = Decimal(0), Decimal(0), 0
    digits = bool(wording.scales and _DECIMAL.fullmatch(words[0]))
    if digits:
        current, used = Decimal(words[0]), 1
    for place in range(used, len(words)):
        word = words[place]
        if _joins(words, place, wording) and not digits:
            continue
        if word in wording.scales:
            current = (current if used else Decimal(1)) * wording.scales[word]
            if wording.scales[word] > _HUNDRED:
                total, current = total + current, Decimal(0)
        elif word in wording.numbers and not digits and (not used or _goes_on(wording.numbers[word], total, current)):
            current += wording.numbers[word]
        else:
            break
        used = place + 1
    value = total + current
    is_whole = value == value.to_integral_value()
    return (used, str(int(value))) if used > digits and is_whole else (0, "")


def cardinal(word: str, wording: Wording) -> str:
    """A number without the ending that makes it ordinal; any other word as it is."""
    pattern = _ordinal(wording)
    ordinal = None if pattern is None else pattern.fullmatch(word)
    return ordinal.group(1) if ordinal else word


def _joins(words: Sequence[str], place: int, wording: Wording) -> bool:
    """Whether it is the "and" of "two hundred and one"."""
    return (
        words[place] in wording.joining
        and 0 < place < len(words) - 1
        and words[place - 1] in wording.scales
        and words[place + 1] in wording.numbers
    )


def _goes_on(value: int, total: Decimal, current: Decimal) -> bool:
    """Whether a number word goes on with the number so far: units after tens, anything but zero after a scale."""
    rest = int(current) % _HUNDRED
    if rest:
        return 0 < value < 10 and rest >= 20 and rest % 10 == 0
    return value > 0 and total + current > 0


@cache
def _ordinal(wording: Wording) -> re.Pattern[str] | None:
    return re.compile(rf"(\d+)({'|'.join(map(re.escape, wording.ordinals))})") if wording.ordinals else None
