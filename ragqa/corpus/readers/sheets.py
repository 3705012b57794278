"""Excel's .xlsx: each row is a document, as in CSV. What formulas gave when the file was saved is read.

A sheet whose rows are a label and a value each ("Name: | Orlin"), or that has a single row, is one document of lines.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ragqa.corpus.damage import readable
from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.readers.headers import Row, find_header, read_rows, trimmed
from ragqa.corpus.tables import as_text, file_title
from ragqa.errors import MissingExtra, SourceError
from ragqa.types import Document

_SAMPLE = 50  # rows by which the header is found


def read_xlsx(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each row, id and source ending in ``#sheet=Prices:12``; the title is the file's and the sheet's
    name.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtra("reading Excel files", "files") from error
    open_zip(file).close()
    with readable("Excel file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(file.path, read_only=True, data_only=True, keep_links=False)
        left = file.limits.cells_of(file.path.stat().st_size)
        try:
            for sheet in book.worksheets:
                place = SourceFile(
                    Path(f"{file.path}#sheet={_quoted(sheet.title)}"),
                    f"{file.name}#sheet={_quoted(sheet.title)}",
                    limits=file.limits,
                )
                counted = _counted(_rows(sheet), left)
                for item in _read_sheet(counted, place):
                    title = f"{file_title(file)}: {sheet.title}"
                    if isinstance(item, Document) and item.title.startswith(file_title(place)):
                        item = replace(item, title=title + item.title.removeprefix(file_title(place)))
                    yield item
        finally:
            book.close()


def _quoted(name: str) -> str:
    """A sheet's name as it stands in a place (see `ragqa.types.file_of`)."""
    return "".join(char if char not in "%#:/" and not char.isspace() else quote(char, safe="") for char in name)


def _read_sheet(rows: Iterator[Row], file: SourceFile) -> Iterator[Document | Problem]:
    sample = list(islice(rows, _SAMPLE))
    if len(sample) == 1 or _is_form(sample):
        lines = [_line(row.cells) for row in chain(sample, rows)]
        yield Document(file.name, "\n".join(lines), file_title(file), file.source)
    elif sample:
        header = find_header(sample)
        widest = max(len(row.cells) for row in sample)
        letters = [_letters(column) for column in range(len(header.names), widest)]
        header = replace(header, names=[*header.names, *letters])
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


def _line(cells: list[str]) -> str:
    said = [" ".join(cell.split()) for cell in cells if cell.strip()]
    return " ".join(said) if said and said[0].endswith(":") else " | ".join(said)


def _counted(rows: Iterator[Row], most: int) -> Iterator[Row]:
    for row in rows:
        most -= len(row.cells)
        if most < 0:
            raise SourceError("a sheet of more cells than may be read")
        yield row


def _rows(sheet: Any) -> Iterator[Row]:
    """Rows with anything in them."""
    sheet.reset_dimensions()  # a file may claim a million empty rows
    last = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        said = trimmed([_shown(cell) for cell in cells])
        if said:
            yield Row(number, said, apart=number > last + 1)
            last = number


def _shown(cell: Any) -> str:
    """A cell as the sheet shows it: dates in ISO form, per cent as such."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float):
        if "%" in str(cell.number_format or ""):
            return f"{value * 100:.10g}%"
        return f"{value:.15g}"
    return as_text(value)
