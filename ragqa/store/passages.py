"""Documents and passages of a segment: two Arrow IPC files, written once, then memory-mapped.

``passages.arrow`` holds the text of each passage, so that reading a passage takes one lookup; title, source and
metadata come from ``documents.arrow`` through the column ``doc``.

A document is stored with all that the splitter needs, so passages can be cut from it again. Files of indexes of formats
1 and 2 lack its tables, what belongs together, and where the text of a section begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ragqa.documents import ORIGIN, PROGRAM, Document, Meta, Passage, Section, Table
from ragqa.errors import SourceError
from ragqa.metadata import is_plain, plain_meta
from ragqa.store.layout import DOCUMENTS, PASSAGES
from ragqa.store.reading import damaged
from ragqa.store.tables import TableReader, TableWriter

DOCUMENT_BATCH = 128
PASSAGE_BATCH = 1024
READ_DOCUMENTS = 64
Shape = Sequence[Mapping[str, Any]]  # a list of structs, as Arrow gives it
_GIVEN = json.dumps({ORIGIN: PROGRAM})[1:-1]  # cannot occur within a value, where JSON escapes quotation marks


def _fields(**kinds: pa.DataType) -> list[pa.Field]:
    return [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]


def _list(**kinds: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct(_fields(**kinds)))


def _schema(**kinds: pa.DataType) -> pa.Schema:
    return pa.schema(_fields(**kinds))


_HEAD = {
    "id": pa.string(),
    "sha": pa.string(),
    "title": pa.string(),
    "source": pa.string(),
    "meta": pa.string(),
    "line": pa.int32(),
    "whole": pa.bool_(),
}  # the columns that files of each format begin with
DOCUMENT_SCHEMA = _schema(
    **_HEAD,
    sections=_list(start=pa.int32(), heading=pa.string(), body=pa.int32()),
    tables=_list(start=pa.int32(), body=pa.int32(), end=pa.int32(), columns=pa.string()),
    together=_list(start=pa.int32(), end=pa.int32()),
    text=pa.string(),
)
OLDER_DOCUMENT_SCHEMA = _schema(
    **_HEAD,
    sections=_list(start=pa.int32(), heading=pa.string()),
    text=pa.string(),
)
PASSAGE_SCHEMA = _schema(
    id=pa.string(),
    doc=pa.int32(),
    start=pa.int32(),
    end=pa.int32(),
    line=pa.int32(),
    heading=pa.string(),
    text=pa.string(),
)


def storable(document: Document) -> Document:
    """The document in the form in which it can be stored: metadata as `plain_meta` gives them (`SourceError` if they
    cannot be stored), and a question mark for each lone surrogate, which UTF-8 cannot hold; offsets do not change.
    """
    if meta := document.meta:
        kept = plain_meta(meta, document.id)
        if len(kept) != len(meta) or any(kept.get(key) is not value for key, value in meta.items()):
            document = replace(document, meta=kept)
    try:
        "\0".join((document.id, document.text, document.title, document.source, _dump(document.meta))).encode()
        "".join(section.heading for section in document.sections).encode()
        "".join(table.columns for table in document.tables).encode()
    except UnicodeEncodeError:
        return replace(
            document,
            id=encodable(document.id),
            text=encodable(document.text),
            title=encodable(document.title),
            source=encodable(document.source),
            meta=json.loads(encodable(_dump(document.meta))),
            sections=tuple(replace(section, heading=encodable(section.heading)) for section in document.sections),
            tables=tuple(replace(table, columns=encodable(table.columns)) for table in document.tables),
        )
    return document


def by_program(document: Document) -> Document:
    """The document, marked as given by a program; anything that is no document is a `SourceError`."""
    if not isinstance(document, Document):
        raise SourceError(f"{type(document).__name__} where a Document belongs: give ragqa.Document(id, text, ...)")
    if not (isinstance(document.id, str) and document.id and isinstance(document.text, str)):
        raise SourceError(f"document {document.id!r:.100}: its id must be a text that is not empty, its text a text")
    return replace(document, meta={**document.meta, ORIGIN: PROGRAM})


def unmarked(document: Document) -> Document:
    """The document without the mark of `by_program`."""
    return replace(document, meta={key: value for key, value in document.meta.items() if key != ORIGIN})


def encodable(text: str) -> str:
    """Text with a question mark for each lone surrogate."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shape(document: Document) -> tuple[Shape, Shape, Shape]:
    """Sections, tables, and what belongs together, as lists of structs."""
    return (
        [{"start": one.start, "heading": one.heading, "body": one.body} for one in document.sections],
        [{"start": one.start, "body": one.body, "end": one.end, "columns": one.columns} for one in document.tables],
        [{"start": start, "end": end} for start, end in document.together],
    )


