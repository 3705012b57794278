"""From the pieces of lines of a PDF's page to paragraphs in reading order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from ragqa.corpus.readers.pdf_page import HYPHEN, NO_GLYPH, Piece

_MARKER = re.compile(r"[•‣◦▪●○■□–—*·✓➢-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,5})[.)]|\[\d{1,3}\]")  # of an item
_ITEM = re.compile(rf"(?:{_MARKER.pattern})\s")
_WORD = re.compile(r"\w[\w-]*")
_STOPS = (".", "!", "?", "…", ":", "。", "！", "？", ".”", '."', ".)", ";")
_ENDED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")
_BROKEN = re.compile(r"\S+(?://|www\.)\S*[/_.=&?-]$")  # an address that goes on in the next line
# First parts of words that are not divided by a hyphen, though both parts are words.
_FIRST_PARTS = frozenset(
    ("under", "over", "inter", "some", "every", "with", "there", "where", "back", "counter", "super")
)
_LEADER = re.compile(r"(?:\. ?){5}|…{2}|_{5}")  # from an entry to its page number
_SMALL = 0.93  # times the usual size: footnotes
_COLUMN = 22  # times the size: a narrower column is not known to be full where its longest line ends
_CELL = 1.2  # times the size: pieces of a line that are so far apart are cells
_SHORT = 0.2  # of the column's width; a line that ends so far before its edge ends by itself
_NEAR = 6  # points between edges that are the same
_CANDIDATES = 12  # edges that are looked at for columns
_DEEPEST = 6  # columns in columns
_FEWEST = 4  # lines of a column
_PROSE = 15  # characters of a column's lines, at the median


@dataclass(slots=True)
class Line:
    """Pieces on one level, from left to right."""

    pieces: list[Piece]

    @property
    def left(self) -> float:
        """Where the first begins."""
        return self.pieces[0].left

    @property
    def right(self) -> float:
        """Where the last ends."""
        return max(piece.right for piece in self.pieces)

    @property
    def top(self) -> float:
        """Of the highest."""
        return max(piece.top for piece in self.pieces)

    @property
    def bottom(self) -> float:
        """Of the lowest."""
        return min(piece.bottom for piece in self.pieces)

    @property
    def size(self) -> float:
        """The height of its letters."""
        return max(piece.size for piece in self.pieces)

    @property
    def text(self) -> str:
        """All texts, with blanks between."""
        return " ".join(piece.text.strip() for piece in self.pieces)

    @property
    def cells(self) -> int:
        """How many cells it has: parts that are far from one another."""
        return 1 + sum(far and not piece.is_field for far, piece in zip(self.gaps, self.pieces, strict=True))

    @property
    def gaps(self) -> list[bool]:
        """Whether each piece stands far from the one before it; an item does not from its mark."""
        pairs = zip(self.pieces, self.pieces[1:], strict=False)
        far = [False, *(after.left - before.right > _CELL * self.size for before, after in pairs)]
        if len(far) > 1 and _MARKER.fullmatch(self.pieces[0].text.strip()):
            far[1] = False
        return far


@dataclass(slots=True)
class Paragraph:
    """A paragraph's text, and for each character the glyph it comes from."""

    size: float
    parts: list[str] = field(default_factory=list)
    glyphs: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)

    def add(self, text: str, glyphs: Iterable[int] | None = None) -> None:
        """Append text; without glyphs it stands on no page."""
        self.parts.append(text)
        self.glyphs.extend([NO_GLYPH] * len(text) if glyphs is None else glyphs)

    def drop_last(self) -> None:
        """Take the last character away."""
        self.parts[-1] = self.parts[-1][:-1]
        self.glyphs.pop()


def lines_of(pieces: Sequence[Piece]) -> list[Line]:
    """Pieces on one level as lines, from top to bottom."""
    lines: list[Line] = []
    for piece in sorted(pieces, key=lambda piece: (-piece.top - piece.bottom, piece.left)):
        last = lines[-1].pieces[0] if lines else None
        if last is not None and _overlap(last, piece) > 0.5 * min(last.size, piece.size):
            lines[-1].pieces.append(piece)
        else:
            lines.append(Line([piece]))
    for line in lines:
        line.pieces.sort(key=lambda piece: piece.left)
    return lines


def _overlap(one: Piece, other: Piece) -> float:
    return min(one.top, other.top) - max(one.bottom, other.bottom)


