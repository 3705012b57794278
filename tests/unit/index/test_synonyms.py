"""Synonyms belong to a generation: kept, replaced, checked, and never the cause of encoding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragqa.config import IndexConfig, SplitConfig
from ragqa.corpus.synonyms import Synonyms, parse_synonyms
from ragqa.documents import Document
from ragqa.errors import IndexFormatError
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store.layout import Layout
from ragqa.testing import HashEncoder

ENCODER = HashEncoder()
CARS = parse_synonyms("car, automobile\n", "s")
BOATS = parse_synonyms("boat => ship\n", "s")
DOCUMENTS = [
    Document("a", "An automobile stands here."),
    Document("b", "A ship lies there."),
    *(Document(f"filler{number}", f"Nothing of number {number} is said.") for number in range(6)),
]


@pytest.fixture(params=["tantivy", "rank-bm25"])
def config(request: pytest.FixtureRequest) -> IndexConfig:
    return IndexConfig(lexical=request.param, split=SplitConfig(words=10))


def found(index: Path, question: str) -> list[str]:
    snapshot = Snapshot.open(index)
    assert verify(index) == []
    rows = snapshot.lexical.search([question], 10, snapshot.allowed()).rows[0]
    return [passage.doc_id for passage in snapshot.passages(rows[rows >= 0])]


def test_they_are_kept_and_replaced_without_encoding(tmp_path: Path, config: IndexConfig) -> None:
    index = tmp_path / "index"
    assert not update(index, config, ENCODER, DOCUMENTS).synonyms and found(index, "car") == []
    first = update(index, config, ENCODER, DOCUMENTS, synonyms=CARS)
    assert (first.generation, first.committed, first.encoded, first.synonyms) == (2, True, 0, True)
    assert found(index, "car") == ["a"] and found(index, "boat") == []
    assert not update(index, config, ENCODER, DOCUMENTS).committed
    assert not update(index, config, ENCODER, DOCUMENTS, synonyms=CARS).committed
    more = update(index, config, ENCODER, [*DOCUMENTS, Document("c", "No automobile.")])
    assert more.encoded == 1 and not more.synonyms and set(found(index, "car")) == {"a", "c"}
    second = update(index, config, ENCODER, DOCUMENTS, synonyms=BOATS)
    assert second.encoded == 0 and (found(index, "car"), found(index, "boat")) == ([], ["b"])
    assert compact(index).committed and found(index, "boat") == ["b"]
    rebuilt = update(index, IndexConfig(lexical=config.lexical, language="simple"), ENCODER, DOCUMENTS)
    assert rebuilt.rebuilt and found(index, "boat") == ["b"] and Snapshot.open(index).info()["synonyms"] == 1
    assert update(
        index, IndexConfig(lexical=config.lexical, language="simple"), ENCODER, DOCUMENTS, synonyms=Synonyms()
    )
    assert found(index, "boat") == [] and Snapshot.open(index).info()["synonyms"] == 0


def test_a_snapshot_keeps_its_own(tmp_path: Path, config: IndexConfig) -> None:
    index = tmp_path / "index"
    update(index, config, ENCODER, DOCUMENTS, synonyms=CARS)
    before = Snapshot.open(index)
    for synonyms in (BOATS, Synonyms(), BOATS):
        update(index, config, ENCODER, DOCUMENTS, synonyms=synonyms)
    assert before.synonyms == CARS


def test_they_touch_neither_vectors_nor_passages(tmp_path: Path, config: IndexConfig) -> None:
    index = tmp_path / "index"
    update(index, config, ENCODER, DOCUMENTS)
    segments = Snapshot.open(index).manifest.segments
    update(index, config, ENCODER, DOCUMENTS, synonyms=CARS)
    assert Snapshot.open(index).manifest.segments == segments


def test_without_them_the_manifest_is_as_it_always_was(tmp_path: Path) -> None:
    index = tmp_path / "index"
    update(index, IndexConfig(), ENCODER, DOCUMENTS)
    layout = Layout(index)
    assert "synonyms" not in json.loads(layout.manifest(1).read_text())
    assert not layout.synonyms(1).exists() and Snapshot.open(index).synonyms == Synonyms()


def test_damage_is_named(tmp_path: Path) -> None:
    index = tmp_path / "index"
    update(index, IndexConfig(), ENCODER, DOCUMENTS, synonyms=CARS)
    path = Layout(index).synonyms(1)
    assert path.read_text() == "car, automobile\n"
    for content in ("car, automobilX\n", "car, auto\n", ""):
        path.write_text(content)
        assert any(str(path) in problem for problem in verify(index))
        with pytest.raises(IndexFormatError, match=r"synonyms\.txt: (its content|.* bytes instead of 16)"):
            Snapshot.open(index)
    path.unlink()
    assert any(str(path) in problem for problem in verify(index))
    with pytest.raises(IndexFormatError, match=r"synonyms\.txt: cannot be read, it is missing"):
        Snapshot.open(index)


def test_a_file_that_no_manifest_names_is_foreign(tmp_path: Path) -> None:
    index = tmp_path / "index"
    update(index, IndexConfig(), ENCODER, DOCUMENTS)
    Layout(index).synonyms(1).write_text("car, automobile\n")
    assert verify(index) == [f"{Layout(index).synonyms(1)}: does not belong to the index"]
    assert Snapshot.open(index).synonyms == Synonyms()