def _dump(meta: Meta) -> str:
    return json.dumps(dict(meta), ensure_ascii=False)


class PassageWriter:
    """Writes the two files of a segment."""

    def __init__(self, folder: Path) -> None:
        self._documents = TableWriter(folder / DOCUMENTS, DOCUMENT_SCHEMA, DOCUMENT_BATCH)
        self._passages = TableWriter(folder / PASSAGES, PASSAGE_SCHEMA, PASSAGE_BATCH)

    @property
    def documents(self) -> int:
        """How many documents were added."""
        return self._documents.rows

    @property
    def rows(self) -> int:
        """How many passages were added."""
        return self._passages.rows

    def add(self, document: Document, passages: Sequence[Passage], sha: str = "") -> None:
        """Append a storable document and all of its passages; ``sha`` is that under which it is known already."""
        for item in passages:
            row = (item.id, self._documents.rows, item.start, item.end, item.line, item.heading, item.text)
            self._passages.add(row)
        place = document.title, document.source, _dump(document.meta), document.line, document.whole
        self._documents.add((document.id, sha or document.sha, *place, *_shape(document), document.text))

    def finish(self) -> None:
        """Complete both files; the caller makes them durable."""
        self._documents.finish()
        self._passages.finish()

    def abandon(self) -> None:
        """Close both files without completing them."""
        self._documents.abandon()
        self._passages.abandon()


class DocumentStore:
    """The documents of a segment, for reading. They are numbered from 0 within the segment."""

    def __init__(self, folder: Path, documents: int) -> None:
        schemas = DOCUMENT_SCHEMA, OLDER_DOCUMENT_SCHEMA
        self._documents = TableReader(folder / DOCUMENTS, schemas, DOCUMENT_BATCH, documents)

    def documents(self, numbers: NDArray[np.int64]) -> list[Document]:
        """The documents of these numbers, in this order."""
        names = ["id", "text", "title", "source", "meta", "line", "sections", "whole"]
        names += [name for name in ("tables", "together") if name in self._documents.names]
        return [self._document(*values) for values in self._documents.take(numbers, *names)]

    def _document(
        self,
        doc_id: str,
        text: str,
        title: str,
        source: str,
        meta: str,
        line: int,
        sections: Shape,
        whole: bool,
        tables: Shape = (),
        together: Shape = (),
    ) -> Document:
        return Document(
            doc_id,
            text,
            title,
            source,
            self._meta(meta),
            line,
            tuple(Section(**section) for section in sections),
            whole,
            tuple(Table(**table) for table in tables),
            tuple((span["start"], span["end"]) for span in together),
        )

    def identities(self) -> Iterator[tuple[str, str, str]]:
        """(id, sha, source) of each document."""
        for columns in self._documents.columns("id", "sha", "source"):
            yield from zip(*(column.to_pylist() for column in columns), strict=True)

    def shas(self, numbers: NDArray[np.int64]) -> list[str]:
        """The sha of each of these documents, as it was when it was added: older files lack parts of what it tells."""
        return [sha for (sha,) in self._documents.take(numbers, "sha")]

    def given(self) -> NDArray[np.bool_]:
        """For each document whether a program gave it (see `by_program`)."""
        parts = [
            pc.match_substring(column, _GIVEN).to_numpy(zero_copy_only=False)
            for (column,) in self._documents.columns("meta")
        ]
        return np.concatenate([np.empty(0, bool), *parts])

    def numbered(self, ids: pa.Array) -> NDArray[np.int64]:
        """The numbers of the documents that have one of these ids."""
        column = pa.chunked_array([column for (column,) in self._documents.columns("id")], pa.string())
        return np.flatnonzero(pc.is_in(column, value_set=ids).to_numpy())

    def identified(self, ids: pa.Array) -> list[tuple[int, str, str, str]]:
        """(number, id, sha, source) of each document that has one of these ids."""
        numbers = self.numbered(ids)
        identities = self._documents.take(numbers, "id", "sha", "source")
        return [(number, *identity) for number, identity in zip(numbers.tolist(), identities, strict=True)]

    def metadata(self) -> Iterator[Meta]:
        """The metadata of each document."""
        for (column,) in self._documents.columns("meta"):
            parsed = {text: self._meta(text) for text in set(column.to_pylist())}
            yield from map(parsed.__getitem__, column.to_pylist())

    def _meta(self, text: str) -> Meta:
        try:
            meta = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise damaged(self._documents.path) from error
        if not isinstance(meta, Mapping) or not all(map(is_plain, meta.values())):
            raise damaged(self._documents.path)
        return meta


