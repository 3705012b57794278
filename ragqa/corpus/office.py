"""PDF (one document for each page, by pypdf) and Word's .docx (by python-docx). Both need the extra ``files``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.headings import Outline
from ragqa.errors import MissingExtra, SourceError
from ragqa.types import Document

_DAMAGED_PAGES = 100  # after so many a file is given up: it may claim to have two billion


def read_pdf(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each page with text, id and source ending in ``#page=3``; the title stands in the properties."""
    pdf, title, count = _opened_pdf(file)
    empty, damaged = True, 0
    for number in range(1, count + 1):
        place = f"#page={number}"
        try:
            text = pdf.pages[number - 1].extract_text().encode("utf-8", "replace").decode()
        except MemoryError:
            raise
        except Exception as error:  # a damaged PDF can make pypdf raise nearly anything
            yield Problem(file.source + place, f"page cannot be read ({_said(error)})")
            empty, damaged = False, damaged + 1
            if damaged > _DAMAGED_PAGES:
                raise SourceError(f"more than {_DAMAGED_PAGES} damaged pages") from error
            continue
        if text.strip():
            yield Document(file.name + place, text, title, file.source + place)
            empty = False
    if empty:
        raise SourceError("no text (scanned pages must go through text recognition first)")


def _opened_pdf(file: SourceFile) -> tuple[Any, str, int]:
    """Pypdf's reader, the title and the number of pages."""
    try:
        import pypdf
    except ImportError as error:
        raise MissingExtra("reading PDF", "files") from error
    logger = logging.getLogger("pypdf")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # its remarks on sloppy files would go to stderr
    try:
        pdf = pypdf.PdfReader(file.path)
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise SourceError("encrypted; save it without a password")
        title = " ".join(str((pdf.metadata and pdf.metadata.title) or "").split())
        return pdf, title, len(pdf.pages)
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # as above
        raise SourceError(f"not a readable PDF ({_said(error)})") from error


def read_docx(file: SourceFile) -> Iterator[Document | Problem]:
    """One document: blank lines between paragraphs, list items and table rows a line each, sections from headings."""
    try:
        import docx
    except ImportError as error:
        raise MissingExtra("reading Word files", "files") from error
    try:
        open_zip(file).close()
        word = docx.Document(str(file.path))
        text, outline = _flow(word)
        title = " ".join((word.core_properties.title or "").split()) or outline.first_title
    except (SourceError, OSError, MemoryError):
        raise
    except Exception as error:  # python-docx and lxml raise nearly anything on a damaged file
        raise SourceError(f"not a readable Word file ({_said(error)})") from error
    yield Document(file.name, text, title, file.source, sections=tuple(outline.sections))


def _flow(word: Any) -> tuple[str, Outline]:
    outline, length, last = Outline(), 0, ""
    parts: list[str] = []
    for block in word.iter_inner_content():
        style = "table" if hasattr(block, "rows") else (block.style.name or "").lower() if block.style else ""
        text = _table(block) if style == "table" else block.text.strip()
        if not text:
            continue
        gap = "" if not parts else "\n" if style.startswith("list") and last.startswith("list") else "\n\n"
        level = 0 if style == "title" else int(style[-1]) if style[:-1] == "heading " and style[-1].isdigit() else None
        if level is not None:
            text = " ".join(text.split())
            outline.add(length + len(gap), level, text)
        parts += [gap, text]
        length += len(gap) + len(text)
        last = style
    return "".join(parts), outline


def _table(table: Any) -> str:
    """One line for each row. A merged cell has its text once in each row that it spans, however many columns
    it claims.
    """
    rows, above = [], dict[int, str]()
    for row in table.rows:
        said, place = dict[int, str](), 0
        for cell in row._tr.tc_lst:  # row.cells repeats a cell for each column that it spans, as many as it claims
            continued = cell.vMerge == "continue"
            said[place] = above.get(place, "") if continued else " ".join(_cell_text(cell, table).split())
            place += cell.grid_span
        rows.append(" | ".join(said.values()))
        above = said
    return "\n".join(row for row in rows if row.strip(" |"))


def _cell_text(cell: Any, table: Any) -> str:
    from docx.table import _Cell

    return str(_Cell(cell, table).text)


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
