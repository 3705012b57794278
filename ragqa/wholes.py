"""What belongs together in a text, so that no quotation is cut inside it.

A stretch of text is widened until neither of its ends lies inside

* a character with its marks, joiners and selectors, as a reader sees it;
* a word of an alphabet (Latin, Greek, Cyrillic, Armenian, Georgian); other scripts write several words in one run;
* an e-mail address, a URL, a path, the name of a file or domain, an option, a handle, initials ("U.S.");
* a number with its sign, bounds ("≤ 5"), currency, parts ("1.5", "1/2", "14:30"), powers, what is behind it ("85 %");
* a formula that is written without blanks ("E=mc^2"), or between dollar signs as in TeX; names as "C++" and "F-16";
* a pair of brackets or quotation marks;
* an item of a list, if it covers words of two items or more (`ragqa.items`).

The marker of the next item at its end is left out where it covers words of one item only, and what follows the list as
a paragraph of its own where it covers more. Marks that stand loose at its ends (commas, half of a pair) are left out.
What is longer than `LONGEST` is not kept whole. Everything is done by compiled expressions, in linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ragqa.atoms import LONGEST, atoms
from ragqa.items import items
from ragqa.normalized import HIDDEN
from ragqa.sentences import ABBREVIATIONS, is_between

Part = tuple[int, int]  # characters [start, end)

_PAIRS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "“": "”", "„": "“", "「": "」", "『": "』", "（": "）", "【": "】"}
_PAIRS |= {"《": "》", "〈": "〉", "«": "»", "»": "«", '"': '"'}
_MARKS = re.compile("[" + re.escape("".join(sorted({*_PAIRS, *_PAIRS.values()}))) + "]|\n\\s*\n")
_LOOSE = frozenset(" \t\r\n\x0b\x0c\u00a0\u2009\u202f\u3000,;:|·•*`，；：、،؛")
_LOOSE_FIRST = _LOOSE | frozenset(".!?…。！？-–—−")
_LOOSE_LAST = _LOOSE | frozenset("-–—−。｡")
_COMPANIES = frozenset(("Inc", "Ltd", "Co", "Corp", "Bros", "Esq"))
_HIDDEN_MARK = re.compile(f"[{HIDDEN}]")
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_ROUNDS = 4


class Wholes:
    """What belongs together in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._atoms = list(atoms(text))
        self._firsts = [start for start, _ in self._atoms]
        self._pairs = list(_pairs(text))
        self._items = items(text)

    def widen(self, start: int, end: int) -> Part:
        """Characters [start, end) without loose marks, widened to what belongs together.

        A stretch of nothing but loose marks stays as it is. Widening the result again changes nothing.
        """
        place = start, end
        for _ in range(_ROUNDS):
            wider = self._closed(self._trimmed(self._listed(self._unbroken(*place))))
            if wider == place:
                break
            place = wider
        return place

    def _unbroken(self, start: int, end: int) -> Part:
        """To the ends of atoms and of characters as they are seen."""
        first, last = self._atom(start), self._atom(end)
        start, end = (start if first is None else first[0]), (end if last is None else last[1])
        while start and not is_between(self.text, start):
            start -= 1
        while end < len(self.text) and not is_between(self.text, end):
            end += 1
        return start, end

    def _atom(self, at: int) -> Part | None:
        """The atom that would be cut there."""
        number = bisect_right(self._firsts, at) - 1
        if number >= 0 and self._atoms[number][0] < at < self._atoms[number][1]:
            return self._atoms[number]
        return None

    def _is_in_atom(self, at: int) -> bool:
        number = bisect_right(self._firsts, at) - 1
        return number >= 0 and at < self._atoms[number][1]

    def _listed(self, place: Part) -> Part:
        """Words of several items: to the borders of the first and the last one, without a paragraph that follows. Words
        of one: without the next marker.

        Where the words of the first item are cut, the item is taken from its first word on, without the marker.
        """
        start, end = place
        touched = [item for item in self._items if item.start < end and start < item.end]
        if not touched:
            return place
        first, last = touched[0], touched[-1]
        if sum(item.words < end for item in touched) > 1:
            until = last.end if _PARAGRAPH_END.search(self.text, last.end, end) else max(end, last.end)
            wider = min(start, first.words if start >= first.words else first.start), until
            return wider if wider[1] - wider[0] <= LONGEST else place
        return (start, last.start) if start < last.start < end <= last.words else place

    def _trimmed(self, place: Part) -> Part:
        start, end = place
        while start < end and self._is_loose(start, place, _LOOSE_FIRST):
            start += 1
        while end > start and (self._is_loose(end - 1, place, _LOOSE_LAST) or self._is_full_stop(end - 1)):
            end -= 1
        return (start, end) if start < end else place

    def _is_loose(self, at: int, place: Part, marks: frozenset[str]) -> bool:
        if self._is_in_atom(at):
            return False
        if self.text[at] in marks or _HIDDEN_MARK.match(self.text, at):
            return True
        return bool(_MARKS.match(self.text, at)) and not self._has_partner(at, place)

    def _is_full_stop(self, at: int) -> bool:
        """Whether the dot ends a sentence and belongs to no abbreviation."""
        if self.text[at] != "." or self._atom(at + 1) is not None or self.text[at - 1 : at] == ".":
            return False
        word = re.split(r"\W", self.text[max(0, at - 12) : at])[-1]
        following = self.text[at + 1 : at + 3].strip()
        return not (word in ABBREVIATIONS or word in _COMPANIES or len(word) == 1 or following[:1].islower())

    def _has_partner(self, at: int, place: Part) -> bool:
        return any(at in pair and place[0] <= pair[0] and pair[1] < place[1] for pair in self._pairs)

    def _closed(self, place: Part) -> Part:
        """With the other half of each pair of which one half is inside."""
        start, end = place
        for first, last in self._pairs:
            if start <= first < end <= last and last + 1 - start <= LONGEST:
                end = last + 1
            elif first < start <= last < end and end - first <= LONGEST:
                start = first
        return start, end


def _pairs(text: str) -> Iterator[Part]:
    """The places of both halves of each pair; none reaches over the end of a paragraph."""
    waiting: list[tuple[str, int]] = []
    for match in _MARKS.finditer(text):
        mark, at = match[0], match.start()
        if mark.isspace():
            waiting.clear()
            continue
        depth = next((d for d, (opened, _) in enumerate(reversed(waiting[-4:]), 1) if _PAIRS[opened] == mark), 0)
        if depth:
            yield waiting[-depth][1], at
            del waiting[-depth:]
        elif mark in _PAIRS and not (mark == '"' and text[at - 1 : at].isdigit()):  # 5" are inches
            waiting.append((mark, at))
