"""When two quotations say the same: a key for equal answers, a rule for near duplicates. Pure functions of texts, by
the words of a language (`ragqa.wording`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from ragqa.wording import ENGLISH, Wording

_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc\uff07", "''''")


def normalize(text: str, wording: Wording = ENGLISH) -> str:
    """In lower case, without punctuation and articles, single blanks; in English SQuAD's official normalisation."""
    if wording.deleted:
        clean = text.lower().translate(_deleting(wording))
    else:
        whole = unicodedata.normalize("NFC", text).translate(_APOSTROPHES).lower()
        clean = " ".join(map(_without_marks, whole.split()))
    articles = _articles(wording)
    return " ".join((clean if articles is None else articles.sub(" ", clean)).split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """An answer's wording: equal answers share a ``key``; ``words`` are its normalised words, ``named`` whether the
    last of them is written as a name.
    """

    key: str
    words: tuple[str, ...]
    named: bool


@lru_cache(20_000)
def phrase(text: str, wording: Wording = ENGLISH) -> Phrase:
    """Case, punctuation, articles, number words, and the order of day, month and year do not tell answers apart."""
    words = tuple(_word(word, wording) for word in normalize(text, wording).split())
    last = text.split()[-1] if text.split() else ""
    last = last.strip(wording.deleted) if wording.deleted else _without_marks(last)
    return Phrase(
        _date(words, wording) or " ".join(words) or text.lower(), words, wording.capitals and last[:1].isupper()
    )


def near(one: Phrase, other: Phrase, wording: Wording = ENGLISH) -> bool:
    """Whether one says the same as the other in more words: "in October 1973" and "1973", "Kepler" and "Johannes
    Kepler"; never "5" and "5 million", "New York" and "New York Times". A name is only recognised in a longer one
    where the language's loose words are known: they tell "Johannes Kepler" from "north of Paris".
    """
    longer, shorter = (one, other) if len(one.words) > len(other.words) else (other, one)
    size = len(shorter.words)
    if not size or size == len(longer.words):
        return False
    loose = wording.loose
    for start in range(len(longer.words) - size + 1):
        if longer.words[start : start + size] != shorter.words:
            continue
        extra = longer.words[:start] + longer.words[start + size :]
        if all(word in loose for word in extra):
            return True
        if _is_year(shorter.words) and all(word in loose or _is_day(word, wording) for word in extra):
            return True
        named = longer.named and shorter.named and not _has_digit(shorter.words)
        if loose and named and start + size == len(longer.words):
            return not any(word in loose for word in extra)
    return False


@cache
def _deleting(wording: Wording) -> dict[int, int | None]:
    return str.maketrans("", "", wording.deleted)


@cache
def _articles(wording: Wording) -> re.Pattern[str] | None:
    return re.compile(rf"\b({'|'.join(map(re.escape, sorted(wording.articles)))})\b") if wording.articles else None


@cache
def _ordinal(wording: Wording) -> re.Pattern[str] | None:
    return re.compile(rf"(\d+)({'|'.join(map(re.escape, wording.ordinals))})") if wording.ordinals else None


def _without_marks(word: str) -> str:
    """A word without the punctuation, of any script, that stands around it."""
    inside = [place for place, character in enumerate(word) if unicodedata.category(character)[0] != "P"]
    return word[inside[0] : inside[-1] + 1] if inside else ""


def _word(word: str, wording: Wording) -> str:
    pattern = _ordinal(wording)
    ordinal = None if pattern is None else pattern.fullmatch(word)
    return ordinal.group(1) if ordinal else wording.numbers.get(word, word)


def _date(words: tuple[str, ...], wording: Wording) -> str:
    """A key for a whole date, "" for anything else."""
    months = [word for word in words if word in wording.months]
    numbers = [word for word in words if word.isdecimal()]
    if len(months) != 1 or len(months) + len(numbers) != len(words) or not 1 <= len(numbers) <= 2:
        return ""
    days = [number for number in numbers if len(number) <= 2]
    years = [number for number in numbers if len(number) > 2]
    if len(days) > 1 or len(years) > 1:
        return ""
    return f"{years[0] if years else ''}-{wording.months[months[0]]:02}-{days[0].zfill(2) if days else ''}"


def _is_year(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and len(words[0]) == 4 and words[0].isdecimal()


def _is_day(word: str, wording: Wording) -> bool:
    return word in wording.months or (word.isdecimal() and len(word) <= 2)


def _has_digit(words: tuple[str, ...]) -> bool:
    return any(character.isdigit() for word in words for character in word)
