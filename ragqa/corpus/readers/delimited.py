"""Tables in text: CSV and TSV, as programs write them. Each row is a document.

Before the header there may be a line ``sep=;`` and lines of a title, which then stands with every row; rows may end in
delimiters without a cell; a quoted cell, also of the header, may hold line ends.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from ragqa.corpus.files import Problem, SourceFile, open_text
from ragqa.corpus.readers.headers import Header, Row, find_header, read_rows
from ragqa.corpus.readers.lines import separated
from ragqa.corpus.tables import is_special
from ragqa.documents import Document
from ragqa.errors import SourceError

_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_ROW = 10_000_000  # characters between a quotation mark and the one that closes it
_UNCLOSED = 20  # quotation marks that are never closed, each of which costs as many characters to find out
_SAMPLE = 50  # lines by which the header is found


def read_csv(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row; the header row names the columns, and tells by which of comma, semicolon, tab and "|"."""
    yield from _rows(file, _DELIMITERS)


def read_tsv(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row, as in DPR's ``id text title``."""
    yield from _rows(file, ("\t",))


def _rows(file: SourceFile, delimiters: tuple[str, ...]) -> Iterator[Document | Problem]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with open_text(file) as lines:
        header, delimiter = _header(list(islice(lines, _SAMPLE)), delimiters)
        lines.seek(0)
        above = header.line - 1
        yield from read_rows(_table(islice(lines, above, None), delimiter, len(header.names), above), header, file)


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


def _header(lines: Sequence[str], delimiters: tuple[str, ...]) -> tuple[Header, str]:
    """Header and delimiter that the first lines show: a header with a "text" or another column we know, or else the one
    that most rows below fit, and of these the one with the most columns.
    """
    skipped = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    said = lines[skipped].strip().lower() if skipped < len(lines) else ""
    if said.startswith("sep=") and len(said) <= len("sep=;"):
        skipped, delimiters = skipped + 1, (lines[skipped].strip("\r\n ")[4:] or "\t",)
    ways = [(_header_by(delimiter, lines, skipped), delimiter) for delimiter in delimiters]
    known = [way for way in ways if "text" in way[0].names] or [way for way in ways if is_special(way[0].names)]
    best = known[0] if known else max(ways, key=lambda way: (way[0].named > 1, way[0].likely, len(way[0].names)))
    if not any(best[0].names):
        raise SourceError("no header row that names its columns")
    return best


def _header_by(delimiter: str, lines: Sequence[str], skipped: int) -> Header:
    rows = list(_sampled(lines, skipped, delimiter))
    return find_header([row for row in rows if any(map(str.strip, row.cells))] or rows[:1])


def _sampled(lines: Sequence[str], skipped: int, delimiter: str) -> Iterator[Row]:
    """Rows, as far as they can be told from some lines alone."""
    for at, cells in separated(lines[skipped:], skipped, delimiter):
        yield Row(at + 1, cells, apart=at > 0 and not lines[at - 1].strip())
