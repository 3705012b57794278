"""Spreadsheets of LibreOffice (.ods): values as they were saved; dates, shares and numbers as in Excel's files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from ragqa.corpus.damage import readable
from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.limits import too_wide
from ragqa.corpus.package import Node, Package, fact, local, number
from ragqa.corpus.readers.headers import Row
from ragqa.corpus.readers.opendocument import body_of, rows_of, said_in
from ragqa.corpus.readers.sheets import read_sheets, shown_number, shown_share, shown_time
from ragqa.corpus.tables import as_text
from ragqa.documents import Document
from ragqa.errors import SourceError

_CLOCK = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2})")


def read_ods(file: SourceFile) -> Iterator[Document | Problem]:
    """The documents of its sheets, as `read_sheets` gives them."""
    with readable("OpenDocument spreadsheet"), open_zip(file) as archive:
        body = body_of(Package(archive), "spreadsheet")
    tables = (node for node in body if local(node) == "table")
    yield from read_sheets(((fact(table, "name"), _rows(table, file.limits.columns)) for table in tables), file)


def _rows(table: Node, widest: int) -> Iterator[Row]:
    """Rows with anything in them, as often as they are repeated."""
    place = last = 0
    for node in rows_of(table):
        said, times = _cells(node, widest), _times(node, "rows")
        for at in range(place + 1, place + times + 1 if said else place + 1):
            yield Row(at, said, apart=at > last + 1)
            last = at
        place += times


def _cells(row: Node, widest: int) -> list[str]:
    """The cells of a row up to the last that says anything; `SourceError` if there are more than ``widest``."""
    cells: list[str] = []
    place = 0
    for cell in row:
        if local(cell) not in ("table-cell", "covered-table-cell"):
            continue
        said, times = _said(cell) if local(cell) == "table-cell" else "", _times(cell, "columns")
        if said.strip():
            if place + times > widest:
                raise SourceError(too_wide(place + times, widest))
            cells += [""] * (place - len(cells)) + [said] * times
        place += times
    return cells


def _times(node: Node, what: str) -> int:
    """How often a row or cell stands there."""
    return max(1, number(fact(node, f"number-{what}-repeated"), 1))


def _said(cell: Node) -> str:
    """A cell as the sheet shows it, but numbers with all their digits, and dates in ISO form."""
    shown = "\n".join(said_in(node).strip() for node in cell if local(node) == "p")
    make = _SHOWN.get(fact(cell, "value-type"))
    try:
        return make(cell) if make is not None else shown or fact(cell, "string-value")
    except ValueError:
        return shown


def _date(cell: Node) -> str:
    return shown_time(datetime.fromisoformat(fact(cell, "date-value")))


def _clock(cell: Node) -> str:
    found = _CLOCK.match(fact(cell, "time-value"))
    if found is None:
        raise ValueError("no time")
    hours, minutes, seconds = map(int, found.groups())
    return f"{hours:02}:{minutes:02}:{seconds:02}"


_SHOWN: dict[str, Callable[[Node], str]] = {
    "float": lambda cell: shown_number(float(fact(cell, "value"))),
    "percentage": lambda cell: shown_share(float(fact(cell, "value"))),
    "currency": lambda cell: f"{shown_number(float(fact(cell, 'value')))} {fact(cell, 'currency')}".strip(),
    "boolean": lambda cell: as_text(fact(cell, "boolean-value") == "true"),
    "date": _date,
    "time": _clock,
}
