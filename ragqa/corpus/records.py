"""Files of records with a field ``text``, each a document: JSON lines, JSON, CSV, TSV, Parquet, SQuAD."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ragqa.corpus.encoding import decode
from ragqa.corpus.files import Problem, SourceFile, open_text, read_bytes
from ragqa.corpus.squad import is_squad, parse_squad
from ragqa.errors import SourceError
from ragqa.types import Document

_OWN = ("id", "text", "title")
_DELIMITERS = (",", ";", "\t", "|")
_ROWS = 1024


def read_jsonl(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a line; blank lines are passed over."""
    with open_text(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield Problem(f"{file.source}:{number}", f"not JSON ({error})")
                continue
            yield document(record, file, number)


def read_json(file: SourceFile) -> Iterator[Document | Problem]:
    """SQuAD-format JSON: a document of one passage a paragraph; or a list of records, numbered from 1."""
    try:
        content = json.loads(decode(read_bytes(file)))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not JSON ({error})") from error
    if isinstance(content, list):
        for number, record in enumerate(content, 1):
            yield document(record, file, number)
    elif is_squad(content):
        for number, paragraph in enumerate(parse_squad(content, "its content"), 1):
            title = paragraph.title.replace("_", " ")
            yield Document(paragraph.id, paragraph.text, title, f"{file.source}:{number}", whole=True)
    else:
        raise SourceError('JSON, but neither a list of records with a field "text" nor in SQuAD format')


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
        lines.seek(0)
        rows = csv.reader(lines, delimiter=delimiter)
        while True:
            number = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Problem(f"{file.source}:{number}", f"not a row of a table ({error})")
                continue
            if not any(map(str.strip, row)) or _names(row) == names:
                continue
            if len(row) > len(names):
                reason = f"{len(row)} columns where the header has {len(names)}"
                yield Problem(f"{file.source}:{number}", reason)
                continue
            fields = {name: value for name, value in zip(names, row, strict=False) if name and value.strip()}
            yield document({"text": "", **fields}, file, number)


def _header(line: str, delimiters: tuple[str, ...]) -> tuple[list[str], str]:
    for delimiter in delimiters:
        names = _names(next(csv.reader([line], delimiter=delimiter), []))
        if "text" in names:
            return names, delimiter
    raise SourceError('no column named "text" in its header row')


def _names(row: list[str]) -> list[str]:
    """Column names; spreadsheets write Text where we mean text."""
    names = [name.strip() for name in row]
    return [name.lower() if name.lower() in _OWN else name for name in names]


def read_parquet(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a row; nested and binary columns are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path) as table:
            columns = [field.name for field in table.schema_arrow if not _is_odd(field.type)]
            if "text" not in columns:
                raise SourceError('no column named "text"')
            number = 0
            for batch in table.iter_batches(_ROWS, columns=columns):
                for record in batch.to_pylist():
                    number += 1
                    yield document({name: _plain(value) for name, value in record.items()}, file, number)
    except pa.ArrowException as error:
        raise SourceError(f"not a readable Parquet file ({' '.join(str(error).split())})") from error


def _is_odd(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def document(record: Any, file: SourceFile, number: int) -> Document | Problem:
    """A record as a document: id, text and title as given, other scalars are meta; without id it gets its place."""
    source = f"{file.source}:{number}"
    if not isinstance(record, Mapping):
        return Problem(source, 'not a record with a field "text"')
    text, title, given = record.get("text"), record.get("title"), record.get("id")
    if not isinstance(text, str):
        return Problem(source, 'no field "text"' if text is None else 'the field "text" is not text')
    if not (given is None or isinstance(given, (str, int))):
        return Problem(source, 'the field "id" is neither text nor a number')
    meta = {
        _whole(str(name)): _whole(value) if isinstance(value, str) else value
        for name, value in _others(record.items())
        if isinstance(value, (str, int, float, bool))
    }
    name = f"{file.name}:{number}" if given is None or given == "" else str(given)
    return Document(_whole(name), _whole(text), _whole(str(title or "")), source, meta)


def _others(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    return ((name, value) for name, value in items if name not in _OWN)


def _whole(text: str) -> str:
    """JSON can escape half a character (a lone surrogate), which no file can hold; it becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
