"""Text that is put together piece by piece, with its headings: what readers of extracted text write into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ragqa.corpus.files import SourceFile
from ragqa.corpus.headings import Outline
from ragqa.corpus.limits import too_long
from ragqa.errors import SourceError
from ragqa.types import Document, Section

PARAGRAPH = "\n\n"
LINE = "\n"


class Flow:
    """The text of one document: paragraphs with an empty line between, lines, and headings.

    With an ``outline`` that several flows share, headings go on where the flow before has ended. More text than one
    document of the file may have is a `SourceError`.
    """

    def __init__(self, file: SourceFile, outline: Outline | None = None) -> None:
        self._file = file
        self._longest = file.limits.document(file.path.stat().st_size)
        self._parts: list[str] = []
        self._length = 0
        self._outline = outline or Outline()
        self._known = len(self._outline.sections)
        self._started = Section(0, self._outline.sections[-1].heading) if outline and outline.sections else None

    @property
    def empty(self) -> bool:
        """Whether nothing was written."""
        return not self._length

    @property
    def first_title(self) -> str:
        """The first heading of the first level."""
        return self._outline.first_title

    def heading(self, level: int, text: str) -> None:
        """A heading, on a line of its own; sections go from one to the next."""
        text = " ".join(text.split())
        if text:
            self._outline.add(self._length + (len(PARAGRAPH) if self._parts else 0), level, text)
            self.write(text)

    def write(self, text: str, gap: str = PARAGRAPH) -> None:
        """A piece of text without the white space around it, after ``gap``; nothing if it is blank."""
        text = text.strip()
        if not text:
            return
        for part in (gap if self._parts else "", text):
            self._parts.append(part)
            self._length += len(part)
        if self._length > self._longest:
            raise SourceError(too_long(self._longest))

    def resume(self, path: str) -> None:
        """What comes from now on stands under this heading path, without a heading line of its own."""
        start = self._length + (len(PARAGRAPH) if self._parts else 0)
        self._outline.sections.append(Section(start, path))

    def document(self, title: str = "", place: str = "", meta: Mapping[str, Any] | None = None) -> Document:
        """What was written, as the document of the file, or of a ``place`` in it."""
        name, source = self._file.name + place, self._file.source + place
        own = self._outline.sections[self._known :]
        sections = tuple([self._started, *own] if self._started else own)
        return Document(name, "".join(self._parts), title, source, meta or {}, sections=sections)
