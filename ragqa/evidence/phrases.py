"""When two quotations say the same: a key for equal answers, a rule for near duplicates. Pure functions of texts, by
the words of a language (`ragqa.wording`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from ragqa.evidence.quantities import in_one_form
from ragqa.evidence.tokens import compared
from ragqa.wording import ENGLISH, Wording


@dataclass(frozen=True, slots=True)
class Phrase:
    """An answer's wording: equal answers share a ``key``; ``words`` are its words as they are compared, ``named``
    whether the last of them is written as a name. ``core`` are its words without the loose ones that it begins and ends
    with: "in 1937" and "the year 1937" have the same.
    """

    key: str
    words: tuple[str, ...]
    named: bool
    core: tuple[str, ...]


@lru_cache(20_000)
def phrase(text: str, wording: Wording = ENGLISH) -> Phrase:
    """Case, punctuation around words, articles, number words, forms of units and bounds, and the order of day, month
    and year do not tell answers apart; signs, bounds and the marks inside numbers do (see `ragqa.evidence.tokens`,
    `ragqa.evidence.quantities`).
    """
    found = in_one_form(compared(text, wording), wording)
    words = tuple(word.text for word in found)
    named = bool(found) and found[-1].capital and wording.capitals
    return Phrase(_date(words, wording) or " ".join(words) or text.lower(), words, named, _core(words, wording))


def near(one: Phrase, other: Phrase, wording: Wording = ENGLISH) -> bool:
    """Whether one says the same as the other in more words: "in October 1973" and "1973", "Kepler" and "Johannes
    Kepler"; never "5" and "5 million", "before 1945" and "1945", "New York" and "New York Times", "Virginia" and "West
    Virginia". A name is only recognised in a longer one where the language's loose words are known: they tell "Johannes
    Kepler" from "north of Paris".
    """
    if one.core and one.core == other.core:
        return one.words != other.words
    longer, shorter = (one, other) if len(one.words) > len(other.words) else (other, one)
    size = len(shorter.words)
    if not size or size == len(longer.words):
        return False
    loose = wording.loose
    for start in range(len(longer.words) - size + 1):
        if longer.words[start : start + size] != shorter.words:
            continue
        extra = longer.words[:start] + longer.words[start + size :]
        if _is_year(shorter.words) and all(word in loose or _is_day(word, wording) for word in extra):
            return True
        named = longer.named and _is_name(shorter)
        if loose and named and start + size == len(longer.words):
            return not any(word in loose or word in wording.qualifiers or _has_digit(word) for word in extra)
    return False


def agree(one: Phrase, other: Phrase, leader: Phrase, wording: Wording = ENGLISH) -> bool:
    """Whether two phrases that say the same as a leader in more words do not contradict each other.

    "October 1973" and "in October 1973" agree on what they add to "1973", "October 1973" and "May 1973" do not;
    "Johannes Kepler" and "J. Kepler" agree on "Kepler", "Johannes Kepler" and "Friedrich Kepler" do not.
    """
    added, others = (_added(phrase, leader, wording) for phrase in (one, other))
    shorter, longer = sorted((added, others), key=len)
    return all(any(_is_short_for(word, full) or _is_short_for(full, word) for full in longer) for word in shorter)


def _core(words: tuple[str, ...], wording: Wording) -> tuple[str, ...]:
    kept = [place for place, word in enumerate(words) if word not in wording.loose]
    return words[kept[0] : kept[-1] + 1] if kept else ()


def _added(phrase: Phrase, leader: Phrase, wording: Wording) -> list[str]:
    extra = Counter(phrase.words) - Counter(leader.words)
    return [word for word in extra if word not in wording.loose and word not in wording.titles]


def _is_short_for(word: str, full: str) -> bool:
    return word == full or (len(word) == 1 and word.isalpha() and full.startswith(word))


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


def _is_name(phrase: Phrase) -> bool:
    """No number, letter or Roman numeral."""
    last = phrase.words[-1]
    return phrase.named and not any(map(_has_digit, phrase.words)) and len(last) > 1 and not set(last) <= set("ivxlc")


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
