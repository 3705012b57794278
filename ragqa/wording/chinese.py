"""Chinese. Its words have no blanks between them, so only a number that is the whole answer is known as one."""

from __future__ import annotations

from ragqa.wording.words import Wording, words

_DIGITS = "零一二三四五六七八九"


def _numerals() -> dict[str, int]:
    """All below 100, as they are read: 三, 十二, 四十, 五十六."""
    found = {digit: number for number, digit in enumerate(_DIGITS)} | {"〇": 0, "两": 2, "兩": 2}
    for tens in range(1, 10):
        head = ("" if tens == 1 else _DIGITS[tens]) + "十"
        found[head] = 10 * tens
        found |= {head + _DIGITS[unit]: 10 * tens + unit for unit in range(1, 10)}
    return found


CHINESE = Wording(
    language="zh",
    loose=words("在 于 於 约 約 大约 大約 年"),
    months={f"{numeral}月": number for numeral, number in _numerals().items() if 1 <= number <= 12}
    | {f"{number}月": number for number in range(1, 13)},
    numbers=_numerals(),
    ordinals=("年",),
)
