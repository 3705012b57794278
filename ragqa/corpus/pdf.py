"""PDF, by pdfium: one document a page, and one for each sentence that goes on from a page to the next.

Running headers, footers and page numbers are left out. What a page says depends on it and its neighbours alone, so a
reader of large files holds but a few pages, and `boxes` finds a place again without reading the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.pdf_layout import Line, Paragraph, goes_on, join, lines_of, paragraphs, vocabulary
from ragqa.corpus.pdf_page import FIELD, NO_GLYPH, Box, PageText, glyph_box, page_text
from ragqa.errors import MissingExtra, SourceError
from ragqa.sentences import sentences
from ragqa.types import Document

_DAMAGED_PAGES = 100  # after so many a file is given up
_NEAR = 2  # pages on each side that tell what a running header is
_EDGE = 3  # lines at the top and at the bottom that may be running ones
_ZONE = 0.15  # of the page's height in which they are
_GLYPHS = 1 << 24  # of a page
_AROUND = 60  # words of each side that stand with a sentence that goes on over a page break
_LARGER = 1.15  # times the size of most letters: a title
_LONGEST_TITLE = 200  # characters
_PAGE_NUMBER = re.compile(r"(?i)[-–—\[( ]*(?:page |seite |p\. ?)?(?:(\d{1,4})|[ivxlc]{1,6})[-–—\]) ]*")
_UNCOUNTED = 30  # pages of a book that may stand before those that a file has
_SHORT = 8  # words of a line that may count the pages
_NUMBERS = re.compile(r"[0-9]{1,5}")
_MADE_BY = re.compile(
    r"(?i)(?:^(?:microsoft|\(?anonymous|unspecified|powerpoint|untitled|slide \d|print|about:blank|document\d*$)|[\\/]|"
    r"\.(?:dvi|docx?|tex|indd|qxd|pdf|ps|fm|pmd|odt|rtf|pptx?|xlsx?|cdr|txt|html?)\b)"
)


def read_pdf(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each page with text, id and source ending in ``#page=3``; one for each passage over a page break,
    ``#page=3-4``. The title is that of the properties, if it is one, or the largest text of the first page, or the
    file's name.
    """
    with _opened(file.path) as pdf:
        title, empty, scans = "", True, 0
        damaged: list[Problem] = []
        for number in range(pdf.count):
            try:
                title = title or _title(pdf, file)
                parts, is_scan = pdf.parts(number)
            except (MemoryError, SourceError):
                raise
            except Exception as error:
                damaged.append(Problem(f"{file.source}#page={number + 1}", f"page cannot be read ({_said(error)})"))
                if len(damaged) > _DAMAGED_PAGES:
                    raise SourceError(f"more than {_DAMAGED_PAGES} damaged pages") from error
                continue
            scans += is_scan
            for name, part in parts:
                if part.text.strip():
                    yield Document(f"{file.name}#page={name}", part.text, title, f"{file.source}#page={name}")
                    empty = False
        if damaged and len(damaged) == pdf.count:
            raise SourceError("not a readable PDF (none of its pages can be read)")
        yield from damaged
        if empty and not damaged:
            raise SourceError("no text (scanned pages must go through text recognition first)")
        if scans:
            reason = f"{scans:,} of {pdf.count:,} pages are images without text: they need text recognition"
            yield Problem(file.source, reason, unread=False, remark=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle on a page (from 1), in points from the lower left corner of the page as it is shown."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


def boxes(path: Path, place: str, start: int, end: int) -> list[Place]:
    """Where characters [start, end) of a document of this file stand; ``place`` is what its id ends in ("3", "3-4").

    One rectangle for each line. Nothing for a place that the file does not have.
    """
    first = place.partition("-")[0]
    if not (first.isascii() and first.isdigit() and 0 < len(first) < 9):
        return []
    with _opened(path) as pdf:
        number = int(first) - 1
        parts = dict(pdf.parts(number)[0]) if 0 <= number < pdf.count else {}
        glyphs = parts[place].glyphs[max(0, start) : end] if place in parts else []
        return _rows(pdf.glyph_boxes([glyph for glyph in glyphs if glyph != NO_GLYPH]))


def _rows(places: Sequence[Place]) -> list[Place]:
    """Rectangles on one level of a page, each to the right of the one before, as one."""
    rows: list[Place] = []
    for one in places:
        if rows and rows[-1].page == one.page and _is_beside(rows[-1], one):
            last = rows[-1]
            bottom, top = min(last.bottom, one.bottom), max(last.top, one.top)
            rows[-1] = Place(one.page, min(last.left, one.left), bottom, max(last.right, one.right), top)
        else:
            rows.append(one)
    return rows


def _is_beside(one: Place, other: Place) -> bool:
    level = min(one.top, other.top) - max(one.bottom, other.bottom)
    return level > 0.4 * (other.top - other.bottom) and other.left >= one.left


@contextmanager
def _opened(path: Path) -> Iterator[_Pdf]:
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtra("reading PDF", "files") from error
    try:
        pdf = pypdfium2.PdfDocument(path)
        if pdf.get_formtype():
            with suppress(Exception):  # then its fields stay empty
                pdf.init_forms()
        count = len(pdf)
    except (SourceError, MemoryError, OSError):
        raise
    except Exception as error:  # whatever pdfium does not like in a damaged file
        if "password" in str(error).lower():
            raise SourceError("encrypted; save it without a password") from error
        raise SourceError(f"not a readable PDF ({_said(error)})") from error
    try:
        yield _Pdf(pdf, count)
    finally:
        pdf.close()


class _Pdf:
    """An open file: its pages, and what they say."""

    def __init__(self, pdf: Any, count: int) -> None:
        self.count = count
        self._pdf = pdf
        self.page = lru_cache(2 * _NEAR + 3)(self._page)
        self.own = lru_cache(4)(self._own)

    @property
    def title(self) -> str:
        """The title in the properties."""
        return " ".join(str(self._pdf.get_metadata_value("Title") or "").replace("\0", " ").split())

    def _page(self, number: int) -> PageText:
        page = self._pdf[number]
        try:
            return page_text(page, self._pdf.formenv)
        finally:
            page.close()

    def _near(self, number: int) -> list[tuple[int, PageText]]:
        """The pages before and after one with their numbers; those that cannot be read count as empty."""
        found = []
        for other in range(max(0, number - _NEAR), min(self.count, number + _NEAR + 1)):
            if other != number:
                try:
                    found.append((other, self.page(other)))
                except (MemoryError, SourceError):
                    raise
                except Exception:  # it is told when its own turn comes
                    found.append((other, PageText(0, 0, [], [])))
        return found

    def _own(self, number: int) -> tuple[list[Paragraph], list[Paragraph]]:
        """A page's paragraphs without running headers and footers, and its footnotes; their glyphs numbered over all
        pages.
        """
        page, near = self.page(number), self._near(number)
        words = vocabulary([page.pieces, *(other.pieces for _, other in near)])
        lines = _without_running(page, near, number, self.count)
        body, notes = paragraphs([piece for line in lines for piece in line.pieces], words)
        if page.turned:
            aside = Paragraph(min(piece.size for piece in page.turned))
            for piece in page.turned:
                aside.add(" " if aside.parts else "")
                aside.add(piece.text, piece.glyphs)
            notes.append(aside)
        first = number * _GLYPHS
        for paragraph in (*body, *notes):
            paragraph.glyphs = [glyph if glyph == NO_GLYPH else first + glyph for glyph in paragraph.glyphs]
        return body, notes

    def parts(self, number: int) -> tuple[list[tuple[str, Paragraph]], bool]:
        """What begins on a page: its place and text, first of the page alone, then of what goes on; and whether the
        page is an image without text.
        """
        body, notes = self.own(number)
        if not body and not notes:
            return [], self._is_scan(number)
        before = self._crossing(number - 1) if number else None
        after = self._crossing(number)
        own = list(body)
        if after is not None:
            own[-1] = _slice(own[-1], 0, after[0])
        if before is not None:
            own[0] = _slice(own[0], before[1], len(own[0].text))
        whole = Paragraph(0.0)
        for paragraph in (*own, *notes):
            if paragraph.text.strip():
                whole.add("\n\n" if whole.parts else "")
                whole.add(paragraph.text, paragraph.glyphs)
        found = [(f"{number + 1}", whole)]
        if after is not None:
            found.append((f"{number + 1}-{number + 2}", after[2]))
        return found, False

    def _crossing(self, number: int) -> tuple[int, int, Paragraph] | None:
        """What goes on from a page to the next: where it begins in the last paragraph of the one, where it ends in the
        first of the other, and both together.
        """
        if number + 1 >= self.count:
            return None
        try:
            (own, _), (following, _) = self.own(number), self.own(number + 1)
        except (MemoryError, SourceError):
            raise
        except Exception:  # told of the page itself
            return None
        if not own or not following or not goes_on(own[-1], following[0]):
            return None
        last, first = own[-1], following[0]
        start, end = _last_words(last.text), _first_words(first.text)
        if len(own) == 1 and number:  # it may begin with what goes on from the page before
            before = self._ends_of_first(number)
            start = max(start, before)
        both = _slice(last, start, len(last.text))
        words = vocabulary([self.page(number).pieces, self.page(number + 1).pieces])
        join(both, first.text, words, own_line=False)
        both.add(first.text[:end], first.glyphs[:end])
        return start, end, both

    def _ends_of_first(self, number: int) -> int:
        """Where in the first paragraph of a page that ends what goes on from the page before; 0 if nothing does."""
        (before, _), (own, _) = self.own(number - 1), self.own(number)
        return _first_words(own[0].text) if before and own and goes_on(before[-1], own[0]) else 0

    def _is_scan(self, number: int) -> bool:
        import pypdfium2.raw as pdfium

        page = self._pdf[number]
        try:
            return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))
        finally:
            page.close()

    def glyph_boxes(self, glyphs: Sequence[int]) -> list[Place]:
        """Where glyphs stand."""
        found: list[Place] = []
        for number in sorted({glyph // _GLYPHS for glyph in glyphs}):
            page = self._pdf[number]
            text_page = page.get_textpage()
            for glyph in glyphs:
                if glyph // _GLYPHS == number:
                    box: Box | None = glyph_box(page, text_page, self._pdf.formenv, glyph % _GLYPHS)
                    if box is not None:
                        found.append(Place(number + 1, *box))
            text_page.close()
            page.close()
        return found


def _slice(paragraph: Paragraph, start: int, end: int) -> Paragraph:
    text = paragraph.text[start:end]
    blank = len(text) - len(text.lstrip())
    text = text.strip()
    cut = Paragraph(paragraph.size)
    if text:
        cut.add(text, paragraph.glyphs[start + blank : start + blank + len(text)])
    return cut


def _last_words(text: str) -> int:
    """Where the last sentences begin, the last of them and as many whole ones before it as are about 60 words."""
    starts = [0, *list(sentences(text, 0, len(text)))[:-1]]
    words, found = 0, starts[-1]
    for start in reversed(starts):
        words = len(text[start:].split())
        if words > _AROUND and start != starts[-1]:
            break
        found = start
    return found


def _first_words(text: str) -> int:
    """Where the first sentences end."""
    found = 0
    for end in sentences(text, 0, len(text)):
        if found and len(text[:end].split()) > _AROUND:
            break
        found = end
    return found


@dataclass(frozen=True, slots=True)
class _Mark:
    """What tells a line at an edge of a page: its words, place and size, and the numbers in it."""

    words: tuple[str, int, int]
    numbers: tuple[int, ...]
    page: int
    counts: bool

    def is_like(self, other: _Mark) -> bool:
        """Whether it is the same line of another page; a line that may count the pages may do so."""
        return self.words == other.words and all(
            one == two or (self.counts and one - self.page == two - other.page)
            for one, two in zip(self.numbers, other.numbers, strict=True)
        )


def _without_running(page: PageText, near: Sequence[tuple[int, PageText]], number: int, count: int) -> list[Line]:
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
        if sum(any(mark.is_like(one) for one in other) for other in others) >= needed
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
    for at in {*range(min(_EDGE, len(lines))), *range(max(0, len(lines) - _EDGE), len(lines))}:
        line = lines[at]
        if line.bottom > (1 - _ZONE) * page.height or line.top < _ZONE * page.height:
            words = _NUMBERS.sub("#", line.text), round(line.bottom / 4), round(line.size)
            counts = at in (0, last) and len(line.text.split()) <= _SHORT
            found[at] = _Mark(words, tuple(map(int, _NUMBERS.findall(line.text))), number, counts)
    return found


def _title(pdf: _Pdf, file: SourceFile) -> str:
    if (title := pdf.title) and not _MADE_BY.search(title) and sum(map(str.isalpha, title)) > 2:
        return title
    body = [paragraph for paragraph in pdf.own(0)[0] if paragraph.glyphs and paragraph.glyphs[0] < FIELD]
    sizes = sorted(paragraph.size for paragraph in body for _ in paragraph.text)
    largest = sizes[-1] if sizes else 0.0
    if sizes and largest >= _LARGER * sizes[len(sizes) // 2]:
        large = [paragraph.size >= 0.95 * largest for paragraph in body]
        first = large.index(True)
        last = next((at for at in range(first, len(body)) if not large[at]), len(body))
        said = " ".join(" ".join(one.text.partition(" | ")[0] for one in body[first:last]).split())
        if sum(map(str.isalpha, said)) > 2 and len(said) <= _LONGEST_TITLE:
            return said
    return file.path.stem


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
