"""An open PDF: what its pages say, one by one, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragqa.corpus.damage import described
from ragqa.corpus.readers.pdf_layout import Paragraph, goes_on, join, paragraphs, vocabulary
from ragqa.corpus.readers.pdf_page import FIELD, NO_GLYPH, SCANNED, Box, PageText, glyph_box, page_text
from ragqa.corpus.readers.pdf_running import without_running
from ragqa.corpus.readers.pdf_scan import has_image, recognised, scanned_box
from ragqa.errors import MissingExtra, SourceError
from ragqa.sentences import sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEAR = 2  # pages on each side that tell what a running header is
_GLYPHS = 1 << 24  # of a page
_AROUND = 60  # words of each side that stand with a sentence that goes on over a page break
_BOOKMARKS = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle on a page (from 1), in points from the lower left corner of the page as it is shown."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Part:
    """What is said in one place of the file ("3", "3-4"), and where each of its paragraphs begins and ends."""

    place: str
    said: Paragraph
    paragraphs: tuple[tuple[int, int], ...] = ()


@contextmanager
def opened(path: Path, may_recognise: Callable[[], bool] = bool) -> Iterator[PdfFile]:
    """A file that is open inside ``with``; `SourceError` for one that is damaged or encrypted.

    ``may_recognise`` is asked before the text of a page that is but an image is recognised, which takes seconds.
    """
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
        raise SourceError(f"not a readable PDF ({described(error)})") from error
    try:
        yield PdfFile(pdf, count, may_recognise)
    finally:
        pdf.close()


class PdfFile:
    """An open file: its pages, and what they say."""

    def __init__(self, pdf: Any, count: int, may_recognise: Callable[[], bool]) -> None:
        self.count = count
        self._pdf, self._may_recognise = pdf, may_recognise
        self.page = lru_cache(2 * _NEAR + 3)(self._page)
        self.own = lru_cache(4)(self._own)

    @property
    def title(self) -> str:
        """The title in the properties."""
        return " ".join(str(self._pdf.get_metadata_value("Title") or "").replace("\0", " ").split())

    @cached_property
    def bookmarks(self) -> dict[int, list[tuple[int, str]]]:
        """The headings that a reader can jump to, with their levels from 1, by the page that they are on."""
        found: dict[int, list[tuple[int, str]]] = {}
        with suppress(Exception):  # damaged ones end here
            for mark in islice(self._pdf.get_toc(), _BOOKMARKS):
                place, title = mark.get_dest(), " ".join(mark.get_title().replace("\0", " ").split())
                if title and place is not None and place.get_index() is not None:
                    found.setdefault(place.get_index(), []).append((mark.level + 1, title))
        return found

    def _page(self, number: int) -> PageText:
        page = self._pdf[number]
        try:
            found = page_text(page, self._pdf.formenv)
            is_bare = not found.pieces and not found.turned
            return recognised(page) if is_bare and has_image(page) and self._may_recognise() else found
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
        lines = without_running(page, near, number, self.count)
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

    def parts(self, number: int) -> tuple[list[Part], bool]:
        """What begins on a page, first of the page alone, then of what goes on; whether the page is only an image."""
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
        whole, places = Paragraph(0.0), list[tuple[int, int]]()
        for paragraph in (*own, *notes):
            if paragraph.text.strip():
                whole.add("\n\n" if whole.parts else "")
                start = len(whole.glyphs)
                whole.add(paragraph.text, paragraph.glyphs)
                places.append((start, len(whole.glyphs)))
        found = [Part(f"{number + 1}", whole, tuple(places))]
        if after is not None:
            found.append(Part(f"{number + 1}-{number + 2}", after[2]))
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
        page = self._pdf[number]
        try:
            return has_image(page)
        finally:
            page.close()

    def render(self, number: int, width: int, most: int) -> tuple[NDArray[np.uint8], float]:
        """A page, from 0, as a picture [height, width, red green blue], and how many of its pixels are a point. It is
        so many pixels wide, or less if there would be more than ``most`` pixels.
        """
        page = self._pdf[number]
        try:
            across, up = page.get_size()
            scale = min(width / across, (most / (across * up)) ** 0.5)
            bitmap = page.render(scale=scale, rev_byteorder=True)
            return bitmap.to_numpy()[:, :, :3].copy(), scale
        finally:
            page.close()

    def glyph_boxes(self, glyphs: Sequence[int]) -> list[Place]:
        """Where glyphs stand, each said once."""
        found: list[Place] = []
        for number in sorted({glyph // _GLYPHS for glyph in glyphs}):
            page = self._pdf[number]
            text_page = page.get_textpage()
            for glyph in dict.fromkeys(glyphs):  # all characters of a field are one glyph
                if glyph // _GLYPHS == number:
                    box: Box | None
                    if SCANNED <= (own := glyph % _GLYPHS) < FIELD:
                        box = scanned_box(self.page(number), own)
                    else:
                        box = glyph_box(page, text_page, self._pdf.formenv, own)
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
