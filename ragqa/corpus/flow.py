"""Text that is put together from blocks: paragraphs, headings, tables. It keeps account of sections and tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ragqa.corpus.files import SourceFile
from ragqa.corpus.headings import LONGEST_HEADING, Outline
from ragqa.documents import Document, Meta, Section, Table
from ragqa.sentences import sentences

PARAGRAPH = "\n\n"
LINE = "\n"
_LONGEST_SENTENCE = 1_000  # characters of one that announces something


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading (``level`` from 1; 0 for a title) or table (``is_table``), and the ``gap`` before it.

    Of a table the first ``header`` characters are its header rows with their line end, and ``columns`` their names.
    A heading without text ends the sections of its level and below: what comes stands under the heading above. A block
    that ``follows`` belongs to the last sentence before it, as a program does to the words that announce it.
    """

    text: str
    gap: str = PARAGRAPH
    level: int | None = None
    is_table: bool = False
    columns: str = ""
    header: int = 0
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A document's text with its sections and tables; ``title`` is the first heading of the first level."""

    text: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    together: tuple[tuple[int, int], ...]
    title: str

    def document(self, file: SourceFile, title: str = "", place: str = "", meta: Meta | None = None) -> Document:
        """The document of a file, or of a ``place`` in it (see `ragqa.documents.file_of`)."""
        name, source = file.name + place, file.source + place
        return Document(
            name,
            self.text,
            title or self.title,
            source,
            meta or {},
            sections=self.sections,
            tables=self.tables,
            together=self.together,
        )


def flow(blocks: Iterable[Block]) -> Flow:
    """Put blocks together. The first has no gap before it."""
    outline, tables, together, length = Outline(), list[Table](), list[tuple[int, int]](), 0
    said, start = "", 0  # the paragraph before, whose last sentence may announce what follows, and where it begins
    parts: list[str] = []
    for block in blocks:
        if parts and block.text:
            parts.append(block.gap)
            length += len(block.gap)
        end = length + len(block.text)
        if block.level is not None:
            outline.add(length, block.level, block.text, end if len(block.text) <= LONGEST_HEADING else 0)
        if block.is_table:
            tables.append(Table(length, length + block.header, end, block.columns))
        if block.follows:
            together.append((start + last_sentence(said), end))
        said, start = ("", end) if block.follows or block.level is not None else (block.text, length)
        parts.append(block.text)
        length = end
    return Flow("".join(parts), tuple(outline.sections), tuple(tables), tuple(together), outline.first_title)


def last_sentence(text: str) -> int:
    """Where the last sentence of a text begins."""
    start = max(0, len(text) - _LONGEST_SENTENCE)
    return [start, *sentences(text, start, len(text))][-2] if text else 0
