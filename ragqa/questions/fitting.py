"""Whether a quotation can have the form of what a question asks for. Pure functions of texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, lru_cache

from ragqa.characters import MONEY
from ragqa.normalized import plain
from ragqa.questions.asked import Asked
from ragqa.questions.kinds import Kind
from ragqa.questions.tongues import asking_words
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
    r"rupees?|usd|eur|gbp|chf|dólares|livres|pfund|pfennige?|free|gratis|kostenlos|gratuit\w*|grátis|gratuito|gratuita|lei|leu|"
    r"руб\w*|копе\w+|бесплатно|lira\w*|kuruş|tl|ücretsiz|đồng|triệu|miễn phí|ευρώ|δωρεάν|reais|real|euro)\b"
    r"|[원円]|ريال|جنيه|دينار|درهم|ليرة|مجان|บาท|ฟรี|रुपय|रुपए|मुफ़्त|मुफ्त|निःशुल्क"
)
_PER_CENT = re.compile(
    r"[%‰]|\bper ?cent\b|\bpercentage\b|\bprozent\b|\bpour ?cent\b|\bpor ciento\b|百分之|成$"
    r"|\bprocent\b|\bpor cento\b|\bper cento\b|процент|\byüzde|بالم[ئا]|في المئة|phần trăm|τοις "
    r"εκατό|เปอร์เซ็นต์|ร้อยละ|प्रतिशत|फ़ीसदी"
)
_LINK = re.compile(r"://|\bwww\.|\b[\w-]+\.[a-z]{2,}(?:/|\b)")
_MAIL = re.compile(r"\S@\S")
_VERSION = re.compile(r"v?\d+(?:\.\d+){2,}\w*")
_IP = re.compile(r"(?<![\d.])\d{1,3}(?:\.(?:\d{1,3}|\*)){3}|[0-9a-f]{0,4}:[0-9a-f:]*:|\blocalhost\b")
_PATH = re.compile(r"[/\\~]|\w\.\w|\$\w")
_PHONE = 5  # digits


class Quoted:
    """A quotation, of which each kind of answer asks something."""

    def __init__(self, text: str, language: str, wording: Wording) -> None:
        self.text = plain(text)
        self.low = self.text.lower()
        self.wording, self.asking = wording, asking_words(language)

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
        """Whether there is a number in it, in digits or in words; true where the words for numbers are not known."""
        return (
            self.has_digit
            or any(word in self.wording.numbers or word in self.wording.scales for word in self.words)
            or self.has_amount
            or not (self.wording.numbers or self.asking.amounts)
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
    def may_be_name(self) -> bool:
        """Whether a word of it is written as a name; true where people are not told by that."""
        told = self.wording.capitals and self.asking.named
        return not told or any(word[0].isupper() for word in _WORD.findall(self.text))

    def _finds(self, pattern: re.Pattern[str] | None) -> bool:
        return pattern is not None and pattern.search(self.low) is not None


def _duration(quoted: Quoted) -> bool:
    return quoted.has_period or quoted.has_number or quoted.has_moment


def _date(quoted: Quoted) -> bool:
    return quoted.has_moment or quoted.has_number


def _money(quoted: Quoted) -> bool:
    return _COINS.search(quoted.low) is not None or _is_bare_amount(quoted)


def _percentage(quoted: Quoted) -> bool:
    return _PER_CENT.search(quoted.low) is not None or _is_bare_amount(quoted)


def _is_bare_amount(quoted: Quoted) -> bool:
    """Whether it may be a sum or a share without its sign: a number may, a name with a digit ("Level 5") and a version
    may not.
    """
    if _VERSION.fullmatch(quoted.low):
        return False
    several = len(_DIGIT.findall(quoted.low)) > 1
    return quoted.is_number or several or (quoted.has_number and not quoted.has_digit)


def _person(quoted: Quoted) -> bool:
    return not quoted.is_number and quoted.may_be_name


def _phone(quoted: Quoted) -> bool:
    return len(_DIGIT.findall(quoted.low)) >= _PHONE


def _has_digit(quoted: Quoted) -> bool:
    return quoted.has_digit


_CHECKS: dict[Kind, Callable[[Quoted], bool]] = {
    Kind.NUMBER: lambda quoted: quoted.has_number,
    Kind.QUANTITY: lambda quoted: quoted.has_number,
    Kind.DURATION: _duration,
    Kind.DATE: _date,
    Kind.MONEY: _money,
    Kind.PERCENTAGE: _percentage,
    Kind.PERSON: _person,
    Kind.PLACE: lambda quoted: not quoted.is_number,
    Kind.PHONE: _phone,
    Kind.LINK: lambda quoted: _LINK.search(quoted.low) is not None,
    Kind.MAIL: lambda quoted: _MAIL.search(quoted.low) is not None,
    Kind.PORT: _has_digit,
    Kind.IP: lambda quoted: _IP.search(quoted.low) is not None,
    Kind.PATH: lambda quoted: _PATH.search(quoted.low) is not None,
    Kind.VERSION: _has_digit,
    Kind.CODE: _has_digit,
    Kind.ADDRESS: _has_digit,
}


def tells_form(asked: Asked) -> bool:
    """Whether the form of a quotation can tell that it is of none of the kinds that are asked for."""
    return bool(asked.kinds) and asked.kinds <= _CHECKS.keys()


@lru_cache(10_000)
def may_answer(text: str, asked: Asked, wording: Wording) -> bool:
    """Whether a quotation can be of one of the kinds that are asked for. Of kinds that a form does not tell (an
    occasion, a reason, anything) every quotation can be.
    """
    if not tells_form(asked):
        return True
    quoted = Quoted(text, asked.language, wording)
    return any(_CHECKS[kind](quoted) for kind in asked.kinds)
