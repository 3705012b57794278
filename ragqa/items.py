"""The items of lists in a text: where each begins, where its words begin behind the marker, and where it ends.

An item begins a line with a bullet, a number ("1.", "2)", "(3)"), a letter, a Roman or a Chinese numeral, or a circled
number. It ends with its line, or with the last of the indented lines that follow it. One item alone is no list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMERAL = r"(?:\d{1,3}|[A-Za-z]|[ivxlc]{2,6}|[IVXLC]{2,6})"
_CHINESE = "[一二三四五六七八九十百]{1,4}"
_MARKER = re.compile(
    "^[ \\t\u3000]{0,40}(?P<marker>"
    rf"(?:[-*+–—]|\(?{_NUMERAL}[.)])[ \t]+(?=\S)"
    "|[•‣◦·▪●○■□][ \\t]*(?=\\S)"
    rf"|(?:\d{{1,3}}|{_CHINESE})[、．][ \t\u3000]*(?=\S)|[（(]{_CHINESE}[）)][、．]?[ \t\u3000]*(?=\S)"
    "|[①-⑳][ \\t\u3000]*(?=\\S))",
    re.MULTILINE,
)
_INDENTED = re.compile("\n[ \\t\u3000]+[^\\s].*")


@dataclass(frozen=True, slots=True)
class Item:
    """Characters [start, end) of an item; its words begin at ``words``, behind the marker."""

    start: int
    words: int
    end: int


def items(text: str) -> list[Item]:
    """The items of a text's lists, in order; none overlap. None if there is only one."""
    found = list(_items(text))
    return found if len(found) > 1 else []


def _items(text: str) -> Iterator[Item]:
    for marker in _MARKER.finditer(text):
        end = _line_end(text, marker.end())
        while (more := _INDENTED.match(text, end)) and not _MARKER.match(text, end + 1):
            end = more.end()
        words = text[marker.end() : end].rstrip()
        yield Item(marker.start("marker"), marker.end(), marker.end() + len(words))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
