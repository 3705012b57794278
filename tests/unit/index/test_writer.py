"""Updates change what has changed, all at once or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.writing import CONFIG, A, B, C, contents, document, texts

from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document, Passage
from ragqa.errors import ConfigError, IndexFormatError, IndexLocked, IndexNotFound, SourceError
from ragqa.index import intake
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store.layout import Layout
from ragqa.store.lock import writer_lock
from ragqa.testing import HashEncoder


class CountingEncoder(HashEncoder):
    """Remembers what it was asked to encode."""

    def __init__(self, dim: int = 64, name: str = "hash") -> None:
        super().__init__(dim, name)
        self.asked: list[list[Passage]] = []

    def encode_passages(self, passages: Sequence[Passage]) -> np.ndarray[Any, np.dtype[np.float32]]:
        self.asked.append(list(passages))
        return super().encode_passages(passages)


def test_a_first_build(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    report = update(tmp_path / "deep" / "index", CONFIG, encoder, iter([A, B]))
    assert (report.generation, report.documents, report.added) == (1, 2, 2)
    assert report.committed and not report.rebuilt
    assert report.passages == report.encoded == sum(map(len, encoder.asked)) == 2
    assert texts(tmp_path / "deep" / "index") == {"a": A.text, "b": B.text}
    assert not list((tmp_path / "deep" / "index").glob("*.tmp"))


def test_nothing_to_do_writes_nothing(index: Path) -> None:
    before, encoder = contents(index), CountingEncoder()
    report = update(index, CONFIG, encoder, [C, B, A])
    assert (report.generation, report.unchanged, report.committed, report.documents) == (1, 3, False, 3)
    assert encoder.asked == [] and contents(index) == before


def test_only_what_is_new_is_encoded(index: Path) -> None:
    encoder = CountingEncoder()
    report = update(index, CONFIG, encoder, [A, document("b", "Changed."), document("d")])
    assert (report.added, report.changed, report.removed, report.unchanged, report.kept) == (1, 1, 1, 1, 0)
    assert [[passage.doc_id for passage in asked] for asked in encoder.asked] == [["b", "d"]]
    assert (report.generation, report.documents, report.passages, report.encoded) == (2, 3, 3, 2)
    assert texts(index) == {"a": A.text, "b": "Changed.", "d": document("d").text}


def test_what_vanished_goes_without_a_new_segment(index: Path) -> None:
    report = update(index, CONFIG, HashEncoder(), [B])
    assert (report.removed, report.unchanged, report.encoded) == (2, 1, 0)
    assert len(Snapshot.open(index).manifest.segments) == 1 and texts(index) == {"b": B.text}
    assert update(index, CONFIG, HashEncoder(), [A, B]).added == 1
    assert texts(index) == {"a": A.text, "b": B.text}


def test_what_failed_to_read_is_kept(tmp_path: Path) -> None:
    sources = ["bad.jsonl:1", "bad.jsonl:2", "bad.pdf#page=3", "bad/x.txt", "good.txt", "bad.jsonl2:1", "worse.csv:7"]
    documents = [document(f"d{number}", source=source) for number, source in enumerate(sources)]
    update(tmp_path, CONFIG, HashEncoder(), documents)
    asked_after: list[str] = []

    def stream() -> Iterator[Document]:
        yield document("new")
        asked_after.append("end")

    def failed() -> set[str]:
        assert asked_after == ["end"]
        return {"bad.jsonl", "bad.pdf", "bad", "worse.csv:7"}

    report = update(tmp_path, CONFIG, HashEncoder(), stream(), keep_sources=failed)
    assert (report.kept, report.removed, report.added) == (5, 2, 1)
    assert set(texts(tmp_path)) == {"d0", "d1", "d2", "d3", "d6", "new"}


def test_all_failed_to_read(index: Path) -> None:
    report = update(index, CONFIG, HashEncoder(), [], keep_sources=lambda: {"a.txt", "b.txt", "c.txt"})
    assert (report.kept, report.committed) == (3, False)


def test_no_document_leaves_the_index(index: Path, tmp_path: Path) -> None:
    before = contents(index)
    with pytest.raises(SourceError, match="no readable document in the sources: the index is left as it is"):
        update(index, CONFIG, HashEncoder(), [], keep_sources=lambda: {"z.txt"})
    assert contents(index) == before
    with pytest.raises(SourceError, match="nothing to index"):
        update(tmp_path / "new", CONFIG, HashEncoder(), [])
    assert not (tmp_path / "new").exists()


def test_a_document_twice(index: Path) -> None:
    assert update(index, CONFIG, HashEncoder(), [A, A, B, C, A]).committed is False
    before = contents(index)
    with pytest.raises(SourceError, match=r"other\.txt: another document has the id 'a'"):
        update(index, CONFIG, HashEncoder(), [document("d"), A, document("a", "Other.", "other.txt")])
    assert contents(index) == before


def test_a_document_without_passages_counts(tmp_path: Path) -> None:
    empty = Document("e", " \n ")
    report = update(tmp_path, CONFIG, HashEncoder(), [empty])
    assert (report.documents, report.passages) == (1, 0) and verify(tmp_path) == []
    snapshot = Snapshot.open(tmp_path)
    assert snapshot.dense.search(np.ones((1, 64), np.float32), 3, snapshot.allowed()).rows.shape == (1, 0)
    assert update(tmp_path, CONFIG, HashEncoder(), [empty]).committed is False
    assert update(tmp_path, CONFIG, HashEncoder(), [A]).removed == 1
    snapshot = Snapshot.open(tmp_path)
    assert snapshot.document("e") is None and snapshot.document("a") == A
    assert verify(tmp_path) == []
    assert compact(tmp_path).documents == 1


@pytest.mark.parametrize(
    ("config", "encoder"),
    [
        (IndexConfig(split=SplitConfig(words=12)), HashEncoder()),
        (IndexConfig(split=SplitConfig(words=10), language="simple"), HashEncoder()),
        (IndexConfig(split=SplitConfig(words=10), lexical="rank-bm25"), HashEncoder()),
        (IndexConfig(split=SplitConfig(words=10), dense="flat"), HashEncoder()),
        (CONFIG, HashEncoder(name="other")),
        (CONFIG, HashEncoder(dim=32)),
    ],
)
def test_other_settings_rebuild(index: Path, config: IndexConfig, encoder: HashEncoder) -> None:
    changed = document("b", "Changed.")
    report = update(index, config, encoder, [A, changed], keep_sources=lambda: {"c.txt"})
    assert report.rebuilt and report.committed and report.encoded == report.passages == 3
    assert (report.unchanged, report.changed, report.kept, report.removed) == (1, 1, 1, 0)
    snapshot = Snapshot.open(index)
    assert snapshot.manifest.config == config and snapshot.manifest.encoder.fingerprint == encoder.fingerprint
    assert len(snapshot.manifest.segments) == 1 and snapshot.alive.all()
    assert snapshot.document("c") == C
    assert texts(index) == {"a": A.text, "b": "Changed.", "c": C.text}


def test_another_name_of_the_same_encoder_changes_nothing(index: Path) -> None:
    config = IndexConfig(split=SplitConfig(words=10), encoder="somewhere/else")
    assert update(index, config, HashEncoder(), [A, B, C]).committed is False


def test_encoding_goes_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ENCODE_PASSAGES", 8)
    encoder = CountingEncoder()
    long = document("long", "Many words stand in this long text of ours here. " * 30)
    given: list[str] = []

    def stream() -> Iterator[Document]:
        for item in (A, long, B):
            given.append(item.id)
            if item is B:
                assert encoder.asked  # encoded while documents still come
            yield item

    update(tmp_path, CONFIG, encoder, stream())
    assert [len(asked) for asked in encoder.asked[:-1]] == [8] * (len(encoder.asked) - 1)
    snapshot = Snapshot.open(tmp_path)
    rows = np.arange(snapshot.rows)
    expected = HashEncoder().encode_passages(snapshot.passages(rows)).astype(np.float16)
    np.testing.assert_array_equal(snapshot.dense.vectors(np.arange(snapshot.rows)), expected)


def test_lone_surrogates_are_stored_as_question_marks(tmp_path: Path) -> None:
    odd = Document("\ud800x", "Some \udfff stone.", meta={"k\ud801": "\ud802"})
    update(tmp_path, CONFIG, HashEncoder(), [odd])
    assert update(tmp_path, CONFIG, HashEncoder(), [odd]).committed is False
    snapshot = Snapshot.open(tmp_path)
    found = snapshot.document("?x")
    assert found is not None and found.text == "Some ? stone." and found.meta == {"k?": "?"}
    assert snapshot.allowed({"k\ud801": "\ud802"}).mask.all()
    assert verify(tmp_path) == []


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    update(tmp_path, CONFIG, HashEncoder(), [A, B], progress=lambda *step: told.append(step))
    assert told == [
        ("reading documents", 0, None),
        ("reading documents", 1, None),
        ("reading documents", 2, None),
        ("encoding passages", 2, 2),
        ("indexing words", 2, 2),
    ]


def test_verifying_and_compacting_tell_how_far_they_are(index: Path) -> None:
    update(index, CONFIG, HashEncoder(), [A])
    told: list[tuple[str, int, int | None]] = []
    compact(index, progress=lambda *step: told.append(step))
    rows = Snapshot.open(index).rows
    assert told[-2:] == [("copying passages", rows, rows), ("indexing words", rows, rows)]
    told.clear()
    assert verify(index, lambda *step: told.append(step)) == []
    assert [step for step in told if not step[0].startswith("checking files")] == [
        ("checking passages", rows, rows),
        ("checking vectors", rows, rows),
    ]
    files = [step for step in told if step[0].startswith("checking files")]
    assert len(files) >= len(Snapshot.open(index).manifest.lexical) and files[-1][1] == files[-1][2]


@pytest.mark.parametrize("links", [True, False])
def test_a_change_never_touches_older_generations(index: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise OSError(errno.EMLINK, "too many links")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    layout = Layout(index)
    before = contents(layout.generation(1)), contents(layout.segments)
    update(index, CONFIG, HashEncoder(), [A, document("b", "Changed."), *(document(f"n{i}") for i in range(30))])
    after = contents(layout.segments)
    assert contents(layout.generation(1)) == before[0] and before[1].items() <= after.items()
    shared = [name for name in before[0] if (layout.lexical(2) / Path(name).name).exists() and name.endswith(".idx")]
    first, second = layout.generation(1), layout.generation(2)
    assert shared and all((first / name).samefile(second / name) == links for name in shared)
    locks = [path.name for path in layout.lexical(2).glob("*.lock")]
    assert locks and not any((layout.lexical(1) / name).samefile(layout.lexical(2) / name) for name in locks)
    before_compaction = contents(second)
    compact(index)
    assert contents(second) == before_compaction and verify(index) == []


def test_a_change_does_not_bless_what_went_bad_before(index: Path) -> None:
    damaged = next(iter(index.glob("segments/*/dense-*/vectors.f16")))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    update(index, CONFIG, HashEncoder(), [A, B, C, document("d")])
    assert verify(index) == [f"{damaged}: its content has changed"]


def test_words_that_went_bad_are_not_added_to(index: Path) -> None:
    """Tantivy believes what it reads: it would merge damage into new files, or end the process."""
    damaged = next(Layout(index).lexical(1).glob("*.term"))
    content = bytearray(damaged.read_bytes())
    content[3] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(IndexFormatError, match=f"{damaged.name}: its content has changed"):
        update(index, CONFIG, HashEncoder(), [A, B, C, document("d")])
    assert Layout(index).current_generation() == 1 and Layout(index).stored_generations() == [1]


def test_current_and_previous_generations_stay_and_the_rest_is_swept(index: Path) -> None:
    layout = Layout(index)
    for number in range(3):
        update(index, CONFIG, HashEncoder(), [document(f"n{number}")])
    assert layout.stored_generations() == [2, 3, 4]
    for stray in (layout.generation(9), layout.segment("f" * 32), layout.generations / "notes"):
        stray.mkdir()
        (stray / "x").touch()
    (index / "CURRENT.tmp").touch()
    assert update(index, CONFIG, HashEncoder(), [document("n2")]).committed is False
    assert layout.stored_generations() == [3, 4] and not (index / "CURRENT.tmp").exists()
    used = [Snapshot.open(index, number).manifest.segments for number in (3, 4)]
    assert sorted(layout.stored_segments()) == sorted({segment.id for segments in used for segment in segments})
    assert (layout.generations / "notes" / "x").exists()


def test_compact(index: Path) -> None:
    update(index, CONFIG, HashEncoder(), [A, document("b", "Changed."), document("d")])
    wanted = [document("b", "Changed."), document("d"), document("e")]
    update(index, CONFIG, HashEncoder(), wanted)
    before = texts(index)
    old = Snapshot.open(index)
    rows = np.flatnonzero(old.alive)
    report = compact(index)
    assert (report.generation, report.documents, report.encoded, report.committed) == (4, 3, 0, True)
    snapshot = Snapshot.open(index)
    assert snapshot.alive.all() and len(snapshot.manifest.segments) == 1 and texts(index) == before
    assert snapshot.passages(np.arange(snapshot.rows)) == old.passages(rows)
    vectors = old.dense.vectors(rows)
    np.testing.assert_array_equal(snapshot.dense.vectors(np.arange(snapshot.rows)), vectors)
    assert compact(index).committed is False
    assert update(index, CONFIG, HashEncoder(), wanted).committed is False


def test_compact_needs_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound):
        compact(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_approximate_search(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    config = IndexConfig(dense="hnsw")
    documents = [document(f"d{number}", f"number{number} word{number % 50}") for number in range(1200)]
    update(tmp_path, config, HashEncoder(), documents)
    update(tmp_path, config, HashEncoder(), documents[5:])
    snapshot = Snapshot.open(tmp_path)
    assert [part.ann for part in snapshot.manifest.vectors.parts] == [True] and verify(tmp_path) == []
    found = snapshot.dense.search(HashEncoder().encode_questions(["number700 word0"]), 3, snapshot.allowed())
    assert snapshot.passages(found.rows[0])[0].doc_id == "d700"
    path = next(tmp_path.rglob("index.faiss"))
    path.write_bytes(b"x" * path.stat().st_size)
    assert any("index.faiss" in problem for problem in verify(tmp_path))
    with pytest.raises(IndexFormatError, match=r"index\.faiss"):
        _ = Snapshot.open(tmp_path).dense


def test_writers_wait_for_nobody(index: Path) -> None:
    with writer_lock(Layout(index).lock):
        with pytest.raises(IndexLocked, match=f"process {os.getpid()} is writing"):
            update(index, CONFIG, HashEncoder(), [A])
        with pytest.raises(IndexLocked):
            compact(index)
        assert Snapshot.open(index).document("b") == B


def test_other_peoples_directories_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "segments").mkdir()
    with pytest.raises(ConfigError, match="holds other files"):
        update(tmp_path, CONFIG, HashEncoder(), [A])
    with pytest.raises(ConfigError, match="is a file"):
        update(tmp_path / "thesis.txt", CONFIG, HashEncoder(), [A])
    assert sorted(contents(tmp_path)) == ["thesis.txt"]


def test_a_damaged_index_is_not_swept(index: Path) -> None:
    Layout(index).manifest(1).write_text("{}")
    before = contents(index)
    with pytest.raises(IndexFormatError, match=r"manifest\.json"):
        update(index, CONFIG, HashEncoder(), [A])
    assert contents(index) == before | {"LOCK": contents(index)["LOCK"]}
