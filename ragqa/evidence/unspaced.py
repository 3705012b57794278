"""Texts whose words no blanks part: numbers, negations and pronouns set apart, and stretches found again elsewhere.

In Chinese, Japanese and Korean a number stands against its unit and its neighbours (保修期为三年), and no capital
tells a name. So a text is first written with blanks around what tells ("保修期为 3 年"), numerals in digits. What is
left between them are stretches; one is found in another text if each of its characters stands there beside the same
neighbour, or says nothing by itself (的, 是). Pure functions of texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from ragqa.characters import HAN, HANGUL
from ragqa.normalized import plain
from ragqa.sentences import SPACELESS
from ragqa.wording import Wording

Stem = Callable[[str], Sequence[str]]

_SHORT = re.compile(f"[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d{HAN}{HANGUL}]")
_UNSPACED = re.compile(f"[{SPACELESS}{HANGUL}]")
_BORDER = re.compile(rf"(?<=[{SPACELESS}{HANGUL}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{SPACELESS}{HANGUL}])")
_DIGITS = {
    char: value for value, chars in enumerate(("零〇", "一壹", "二贰貳两兩", *"三四五六七八九")) for char in chars
}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "천": 1000, "백": 100}
_MYRIADS = {"万": 10**4, "萬": 10**4, "만": 10**4, "亿": 10**8, "億": 10**8, "억": 10**8, "兆": 10**12}
_DIGIT = f"[{''.join(_DIGITS)}]"
_SCALE = "(?:[十拾百佰仟万萬亿億]|千(?![克米瓦])|(?:(?<=\\d)|(?<=\\d ))[천백만억兆])"
_WRITTEN = r"\d+(?:,\d{3})*(?:\.\d+)?"
_WHOLE = rf"(?<![A-Za-z0-9_./:-]){_WRITTEN}(?![.,:/-]?\d)"  # not a part of 14:30, P-200 or a telephone number
_BEFORE = "[十百千万萬亿億천만억]"  # after which a number goes on in digits: 3亿5千万
_NUMBER = rf"(?:{_WHOLE} ?|{_DIGIT}|{_SCALE})(?:{_DIGIT}|{_SCALE}| ?(?:(?<={_BEFORE})|(?<={_BEFORE} )){_WRITTEN} ?)*"
_POINT = rf"(?:点{_DIGIT}+(?![十分]))?"
_PIECE = re.compile(rf"{_WRITTEN}|\D")
_PAIR, _LONGER = 2, 4  # neighbouring characters that are looked for: of East Asian scripts, and of alphabets
_YEAR_DIGITS = 4
_HUNDRED, _MYRIAD = 100, 10**4


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters between what tells: the term of each run of so many neighbours (``size``), the terms of the ``whole``,
    and the places of the characters that are ``needed``.
    """

    whole: tuple[str, ...]
    windows: tuple[str, ...]
    size: int
    needed: frozenset[int]

    def left(self, held: set[str], needed: Iterable[int]) -> frozenset[int]:
        """Which of the ``needed`` characters are not found among the terms of another text."""
        if self.whole and held.issuperset(self.whole):
            return frozenset()
        found = {
            place
            for start, term in enumerate(self.windows)
            if term in held
            for place in range(start, start + self.size)
        }
        return frozenset(needed) - found


def stretch(word: str, wording: Wording, stem: Stem) -> Stretch | None:
    """A word as a stretch; None if nothing has to be found: one of a script with blanks in a language that has them, or
    one that says nothing.
    """
    own = _UNSPACED.search(word)
    if own is None and not wording.joined:
        return None
    size = len(word) if own is None else min(len(word), _PAIR if _SHORT.search(word) else _LONGER)
    runs = [word[start : start + size] for start in range(len(word) - size + 1)]
    windows = tuple(max(stem(run), key=len, default="") for run in runs)
    empty = {place for found in _empty(wording).finditer(word) for place in range(*found.span())}
    needed = frozenset(range(len(word))) - empty
    return Stretch(tuple(stem(word)), windows, size, needed) if needed else None


def heading(word: str, wording: Wording) -> str:
    """The first characters of a stretch that say something, as many as are looked for together."""
    return next(filter(None, _empty(wording).split(word)), "")[:_PAIR]


def apart(text: str, wording: Wording) -> str:
    """A text with blanks around what tells, and its numerals in digits; unchanged if blanks part its words."""
    if not wording.joined or text.isascii():
        return text
    return _telling(wording).sub(lambda found: _set_apart(found, wording), _BORDER.sub(" ", plain(text)))


