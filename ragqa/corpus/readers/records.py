"""Files of JSON: lines and lists of records, each a document; SQuAD; and anything nested.

The field ``text`` is the document's text. Files of rows without such a field are tables, triples or FAQ (`tables`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ragqa.corpus.files import Problem, SourceFile, decoded, open_text, read_bytes
from ragqa.corpus.limits import Limits, too_deep, too_wide
from ragqa.corpus.readers.leaves import flat, read_leaves
from ragqa.corpus.squad import is_squad, parse_squad
from ragqa.corpus.tables import RowReader, is_reserved, row_reader
from ragqa.documents import Document
from ragqa.errors import SourceError

OWN = ("id", "text", "title")
_MOST_DIGITS = 4_000  # Python refuses to read or write longer integers (from 4,300 on), so these stay text


def read_jsonl(file: SourceFile) -> Iterator[Document | Problem]:
    """A document a line; blank lines are passed over.

    A record with a field "text" is a text. Of what kind the others are is told by the first record of the file, and if
    that is a text, they are not to be read.
    """
    with open_text(file) as lines:
        yield from _records(_lines(lines, file), file)


def read_json(file: SourceFile) -> Iterator[Document | Problem]:
    """A list of records, read like JSON lines and numbered from 1; SQuAD-format JSON: a document of one passage a
    paragraph; anything else is one document that quotes its leaves (`ragqa.corpus.readers.leaves`).
    """
    content = parsed_json(decoded(file, read_bytes(file)), file.limits)
    if isinstance(content, list) and any(isinstance(record, Mapping) for record in content):
        yield from _records(enumerate(content, 1), file)
    elif is_squad(content):
        for number, paragraph in enumerate(parse_squad(content, "its content"), 1):
            title = paragraph.subject
            yield Document(paragraph.id, paragraph.text, title, f"{file.source}:{number}", whole=True)
    else:
        yield read_leaves(content, file)


def _lines(lines: Iterable[str], file: SourceFile) -> Iterator[tuple[int, Any]]:
    """Each line's number and what it says, or the `Problem` that it is."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, parsed_json(line, file.limits)
            except SourceError as error:
                yield number, Problem(f"{file.source}:{number}", str(error))


def _records(records: Iterable[tuple[int, Any]], file: SourceFile) -> Iterator[Document | Problem]:
    make: RowReader | None = None
    told = False
    for number, record in records:
        if isinstance(record, Problem):
            yield record
            continue
        if not told and isinstance(record, Mapping):
            make, told = None if "text" in record else row_reader(list(record)), True
        if make is None or not isinstance(record, Mapping) or "text" in record:
            yield document(record, file, number)
        else:
            yield make([(_whole(name), _whole_value(value)) for name, value in flat("", record)], file, number)


def parsed_json(text: str, limits: Limits) -> Any:
    """JSON as data, integers of more than 4,000 digits as text; a record of too many fields, like all else that is
    wrong, is a `SourceError`.
    """
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
    return ((name, value) for name, value in items if name not in OWN and not is_reserved(str(name), value))


def _whole_value(value: Any) -> Any:
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    """JSON can escape half a character (a lone surrogate), which no file can hold; it becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
