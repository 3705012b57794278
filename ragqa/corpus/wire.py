"""What the process that reads files says to the one that asked: a line of JSON an item, and five words.

JSON, as the reading process has had hostile files in its hands: nothing that it sends can be more than data.
"""

from __future__ import annotations

import json
from typing import Any

from ragqa.corpus.files import Problem
from ragqa.documents import Document, Meta, Section, Table
from ragqa.metadata import is_plain

READY = b"ready\n"  # to be told of files
TAKEN = b"taken\n"  # I was told of a file; what follows is what it holds
LONGER = b"longer\n"  # what follows takes as long as a file of its own
END = b"end\n"  # of a file; and of the next one I want to be told
LEAVING = b"leaving\n"  # end of a file; and I end as well, start another of my kind


def encode(item: Document | Problem) -> bytes:
    """An item as a line. Half characters (lone surrogates) stay as they are."""
    if isinstance(item, Problem):
        fields: list[Any] = [item.source, item.reason, item.unread, item.remark]
    else:
        sections = [[section.start, section.heading, section.body] for section in item.sections]
        meta = dict(item.meta)
        tables = [[table.start, table.body, table.end, table.columns] for table in item.tables]
        fields = [item.id, item.text, item.title, item.source, meta, item.line, sections, item.whole]
        fields += [tables, item.together]
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def decode(line: bytes) -> Document | Problem:
    """The item that a line is; `ValueError` for a line that `encode` does not make."""
    try:
        fields = json.loads(line.decode("utf-8", "surrogatepass"))
        if len(fields) == 4:
            source, reason, unread, remark = fields
            return Problem(_text(source), _text(reason), unread is True, remark is True)
        name, text, title, source, meta, number, sections, whole, tables, together = fields
        return Document(
            _text(name),
            _text(text),
            _text(title),
            _text(source),
            _meta(meta),
            int(number),
            tuple(Section(int(start), _text(heading), int(body)) for start, heading, body in sections),
            whole is True,
            tuple(Table(int(start), int(body), int(end), _text(columns)) for start, body, end, columns in tables),
            tuple((int(start), int(end)) for start, end in together),
        )
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an item: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text belongs")
    return value


def _meta(value: Any) -> Meta:
    if not isinstance(value, dict) or not all(map(is_plain, value.values())):
        raise TypeError("metadata that are neither scalars nor lists of these")
    return value
