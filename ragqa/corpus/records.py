"""Files of records in text, each a document: JSON lines, JSON, CSV, TSV, SQuAD. (Parquet has its own module.)

The field ``text`` is the document's text. Files of rows without such a field are tables, triples or FAQ (`tables`).
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ragqa.corpus.files import Problem, SourceFile, decoded, open_text, read_bytes
from ragqa.corpus.limits import Limits, too_deep, too_wide
from ragqa.corpus.squad import is_squad, parse_squad
from ragqa.corpus.tables import Cells, RowReader, is_reserved, is_special, row_reader
from ragqa.errors import SourceError
from ragqa.types import Document

_OWN = ("id", "text", "title")
_DELIMITERS = (",", ";", "\t", "|")
_MOST_DIGITS = 4_000  # Python refuses to read or write longer integers (from 4,300 on), so these stay text
_LONGEST_ROW = 10_000_000  # characters between a quotation mark and the one that closes it
_UNCLOSED = 20  # quotation marks that are never closed, each of which costs as many characters to find out


def read_jsonl(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a line; blank lines are passed over.

    A record with a field "text" is a text. Of what kind the others are is told by the first record of the file, and if
    that is a text, they are not to be read.
    """
    make: RowReader | None = None
    told = False
    with open_text(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = _parsed(line, file.limits)
            except SourceError as error:
                yield Problem(f"{file.source}:{number}", str(error))
                continue
            if not told and isinstance(record, Mapping):
                make, told = None if "text" in record else row_reader(list(record)), True
            if make is None or not isinstance(record, Mapping) or "text" in record:
                yield document(record, file, number)
            else:
                yield make([(_whole(name), _whole_value(value)) for name, value in record.items()], file, number)


def read_json(file: SourceFile) -> Iterator[Document | Problem]:
    """SQuAD-format JSON: a document of one passage a paragraph; or a list of records, numbered from 1."""
    content = _parsed(decoded(file, read_bytes(file)), file.limits)
    if isinstance(content, list):
        for number, record in enumerate(content, 1):
            yield document(record, file, number)
    elif is_squad(content):
        for number, paragraph in enumerate(parse_squad(content, "its content"), 1):
            title = paragraph.subject
            yield Document(paragraph.id, paragraph.text, title, f"{file.source}:{number}", whole=True)
    else:
        raise SourceError('JSON, but neither a list of records with a field "text" nor in SQuAD format')


def _parsed(text: str, limits: Limits) -> Any:
    """JSON as data; a record of too many fields, like all else that is wrong, is a `SourceError`."""
    try:
        content = json.loads(text, parse_int=_integer)
    except RecursionError as error:
        raise SourceError(too_deep(limits.nesting)) from error
    except ValueError as error:
        raise SourceError(f"not JSON ({error})") from error
    if isinstance(content, Mapping) and len(content) > limits.columns:
        raise SourceError(too_wide(len(content), limits.columns))
    return content


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def read_csv(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row; the header row names the columns, and tells by which of comma, semicolon, tab and "|"."""
    yield from _rows(file, _DELIMITERS)


def read_tsv(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row, as in DPR's ``id text title``."""
    yield from _rows(file, ("\t",))


def _rows(file: SourceFile, delimiters: tuple[str, ...]) -> Iterator[Document | Problem]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with open_text(file) as lines:
        first = next((line for line in lines if line.strip()), "")
        names, delimiter = _header(first, delimiters)
        if len(names) > file.limits.columns:
            raise SourceError(too_wide(len(names), file.limits.columns))
        make = _text_row if "text" in names else row_reader(names)
        lines.seek(0)
        for number, row in _table(lines, delimiter, len(names)):
            if isinstance(row, str):
                yield Problem(f"{file.source}:{number}", row)
            elif len(row) > len(names):
                yield Problem(f"{file.source}:{number}", f"{len(row)} columns where the header has {len(names)}")
            elif any(map(str.strip, row)) and _names(row) != names:
                cells = [(name, value) for name, value in zip(names, row, strict=False) if name and value.strip()]
                yield make(cells, file, number)


def _text_row(cells: Cells, file: SourceFile, number: int) -> Document | Problem:
    return document({"text": "", **dict(cells)}, file, number)


def _table(lines: Iterator[str], delimiter: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """Each row with the number of its first line; a text instead of a row says what is wrong there.

    Between tabs a line that has all columns is a row, whatever quotation marks stand in it: most such files quote
    nothing. Everywhere else a quoted field may hold line ends; one that is never closed, or not for ten million
    characters, costs its first line alone, and after twenty such this is a `SourceError`.
    """
    number = unclosed = 0
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


def _header(line: str, delimiters: tuple[str, ...]) -> tuple[list[str], str]:
    """Columns and delimiter: the first by which there is a "text" or another column we know, or else the most."""
    ways = [(_names(next(csv.reader([line], delimiter=delimiter), [])), delimiter) for delimiter in delimiters]
    known = [way for way in ways if "text" in way[0]] or [way for way in ways if is_special(way[0])]
    names, delimiter = known[0] if known else max(ways, key=lambda way: len(way[0]))
    if not any(names):
        raise SourceError("no header row that names its columns")
    return names, delimiter


def _names(row: list[str]) -> list[str]:
    """Column names; spreadsheets write Text where we mean text. In files without it they stay as they are."""
    names = [name.strip() for name in row]
    if "text" not in map(str.lower, names):
        return names
    return [name.lower() if name.lower() in _OWN else name for name in names]


def document(record: Any, file: SourceFile, number: int) -> Document | Problem:
    """A record as a document: id, text and title as given, all else is meta, as what a field "meta" holds
    is; without id it gets its place.
    """
    source = f"{file.source}:{number}"
    if not isinstance(record, Mapping):
        return Problem(source, 'not a record with a field "text"')
    text, title, given = record.get("text"), record.get("title"), record.get("id")
    if not isinstance(text, str):
        return Problem(source, 'no field "text"' if text is None else 'the field "text" is not text')
    if not (given is None or isinstance(given, (str, int))):
        return Problem(source, 'the field "id" is neither text nor a number')
    own = record.get("meta")
    items = [*record.items(), *own.items()] if isinstance(own, Mapping) else record.items()
    meta = {_whole(str(name)): _whole_value(value) for name, value in _others(items) if value is not own}
    name = f"{file.name}:{number}" if given is None or given == "" else str(given)
    headed = str(title or "") if isinstance(title, (str, int, float)) else ""
    return Document(_whole(name), _whole(text), _whole(headed), source, meta)


def _others(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    return ((name, value) for name, value in items if name not in _OWN and not is_reserved(str(name), value))


def _whole_value(value: Any) -> Any:
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    """JSON can escape half a character (a lone surrogate), which no file can hold; it becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
