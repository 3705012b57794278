"""An answer's words as they are compared: what only looks different becomes equal, what means something stays.

Forms of apostrophes, quotation marks, dashes and letters, case, articles, and punctuation around words do not count.
These do, each as a part of its word or as a word of its own: the sign of a number ("-5"), the marks inside it ("1.5",
"1/2", "14:30"), a range's dash, currencies, percent and degree signs, bounds ("<", "≤", "~", "5+" as "≥ 5"), and the
signs that belong to a name ("C++", "C#", ".net", "B♭", a grade "A-"). Units whose capitals tell them apart are told
apart ("Mb", "MB").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ragqa.characters import MONEY
from ragqa.evidence.numbers import cardinal, spoken_number
from ragqa.normalized import plain
from ragqa.wording import Wording

_FORMS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\uff07\u00b4\u2032`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2044\u2215", "/"),
        "♯": "#",
    }
)
LONGEST_NUMBER = 16  # words
LONGEST_WORD = 32  # characters; every number word, scale and ending of an ordinal number is shorter
_SPOKEN = f"{MONEY}%‰°§&<>≤≥≈~±=^×"  # signs that are words of their own
_IN_NAMES = "♭♮"  # signs that are letters here
_LETTER = f"[^\\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u2028\u2029{MONEY}‰°§≤≥≈±×]"
_LETTER_ONLY = f"(?!\\d){_LETTER}"
_NUMBER = r"\d+(?:[.,:/]\d+)*|(?<!\S)\.\d+"
_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?:[ ']\d{3})+(?!\d)")
_INITIALS = re.compile(rf"(?<![\w.])(?:{_LETTER_ONLY}\.)+{_LETTER_ONLY}(?!{_LETTER})\.?")
_APOSTROPHE = re.compile(r"(?<!\d)'|'(?!\d)")
_UNIT = re.compile(rf"(\d)(?={_LETTER_ONLY}{{2}})")
_BITS = re.compile(r"([KMGTP])b(ps)?")
_MILLI = re.compile(r"m[A-Z][A-Za-z]?")
_HYPHEN = re.compile(rf"(?<={_LETTER})-(?={_LETTER})")
_TOKEN = re.compile(
    rf"(?P<number>(?:(?<![\w)\]%°])[-+±](?=[{MONEY}]?[.\d]))?(?P<money>[{MONEY}](?=[.\d]))?(?:{_NUMBER})(?:{_LETTER})*"
    rf"(?P<least>(?<=\d)\+(?![+\w.]))?)"
    rf"|(?P<range>(?<=\d)-(?=\d)|(?<=\d )-(?= \d))"
    rf"|(?P<word>(?:(?<!\S)\.(?={_LETTER}))?{_LETTER}+(?:[.@_]{_LETTER}+)*"
    rf"(?:(?:\+{{1,2}}|\#|(?:(?<=\b[A-Z])|(?<=\b[A-Z][A-Za-z]))-(?!-))(?!{_LETTER}))?)"
    rf"|(?P<sign>[{re.escape(_SPOKEN)}])"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and whether it is written with a capital."""

    text: str
    capital: bool


def compared(text: str, wording: Wording) -> list[Word]:
    """The words of an answer, in order; a date's day, month and year stay where they are."""
    clean = _clean(text, wording)
    matches = list(_TOKEN.finditer(clean))
    words = [word for place in range(len(matches)) for word in _words(clean, matches, place, wording)]
    return list(_in_digits(words, wording))


def _clean(text: str, wording: Wording) -> str:
    """The text in plain forms, every other punctuation mark a blank."""
    text = unicodedata.normalize("NFKC", plain(text.translate(_FORMS))).translate(_FORMS)
    if not text.isascii():
        text = "".join(" " if _is_noise(char) else char for char in text)
    text = " ".join(text.split())
    text = _GROUPS.sub(lambda found: re.sub("[ ']", "", found[0]), text)
    if wording.grouping:
        text = _grouped(wording.grouping).sub(lambda found: found[0].replace(wording.grouping, ""), text)
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    text = _APOSTROPHE.sub("", text).replace("'", " ")
    text = _HYPHEN.sub(lambda found: _joint(text, found.start(), wording), text)
    return _UNIT.sub(lambda found: _parted(text, found, wording), text)


def _is_noise(char: str) -> bool:
    return char > "\x7f" and char not in _SPOKEN and char not in _IN_NAMES and unicodedata.category(char)[0] in "PS"


@cache
def _grouped(mark: str) -> re.Pattern[str]:
    """A number whose thousands are parted by the mark."""
    mark = re.escape(mark)
    return re.compile(rf"(?<![\d.,])\d{{1,3}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?![\d,])")


def _joint(text: str, at: int, wording: Wording) -> str:
    """What becomes of a hyphen between letters or digits: words are joined, numbers and their units are parted."""
    if text[at - 1].isdigit():
        return "-" if text[at + 1].isdigit() else " "
    before = re.split(r"\W", text[max(0, at - LONGEST_WORD) : at])[-1].lower()
    after = re.split(r"\W", text[at + 1 : at + 1 + LONGEST_WORD])[0].lower()
    return " " if before in wording.numbers and (after in wording.numbers or after in wording.scales) else ""


def _parted(text: str, found: re.Match[str], wording: Wording) -> str:
    """A number and the unit that is written to it are parted ("20km"), an ordinal number ("3rd") is not."""
    letters = re.match(r"\w+", text[found.end() : found.end() + LONGEST_WORD])
    return found[1] if letters and letters[0].lower() in wording.ordinals else f"{found[1]} "


def _words(clean: str, matches: Sequence[re.Match[str]], place: int, wording: Wording) -> Iterator[Word]:
    """What is compared of one match: nothing of an article; currency and number apart."""
    match = matches[place]
    token = match[0]
    last = place + 1 == len(matches)
    if not last and _is_article(token, first=place == 0, wording=wording) and clean[match.end()] == " ":
        return
    if match["least"]:
        yield Word("≥", capital=False)
        token = token[:-1]
    if match["money"]:
        yield Word(match["money"], capital=False)
        token = token.replace(match["money"], "", 1)
    lower = _unit_form(token) if place and matches[place - 1]["number"] else token.lower()
    yield Word(wording.signs.get(lower, lower), token[:1].isupper())


def _unit_form(token: str) -> str:
    """A unit in small letters, where these do not make another one of it: "Mb" is a megabit, "mW" no megawatt."""
    if found := _BITS.fullmatch(token):
        return f"{found[1].lower()}bit{found[2] or ''}"
    return f"milli{token[1:].lower()}" if _MILLI.fullmatch(token) else token.lower()


def _is_article(token: str, *, first: bool, wording: Wording) -> bool:
    """An article of one letter is no article where it is written as a name ("vitamin A deficiency")."""
    return token.lower() in wording.articles and (len(token) > 1 or token.islower() or first)


def _in_digits(words: Sequence[Word], wording: Wording) -> Iterator[Word]:
    place = 0
    while place < len(words):
        used, digits = spoken_number([word.text for word in words[place : place + LONGEST_NUMBER]], wording)
        if used:
            yield Word(digits, capital=False)
        else:
            yield Word(cardinal(words[place].text, wording), words[place].capital)
        place += max(1, used)
