"""Excel's .xlsx: what formulas gave when the file was saved is read; what sheets become, `sheets` says."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from ragqa.corpus.damage import readable
from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.readers.headers import Row, trimmed
from ragqa.corpus.readers.sheets import read_sheets, shown_number, shown_share, shown_time
from ragqa.corpus.tables import as_text
from ragqa.documents import Document
from ragqa.errors import MissingExtra


def read_xlsx(file: SourceFile) -> Iterator[Document | Problem]:
    """The documents of its sheets, as `read_sheets` gives them."""
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtra("reading Excel files", "files") from error
    open_zip(file).close()
    with readable("Excel file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(file.path, read_only=True, data_only=True, keep_links=False)
        try:
            yield from read_sheets(((sheet.title, _rows(sheet)) for sheet in book.worksheets), file)
        finally:
            book.close()


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
        return shown_time(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float):
        return shown_share(value) if "%" in str(cell.number_format or "") else shown_number(value)
    return as_text(value)
