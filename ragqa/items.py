"""The items of lists in a text: where each begins, where its words begin behind the marker, and where it ends.

An item begins a line with a bullet, a number ("1.", "2)", "(3)"), a letter, a Roman or a Chinese numeral, or a circled
number. It ends with its line, or with the last of the indented lines that follow it. Items may also follow one another
in a line, if their markers count on: "(a) … (b) …", "1) … 2) …", "（一）…（二）…", "①…②…"; the last of these ends with
its sentence. One item alone is no list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Part = tuple[int, int]

_NUMERAL = r"(?:\d{1,3}|[A-Za-z]|[ivxlc]{2,6}|[IVXLC]{2,6})"
_HAN = "一二三四五六七八九十"
_CHINESE = f"[{_HAN}百]{{1,4}}"
_MARKER = re.compile(
    "^[ \\t\u3000]{0,40}(?P<marker>"
    rf"(?:[-*+–—]|\(?{_NUMERAL}[.)])[ \t]+(?=\S)"
    "|[•‣◦·▪●○■□][ \\t]*(?=\\S)"
    rf"|(?:\d{{1,3}}|{_CHINESE})[、．][ \t\u3000]*(?=\S)|[（(]{_CHINESE}[）)][、．]?[ \t\u3000]*(?=\S)"
    "|[①-⑳][ \\t\u3000]*(?=\\S))",
    re.MULTILINE,
)
_INLINE = re.compile(
    r"(?<![^\s:;,：；，。、])(?:(?P<open>\(?)(?P<numeral>\d{1,2}|[A-Za-z]|[ivx]{2,5}|[IVX]{2,5})\)[ \t]+"
    rf"|[（(](?P<han>[{_HAN}]{{1,2}})[）)]|(?P<circled>[①-⑳]))[ \t]*(?=\S)"
)
_INDENTED = re.compile("\n[ \\t\u3000]+[^\\s].*")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n")
_LOOSE = " \t\r\n\u3000,;，；、"
_JOINTS = frozenset(("and", "or", "und", "oder", "et", "ou", "y", "o"))
_ROMAN = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True, slots=True)
class Item:
    """Characters [start, end) of an item; its words begin at ``words``, behind the marker."""

    start: int
    words: int
    end: int


def items(text: str) -> list[Item]:
    """The items of a text's lists, in order; none overlap. None if there is only one."""
    inline = _inline(text)
    found = list(_parted(text, list(_lines(text)), inline)) if inline else list(_lines(text))
    return found if len(found) > 1 else []


def _lines(text: str) -> Iterator[Item]:
    """Items that begin a line."""
    for marker in _MARKER.finditer(text):
        end = _line_end(text, marker.end())
        while (more := _INDENTED.match(text, end)) and not _MARKER.match(text, end + 1):
            end = more.end()
        words = text[marker.end() : end].rstrip()
        yield Item(marker.start("marker"), marker.end(), marker.end() + len(words))


def _inline(text: str) -> list[list[Part]]:
    """Runs of markers that count on from the first of their kind, each marker as its characters [start, end)."""
    runs: list[list[Part]] = []
    open_runs: dict[str, list[Part]] = {}  # by kind; their length is the last value
    at = 0
    for match in _INLINE.finditer(text):
        if text.find("\n\n", at, match.start()) >= 0:
            open_runs.clear()
        at = match.end()
        for kind, value in _values(match):
            if value == 1:
                open_runs[kind] = []
                runs.append(open_runs[kind])
            if kind in open_runs and value == len(open_runs[kind]) + 1:
                open_runs[kind].append(match.span())
    return [run for run in runs if len(run) > 1 and not all(_begins_line(text, first) for first, _ in run)]


def _values(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """What a marker may count, of which kind: "(i)" may be a letter or a Roman numeral."""
    if match["circled"]:
        yield "circled", ord(match["circled"]) - ord("①") + 1
    elif match["han"]:
        tens, ten, ones = match["han"].rpartition("十")
        values = {"": 0} | {sign: number for number, sign in enumerate(_HAN, 1)}
        yield "han", (10 * max(1, values.get(tens, 0)) if ten else 0) + values.get(ones, 0)
    else:
        numeral, opened = match["numeral"], match["open"]
        if numeral.isdigit():
            yield f"{opened}1", int(numeral)
            return
        case = "a" if numeral.islower() else "A"
        if len(numeral) == 1:
            yield f"{opened}{case}", ord(numeral) - ord(case) + 1
        if set(numeral.lower()) <= _ROMAN.keys():
            yield f"{opened}i{case}", _roman(numeral.lower())


def _roman(numeral: str) -> int:
    values = [_ROMAN[letter] for letter in numeral]
    return values[-1] + sum(one if one >= other else -one for one, other in pairwise(values))


def _parted(text: str, lines: Sequence[Item], runs: Sequence[Sequence[Part]]) -> Iterator[Item]:
    """The items that begin a line and those of the runs, each ended by the next marker."""
    marks = {first: words for run in runs for first, words in run}
    lasts = {run[-1][0] for run in runs}
    begun = {item.start: item for item in lines}
    starts = sorted(marks.keys() | begun.keys())
    for place, start in enumerate(starts):
        following = starts[place + 1] if place + 1 < len(starts) else len(text)
        if start in begun:
            words, end = begun[start].words, min(begun[start].end, following)
        else:
            words, end = marks[start], _line_end(text, marks[start], following)
        if start in lasts and start not in begun and (stop := _SENTENCE_END.search(text, words, end)):
            end = stop.start()
        yield Item(start, words, _ended(text, words, end))


def _ended(text: str, words: int, end: int) -> int:
    """Where an item's words end, without the marks and the "and" before the next one."""
    kept = text[words:end].rstrip(_LOOSE)
    head, _, last = kept.rpartition(" ")
    kept = head.rstrip(_LOOSE) if last in _JOINTS and head else kept
    return words + len(kept)


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _line_end(text: str, start: int, most: int | None = None) -> int:
    most = len(text) if most is None else most
    end = text.find("\n", start, most)
    return most if end < 0 else end
