"""What only Tantivy does: files that grow, shrink and break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tantivy
from support.everything import EVERYTHING

from ragqa.corpus.analyze import get_analyzer
from ragqa.documents import Passage
from ragqa.errors import IndexFormatError, StorageError
from ragqa.index.lexical import TantivyIndex, TantivyWriter, _writing

ENGLISH = get_analyzer("en")


def passages(*texts: str) -> list[Passage]:
    return [Passage(id=text, doc_id="d", text=text, title="", start=0, end=len(text)) for text in texts]


def write(
    directory: Path, first_row: int, texts: list[str], delete: tuple[int, ...] = (), create: bool = False
) -> None:
    writer = TantivyWriter(directory, ENGLISH, create)
    writer.add(first_row, passages(*texts))
    writer.delete(delete)
    writer.commit()


def found(directory: Path, question: str, k: int = 10) -> list[int]:
    rows: list[int] = TantivyIndex.open(directory, ENGLISH).search([question], k, EVERYTHING).rows[0].tolist()
    return rows


@pytest.fixture
def index(tmp_path: Path) -> Path:
    directory = tmp_path / "new" / "lexical"
    write(directory, 0, [f"stone number{row}" for row in range(20)], create=True)
    return directory


def test_add_and_delete_later(index: Path) -> None:
    write(index, 2**40, ["late stone", "late bread"], delete=(3, 4, 999))
    assert found(index, "late") == [2**40, 2**40 + 1]
    assert found(index, "number3 number4 number5") == [5]
    assert TantivyIndex.open(index, ENGLISH).rows().tolist() == [*range(3), *range(5, 20), 2**40, 2**40 + 1]


def test_an_open_index_does_not_move(index: Path) -> None:
    before = TantivyIndex.open(index, ENGLISH)
    write(index, 20, ["late bread"], delete=(3,))
    assert before.search(["late number3"], 5, EVERYTHING).rows.tolist() == [[3]]
    assert found(index, "late number3") == [20]


def test_nothing_before_commit(index: Path) -> None:
    writer = TantivyWriter(index, ENGLISH, create=False)
    writer.add(20, passages("late bread"))
    writer.delete([3])
    del writer
    assert found(index, "late number3") == [3]


def test_ties_over_many_commits_stand_in_order_of_rows(tmp_path: Path) -> None:
    for part, first in enumerate((400, 0, 200, 100, 300)):
        write(tmp_path, first, ["same words"] * 60, create=part == 0)
    assert found(tmp_path, "words", 30) == list(range(30))
    assert found(tmp_path, "words", 130)[-10:] == list(range(200, 210))


def test_a_clone_by_hard_links_leaves_the_original_alone(index: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(index, clone, copy_function=lambda old, new: Path(new).hardlink_to(old))
    before = {path.name: path.read_bytes() for path in index.iterdir()}
    write(clone, 20, ["late bread"], delete=(3,))
    assert {path.name: path.read_bytes() for path in index.iterdir()} == before
    assert found(index, "number3 late") == [3] and found(clone, "number3 late") == [20]


def test_all_deleted(index: Path) -> None:
    write(index, 20, [], delete=tuple(range(20)))
    opened = TantivyIndex.open(index, ENGLISH)
    assert opened.rows().tolist() == [] and opened.search(["stone"], 5, EVERYTHING).rows.shape == (1, 0)


@pytest.mark.parametrize("suffix", ["fast", "fieldnorm", "idx", "store", "term", "meta.json"])
@pytest.mark.parametrize("damage", ["cut", "inverted", "emptied", "removed"])
def test_a_damaged_index_is_named(index: Path, suffix: str, damage: str) -> None:
    path = next(path for path in index.iterdir() if path.name.endswith(suffix))
    content = path.read_bytes()
    path.unlink()
    if damage != "removed":
        kept = {"cut": content[: len(content) // 2], "inverted": bytes(255 - byte for byte in content), "emptied": b""}
        path.write_bytes(kept[damage])
    with pytest.raises(IndexFormatError, match=str(index)):
        TantivyIndex.open(index, ENGLISH)


def test_no_index_and_a_foreign_one(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    tantivy.Index(tantivy.SchemaBuilder().add_text_field("body").build(), path=str(foreign))
    for directory in (tmp_path / "missing", tmp_path, foreign):
        with pytest.raises(IndexFormatError, match=str(directory)):
            TantivyIndex.open(directory, ENGLISH)
        with pytest.raises(IndexFormatError, match=str(directory)):
            TantivyWriter(directory, ENGLISH, create=False)


def test_an_index_is_not_created_over_another(index: Path) -> None:
    with pytest.raises(StorageError, match="already"):
        TantivyWriter(index, ENGLISH, create=True)
    assert found(index, "number7") == [7]


def test_two_writers_are_one_too_many(index: Path) -> None:
    first = TantivyWriter(index, ENGLISH, create=False)
    with pytest.raises(StorageError, match=str(index)):
        TantivyWriter(index, ENGLISH, create=False)
    first.commit()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Internal error: 'No space left on device (os error 28)'", "the disk is full: free some space and try again"),
        ("Schema  error:\nodd", "Schema error: odd: check the place or choose another"),
    ],
)
def test_what_tantivy_cannot_write_is_told_with_what_to_do(tmp_path: Path, said: str, told: str) -> None:
    with pytest.raises(StorageError) as caught, _writing(tmp_path):
        raise ValueError(said)
    assert str(caught.value) == f"{tmp_path}: cannot be written, {told}"