def paragraphs(pieces: Sequence[Piece], words: Collection[str]) -> tuple[list[Paragraph], list[Paragraph]]:
    """The paragraphs of a page in reading order, and its footnotes. One that goes on in the next column is one.

    ``words`` are those that tell whether parts of a divided word are one (see `vocabulary`).
    """
    body, notes = list[Paragraph](), list[Paragraph]()
    sizes = sorted(piece.size for piece in pieces for _ in piece.text)
    usual = sizes[len(sizes) // 2] if sizes else 0.0
    for column in columns(list(pieces)):
        found = _paragraphs(lines_of(column), words)
        small = len(found)
        while small > 1 and found[small - 1].size < _SMALL * usual:
            small -= 1
        notes += found[small:]
        found = found[:small]
        if body and found and goes_on(body[-1], found[0]):
            first = found.pop(0)
            join(body[-1], first.text, words, own_line=False)
            body[-1].add(first.text, first.glyphs)
        body += found
    return body, notes


def goes_on(last: Paragraph, first: Paragraph) -> bool:
    """Whether a paragraph that ends a column or page goes on in the first of the next: it does not end in a stop, and
    the other looks the same and is no item of a list.
    """
    end = last.text[-200:].split()[-1:] or [""]
    if _ENDED.search(last.text) or _ITEM.match(first.text) or " | " in last.text.rpartition("\n")[2]:
        return False
    if first.text[:1].isupper() and not (end[0].islower() and (end[0].isalpha() or end[0][-1] in f",-{HYPHEN}")):
        return False
    alike = 0.85 < first.size / max(last.size, 0.1) < 1.18
    return alike and len(last.text.split()) > 2 and any(map(str.islower, last.text))


def columns(pieces: list[Piece], depth: int = 0) -> list[list[Piece]]:
    """The pieces of each column, in reading order. A line over all columns, such as a title, divides them into what is
    above it and below it.
    """
    if depth >= _DEEPEST or len(pieces) < 2 * _FEWEST:
        return [pieces]
    if (edge := _edge(pieces)) is not None:
        return _divided(pieces, edge, depth)
    return [column for part, edge in _bands(pieces) for column in (_divided(part, edge, depth) if edge else [part])]


def _bands(pieces: Sequence[Piece]) -> list[tuple[list[Piece], float | None]]:
    """A page cut at its wide gaps from side to side, and where in each part a further column begins. Parts one below
    the other with the same columns are one.
    """
    parts: list[list[Piece]] = []
    floor = 0.0
    for line in lines_of(pieces):
        if not parts or floor - line.top > 0.7 * line.size:
            parts.append([])
            floor = line.bottom
        parts[-1] += line.pieces
        floor = min(floor, line.bottom)
    bands: list[tuple[list[Piece], float | None]] = []
    for part in parts:
        edge = _edge(part)
        before = bands[-1] if bands else None
        same = before is not None and (
            abs(edge - before[1]) < _NEAR
            if edge is not None and before[1] is not None
            else edge is None and (before[1] is None or not any(_crosses(piece, before[1]) for piece in part))
        )
        if before is not None and same:
            bands[-1] = (before[0] + part, before[1])
        else:
            bands.append((part, edge))
    return bands


def _divided(pieces: list[Piece], edge: float, depth: int) -> list[list[Piece]]:
    """The columns of a part of a page that are left and right of an edge."""
    found: list[list[Piece]] = []
    band: list[Piece] = []
    across: list[Piece] = []

    def end_band() -> None:
        left = [piece for piece in band if piece.left < edge - 1]
        right = [piece for piece in band if piece.left >= edge - 1]
        for side in (left, right):
            if side:
                found.extend(columns(side, depth + 1))
        band.clear()

    for line in lines_of(pieces):
        if any(_crosses(piece, edge) for piece in line.pieces):
            end_band()
            across += line.pieces
        else:
            if across:
                found.append(across)
                across = []
            band += line.pieces
    end_band()
    return [*found, across] if across else found


def _crosses(piece: Piece, edge: float) -> bool:
    return piece.left < edge - 1 and piece.right > edge - 0.3 * piece.size


def _edge(pieces: Sequence[Piece]) -> float | None:
    """Where a further column of prose begins; None if there is but one."""
    lefts = Counter(round(piece.left / 3) for piece in pieces)
    best = None
    for place, count in lefts.most_common(_CANDIDATES):
        edge = min(piece.left for piece in pieces if round(piece.left / 3) == place)
        left = [piece for piece in pieces if piece.left < edge - 1 and not _crosses(piece, edge)]
        right = [piece for piece in pieces if piece.left >= edge - 1]
        crossing = len(pieces) - len(left) - len(right)
        if count >= _FEWEST and crossing <= 0.3 * len(pieces) and _is_prose(left) and _is_prose(right):
            shared = min(_top(left), _top(right)) - max(_bottom(left), _bottom(right))
            height = min(_top(left) - _bottom(left), _top(right) - _bottom(right))
            if shared > 0.4 * height and (best is None or crossing < best[0]):
                best = crossing, edge
    return None if best is None else best[1]


def _is_prose(pieces: Sequence[Piece]) -> bool:
    return len(pieces) >= _FEWEST and median(len(piece.text) for piece in pieces) >= _PROSE


def _top(pieces: Sequence[Piece]) -> float:
    return max(piece.top for piece in pieces)


def _bottom(pieces: Sequence[Piece]) -> float:
    return min(piece.bottom for piece in pieces)


def _paragraphs(lines: Sequence[Line], words: Collection[str]) -> list[Paragraph]:
    if not lines:
        return []
    left = min(line.left for line in lines)
    right = max(max(line.right for line in lines), left + _COLUMN * median(line.size for line in lines))
    steps = [before.bottom - after.bottom for before, after in zip(lines, lines[1:], strict=False)]
    steps = [step for step in steps if step > 0]
    step = median(steps) if len(steps) > 2 else 1.3 * lines[0].size
    cells = [line.cells for line in lines]
    found: list[Paragraph] = []
    in_table = False
    for at, line in enumerate(lines):
        was_row = in_table
        near = cells[max(0, at - 2) : at] + cells[at + 1 : at + 3]
        in_table = cells[at] > 2 or (cells[at] > 1 and max(near, default=1) > 1)
        before = lines[at - 1] if at else None
        if before is None or _begins(before, line, left, step):
            found.append(Paragraph(line.size))
        elif before is not None:
            ends = before.right < right - _SHORT * (right - left) and not line.text[:1].islower()
            is_item = _ITEM.match(line.text) or _LEADER.search(before.text) or line.pieces[0].is_field
            join(found[-1], line.text, words, own_line=ends or in_table or was_row or bool(is_item))
        _add_line(found[-1], line, " | " if in_table else " ")
    for paragraph in found:
        _end(paragraph)
    return found


def _begins(before: Line, line: Line, left: float, step: float) -> bool:
    """Whether a paragraph begins with the line: after a gap, in another size, or indented after an end."""
    ratio = line.size / max(before.size, 0.1)
    if not 0.85 < ratio < 1.18:
        return True
    down = before.bottom - line.bottom
    if down > 1.35 * max(step, 0.0) + 0.15 * line.size and down > 1.1 * line.size:
        return True
    indented = line.left > left + 0.7 * line.size and before.left < line.left - 0.7 * line.size
    return indented and before.text.endswith(_STOPS) and not _ITEM.match(before.text)


def _add_line(paragraph: Paragraph, line: Line, bar: str) -> None:
    for number, (piece, far) in enumerate(zip(line.pieces, line.gaps, strict=True)):
        if number:
            paragraph.add(bar if far else " ")
        stripped = piece.text.strip()
        start = len(piece.text) - len(piece.text.lstrip())
        paragraph.add(stripped, piece.glyphs[start : start + len(stripped)])


def join(paragraph: Paragraph, text: str, words: Collection[str], *, own_line: bool) -> None:
    """Make a paragraph ready for its next line, which says ``text``: a word that is divided between the two is joined,
    and a line end is kept only before a line of its own.
    """
    said = paragraph.parts[-1] if paragraph.parts else ""
    if said.endswith(HYPHEN):
        paragraph.drop_last()
        if not text[:1].isalpha() or not _is_divided(said[:-1], text, words):
            paragraph.add("-")
        return
    if _BROKEN.search(said[-200:]):
        return
    paragraph.add("\n" if own_line else " ")


def _is_divided(before: str, after: str, words: Collection[str]) -> bool:
    """Whether the word is one without the hyphen at the end of the line."""
    first, last = _WORD.findall(before)[-1:], _WORD.findall(after)[:1]
    if not first or not last or not after[:1].islower() or "-" in first[0]:
        return False
    whole, parted = f"{first[0]}{last[0]}".lower(), f"{first[0]}-{last[0]}".lower()
    if whole in words or parted in words:
        return whole in words
    parts = (first[0].lower(), last[0].lower())
    return parts[0] in _FIRST_PARTS or not all(part in words and len(part) > 3 for part in parts)


def vocabulary(pages: Iterable[Iterable[Piece]]) -> frozenset[str]:
    """The words of some pages in small letters, without the parts of words that are divided between lines."""
    words: set[str] = set()
    for pieces in pages:
        divided = False
        for piece in pieces:
            found = _WORD.findall(piece.text.lower())
            words.update(found[divided : len(found) - piece.text.endswith(HYPHEN)])
            divided = piece.text.endswith(HYPHEN)
    return frozenset(words)


def _end(paragraph: Paragraph) -> None:
    """Hyphens that divide nothing are hyphens; those inside lines may divide and are dropped."""
    text = paragraph.text
    if HYPHEN not in text:
        return
    kept = [at for at, sign in enumerate(text) if sign != HYPHEN or at == len(text) - 1]
    paragraph.parts = ["".join(text[at] for at in kept)]
    paragraph.glyphs = [paragraph.glyphs[at] for at in kept]