class PassageStore(DocumentStore):
    """Both files of a segment, for reading. Rows count from 0 within the segment, as documents do."""

    def __init__(self, folder: Path, documents: int, rows: int) -> None:
        super().__init__(folder, documents)
        self._passages = TableReader(folder / PASSAGES, [PASSAGE_SCHEMA], PASSAGE_BATCH, rows)

    def passages(self, rows: NDArray[np.int64]) -> list[Passage]:
        """The passages of these rows, in this order; rows may repeat."""
        taken = self._passages.take(rows, "id", "doc", "start", "end", "line", "heading", "text")
        numbers = np.array([row[1] for row in taken], np.int64)
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < self._documents.rows:
            raise damaged(self._passages.path)
        distinct, places = np.unique(numbers, return_inverse=True)
        owners = [
            (doc_id, title, source, self._meta(meta))
            for doc_id, title, source, meta in self._documents.take(distinct, "id", "title", "source", "meta")
        ]
        found = []
        for (name, _, start, end, line, heading, text), place in zip(taken, places.tolist(), strict=True):
            doc_id, title, source, meta = owners[place]
            found.append(Passage(name, doc_id, text, title, start, end, heading, source, line, meta))
        return found

    @cached_property
    def owner(self) -> NDArray[np.int32]:
        """For each row the number of its document, ascending."""
        parts = [column.to_numpy() for (column,) in self._passages.columns("doc")]
        owner = np.concatenate([np.empty(0, np.int32), *parts])
        if len(owner) and (owner[0] < 0 or owner[-1] >= self._documents.rows or (np.diff(owner) < 0).any()):
            raise damaged(self._passages.path)
        return owner

    def contents(self, numbers: NDArray[np.int64]) -> Iterator[tuple[Document, range, list[Passage]]]:
        """For each of these documents: the document, the rows of its passages, and the passages."""
        for start in range(0, len(numbers), READ_DOCUMENTS):
            block = numbers[start : start + READ_DOCUMENTS]
            firsts, lasts = np.searchsorted(self.owner, block), np.searchsorted(self.owner, block, side="right")
            spans = [range(first, last) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)]
            passages = iter(self.passages(np.array([row for span in spans for row in span], np.int64)))
            for document, span in zip(self.documents(block), spans, strict=True):
                yield document, span, list(islice(passages, len(span)))
