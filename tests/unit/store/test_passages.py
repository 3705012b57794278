"""Documents and passages come back as they went in, and a foreign file is an error."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.documents import Document, Passage, Section, Table
from ragqa.errors import IndexFormatError
from ragqa.store.passages import PASSAGE_BATCH, PASSAGE_SCHEMA, PassageStore, PassageWriter, storable

Content = list[tuple[Document, list[Passage]]]


def passages_of(document: Document, size: int = 10) -> list[Passage]:
    """Pieces of so many characters."""
    return [
        Passage(
            id=f"{document.id}-{start}",
            doc_id=document.id,
            text=document.text[start : start + size],
            title=document.title,
            start=start,
            end=min(start + size, len(document.text)),
            heading=f"h{start}",
            source=document.source,
            line=start + 1,
            meta=document.meta,
        )
        for start in range(0, len(document.text), size)
    ]


def write(folder: Path, documents: Sequence[Document]) -> Content:
    content = [(document, passages_of(document)) for document in documents]
    writer = PassageWriter(folder)
    for document, passages in content:
        writer.add(document, passages)
    writer.finish()
    return content


def corpus(count: int) -> list[Document]:
    return [
        Document(
            id=f"d{number}",
            text=f"text {number} äöü 東京 🙂 " * (number % 5),
            title=f"T{number % 7}",
            source=f"f.jsonl:{number}",
            meta={"n": number % 3, "half": number / 2, "even": number % 2 == 0, "name": f'"{number}"\n'},
            line=number,
            sections=(Section(0, "A"), Section(4, "A > B", 6)) if number % 2 else (),
            whole=number % 4 == 0,
            tables=(Table(0, 2, 5, "K | ß"), Table(6, 6, 8)) if number % 3 else (),
            together=((1, 5), (6, 9)) if number % 5 else (),
        )
        for number in range(count)
    ]


def open_store(folder: Path, content: Content) -> PassageStore:
    return PassageStore(folder, len(content), sum(len(passages) for _, passages in content))


def test_round_trip_over_many_batches(tmp_path: Path) -> None:
    content = write(tmp_path, corpus(700))
    flat = [passage for _, passages in content for passage in passages]
    assert len(flat) > 2 * PASSAGE_BATCH
    store = open_store(tmp_path, content)
    rows = list(range(len(flat)))
    random.Random(1).shuffle(rows)
    rows += [5, 5, len(flat) - 1]
    assert store.passages(np.array(rows)) == [flat[row] for row in rows]
    assert store.passages(np.array(rows[-20:])) == [flat[row] for row in rows[-20:]], "few rows go another way"
    assert store.documents(np.array([699, 3, 3])) == [content[number][0] for number in (699, 3, 3)]
    assert list(store.identities()) == [(document.id, document.sha, document.source) for document, _ in content]
    assert list(store.metadata()) == [document.meta for document, _ in content]
    assert store.owner.tolist() == [number for number, (_, own) in enumerate(content) for _ in own]
    numbers = [0, 1, 4, 650]
    found = list(store.contents(np.array(numbers)))
    assert [(document, passages) for document, _, passages in found] == [content[number] for number in numbers]
    assert all([flat[row] for row in rows] == passages for _, rows, passages in found)


def test_types_of_metadata_survive(tmp_path: Path) -> None:
    content = write(tmp_path, [Document("d", "x", meta={"a": True, "b": 1, "c": 1.0, "d": "1"})])
    (document,) = open_store(tmp_path, content).documents(np.array([0]))
    assert [(key, type(value)) for key, value in document.meta.items()] == [
        ("a", bool),
        ("b", int),
        ("c", float),
        ("d", str),
    ]


def test_nothing_at_all(tmp_path: Path) -> None:
    store = open_store(tmp_path, write(tmp_path, []))
    assert store.passages(np.empty(0, np.int64)) == [] and len(store.owner) == 0
    assert list(store.contents(np.empty(0, np.int64))) == []


def test_rows_that_are_not_there(tmp_path: Path) -> None:
    store = open_store(tmp_path, write(tmp_path, [Document("d", "x" * 25)]))
    for row in (-1, 3):
        with pytest.raises(IndexError):
            store.passages(np.array([row]))


SURROGATES = st.text(st.characters(categories=("Cs",)), max_size=2)


@given(st.text(st.characters(categories=("L", "Cs", "Zs")), max_size=20), SURROGATES)
def test_storable(text: str, odd: str) -> None:
    shape = {"sections": (Section(0, odd),), "tables": (Table(0, 0, 1, odd),)}
    document = Document("d" + odd, text + odd, title=odd, source=odd, meta={odd: odd, "n": 1}, **shape)
    clean = storable(document)
    "".join((clean.text, clean.sections[0].heading, clean.tables[0].columns)).encode()
    assert len(clean.text) == len(document.text) and clean.meta["n"] == 1
    assert storable(clean) is clean
    if not odd:
        assert clean.text == text.encode("utf-8", "replace").decode()


def test_storable_leaves_good_documents_alone() -> None:
    document = Document("d", "good 🙂", meta={"a": 1.5})
    assert storable(document) is document


def rewrite(path: Path, **changes: pa.Array) -> None:
    """The same table with other columns."""
    table = pa.ipc.open_file(path.read_bytes()).read_all().combine_chunks()
    for name, column in changes.items():
        position = table.schema.get_field_index(name)
        table = table.set_column(position, pa.field(name, column.type, False), column)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def read_all(folder: Path, content: Content) -> object:
    store = open_store(folder, content)
    return store.passages(np.arange(3)), store.owner


DOCUMENT = Document("d", "x" * 25)
BAD_UTF8 = pa.Array.from_buffers(
    pa.string(), 3, [None, pa.py_buffer(np.array([0, 1, 2, 3], np.int32)), pa.py_buffer(b"\xff\xfe\xfd")]
)
BAD_OFFSETS = pa.Array.from_buffers(
    pa.string(), 3, [None, pa.py_buffer(np.array([0, 1 << 30, 2, 3], np.int32)), pa.py_buffer(b"abc")]
)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": BAD_UTF8},
        {"text": BAD_OFFSETS},
        {"text": pa.array(["a", None, "b"])},
        {"text": pa.array([b"a", b"b", b"c"])},
        {"doc": pa.array([0, 1, 0], pa.int32())},
        {"doc": pa.array([0, -1, 0], pa.int32())},
        {"start": pa.array([0, 1, 2], pa.int64())},
    ],
)
def test_a_foreign_table_is_an_error(tmp_path: Path, changes: dict[str, pa.Array]) -> None:
    content = write(tmp_path, [DOCUMENT])
    read_all(tmp_path, content)
    rewrite(tmp_path / "passages.arrow", **changes)
    with pytest.raises(IndexFormatError, match=r"passages\.arrow"):
        read_all(tmp_path, content)


@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_truncated_files(tmp_path: Path, size: int) -> None:
    content = write(tmp_path, [DOCUMENT])
    path = tmp_path / "passages.arrow"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(IndexFormatError, match=r"passages\.arrow"):
        read_all(tmp_path, content)


def test_another_number_of_rows(tmp_path: Path) -> None:
    write(tmp_path, [DOCUMENT])
    for rows in (2, 4, 5000):
        with pytest.raises(IndexFormatError):
            PassageStore(tmp_path, 1, rows).passages(np.arange(2))


@pytest.mark.parametrize("meta", ["", "[]", "1", '{"a": [[]]}', '{"a": null}', "{" * 100_000])
def test_metadata_that_is_none(tmp_path: Path, meta: str) -> None:
    content = write(tmp_path, [DOCUMENT])
    rewrite(tmp_path / "documents.arrow", meta=pa.array([meta]))
    with pytest.raises(IndexFormatError, match=r"documents\.arrow"):
        read_all(tmp_path, content)


def test_random_damage_never_crashes(tmp_path: Path) -> None:
    content = write(tmp_path, [replace(DOCUMENT, text="y" * 25, meta={"k": "v"})])
    path, chance = tmp_path / "passages.arrow", random.Random(7)
    whole, refused = path.read_bytes(), 0
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.unlink()
        path.write_bytes(broken)
        try:
            read_all(tmp_path, content)
        except IndexFormatError:
            refused += 1
    assert refused > 100


def test_the_schema_is_pinned() -> None:
    assert PASSAGE_SCHEMA.names == ["id", "doc", "start", "end", "line", "heading", "text"]
