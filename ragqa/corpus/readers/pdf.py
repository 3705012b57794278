"""PDF, by pdfium: one document a page, and one for each sentence that goes on from a page to the next.

Running headers, footers and page numbers are left out. What a page says depends on it and its neighbours alone, so a
reader of large files holds but a few pages, and `boxes` finds a place again without reading the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ragqa.corpus.damage import described
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.headings import Outline
from ragqa.corpus.readers.pdf_file import Part, PdfFile, Place, opened
from ragqa.corpus.readers.pdf_page import FIELD, NO_GLYPH
from ragqa.corpus.readers.pdf_scan import can_recognise
from ragqa.documents import Document, Section
from ragqa.errors import SourceError

_DAMAGED_PAGES = 100  # after so many a file is given up
_LARGER = 1.15  # times the size of most letters: a title
_LONGEST_TITLE = 200  # characters
_MADE_BY = re.compile(
    r"(?i)(?:^(?:microsoft|\(?anonymous|unspecified|powerpoint|untitled|slide \d|print|about:blank|document\d*$)|[\\/]|"
    r"\.(?:dvi|docx?|tex|indd|qxd|pdf|ps|fm|pmd|odt|rtf|pptx?|xlsx?|cdr|txt|html?)\b)"
)


def read_pdf(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each page with text, id and source ending in ``#page=3``; one for each passage over a page break,
    ``#page=3-4``. The title is that of the properties, if it is one, or the largest text of the first page, or the
    file's name.

    Text is recognised in pages that are images if the extra [ocr] is installed, in so many as the limits allow.
    """
    scans = _Scans(file)
    with opened(file.path, scans.may_recognise) as pdf:
        title, empty = "", True
        headings = _Headings(pdf.bookmarks)
        damaged: list[Problem] = []
        for number in range(pdf.count):
            try:
                title = title or _title(pdf, file)
                parts, is_scan = pdf.parts(number)
            except (MemoryError, SourceError):
                raise
            except Exception as error:
                damaged.append(Problem(f"{file.source}#page={number + 1}", f"page cannot be read ({described(error)})"))
                if len(damaged) > _DAMAGED_PAGES:
                    raise SourceError(f"more than {_DAMAGED_PAGES} damaged pages") from error
                continue
            scans.unread += is_scan
            headings.turn_to(number)
            for part in parts:
                place, text = f"#page={part.place}", part.said.text
                sections = headings.sections(part)
                if text.strip():
                    yield Document(file.name + place, text, title, file.source + place, sections=sections)
                    empty = False
        if damaged and len(damaged) == pdf.count:
            raise SourceError("not a readable PDF (none of its pages can be read)")
        yield from damaged
        if empty and not damaged:
            raise SourceError(f"no text ({scans.why})" if scans.unread else "no text")
        if scans.unread:
            reason = f"{scans.unread:,} of {pdf.count:,} pages are images without text: {scans.why}"
            yield Problem(file.source, reason, unread=False, remark=True)


class _Scans:
    """Counts the pages of a file that are images: those whose text is recognised, and those that have none."""

    def __init__(self, file: SourceFile) -> None:
        self.unread = 0
        self._file, self._recognised, self._able = file, 0, can_recognise()

    def may_recognise(self) -> bool:
        """Whether one more page is to be recognised. For each there is as much time as for a small file."""
        if not self._able or self._recognised >= self._file.limits.scans:
            return False
        self._recognised += 1
        self._file.longer()
        return True

    @property
    def why(self) -> str:
        """Why pages have no text."""
        if not self._able:
            return 'to have it recognised, pip install "ragqa[ocr]"'
        if self._recognised >= self._file.limits.scans:
            return f"it is recognised in {self._file.limits.scans:,} pages of a file at most"
        return "none was recognised"


class _Headings:
    """Follows a file's bookmarks from page to page: what stands below which of them."""

    def __init__(self, bookmarks: Mapping[int, Sequence[tuple[int, str]]]) -> None:
        self._bookmarks = bookmarks
        self._outline = Outline()
        self._waiting: list[tuple[int, str]] = []

    def turn_to(self, page: int) -> None:
        """Go on to a page; those that were not found on the page before stand at its end."""
        for level, title in self._waiting:
            self._outline.add(0, level, title)
        self._waiting = list(self._bookmarks.get(page, ()))

    def sections(self, part: Part) -> tuple[Section, ...]:
        """The sections of the text of a place, by the paragraphs that say the same as a bookmark."""
        begun, text = self._outline.sections[-1:], part.said.text
        self._outline.sections = [Section(0, begun[0].heading, 0)] if begun else []
        for start, end in part.paragraphs:
            said = _letters(text[start:end])
            at = next((at for at, (_, title) in enumerate(self._waiting) if _is_same(said, _letters(title))), None)
            if at is not None:
                for level, title in self._waiting[: at + 1]:
                    self._outline.add(start, level, title, end)
                self._waiting = self._waiting[at + 1 :]
        return tuple(self._outline.sections)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text[:1000])).lower()


def _is_same(said: str, title: str) -> bool:
    """Whether a paragraph says the title, but for the number before one of the two."""
    longer, shorter = (said, title) if len(said) >= len(title) else (title, said)
    before = longer.removesuffix(shorter)
    return bool(shorter) and longer.endswith(shorter) and (not before or (len(before) < 12 and before[-1:].isdigit()))


def boxes(path: Path, place: str, start: int, end: int) -> list[Place]:
    """Where characters [start, end) of a document of this file stand; ``place`` is what its id ends in ("3", "3-4").

    One rectangle for each line. Nothing for a place that the file does not have. Text that was recognised is recognised
    again.
    """
    first = place.partition("-")[0]
    if not (first.isascii() and first.isdigit() and 0 < len(first) < 9):
        return []
    with opened(path, can_recognise) as pdf:
        number = int(first) - 1
        parts = pdf.parts(number)[0] if 0 <= number < pdf.count else []
        glyphs = [glyph for part in parts if part.place == place for glyph in part.said.glyphs[max(0, start) : end]]
        return rows_of(pdf.glyph_boxes([glyph for glyph in glyphs if glyph != NO_GLYPH]))


def rows_of(places: Sequence[Place]) -> list[Place]:
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


def _title(pdf: PdfFile, file: SourceFile) -> str:
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
