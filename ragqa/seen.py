"""A passage as search and models see it: without the marks of Markdown, and rows of a table with their columns' names.

A row that a long table was cut into, whose columns end the passage's heading path, is seen as a sentence: "| Alloy 61 |
727 | 81 |" as "Alloy 61: Melting point is 727, Density is 81." What is found there is mapped back by `Seen.place`, so
that offsets and quotations are of the passage as it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ragqa.markdown import Piece, plain, unmarked
from ragqa.sentences import sentences

_BAR = "|"
_MARKDOWN = re.compile(r"\.(?:md|markdown)(?:\.gz)?(?:[#:][^/]*)?\Z", re.IGNORECASE)
_CELL_END = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")
_STOPS = frozenset(".!?。！？")
_SEPARATOR = " > "


@dataclass(frozen=True)
class Seen:
    """What is seen of an ``original`` text: all of it but for the ``pieces``, which ascend and do not overlap."""

    original: str
    pieces: tuple[Piece, ...] = ()

    @cached_property
    def text(self) -> str:
        """What is seen."""
        if not self.pieces:
            return self.original
        parts, at = [], 0
        for start, end, said in self.pieces:
            parts += [self.original[at:start], said]
            at = end
        return "".join([*parts, self.original[at:]])

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where characters [start, end) of `text` stand in the original; None if nothing of them does."""
        if not self.pieces:
            return start, end
        first, last = self._original(start, after=True), self._original(end, after=False)
        return (first, last) if first < last else None

    def border(self, at: int) -> int:
        """The border in the original that character ``at`` of `text` begins at. What is not seen there belongs to what
        stands before it, unless that is a blank and it begins with no closing tag.
        """
        before = self._original(at, after=False)
        closes = self.original.startswith("</", before) or self.original[max(0, before - 1) : before].strip()
        return self._original(at, after=True) if closes else before

    def of_original(self, start: int, end: int) -> tuple[int, int]:
        """Where characters [start, end) of the original are seen in `text`; what is not seen ends where it would be."""
        return self._seen(start, after=True), self._seen(end, after=False)

    def _seen(self, at: int, *, after: bool) -> int:
        number = bisect_left(self.pieces, (at,))
        while after and number < len(self.pieces) and self.pieces[number][:2] == (at, at):
            number += 1
        if not number:
            return at
        _, end, said = self.pieces[number - 1]
        first = self._borders[0][number - 1]
        return first if at < end else first + len(said) + at - end

    def _original(self, at: int, *, after: bool) -> int:
        """A border in the original; at a piece the one ``after`` it, or the one before it."""
        starts, shifts = self._borders
        number = (bisect_right if after else bisect_left)(starts, at) - 1
        if number < 0:
            return at
        start, end, said = self.pieces[number]
        if at < starts[number] + len(said) or (not after and at == starts[number]):
            return end if after else start
        return at + shifts[number]

    @cached_property
    def _borders(self) -> tuple[list[int], list[int]]:
        """Where each piece begins in `text`, and what is to be added to places after it."""
        starts, shifts, shift = list[int](), list[int](), 0
        for start, end, said in self.pieces:
            starts.append(start - shift)
            shift += end - start - len(said)
            shifts.append(shift)
        return starts, shifts


def is_markdown(source: str) -> bool:
    """Whether a document of this source is a Markdown file."""
    return _MARKDOWN.search(source) is not None


def shown(text: str, source: str, start: int, end: int) -> str:
    """Characters [start, end) of a passage of this source as a page shows them: without the marks of Markdown."""
    if not is_markdown(source):
        return text[start:end]
    view = Seen(text, tuple(unmarked(text)))
    return view.text[slice(*view.of_original(start, end))]


@lru_cache(maxsize=256)  # asked for every span of the passages that a question reads
def sentence_ends(text: str, source: str) -> tuple[int, ...]:
    """The ends of the sentences of a passage of this source, ascending, found without the marks of Markdown."""
    if not is_markdown(source):
        return tuple(sentences(text, 0, len(text)))
    view = Seen(text, tuple(unmarked(text)))
    return (*(view.border(end) for end in sentences(view.text, 0, len(view.text)) if end < len(view.text)), len(text))


def seen(text: str, source: str = "", heading: str = "") -> Seen:
    """What is seen of a passage with this text, of a document of this source, below this heading path."""
    written = is_markdown(source)
    pieces = unmarked(text) if written else []
    columns = heading.rpartition(_SEPARATOR)[2]
    if _BAR in columns and _BAR in text:
        rows = list(_rows(text, [name.strip() for name in columns.split(_BAR)], written))
        pieces = sorted([*rows, *(piece for piece in pieces if not any(_overlap(piece, row) for row in rows))])
    return Seen(text, tuple(pieces))


def _overlap(one: Piece, other: Piece) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _rows(text: str, names: Sequence[str], written: bool) -> Iterator[Piece]:
    """What becomes of the borders of cells in each line that is a row, and not the header or the line below it."""
    place = 0
    for line in text.splitlines(keepends=True):
        row = line.rstrip("\r\n")
        cells = _cells(row, written)
        said = [row[start:end] for start, end in cells]
        is_head = [plain(cell) for cell in said] == list(names) or all(_RULE.fullmatch(cell) for cell in said)
        if 2 <= len(cells) <= len(names) and not is_head:
            yield from _sentence(row, place, cells, names)
        place += len(line)


def _cells(row: str, written: bool) -> list[tuple[int, int]]:
    """Where the text of each cell stands; a row that is ``written`` in Markdown may have bars at its ends."""
    bars = [match.start() for match in _CELL_END.finditer(row)]
    edges = list(zip([0, *(bar + 1 for bar in bars)], [*bars, len(row)], strict=True))
    if written and edges and not row[slice(*edges[0])].strip():
        edges = edges[1:]
    if written and edges and not row[slice(*edges[-1])].strip():
        edges = edges[:-1]
    cells = []
    for start, end in edges:
        inside = row[start:end]
        left = start + len(inside) - len(inside.lstrip())
        cells.append((left, max(left, end - len(inside) + len(inside.rstrip()))))
    return cells


def _sentence(row: str, place: int, cells: Sequence[tuple[int, int]], names: Sequence[str]) -> Iterator[Piece]:
    """What stands between the cells of a row that is seen as a sentence."""
    at, glue = 0, ""
    for number, (start, end) in enumerate(cells):
        if start == end:
            continue
        name = f"{names[number]} is " if names[number] and number else ""
        yield place + at, place + start, glue + name
        at, glue = end, ", " if glue or number else ": "
    yield place + at, place + len(row), "" if row[at - 1 : at] in _STOPS else "."
