"""Rows of cells in text form, as they stand in files: which of them is the header, and what the others say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.limits import too_wide
from ragqa.corpus.readers.records import OWN, document
from ragqa.corpus.tables import Cells, file_title, is_special, row_reader
from ragqa.documents import Document
from ragqa.errors import SourceError

TITLE_LINES = 10  # above the header, at most
_LONGEST_TITLE = 300  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells, the line that it begins on, and whether an empty line stands before it (``apart``)."""

    line: int
    cells: list[str]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The columns' names, the line that the header begins on, the title above it, and how many of the rows fit it. The
    last ``spare`` names do not stand in it.
    """

    names: list[str]
    line: int = 1
    title: str = ""
    likely: int = 0
    spare: int = 0

    @property
    def named(self) -> int:
        """How many columns have a name."""
        return sum(map(bool, self.names))


def find_header(rows: Sequence[Row]) -> Header:
    """The header among the first rows of a table, none of which is blank: the first, unless a title stands there.

    A title is alone in its row, or an empty line follows it; and most of the rows below a header fit it. Below titles
    that are alone, they fit if they have several cells, as remarks may stand beside a table.
    """
    if not rows:
        return Header([])
    for at, row in enumerate(rows[: TITLE_LINES + 1]):
        names = column_names(row.cells)
        likely = sum(len(below.cells) > 1 and len(trimmed(below.cells)) <= len(names) for below in rows[at + 1 :])
        titled = at > 0 and all(len(trimmed(above.cells)) == 1 for above in rows[:at])
        several = sum(len(trimmed(below.cells)) > 1 for below in rows[at + 1 :]) if titled else 0
        header = Header(names, row.line, _title(rows[:at]), likely)
        fits = header.named > 1 and 2 * max(likely, several) > len(rows) - at - 1
        if "text" in names or is_special(names) or fits:
            return header
        if header.named > 1 and not (at + 1 < len(rows) and rows[at + 1].apart):
            break
    return Header(column_names(rows[0].cells), rows[0].line)


def read_rows(
    rows: Iterable[tuple[int, list[str] | str]], header: Header, file: SourceFile
) -> Iterator[Document | Problem]:
    """The documents of the rows below a header; a row that is a text says what is wrong there."""
    names = header.names
    own = names[: len(names) - header.spare]
    if len(names) > file.limits.columns:
        raise SourceError(too_wide(len(names), file.limits.columns))
    make = _text_row if "text" in names else row_reader(names)
    for number, row in rows:
        if isinstance(row, str):
            yield Problem(f"{file.source}:{number}", row)
        elif len(trimmed(row)) > len(names):
            yield Problem(f"{file.source}:{number}", f"{len(row)} columns where the header has {len(names)}")
        elif any(map(str.strip, row)) and column_names(row)[: len(own)] != own:
            cells = [(name, value) for name, value in zip(names, row, strict=False) if name and value.strip()]
            yield _titled(make(cells, file, number), header.title, file)


def trimmed(row: list[str]) -> list[str]:
    """The row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def column_names(row: list[str]) -> list[str]:
    """Column names; spreadsheets write Text where we mean text. In files without it they stay as they are."""
    names = [" ".join(name.split()) for name in row]
    if "text" not in map(str.lower, names):
        return names
    return [name.lower() if name.lower() in OWN else name for name in names]


def _title(rows: Sequence[Row]) -> str:
    said = " ".join(" ".join(filter(None, map(str.strip, row.cells))) for row in rows)
    return " ".join(said.split())[:_LONGEST_TITLE]


def _text_row(cells: Cells, file: SourceFile, number: int) -> Document | Problem:
    return document({"text": "", **dict(cells)}, file, number)


def _titled(row: Document | Problem, title: str, file: SourceFile) -> Document | Problem:
    """A row that is headed by its file's name is headed by the table's title as well."""
    if title and isinstance(row, Document) and row.title == file_title(file):
        return replace(row, title=f"{row.title}: {title}")
    return row
