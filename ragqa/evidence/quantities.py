"""Numbers with what stands around them, in one form: "at least 5" and "5 or more", "5 km" and "5 kilometres".

Bounds, units, fractions, ranges and ordinal numbers in words are told by the words of a language (`ragqa.wording`).
What is not known there stays as it is. Pure functions of words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ragqa.evidence.tokens import Word
from ragqa.wording import Wording

_NUMERAL = re.compile(r"[-+±]?[\d.][\d.,:/]*")
_WHOLE = re.compile(r"\d+")
_DECIMAL = re.compile(r"([-+±]?\d+)([.,])(\d*?)0+")
_SIGNS = {"<": "<", ">": ">", "<=": "≤", ">=": "≥", "≤": "≤", "≥": "≥"}
_OR_SAME = {">": "≥", "<": "≤"}  # "5 or more", "5 or less"


def in_one_form(words: Sequence[Word], wording: Wording) -> list[Word]:
    """The words of an answer, in which the same quantity is always the same words, in the same order."""
    texts = [word.text for word in words]
    made = list[Word]()
    at = 0
    while at < len(words):
        used, said = _quantity(texts, at, wording)
        made += [replace(words[at], text=text) for text in said] if used else [words[at]]
        at += used or 1
    return made


def _quantity(texts: Sequence[str], at: int, wording: Wording) -> tuple[int, list[str]]:
    """How many words from ``at`` on make a quantity or a part of one, and in which words it is said; 0 if none do."""
    if (found := _bound(texts, at, wording))[0]:
        return found
    if (found := _fraction(texts, at, wording))[0]:
        return found
    if _is_numeral(texts, at):
        return _number(texts, at, wording)
    if texts[at] in wording.ordinal_words and not _is_numeral(texts, at - 1):
        return 1, [str(wording.ordinal_words[texts[at]])]
    return 0, []


def _bound(texts: Sequence[str], at: int, wording: Wording) -> tuple[int, list[str]]:
    """Before a number: "more than", "at least", "over", as a sign."""
    end = at + (texts[at] in wording.bound_links)
    sign = _sign(texts[end], wording) if end < len(texts) else ""
    if not sign:
        return 0, []
    end += 1
    end += end < len(texts) and texts[end] in wording.bound_links
    return (end - at, [sign]) if _is_numeral(texts, end) else (0, [])


def _number(texts: Sequence[str], at: int, wording: Wording) -> tuple[int, list[str]]:
    """A number with its unit, the sign of what bounds it from behind, and the mark of the range that it begins."""
    end = at + 1
    number, unit = texts[at], list[str]()
    pair = " ".join(texts[end : end + 2])
    if pair in wording.unit_pairs:
        unit, end = [wording.unit_pairs[pair]], end + 2
    elif end < len(texts) and texts[end] in wording.units and texts[end] not in wording.loose:
        unit, end = [wording.units[texts[end]]], end + 1
    number = _shortest(number, measured=bool(unit), named=at > 0 and texts[at - 1].isalpha())
    if texts[end : end + 1] and texts[end] in wording.alternatives and end + 1 < len(texts):
        sign = _OR_SAME.get(_sign(texts[end + 1], wording), "")
        if sign and not _is_numeral(texts, end + 2):
            return end + 2 - at, [sign, number, *unit]
    if end < len(texts) and texts[end] in wording.ranging and _is_numeral(texts, end + 1):
        return end + 1 - at, [number, *unit, "-"]
    return end - at, [number, *unit]


def _fraction(texts: Sequence[str], at: int, wording: Wording) -> tuple[int, list[str]]:
    """In digits: "one half" as "1/2", "2 thirds" as "2/3"."""
    if at + 1 >= len(texts) or not _WHOLE.fullmatch(texts[at]) or texts[at + 1] not in wording.fractions:
        return 0, []
    return 2, [f"{texts[at]}/{wording.fractions[texts[at + 1]]}"]


def _shortest(number: str, *, measured: bool, named: bool) -> str:
    """A decimal number without zeros at its end: "0.50", "1.0", of a measured one also "1.50". What a name stands
    before may be a version, which ends in the zeros that it has.
    """
    found = _DECIMAL.fullmatch(number)
    if found is None or (named and not measured):
        return number
    whole, mark, rest = found.groups()
    if not rest:
        return whole
    return f"{whole}{mark}{rest}" if measured or not whole.lstrip("-+±0") else number


def _sign(word: str, wording: Wording) -> str:
    return _SIGNS.get(wording.bounds.get(word, word), "")


def _is_numeral(texts: Sequence[str], at: int) -> bool:
    return 0 <= at < len(texts) and _NUMERAL.fullmatch(texts[at]) is not None
