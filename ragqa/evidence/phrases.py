"""When two quotations say the same: a key for equal answers and a rule for near duplicates. Pure functions of text."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import lru_cache

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)} | {
    name[:3]: number for number, name in enumerate(_MONTHS, 1)
}
_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBER = {word: str(number) for number, word in enumerate(_UNITS)} | {
    word: str(10 * number) for number, word in enumerate(_TENS, 2)
}
_ORDINAL = re.compile(r"(\d+)(st|nd|rd|th)")
_LOOSE = frozenset({
    "about", "after", "approximately", "around", "at", "before", "by", "circa", "during", "early", "for", "from", "in",
    "just", "late", "mid", "nearly", "of", "on", "or", "over", "roughly", "since", "some", "to", "under", "until", "up",
    "with", "year", "years",
})  # fmt: skip


def normalize(text: str) -> str:
    """SQuAD's official answer normalisation: lower case, no ASCII punctuation, no English articles, single blanks."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """An answer's wording: equal answers share a ``key``; ``words`` are its normalised words, ``named`` whether the
    last of them is written as a name.
    """

    key: str
    words: tuple[str, ...]
    named: bool


@lru_cache(20_000)
def phrase(text: str) -> Phrase:
    """The phrase of a text. Case, punctuation, articles, number words, and the order of day, month and year make no
    difference to its key.
    """
    words = tuple(_word(word) for word in normalize(text).split())
    last = text.split()[-1].strip(string.punctuation) if text.split() else ""
    return Phrase(_date(words) or " ".join(words) or text.lower(), words, last[:1].isupper())


def near(one: Phrase, other: Phrase) -> bool:
    """Whether one phrase says the same as the other in more words.

    It is true of "in October 1973" and "1973", and of "Kepler" and "Johannes Kepler". It is false of "5" and "5
    million", and of "New York" and "New York Times".
    """
    longer, shorter = (one, other) if len(one.words) > len(other.words) else (other, one)
    size = len(shorter.words)
    if not size or size == len(longer.words):
        return False
    for start in range(len(longer.words) - size + 1):
        if longer.words[start : start + size] != shorter.words:
            continue
        extra = longer.words[:start] + longer.words[start + size :]
        if all(word in _LOOSE for word in extra):
            return True
        if _is_year(shorter.words) and all(word in _LOOSE or _is_day(word) for word in extra):
            return True
        if start + size == len(longer.words) and longer.named and shorter.named and not _has_digit(shorter.words):
            return not any(word in _LOOSE for word in extra)
    return False


def _word(word: str) -> str:
    ordinal = _ORDINAL.fullmatch(word)
    return ordinal.group(1) if ordinal else _NUMBER.get(word, word)


def _date(words: tuple[str, ...]) -> str:
    """A key for a whole date, "" for anything else."""
    months = [word for word in words if word in _MONTH]
    numbers = [word for word in words if word.isdecimal()]
    if len(months) != 1 or len(months) + len(numbers) != len(words) or not 1 <= len(numbers) <= 2:
        return ""
    days = [number for number in numbers if len(number) <= 2]
    years = [number for number in numbers if len(number) > 2]
    if len(days) > 1 or len(years) > 1:
        return ""
    return f"{years[0] if years else ''}-{_MONTH[months[0]]:02}-{days[0].zfill(2) if days else ''}"


def _is_year(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and len(words[0]) == 4 and words[0].isdecimal()


def _is_day(word: str) -> bool:
    return word in _MONTH or (word.isdecimal() and len(word) <= 2)


def _has_digit(words: tuple[str, ...]) -> bool:
    return any(character.isdigit() for word in words for character in word)
