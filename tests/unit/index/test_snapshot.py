"""A generation, once opened, stays what it is; what is damaged is named."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document, Section
from ragqa.errors import ConfigError, IndexFormatError, IndexNotFound, StorageError
from ragqa.index.rankbm25 import RankBM25Index
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import update
from ragqa.store.layout import Layout
from ragqa.store.record import seal, unseal
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=10))
ENCODER = HashEncoder()


def document(number: int, **changes: object) -> Document:
    text = f"The stone bridge number {number} stands here. " + "Many boats pass below it in summer. " * (number % 3)
    facts: dict[str, object] = {
        "id": f"d{number}",
        "text": text,
        "title": f"Bridge {number}",
        "source": f"bridges.jsonl:{number + 1}",
        "meta": {"kind": "old" if number % 2 else "new", "number": number},
        "line": number + 1,
        "sections": (Section(0, f"Bridge {number}"),),
    }
    return Document(**(facts | changes))  # type: ignore[arg-type]


DOCUMENTS = [document(number) for number in range(20)]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two segments, two dead documents."""
    directory = tmp_path / "index"
    update(directory, CONFIG, ENCODER, DOCUMENTS)
    update(directory, CONFIG, ENCODER, [*DOCUMENTS[:18], document(18, text="A wooden footbridge."), document(20)])
    return directory


def test_counts_and_rows(index: Path) -> None:
    snapshot = Snapshot.open(index)
    assert snapshot.generation == 2 and len(snapshot.manifest.segments) == 2
    assert snapshot.rows == len(snapshot.alive) > snapshot.live == snapshot.alive.sum()
    assert snapshot.manifest.live_documents == 20 and snapshot.manifest.documents == 22
    info = snapshot.info()
    assert json.loads(json.dumps(info)) == info
    assert (info["documents"], info["passages"], info["segments"], info["words"]) == (20, snapshot.live, 2, 10)


def test_passages_keep_the_order_asked_for(index: Path) -> None:
    snapshot = Snapshot.open(index)
    rows = np.array([snapshot.rows - 1, 0, 3, 0, snapshot.rows - 2])
    passages = snapshot.passages(rows)
    assert passages == [snapshot.passages(np.array([row]))[0] for row in rows]
    assert passages[1] == passages[3] and passages[1].doc_id == "d0"
    for passage in snapshot.passages(np.flatnonzero(snapshot.alive)):
        found = snapshot.document(passage.doc_id)
        assert found is not None and found.text[passage.start : passage.end] == passage.text
        assert (passage.title, passage.source, passage.meta) == (found.title, found.source, found.meta)
    assert snapshot.passages(np.empty(0, np.int64)) == []
    for row in (-1, snapshot.rows):
        with pytest.raises(IndexError, match="asked for"):
            snapshot.passages(np.array([row]))


def test_documents(index: Path) -> None:
    snapshot = Snapshot.open(index)
    assert snapshot.document("d3") == DOCUMENTS[3] and snapshot.document("d20") == document(20)
    assert snapshot.document("d18") == document(18, text="A wooden footbridge.")
    assert snapshot.document("d19") is None and snapshot.document("no") is None


def test_masks(index: Path) -> None:
    snapshot = Snapshot.open(index)
    assert snapshot.allowed().mask is snapshot.alive and snapshot.allowed({}) is snapshot.allowed(None)
    for where in ({"kind": "old"}, {"number": "4"}, {"kind": "new", "number": "18"}, {"kind": "none"}, {"kind": "Old"}):
        expected = [
            bool(alive) and all(str(passage.meta[key]) == value for key, value in where.items())
            for alive, passage in zip(snapshot.alive, snapshot.passages(np.arange(snapshot.rows)), strict=True)
        ]
        assert snapshot.allowed(where).mask.tolist() == expected
        rows = snapshot.lexical.search(["bridge footbridge boats"], 1000, snapshot.allowed(where)).rows
        assert sorted(rows[rows >= 0].tolist()) == np.flatnonzero(expected).tolist()
    assert snapshot.allowed({"kind": "old"}) is snapshot.allowed({"kind": "old"})
    with pytest.raises(ValueError, match="read-only"):
        snapshot.allowed({"kind": "old"}).mask[0] = True


