"""Tables in text: CSV and TSV, as programs write them. Each row is a document.

Before the header there may be a line ``sep=;`` and lines of a title, which then stands with every row; rows may end in
delimiters without a cell; a quoted cell, also of the header, may hold line ends.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from ragqa.corpus.files import Problem, SourceFile, open_text
from ragqa.corpus.limits import too_wide
from ragqa.corpus.records import OWN, document
from ragqa.corpus.tables import Cells, file_title, is_special, row_reader
from ragqa.errors import SourceError
from ragqa.types import Document

_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_ROW = 10_000_000  # characters between a quotation mark and the one that closes it
_UNCLOSED = 20  # quotation marks that are never closed, each of which costs as many characters to find out
_SAMPLE = 50  # lines by which the header is found
_TITLE_LINES = 10  # above the header, at most
_LONGEST_TITLE = 300  # characters


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns' names, what stands between them, the line that the header begins on, and the title above it."""

    names: list[str]
    delimiter: str
    line: int
    title: str = ""
    likely: int = 0  # rows of the sample that fit it


def read_csv(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row; the header row names the columns, and tells by which of comma, semicolon, tab and "|"."""
    yield from _rows(file, _DELIMITERS)


def read_tsv(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row, as in DPR's ``id text title``."""
    yield from _rows(file, ("\t",))


def _rows(file: SourceFile, delimiters: tuple[str, ...]) -> Iterator[Document | Problem]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with open_text(file) as lines:
        header = _header(list(islice(lines, _SAMPLE)), delimiters)
        names = header.names
        if len(names) > file.limits.columns:
            raise SourceError(too_wide(len(names), file.limits.columns))
        make = _text_row if "text" in names else row_reader(names)
        lines.seek(0)
        above = header.line - 1
        for number, row in _table(islice(lines, above, None), header.delimiter, len(names), above):
            if isinstance(row, str):
                yield Problem(f"{file.source}:{number}", row)
            elif len(_trimmed(row)) > len(names):
                yield Problem(f"{file.source}:{number}", f"{len(row)} columns where the header has {len(names)}")
            elif any(map(str.strip, row)) and _names(row)[: len(names)] != names:
                cells = [(name, value) for name, value in zip(names, row, strict=False) if name and value.strip()]
                yield _titled(make(cells, file, number), header.title, file)


def _titled(row: Document | Problem, title: str, file: SourceFile) -> Document | Problem:
    """A row that is headed by its file's name is headed by the table's title as well."""
    if title and isinstance(row, Document) and row.title == file_title(file):
        return replace(row, title=f"{row.title}: {title}")
    return row


def _text_row(cells: Cells, file: SourceFile, number: int) -> Document | Problem:
    return document({"text": "", **dict(cells)}, file, number)


def _table(lines: Iterator[str], delimiter: str, width: int, above: int) -> Iterator[tuple[int, list[str] | str]]:
    """Each row with the number of its first line, where ``above`` lines stand before them; a text instead of a row says
    what is wrong there.

    Between tabs a line that has all columns is a row, whatever quotation marks stand in it: most such files quote
    nothing. Everywhere else a quoted field may hold line ends; one that is never closed, or not for ten million
    characters, costs its first line alone, and after twenty such this is a `SourceError`.
    """
    number, unclosed = above, 0
    while (line := next(lines, None)) is not None:
        number += 1
        if delimiter == "\t" and line.count("\t") == width - 1:
            yield number, [_unquoted(field) for field in line.rstrip("\r\n").split("\t")]
            continue
        taken = [line]
        rows = csv.reader(_taking(taken, lines), delimiter=delimiter)
        try:
            row: list[str] | str = next(rows)
        except csv.Error as error:
            row = f"not a row of a table ({error})"
        if not taken[-1]:
            unclosed += 1
            if unclosed > _UNCLOSED:
                raise SourceError(f"no table: more than {_UNCLOSED} quotation marks open and are never closed")
            row = "a quotation mark opens here and is never closed"
            lines, taken = chain(taken[1:-1], lines), taken[:1]
        yield number, row
        number += len(taken) - 1


def _taking(taken: list[str], more: Iterator[str]) -> Iterator[str]:
    """What was taken and then ``more``, which is taken down as it is asked for, and an empty text at its end, or where
    a row is longer than any should be.
    """
    yield from taken
    length = 0
    for line in more:
        taken.append(line)
        length += len(line)
        if length > _LONGEST_ROW:
            break
        yield line
    taken.append("")


def _unquoted(field: str) -> str:
    """What a field says that is quoted as a whole, with marks inside doubled; any other as it stands."""
    inside = field[1:-1]
    quoted = len(field) > 1 and field[0] == field[-1] == '"' and '"' not in inside.replace('""', "")
    return inside.replace('""', '"') if quoted else field


def _header(lines: Sequence[str], delimiters: tuple[str, ...]) -> _Header:
    """The header that the first lines show by one of the delimiters: one with a "text" or another column we know, or
    else the one that most rows below fit, and of these the one with the most columns.
    """
    skipped = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    said = lines[skipped].strip().lower() if skipped < len(lines) else ""
    if said.startswith("sep=") and len(said) <= len("sep=;"):
        skipped, delimiters = skipped + 1, (lines[skipped].strip("\r\n ")[4:] or "\t",)
    ways = [_header_by(delimiter, lines, skipped) for delimiter in delimiters]
    known = [way for way in ways if "text" in way.names] or [way for way in ways if is_special(way.names)]
    best = known[0] if known else max(ways, key=lambda way: (sum(map(bool, way.names)) > 1, way.likely, len(way.names)))
    if not any(best.names):
        raise SourceError("no header row that names its columns")
    return best


def _header_by(delimiter: str, lines: Sequence[str], skipped: int) -> _Header:
    """The header if this is the delimiter: the first row, unless a title stands there.

    A title is alone in its row, or an empty line follows it; and most of the rows below a header fit it.
    """
    rows = [(skipped + number, row) for number, row in _sampled(lines[skipped:], delimiter) if any(map(str.strip, row))]
    if not rows:
        return _Header(next((_names(row) for _, row in _sampled(lines, delimiter)), []), delimiter, 1)
    for at, (number, row) in enumerate(rows[: _TITLE_LINES + 1]):
        names = _names(row)
        likely = sum(len(below) > 1 and len(_trimmed(below)) <= len(names) for _, below in rows[at + 1 :])
        if "text" in names or is_special(names) or (sum(map(bool, names)) > 1 and 2 * likely > len(rows) - at - 1):
            return _Header(names, delimiter, number, _title(rows[:at]), likely)
        if sum(map(bool, names)) > 1 and not (at + 1 < len(rows) and not lines[rows[at + 1][0] - 2].strip()):
            break
    return _Header(_names(rows[0][1]), delimiter, rows[0][0])


def _sampled(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the numbers of their first lines, as far as they can be told from some lines alone."""
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        number = rows.line_num + 1
        try:
            yield number, next(rows)
        except (StopIteration, csv.Error):
            return


def _title(rows: Sequence[tuple[int, list[str]]]) -> str:
    said = " ".join(" ".join(filter(None, map(str.strip, row))) for _, row in rows)
    return " ".join(said.split())[:_LONGEST_TITLE]


def _trimmed(row: list[str]) -> list[str]:
    """The row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _names(row: list[str]) -> list[str]:
    """Column names; spreadsheets write Text where we mean text. In files without it they stay as they are."""
    names = [" ".join(name.split()) for name in row]
    if "text" not in map(str.lower, names):
        return names
    return [name.lower() if name.lower() in OWN else name for name in names]
