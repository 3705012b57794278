"""Plain text: the document is the file's text as it stands, so offsets and lines are the file's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ragqa.corpus.files import SourceFile, read_text_of
from ragqa.documents import Document


def read_text(file: SourceFile) -> Iterator[Document]:
    """One document, without title."""
    yield Document(file.name, read_text_of(file), source=file.source, line=1)


def read_settings(file: SourceFile) -> Iterator[Document]:
    """The same for a file of settings, which says what it is about in its name alone."""
    yield from (replace(document, title=file.name) for document in read_text(file))