def test_a_key_that_no_document_has_is_said(index: Path) -> None:
    snapshot = Snapshot.open(index)
    for where in ({"kin": "old"}, {"kind": "old", "nummer": {"gt": 3}}, {"nummer": {"in": []}}):
        with pytest.raises(ConfigError, match=r"no document has the metadata key '\w+'; known keys: kind, number$"):
            snapshot.allowed(where)
    for where in ({"kin": {"ne": "old"}}, {"kin": {"exists": False}}):  # true of every document
        assert (snapshot.allowed(where).mask == snapshot.alive).all()
    assert not snapshot.allowed({"kin": {"exists": True}}).count
    assert not snapshot.allowed({"kind": "none"}).mask.any()
    without = [document(number, meta={}) for number in range(3)]
    update(index, CONFIG, ENCODER, without)
    with pytest.raises(ConfigError, match="known keys: none"):  # dead documents have keys no more
        Snapshot.open(index).allowed({"kind": "old"})


def test_both_sides_find_only_what_lives(index: Path) -> None:
    snapshot = Snapshot.open(index)
    dense = snapshot.dense.search(ENCODER.encode_questions(["wooden footbridge"]), 1000, snapshot.allowed()).rows
    assert sorted(dense[dense >= 0].tolist()) == np.flatnonzero(snapshot.alive).tolist()
    assert snapshot.passages(dense[0, :1])[0].text == "A wooden footbridge."
    words = snapshot.lexical.search(["wooden"], 10, snapshot.allowed()).rows[0]
    assert [passage.doc_id for passage in snapshot.passages(words)] == ["d18"]


def test_each_index_is_opened_once_by_all_threads(index: Path) -> None:
    snapshot = Snapshot.open(index)
    found: list[tuple[object, object]] = []
    threads = [threading.Thread(target=lambda: found.append((snapshot.lexical, snapshot.dense))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(id(lexical), id(dense)) for lexical, dense in found}) == 1 and len(found) == 8


def test_rank_bm25_holds_the_live_passages(tmp_path: Path) -> None:
    config = IndexConfig(lexical="rank-bm25", split=SplitConfig(words=10))
    update(tmp_path / "i", config, ENCODER, DOCUMENTS)
    update(tmp_path / "i", config, ENCODER, DOCUMENTS[1:])
    snapshot = Snapshot.open(tmp_path / "i")
    assert isinstance(snapshot.lexical, RankBM25Index)
    rows = snapshot.lexical.search(["stone"], 1000, snapshot.allowed()).rows
    assert {passage.doc_id for passage in snapshot.passages(rows[0])} == {f"d{number}" for number in range(1, 20)}
    assert not (tmp_path / "i" / "generations" / "000002" / "lexical").exists() and verify(tmp_path / "i") == []


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be removed there")
def test_a_reader_keeps_its_generation(index: Path) -> None:
    snapshot = Snapshot.open(index)
    lexical, dense = snapshot.lexical, snapshot.dense
    before = snapshot.passages(np.arange(3))
    for number in range(30, 34):
        update(index, CONFIG, ENCODER, [document(number)])
    assert not Layout(index).generation(2).exists()
    assert snapshot.passages(np.arange(3)) == before and snapshot.document("d20") == document(20)
    assert snapshot.passages(lexical.search(["wooden"], 1, snapshot.allowed()).rows[0])[0].doc_id == "d18"
    vectors = ENCODER.encode_questions(["wooden footbridge"])
    assert snapshot.passages(dense.search(vectors, 1, snapshot.allowed({"kind": "new"})).rows[0])[0].doc_id == "d18"


