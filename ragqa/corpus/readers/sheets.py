"""Sheets of a spreadsheet: each row is a document, as in CSV.

A sheet whose rows are a label and a value each ("Name: | Orlin"), or that has a single row, or a title above one, is
one document of lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.readers.headers import Row, find_header, read_rows, trimmed
from ragqa.corpus.tables import file_title
from ragqa.documents import Document
from ragqa.errors import SourceError

_SAMPLE = 50  # rows by which the header is found


def read_sheets(sheets: Iterable[tuple[str, Iterator[Row]]], file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each row of each sheet, which is given as its name and its rows with anything in them; id and
    source end in ``#sheet=Prices:12``; the title is the file's and the sheet's name.
    """
    left = file.limits.cells_of(file.path.stat().st_size)
    for name, rows in sheets:
        place = SourceFile(
            Path(f"{file.path}#sheet={_quoted(name)}"), f"{file.name}#sheet={_quoted(name)}", limits=file.limits
        )
        for item in _read_sheet(_counted(rows, left), place):
            title = f"{file_title(file)}: {name}"
            if isinstance(item, Document) and item.title.startswith(file_title(place)):
                item = replace(item, title=title + item.title.removeprefix(file_title(place)))
            yield item


def shown_time(value: datetime) -> str:
    """A date in ISO form, with the time unless it is midnight."""
    return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ", "minutes")


def shown_number(value: float) -> str:
    """A number without the digits that come from binary fractions."""
    return f"{value:.15g}"


def shown_share(value: float) -> str:
    """A number that is shown as per cent."""
    return f"{value * 100:.10g}%"


def _quoted(name: str) -> str:
    """A sheet's name as it stands in a place (see `ragqa.documents.file_of`)."""
    return "".join(char if char not in "%#:/" and not char.isspace() else quote(char, safe="") for char in name)


def _read_sheet(rows: Iterator[Row], file: SourceFile) -> Iterator[Document | Problem]:
    sample = list(islice(rows, _SAMPLE))
    if len(sample) == 1 or _is_form(sample) or _is_titled_row(sample):
        lines = [_line(row.cells) for row in chain(sample, rows)]
        yield Document(file.name, "\n".join(lines), file_title(file), file.source)
    elif sample:
        header = find_header(sample)
        widest = max(len(row.cells) for row in sample)
        letters = [_letters(column) for column in range(len(header.names), widest)]
        header = replace(header, names=[*header.names, *letters], spare=len(letters))
        below = ((row.line, row.cells) for row in chain(sample, rows) if row.line >= header.line)
        yield from read_rows(below, header, file)


def _letters(column: int) -> str:
    """What Excel calls a column, counted from 0: A, B … Z, AA."""
    name = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def _is_form(rows: list[Row]) -> bool:
    """Whether most rows are a label that ends in a colon, and a value."""
    labels = sum(len(trimmed(row.cells)) <= 2 and row.cells[0].strip().endswith(":") for row in rows)
    return bool(rows) and 2 * labels > len(rows)


def _is_titled_row(rows: list[Row]) -> bool:
    """Whether there is one row of several cells below a title, so that no header tells what they are."""
    return [min(len(trimmed(row.cells)), 2) for row in rows] == [1, 2]


def _line(cells: list[str]) -> str:
    said = [" ".join(cell.split()) for cell in cells if cell.strip()]
    return " ".join(said) if said and said[0].endswith(":") else " | ".join(said)


def _counted(rows: Iterator[Row], most: int) -> Iterator[Row]:
    for row in rows:
        most -= len(row.cells)
        if most < 0:
            raise SourceError("a sheet of more cells than may be read")
        yield row
