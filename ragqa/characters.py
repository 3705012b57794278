"""Sets of characters for regular expressions, as the insides of character classes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters, in any language
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
MONEY = "$€£¥₩₹₽"


def char_class(characters: Iterable[str]) -> str:
    """The inside of a character class, with a range for each run of neighbours.

    Python looks characters above U+FFFF up one by one: a class that lists hundreds of them singly is a hundred times
    slower than one of ranges.
    """
    runs: list[list[int]] = []
    for code in sorted(set(map(ord, characters))):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    ends = (re.escape(chr(first)) + (f"-{re.escape(chr(last))}" if last > first else "") for first, last in runs)
    return "".join(ends)


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`. Before Python 3.11.5 possessive quantifiers may match too little (python/cpython#106052), so there
    they become greedy.
    """
    return re.compile(pattern if sys.version_info >= (3, 11, 5) else greedy(pattern), flags)


def greedy(pattern: str) -> str:
    """A pattern without the "+" that makes a quantifier possessive; classes and escapes stay as they are."""
    out, at, inside, quantified = [], 0, False, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            out.append(pattern[at : at + 2])
            at, quantified = at + 2, False
            continue
        if quantified and char == "+":
            at, quantified = at + 1, False
            continue
        if inside:
            inside, quantified = char != "]", False
        else:
            inside = char == "["
            quantified = char in "*+}" or (char == "?" and pattern[at - 1 : at] not in ("(", ""))
        out.append(char)
        at += 1
        if inside and char == "[":  # a "]" that comes first is no end
            first = 1 if pattern[at : at + 1] == "^" else 0
            if pattern[at + first : at + first + 1] == "]":
                out.append(pattern[at : at + first + 1])
                at += first + 1
    return "".join(out)