def test_where_nothing_can_be_written(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lexical = Layout(index).lexical(2)
    for lock in lexical.glob("*.lock"):
        lock.unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != lexical)
    snapshot = Snapshot.open(index)
    assert len(snapshot.lexical.search(["stone"], 100, snapshot.allowed()).rows[0]) > 10
    assert not list(lexical.glob("*.lock")) and verify(index) == []


def test_other_generations(index: Path) -> None:
    assert Snapshot.open(index, 1).document("d19") == DOCUMENTS[19]
    with pytest.raises(IndexNotFound, match="no generation 3"):
        Snapshot.open(index, 3)


def test_no_index(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    for place in (tmp_path, tmp_path / "none", tmp_path / "thesis.txt"):
        with pytest.raises(IndexNotFound, match="no index here"):
            Snapshot.open(place)


def test_opening_follows_a_writer_that_was_faster(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = iter([1])
    real = Layout.current_generation
    monkeypatch.setattr(Layout, "current_generation", lambda self: next(stale, None) or real(self))
    shutil.rmtree(Layout(index).generation(1))
    assert Snapshot.open(index).generation == 2


def files(index: Path) -> list[str]:
    """All files that the current generation consists of."""
    layout, manifest = Layout(index), Snapshot.open(index).manifest
    folders = [layout.segment(segment.id) for segment in manifest.segments]
    found = [folder / name for place, folder in enumerate(folders) for name in manifest.files_in(place)]
    found += [layout.lexical(2) / name for name in manifest.lexical]
    found += [layout.tombstones(2), layout.manifest(2)]
    return [path.relative_to(index).as_posix() for path in found]


def test_every_file_that_is_missing_or_cut_is_named(index: Path) -> None:
    names = files(index)
    assert len(names) > 15
    for name in names:
        path = index / name
        content = path.read_bytes()
        for damage in (None, content[: len(content) // 2], content + b"x", b""):
            path.unlink(missing_ok=True)  # hard links: the other generation stays as it is
            if damage is not None:
                path.write_bytes(damage)
            with pytest.raises(IndexFormatError, match=path.name):
                Snapshot.open(index)
            assert any(path.name in problem for problem in verify(index))
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    assert Snapshot.open(index).generation == 2 and verify(index) == []


def test_verify_sees_a_single_changed_byte(index: Path) -> None:
    for name in files(index)[:-1]:
        path = index / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        whole = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        assert verify(index) == [f"{path}: its content has changed"]
        path.write_bytes(whole)
    assert verify(index) == []


def test_verify_sees_foreign_files(index: Path) -> None:
    layout = Layout(index)
    segment = layout.segment(Snapshot.open(index).manifest.segments[0].id)
    for path in (segment / "x.pkl", layout.lexical(2) / "more.idx", layout.generation(2) / "note"):
        path.touch()
        assert verify(index) == [f"{path}: does not belong to the index"]
        path.unlink()


def forge(index: Path, name: str, content: bytes) -> None:
    """Change a file and make its size and hash in the manifest agree."""
    from ragqa.store.manifest import fact_of

    layout = Layout(index)
    raw, _ = unseal(json.loads(layout.manifest(2).read_text()))
    path = index / name
    path.unlink()
    path.write_bytes(content)
    facts = raw["tombstones"] if name.endswith(".npy") else None
    for segment, part in zip(raw["segments"], raw["vectors"]["parts"], strict=True):
        own = name.removeprefix(f"segments/{segment['id']}/")
        facts = segment["files"].get(own, part["files"].get(own, facts))
    assert facts is not None
    facts.update(bytes=len(content), sha256=fact_of(content).sha256)
    layout.manifest(2).write_text(seal(raw))


def only(index: Path, ending: str) -> str:
    return next(name for name in files(index) if name.endswith(ending))


@pytest.mark.parametrize("value", [0.0, 2.0, np.inf, np.nan])
def test_verify_sees_bad_vectors(index: Path, value: float) -> None:
    name = only(index, "vectors.f16")
    vectors = np.frombuffer((index / name).read_bytes(), "<f2").copy()
    vectors[64:128] = value
    forge(index, name, vectors.tobytes())
    assert any("1 vectors are not of unit length, the first that of row 1" in problem for problem in verify(index))


def test_verify_sees_passages_that_moved(index: Path) -> None:
    name = only(index, "documents.arrow")
    forge(index, name, (index / name).read_bytes().replace(b"stone bridge number 3", b"brick bridge number 3"))
    assert any("row" in problem and "'d3' [0:" in problem for problem in verify(index))


def test_verify_compares_words_with_tombstones(index: Path) -> None:
    from ragqa.store.manifest import pack_tombstones

    snapshot = Snapshot.open(index)
    dead_documents = ~snapshot.alive_documents
    dead_documents[[0, 19]] = True, False  # another one is dead: d0 and d19 have one and two passages
    rows = snapshot.per_row(dead_documents)
    swapped = np.flatnonzero(~rows & snapshot.alive)[0]
    while rows.sum() < (~snapshot.alive).sum():
        rows[swapped], swapped = True, swapped + 1
    while rows.sum() > (~snapshot.alive).sum():
        rows[np.flatnonzero(rows)[-1]] = False
    forge(index, "generations/000002/tombstones.npy", pack_tombstones(rows, dead_documents))
    problems = verify(index)
    assert any("passages instead of" in problem for problem in problems), problems


def test_another_analyzer_is_refused_when_words_are_searched(index: Path) -> None:
    path = Layout(index).manifest(2)
    content, _ = unseal(json.loads(path.read_text()))
    path.write_text(seal(content | {"analyzer": "en-stem-stop-0"}))
    with pytest.raises(IndexFormatError, match="en-stem-stop-0, now there is en-stem-stop-1; run ragqa index"):
        Snapshot.open(index)
    assert Snapshot.open(index, parts=("passages", "vectors")).document("d3") == DOCUMENTS[3]
    assert update(index, CONFIG, ENCODER, DOCUMENTS).rebuilt


def test_unreadable_current_is_a_storage_error(index: Path) -> None:
    (index / "CURRENT").unlink()
    (index / "CURRENT").symlink_to("CURRENT")  # a loop, which the system refuses to follow
    with pytest.raises(StorageError, match="CURRENT: cannot be read"):
        Snapshot.open(index)


def test_the_table_of_metadata_may_be_named(tmp_path: Path) -> None:
    both = [Document("a", "One stone.", meta={"lang": "en"}), Document("b", "Two.", meta={"meta": {"kind": "x"}})]
    update(tmp_path, CONFIG, ENCODER, both)
    snapshot = Snapshot.open(tmp_path)
    assert snapshot.allowed({"meta.lang": "en"}).mask.tolist() == snapshot.allowed({"lang": "en"}).mask.tolist()
    assert snapshot.allowed({"meta.lang": "en"}).count == 1 == snapshot.allowed({"meta.kind": "x"}).count
    with pytest.raises(ConfigError, match=r"no document has the metadata key 'meta\.size'"):
        snapshot.allowed({"meta.size": 3})


def test_a_boolean_may_be_written_in_any_case(tmp_path: Path) -> None:
    metas = [{"draft": True}, {"draft": False}, {"draft": "True"}]
    update(tmp_path, CONFIG, ENCODER, [Document(f"d{n}", "One stone.", meta=meta) for n, meta in enumerate(metas)])
    snapshot = Snapshot.open(tmp_path)
    for where, expected in (
        ({"draft": "True"}, [1, 0, 1]),
        ({"draft": True}, [1, 0, 0]),
        ({"draft": "FALSE"}, [0, 1, 0]),
    ):
        assert snapshot.allowed(where).mask.astype(int).tolist() == expected, where
