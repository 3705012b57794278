"""Documents of retrieval collections, in the formats that they are given out in.

trec    ``<DOC><DOCNO>1</DOCNO> … </DOC>``; a ``<TITLE>`` or ``<HEAD>`` inside is the title, other tags are left out
smart   ``.I 1`` and fields such as ``.T`` (title) and ``.W`` (text), each on lines of its own (Cranfield, CACM)
beir    a JSON object a line: ``_id``, ``title``, ``text``

All optionally gzipped. Ids are the collection's own. A document without text has its title as text.
"""

from __future__ import annotations

import html
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ragqa.corpus.encoding import decode
from ragqa.corpus.files import SourceFile, read_bytes
from ragqa.errors import SourceError
from ragqa.types import Document

_TREC_DOCUMENT = re.compile(r"<DOC>(.*?)</DOC>", re.DOTALL | re.IGNORECASE)
_TREC_ID = re.compile(r"<DOCNO>\s*(\S+)\s*</DOCNO>", re.IGNORECASE)
_TREC_TITLE = re.compile(r"<(TITLE|HEAD|HEADLINE)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_SMART_FIELD = re.compile(r"^\.([A-Z])(?:[ \t]+(\S+))?[ \t]*$")


def read_collection(path: str | Path, format: str) -> Iterator[Document]:  # noqa: A002 - the field's word
    """The documents of a file in one of the formats of this module, in its order."""
    path = Path(path)
    readers: dict[str, Callable[[str, Path], Iterator[Document]]] = {"trec": _trec, "smart": _smart, "beir": _beir}
    if format not in readers:
        raise SourceError(f"{path}: unknown collection format {format!r}; known are {', '.join(readers)}")
    count = 0
    for document in readers[format](read_text(path), path):
        if document.text.strip():  # Cranfield has two without a word
            count += 1
            yield document
    if not count:
        raise SourceError(f"{path}: holds no document in the format {format}")


def read_text(path: Path) -> str:
    """A whole text file, gzipped or not, whatever its encoding."""
    try:
        return decode(read_bytes(SourceFile(path, path.name)))
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error


def read_smart(text: str) -> Iterator[dict[str, str]]:
    """The records of a SMART file: field letter → text, with "I" the id."""
    record: dict[str, list[str]] = {}
    letter = ""
    for line in text.splitlines():
        field = _SMART_FIELD.match(line)
        if field and field[1] == "I":
            if record:
                yield {name: "\n".join(lines).strip() for name, lines in record.items()}
            record, letter = {"I": [field[2] or ""]}, "I"
        elif field and not field[2]:
            letter = field[1]
            record.setdefault(letter, [])
        elif record:
            record[letter].append(line)
    if record:
        yield {name: "\n".join(lines).strip() for name, lines in record.items()}


def trec_blocks(text: str) -> Iterator[tuple[str, str]]:
    """(id, content) of each ``<DOC>``."""
    for block in _TREC_DOCUMENT.finditer(text):
        if number := _TREC_ID.search(block[1]):
            yield number[1], _TREC_ID.sub("", block[1])


def plain(markup: str) -> str:
    """Text without its tags and entities."""
    return html.unescape(_TAG.sub("", markup)).strip()


def json_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line that is not blank."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}:{number}: not JSON ({error})") from error
        if not isinstance(record, dict):
            raise SourceError(f"{path}:{number}: expected a JSON object")
        yield number, record


def _trec(text: str, path: Path) -> Iterator[Document]:
    for name, content in trec_blocks(text):
        title = _TREC_TITLE.search(content)
        body = plain(_TREC_TITLE.sub("", content) if title else content)
        yield _document(name, plain(title[2]) if title else "", body, path)


def _smart(text: str, path: Path) -> Iterator[Document]:
    for record in read_smart(text):
        title, body = " ".join(record.get("T", "").split()), record.get("W", "")
        yield _document(record["I"], title, body, path)


def _beir(text: str, path: Path) -> Iterator[Document]:
    for number, record in json_lines(text, path):
        name = record.get("_id")
        if not isinstance(name, (str, int)):
            raise SourceError(f"{path}:{number}: a document needs an _id")
        yield _document(str(name), str(record.get("title") or ""), str(record.get("text") or ""), path)


def _document(name: str, title: str, text: str, path: Path) -> Document:
    return Document(name, text if text.strip() else title, title if text.strip() else "", f"{path.name}#{name}")
