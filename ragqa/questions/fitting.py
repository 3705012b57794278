"""Whether a quotation has the form of what a question asks for. Pure functions of texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from functools import cached_property, lru_cache

from ragqa.characters import MONEY
from ragqa.normalized import plain
from ragqa.questions.asked import Asked, asking_words
from ragqa.questions.kinds import Kind
from ragqa.wording import Wording

_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_NUMBER_ONLY = re.compile(rf"[\d\s.,:/%+\-–−()<>~≈±{MONEY}]+")
_YEAR = re.compile(r"(?<!\d)(?:1[0-9]{3}|20[0-9]{2})(?!\d)")
_DAY = re.compile(
    r"(?<!\d)\d{1,4}[./-]\d{1,2}(?:[./-]\d{1,4})?(?!\d)|(?<!\d)\d{1,2}:\d{2}(?!\d)|\d\s?(?:[ap]\.?m\b|bc|ad)"
)
_COINS = re.compile(
    rf"[{MONEY}元]|免费|免費|英镑|英鎊|\b(?:dollars?|euros?|pounds?|cents?|pence|pennies|yen|yuan|rmb|francs?|marks?|crowns?|"
    r"rupees?|usd|eur|gbp|chf|dólares|livres|pfund|free|gratis|kostenlos|gratuit)\b"
)
_PER_CENT = re.compile(r"[%‰]|\bper ?cent\b|\bpercentage\b|\bprozent\b|\bpour ?cent\b|\bpor ciento\b|百分之|成$")
_LINK = re.compile(r"://|\bwww\.|\b[\w-]+\.[a-z]{2,}(?:/|\b)")
_MAIL = re.compile(r"\S@\S")
_PATH = re.compile(r"[/\\~]|\w\.\w")
_VERSION = re.compile(r"v?\d+(?:\.\d+){2,}\w*")
_PHONE = 5  # digits


class Fit(IntEnum):
    """Whether a quotation can be an answer of one of the kinds asked for."""

    CONTRARY = -1
    UNKNOWN = 0
    FITTING = 1


class Quoted:
    """A quotation, of which each kind of answer asks something."""

    def __init__(self, text: str, wording: Wording) -> None:
        self.text = plain(text)
        self.low = self.text.lower()
        self.wording, self.asking = wording, asking_words(wording.language)

    @cached_property
    def words(self) -> list[str]:
        """In lower case."""
        return _WORD.findall(self.low)

    @cached_property
    def has_digit(self) -> bool:
        """Whether there is a digit in it."""
        return _DIGIT.search(self.low) is not None

    @cached_property
    def has_number(self) -> bool:
        """Whether there is a number in it, in digits or in words."""
        return (
            self.has_digit
            or any(word in self.wording.numbers or word in self.wording.scales for word in self.words)
            or self.has_amount
        )

    @cached_property
    def has_amount(self) -> bool:
        """Whether there is a word in it that stands for a number."""
        return self._finds(self.asking.amounts)

    @cached_property
    def has_period(self) -> bool:
        """Whether there is a unit of time in it."""
        return self._finds(self.asking.periods)

    @cached_property
    def has_moment(self) -> bool:
        """Whether there is a year, a month, a day or a time in it."""
        return (
            _YEAR.search(self.low) is not None
            or _DAY.search(self.low) is not None
            or any(word in self.wording.months for word in self.words)
            or self._finds(self.asking.moments)
        )

    @cached_property
    def is_number(self) -> bool:
        """Whether it is nothing but a number or a date in digits."""
        return self.has_digit and _NUMBER_ONLY.fullmatch(self.low) is not None

    @cached_property
    def is_named(self) -> bool:
        """Whether a word of it is written as a name."""
        return self.wording.capitals and any(word[0].isupper() for word in _WORD.findall(self.text))

    def _finds(self, pattern: re.Pattern[str] | None) -> bool:
        return pattern is not None and pattern.search(self.low) is not None


def _number(quoted: Quoted) -> Fit:
    return Fit.FITTING if quoted.has_number else Fit.CONTRARY


def _duration(quoted: Quoted) -> Fit:
    if quoted.has_period:
        return Fit.FITTING
    return Fit.UNKNOWN if quoted.has_number or quoted.has_moment else Fit.CONTRARY


def _date(quoted: Quoted) -> Fit:
    if quoted.has_moment:
        return Fit.FITTING
    return Fit.UNKNOWN if quoted.has_number else Fit.CONTRARY


def _occasion(quoted: Quoted) -> Fit:
    return Fit.FITTING if quoted.has_moment else Fit.UNKNOWN


def _money(quoted: Quoted) -> Fit:
    return Fit.FITTING if _COINS.search(quoted.low) else _bare_amount(quoted)


def _percentage(quoted: Quoted) -> Fit:
    return Fit.FITTING if _PER_CENT.search(quoted.low) else _bare_amount(quoted)


def _bare_amount(quoted: Quoted) -> Fit:
    """Of a sum or a share without its sign: a number may be one, a name with a digit ("Level 5") or a version not."""
    several = len(_DIGIT.findall(quoted.low)) > 1
    tells = quoted.is_number or several or (quoted.has_number and not quoted.has_digit)
    return Fit.UNKNOWN if tells and not _VERSION.fullmatch(quoted.low) else Fit.CONTRARY


def _person(quoted: Quoted) -> Fit:
    if quoted.is_number:
        return Fit.CONTRARY
    if not quoted.wording.capitals:
        return Fit.UNKNOWN
    return Fit.FITTING if quoted.is_named else Fit.CONTRARY


def _place(quoted: Quoted) -> Fit:
    return Fit.CONTRARY if quoted.is_number else Fit.UNKNOWN


def _port(quoted: Quoted) -> Fit:
    return Fit.FITTING if quoted.has_digit else Fit.CONTRARY


def _phone(quoted: Quoted) -> Fit:
    return Fit.FITTING if len(_DIGIT.findall(quoted.low)) >= _PHONE else Fit.CONTRARY


def _pattern(pattern: re.Pattern[str]) -> Callable[[Quoted], Fit]:
    return lambda quoted: Fit.FITTING if pattern.search(quoted.low) else Fit.CONTRARY


_CHECKS: dict[Kind, Callable[[Quoted], Fit]] = {
    Kind.NUMBER: _number,
    Kind.QUANTITY: _number,
    Kind.DURATION: _duration,
    Kind.DATE: _date,
    Kind.OCCASION: _occasion,
    Kind.MONEY: _money,
    Kind.PERCENTAGE: _percentage,
    Kind.PERSON: _person,
    Kind.PLACE: _place,
    Kind.PORT: _port,
    Kind.VERSION: _pattern(_DIGIT),
    Kind.PHONE: _phone,
    Kind.LINK: _pattern(_LINK),
    Kind.MAIL: _pattern(_MAIL),
    Kind.PATH: _pattern(_PATH),
    Kind.CODE: _pattern(_DIGIT),
    Kind.ADDRESS: _pattern(_DIGIT),
}


@lru_cache(10_000)
def fit(text: str, asked: Asked, wording: Wording) -> Fit:
    """Whether a quotation fits one of the kinds that are asked for; `Fit.UNKNOWN` where its form does not tell."""
    checks = [_CHECKS[kind] for kind in asked.kinds if kind in _CHECKS]
    if not checks or len(checks) < len(asked.kinds):
        return Fit.UNKNOWN
    quoted = Quoted(text, wording)
    return max(check(quoted) for check in checks)
