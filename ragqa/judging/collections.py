"""Documents of retrieval collections, in the formats in which these are published.

trec    ``<DOC><DOCNO>1</DOCNO> … </DOC>``; a ``<TITLE>`` or ``<HEAD>`` inside is the title, other tags are left out
smart   ``.I 1`` and fields such as ``.T`` (title) and ``.W`` (text), each on lines of its own (Cranfield, CACM)
beir    a JSON object a line: ``_id``, ``title``, ``text``

Relevance judgements are read as well. All files may be gzipped. Ids are the collection's own. A document without text
gets its title as text. Everything malformed is a `SourceError` that names the file, and the record if there is one.
"""

from __future__ import annotations

import html
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ragqa.corpus.encoding import decode
from ragqa.corpus.files import SourceFile, read_bytes
from ragqa.documents import Document
from ragqa.errors import SourceError

_LINE_END = re.compile(r"\r\n|\r|\n")
_HALF = re.compile("[\ud800-\udfff]")
_TREC_ID = re.compile(r"<DOCNO>\s*(\S+)\s*</DOCNO>", re.IGNORECASE)
_TREC_TITLE = re.compile(r"<(TITLE|HEAD|HEADLINE)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_HIGHEST_GRADE = 1_000_000
_SMART_FIELD = re.compile(r"^\.([A-Z])(?:[ \t]+(\S+))?[ \t]*$")


def read_collection(path: str | Path, format: str = "auto") -> Iterator[Document]:  # noqa: A002 - the field's word
    """The documents of a file in one of the formats of this module, in its order; "auto" tells it by how it begins."""
    path = Path(path)
    readers: dict[str, Callable[[str, Path], Iterator[Document]]] = {"trec": _trec, "smart": _smart, "beir": _beir}
    if format not in ("auto", *readers):
        raise SourceError(f"{path}: unknown collection format {format!r}; known are {', '.join(readers)}")
    text, count = read_text(path), 0
    if format == "auto":
        format = detect(text, path)  # noqa: A001
    for document in readers[format](text, path):
        if document.text.strip():  # Cranfield has two without a word
            count += 1
            yield document
    if not count:
        raise SourceError(f"{path}: holds no document in the format {format}")


def detect(text: str, path: Path) -> str:
    """The format of a collection, by how it begins."""
    head = text.lstrip()[:5].lower()
    for start, name in (("<doc>", "trec"), (".i ", "smart"), ("{", "beir")):
        if head.startswith(start):
            return name
    raise SourceError(f"{path}: not a collection in a known format (trec, smart, beir)")


def read_qrels(path: Path, prefix: str = "") -> dict[str, dict[str, int]]:
    """Question id → document id → grade; negative grades count as 0."""
    judged: dict[str, dict[str, int]] = {}
    for number, line in numbered(read_text(path)):
        parts = [part.strip() for part in line.strip().split("\t")]
        parts = parts if len(parts) in (3, 4) else line.split()
        if number == 1 and parts[0] in ("query-id", "qid"):
            continue
        if len(parts) not in (3, 4):
            raise SourceError(f"{path}:{number}: expected question, 0, document, grade")
        try:
            grade = int(float(parts[-1]))
        except (ValueError, OverflowError) as error:
            raise SourceError(f"{path}:{number}: the grade {parts[-1]} is no number") from error
        if abs(grade) > _HIGHEST_GRADE:
            raise SourceError(f"{path}:{number}: the grade {parts[-1]} is beyond {_HIGHEST_GRADE}")
        document = parts[-2]
        if prefix and document.startswith(prefix):
            document = document[len(prefix) :].lstrip("0")
        judged.setdefault(parts[0], {})[document] = max(0, grade)
    return judged


def read_text(path: Path) -> str:
    """A whole text file, gzipped or not, whatever its encoding."""
    try:
        return decode(read_bytes(SourceFile(path, path.name)))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise SourceError(f"{path}: cannot be read ({reason})") from error
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of each line that is not blank; lines end at LF, CR or CRLF and nothing else."""
    for number, line in enumerate(_LINE_END.split(text), 1):
        if line.strip():
            yield number, line


def whole(text: str) -> str:
    """The text with U+FFFD for each lone surrogate: JSON can escape half a character, which no file can hold."""
    return _HALF.sub("\ufffd", text)


def name_of(value: Any, place: str) -> str:
    """An id as text; one that is neither a text nor a whole number is a `SourceError`."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise SourceError(f"{place} must be a text or a whole number")
    return whole(str(value))


def text_of(value: Any, place: str) -> str:
    """A text, where null counts as an empty one; anything else is a `SourceError`."""
    if not isinstance(value, str | None):
        raise SourceError(f"{place} must be a text")
    return whole(value or "")


def finite(value: str | int | float) -> bool:
    """False for NaN and infinity, which Python's JSON reader lets through."""
    return not isinstance(value, float) or math.isfinite(value)


def read_smart(text: str) -> Iterator[dict[str, str]]:
    """The records of a SMART file: field letter → text, with "I" the id."""
    record: dict[str, list[str]] = {}
    letter = ""
    for line in _LINE_END.split(text):
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


def trec_blocks(text: str, path: Path) -> Iterator[tuple[str, str]]:
    """(id, content) of each ``<DOC>``."""
    for place, block in enumerate(elements(text, "DOC", path), 1):
        number = _TREC_ID.search(block)
        if not number:
            raise SourceError(f"{path}: document {place} has no <DOCNO>")
        yield number[1], _TREC_ID.sub("", block)


def elements(text: str, tag: str, path: Path) -> list[str]:
    """What stands in each ``<tag>`` … ``</tag>``; a file that ends inside one is a `SourceError`."""
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL | re.IGNORECASE)
    begun = len(re.findall(rf"<{tag}>", text, re.IGNORECASE))
    if begun != len(found):
        raise SourceError(f"{path}: {begun} <{tag}> begin and {len(found)} are closed by </{tag}>: is the file whole?")
    return found


def plain(markup: str) -> str:
    """Text without its tags and entities."""
    return html.unescape(_TAG.sub("", markup)).strip()


def json_of(text: str, path: Path) -> Any:
    """A whole file of JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON ({error})") from error


def json_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line that is not blank."""
    for number, line in numbered(text):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}:{number}: not JSON ({error})") from error
        if not isinstance(record, dict):
            raise SourceError(f"{path}:{number}: expected a JSON object")
        yield number, record


def _trec(text: str, path: Path) -> Iterator[Document]:
    for name, content in trec_blocks(text, path):
        title = _TREC_TITLE.search(content)
        body = plain(_TREC_TITLE.sub("", content) if title else content)
        yield _document(name, plain(title[2]) if title else "", body, path)


def _smart(text: str, path: Path) -> Iterator[Document]:
    for place, record in enumerate(read_smart(text), 1):
        if not record["I"]:
            raise SourceError(f"{path}: record {place} has no id after .I")
        title, body = " ".join(record.get("T", "").split()), record.get("W", "")
        yield _document(record["I"], title, body, path)


def _beir(text: str, path: Path) -> Iterator[Document]:
    for number, record in json_lines(text, path):
        place = f"{path}:{number}: "
        title, body = text_of(record.get("title"), place + "title"), text_of(record.get("text"), place + "text")
        yield _document(name_of(record.get("_id"), place + "_id"), title, body, path)


def _document(name: str, title: str, text: str, path: Path) -> Document:
    return Document(name, text if text.strip() else title, title if text.strip() else "", f"{path.name}#{name}")
