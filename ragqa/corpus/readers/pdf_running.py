"""Lines at the edges of a PDF's pages that belong to no page's text: running headers, footers, page numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ragqa.corpus.readers.pdf_layout import Line, lines_of
from ragqa.corpus.readers.pdf_page import PageText

_EDGE = 3  # lines at the top and at the bottom that may be running ones
_ZONE = 0.15  # of the page's height in which they are
_PAGE_NUMBER = re.compile(r"(?i)[-–—\[( ]*(?:page |seite |p\. ?)?(?:(\d{1,4})|[ivxlc]{1,6})[-–—\]) ]*")
_UNCOUNTED = 30  # pages of a book that may stand before those that a file has
_LARGE = 1.15  # times the usual size: a heading, whose number counts something else
_SHORT = 8  # words of a line that may count the pages
_NUMBERS = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class _Mark:
    """What tells a line at an edge of a page: its words, place and size, and the numbers in it."""

    words: tuple[str, int, int]
    numbers: tuple[int, ...]
    page: int
    counts: bool

    def likeness(self, other: _Mark) -> int:
        """2 for a line of another page that counts the pages as this one does, 1 for the same line, 0 for another."""
        if self.words != other.words:
            return 0
        if self.numbers == other.numbers:
            return 1
        alike = all(
            one == two or (self.counts and one - self.page == two - other.page)
            for one, two in zip(self.numbers, other.numbers, strict=True)
        )
        return 2 * alike


def without_running(page: PageText, near: Sequence[tuple[int, PageText]], number: int, count: int) -> list[Line]:
    """A page's lines without those that its neighbours have as well: at the same place near the upper or lower edge, in
    the same words. Those at the very edge may differ in a number that counts the pages. If nothing else is on the
    first page, it keeps them.
    """
    lines = lines_of(page.pieces)
    others = [list(_marks(other, lines_of(other.pieces), at).values()) for at, other in near]
    needed = 1 if count < 3 else 2
    running = {
        at
        for at, mark in _marks(page, lines, number).items()
        if sum(max((mark.likeness(one) for one in other), default=0) for other in others) >= needed
    }
    if count > 1:
        running |= {at for at in (0, len(lines) - 1) if lines and _is_page_number(page, lines[at], count)}
    return [line for at, line in enumerate(lines) if at not in running] or ([] if number else lines)


def _is_page_number(page: PageText, line: Line, count: int) -> bool:
    found = _PAGE_NUMBER.fullmatch(line.text)
    near_edge = line.bottom > (1 - _ZONE) * page.height or line.top < _ZONE * page.height
    return found is not None and near_edge and int(found[1] or 0) <= count + _UNCOUNTED


def _marks(page: PageText, lines: Sequence[Line], number: int) -> dict[int, _Mark]:
    """The marks of the lines at a page's edges, by the numbers of the lines."""
    found = {}
    last = len(lines) - 1
    usual = median([line.size for line in lines] or [0.0])
    for at in {*range(min(_EDGE, len(lines))), *range(max(0, len(lines) - _EDGE), len(lines))}:
        line = lines[at]
        above, below = line.bottom > (1 - _ZONE) * page.height, line.top < _ZONE * page.height
        if above or below:
            words = _NUMBERS.sub("#", line.text), round(line.bottom / 4), round(line.size)
            outermost = (above and at == 0) or (below and at == last)
            counts = outermost and len(line.text.split()) <= _SHORT and line.size <= _LARGE * usual
            found[at] = _Mark(words, tuple(map(int, _NUMBERS.findall(line.text))), number, counts)
    return found
