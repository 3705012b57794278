"""PDF (one document for each page, by pypdf) and Word's .docx (by python-docx). Both need the extra ``files``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from ragqa.corpus.files import Problem, SourceFile
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


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