def number(text: str) -> str:
    """A number in digits: "三百五十" is 350, "二〇〇七" 2007, "3.5万" 35000, "三点五" 3.5."""
    text = text.replace(" ", "")
    whole, point, part = text.partition("点")
    pieces = [_Piece.of(piece) for piece in _PIECE.findall(whole)]
    if point:
        return f"{number(whole)}.{''.join(str(_DIGITS[char]) for char in part)}"
    if len(pieces) > 1 and all(char in _DIGITS for char in whole):
        return "".join(str(_DIGITS[char]) for char in whole)
    return _plain_number(_sum(pieces))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A digit or a written number (``scale`` 0), or a word that multiplies; ``zero`` says that it only fills a
    place.
    """

    value: Decimal
    scale: int = 0
    zero: bool = False

    @classmethod
    def of(cls, text: str) -> _Piece:
        if text in _TENS or text in _MYRIADS:
            return cls(Decimal(1), _TENS.get(text) or _MYRIADS[text])
        if text in _DIGITS:
            return cls(Decimal(_DIGITS[text]), zero=not _DIGITS[text])
        return cls(Decimal(text.replace(",", "")))


def _sum(pieces: Sequence[_Piece]) -> Decimal:
    total, section, current = Decimal(0), Decimal(0), Decimal(0)
    scale, counted = 0, False  # the scale before, and whether a digit stands for itself
    for place, piece in enumerate(pieces):
        if not piece.scale:
            last = place + 1 == len(pieces)
            short = last and scale >= _HUNDRED and not pieces[place - 1].zero  # 一百二 is 120
            current = piece.value * (scale // 10 if short else 1)
            counted = True
        elif piece.scale >= _MYRIAD:
            section += current if section or counted or total else Decimal(1)
            total = total + section * piece.scale if total >= piece.scale else (total + section) * piece.scale
            section, current, scale, counted = Decimal(0), Decimal(0), piece.scale, False
        else:
            section += (current if counted and current else Decimal(1)) * piece.scale
            current, scale, counted = Decimal(0), piece.scale, False
    return total + section + current


def _plain_number(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else f"{value.normalize():f}"


def _set_apart(found: re.Match[str], wording: Wording) -> str:
    """What is written for one match."""
    parts = found.groupdict()
    if parts["kept"]:
        return found[0]
    if parts["word"]:
        return f" {found[0]} "
    if parts["percent"]:
        return f" {parts['before'] or ''} {number(parts['percent'])} % "
    if parts["above"]:
        return f" {number(parts['above'])}/{number(parts['under'])} "
    value, unit = number(parts["number"] or parts["bare"]), (parts["unit"] or "")
    is_year = unit in wording.ordinals and len(value) == _YEAR_DIGITS and value.isdecimal()
    joint = "" if f"{value}{unit}" in wording.months or is_year else " "
    return f" {parts['before'] or ''} {value}{joint}{unit} {parts['many'] or ''} {parts['behind'] or ''} "


@cache
def _telling(wording: Wording) -> re.Pattern[str]:
    """Finds words that only hold what tells; shares, numbers with their bounds and units, negations, and pronouns."""
    dated = {re.sub(r"^\d+", "", month) for month in wording.months if month[:1].isdecimal()}
    before, behind = _any(wording.bounds), _any(wording.bounds_behind)
    units = _any({*wording.units, *dated, *wording.ordinals})
    return re.compile(
        rf"(?P<kept>{_any(wording.kept)})"
        rf"|(?:(?P<before>{before}) ?)?(?:"
        rf"百分之(?P<percent>{_NUMBER}{_POINT})"
        rf"|(?P<under>{_NUMBER})分之(?P<above>{_NUMBER})"
        rf"|(?P<number>{_NUMBER}{_POINT})(?P<many>[多余餘幾几])? ?(?P<unit>{units}) ?(?P<behind>{behind})?"
        rf"|(?P<bare>{_WHOLE}|(?:{_DIGIT}|{_SCALE}){{2,}}))"
        rf"|(?P<word>{_any(wording.negations | wording.pronouns)})"
    )


@cache
def _empty(wording: Wording) -> re.Pattern[str]:
    return re.compile(_any(wording.loose | wording.fillers))


def _any(words: Iterable[str]) -> str:
    """An expression for any of the words, the longest first; one that never matches for none."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or r"(?!)"
