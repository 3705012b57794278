"""E-mail addresses, card numbers and phone numbers, taken out of texts that are logged.

What counts as one is a matter of its form alone:

* an e-mail address has an ``@`` between a name and a domain with a dot;
* a card number has 13 to 19 digits, in groups with one space or hyphen between them, and passes Luhn's test;
* a phone number begins with ``+`` or ``00``, with a zero, or with an area code in brackets; or it has three, three and
  four digits; or it is a number of 10 to 15 digits. Dates and decimals are none.

All of it takes time in proportion to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

EMAIL, CARD, PHONE = "[e-mail]", "[card]", "[phone]"
SHORTEST, LONGEST = 13, 19  # digits of a card number
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_NAME = r"[\w.!#$%&'*+=?^`{|}~-]"  # "/" is allowed too, and would make every path a part of a name
_DOMAIN = r"(?:[\w-]++\.)+[\w-]{2,}+"
_EMAIL = re.compile(
    rf"(?<!{_NAME}){_NAME}++@{_DOMAIN}(?:{_NAME}*+@{_DOMAIN})*"
)  # from the first character of a run alone; also two without a gap
_DIGITS = re.compile(r"\d++(?:[ -]\d++)*+")
_GAP = r"[ ./()-]{0,3}"
_DATE = r"\d\d[./-]\d\d?[./-]\d{2,4}(?!\d|[./-]\d)"
_NUMBER = "|".join(
    (
        rf"(?:\+|00(?=[^0]))(?:{_GAP}\d){{7,15}}",  # +41 (0)44 123 45 67
        rf"\(\d{{2,5}}\)(?:{_GAP}\d){{4,10}}",  # (030) 1234567
        rf"(?!{_DATE})0[1-9](?:{_GAP}\d){{5,12}}",  # 030 1234567
        *(rf"(?:1[ .-]?)?\d{{3}}{gap}\d{{3}}{gap}\d{{4}}" for gap in (" ", r"\.", "-")),  # 212-555-0123
        r"\d{10,15}",
    )
)
# what follows on another one stands at a place where it would be one by itself, once the other is gone
_PHONE = re.compile(rf"(?<![\w+])(?<!\d[.,])(?:{_NUMBER})(?!\d)(?:[.,]?(?:{_NUMBER})(?!\d))*")


def redacted(text: str) -> str:
    """The text with a mark in the place of each address and number; what holds none is left as it is."""
    if "@" in text:
        text = _EMAIL.sub(EMAIL, text)
    return _PHONE.sub(PHONE, _without_cards(text))


def is_redacted(text: str) -> bool:
    """Whether something was taken out of a text."""
    return any(mark in text for mark in (EMAIL, CARD, PHONE))


def _without_cards(text: str) -> str:
    parts, end = [], 0
    for run in _DIGITS.finditer(text):
        for first, last in _cards(run[0]):
            parts += [text[end : run.start() + first], CARD]
            end = run.start() + last
    return "".join([*parts, text[end:]])


def _cards(run: str) -> Iterator[tuple[int, int]]:
    """The card numbers in groups of digits, from the left, of two that begin at the same place the longer one."""
    groups = [(found.start(), found.end()) for found in re.finditer(r"\d+", run)]
    digits = [int(character) for character in run if character.isdecimal()]
    before = [0, *accumulate(end - start for start, end in groups)]  # digits before each group, and all
    place = 0
    while place < len(groups):
        last = _last(before, digits, place)
        if last is not None:
            yield groups[place][0], groups[last][1]
        place = place + 1 if last is None else last + 1


def _last(before: list[int], digits: list[int], first: int) -> int | None:
    """The last group of the longest card number that begins with a group."""
    found = None
    for last in range(first, min(len(before) - 1, first + LONGEST)):
        count = before[last + 1] - before[first]
        if count > LONGEST:
            break
        if count >= SHORTEST and _luhn(digits[before[first] : before[last + 1]]):
            found = last
    return found


def _luhn(digits: list[int]) -> bool:
    return (sum(digits[-1::-2]) + sum(DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0
