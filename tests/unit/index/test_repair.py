"""A damaged index becomes whole again, or says what is lost; nothing that could be of use is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.repairing import (
    ENCODER,
    FIRST,
    RULES,
    SECOND,
    file_of,
    flip,
    folder,
    lengthen,
    make_history,
    make_index,
    mend,
    pipe,
    truncate,
)
from support.writing import CONFIG, contents, document, texts

from ragqa.config import IndexConfig
from ragqa.errors import IndexFormatError
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import update
from ragqa.indexing import repair as repair_with_models
from ragqa.store.manifest import fact_of
from ragqa.store.record import seal


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path / "index")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return make_history(tmp_path / "history")


def found(index: Path, scores: bool = True) -> list[Any]:
    """What searches find, and with which scores."""
    snapshot, questions = Snapshot.open(index), ["what is told about a", "changed words", "is said of b"]
    words = snapshot.lexical.search(questions, 10, snapshot.allowed())
    dense = snapshot.dense.search(ENCODER.encode_questions(questions), 10, snapshot.allowed())
    pairs = []
    for ranking in (words, dense):
        for rows, own in zip(ranking.rows, ranking.scores, strict=True):
            ids = [passage.id for passage in snapshot.passages(rows[rows >= 0])]
            pairs.append(sorted(zip(ids, own[rows >= 0].round(4).tolist() if scores else ids, strict=True)))
    return pairs


@pytest.mark.parametrize(
    ("name", "step", "harm"),
    [
        ("words", "build the word index again", flip),
        ("words.json", "build the word index again", truncate),
        ("tombstones.npy", "work out again which documents are deleted", flip),
        ("tombstones.npy", "work out again which documents are deleted", pipe),
        ("vectors.f16", "encode passages again", flip),
        ("vectors.f16", "encode passages again", folder),
        ("passages.arrow", "split and encode documents again", flip),
        ("passages.arrow", "split and encode documents again", lengthen),
        ("passages.arrow", "split and encode documents again", Path.unlink),
    ],
)
def test_what_can_be_derived_is(index: Path, name: str, step: str, harm: Callable[[Path], None]) -> None:
    scores = name != "passages.arrow"  # those of words change with deleted passages, which are not made again
    held, hits = texts(index), found(index, scores)
    path = file_of(index, name)
    harm(path)
    left = path.read_bytes() if path.is_file() else None
    planned = mend(index, dry_run=True)
    report = mend(index)
    assert planned.steps == report.steps and any(line.startswith(step) for line in report.steps), report
    assert report.lost == 0 and report.problems == () and [str(path) in line for line in report.damage] == [True]
    assert texts(index) == held and found(index, scores) == hits and Snapshot.open(index).synonyms == RULES
    assert Snapshot.open(index).generation == report.generation == 3 == planned.generation
    if left is not None:
        assert report.aside is not None
        assert (Path(report.aside) / path.relative_to(index)).read_bytes() == left
    assert update(index, CONFIG, ENCODER, SECOND).committed is False, "and goes on as if nothing had been"


def test_several_kinds_at_once(index: Path) -> None:
    held, hits = texts(index), found(index, scores=False)
    for name, segment in (("words", 0), ("vectors.f16", 0), ("passages.arrow", 1)):
        flip(file_of(index, name, segment))
    assert mend(index).lost == 0
    assert texts(index) == held and found(index, scores=False) == hits


@pytest.mark.parametrize("harm", [flip, Path.unlink, pipe])
def test_a_lost_segment_is_told(index: Path, harm: Callable[[Path], None]) -> None:
    harm(file_of(index, "documents.arrow", 1))
    report = mend(index)
    assert report.lost == 1 and report.documents == 2 and report.problems == ()
    assert sorted(texts(index)) == ["a", "b"]
    assert report.lost_ids in ((), ("d",)) and report.lost_sources in ((), ("d.txt",))
    after = update(index, CONFIG, ENCODER, SECOND)
    assert (after.added, after.unchanged) == (1, 2) and sorted(texts(index)) == ["a", "b", "d"]


def test_lost_documents_are_named_as_far_as_they_can_be_read(index: Path) -> None:
    flip(file_of(index, "documents.arrow", 1).parent / "documents.arrow")
    path = file_of(index, "documents.arrow", 1)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"d.txt", b"e.txt"))  # the damage is in a name, all else can be read
    assert mend(index).lost_sources in ((), ("e.txt",))


def test_the_generation_before_is_better_than_a_hole(history: Path) -> None:
    flip(file_of(history, "documents.arrow", 1))
    report = mend(history)
    assert report.generation == 1 and report.lost == 1
    assert texts(history) == {one.id: one.text for one in FIRST}
    assert update(history, CONFIG, ENCODER, SECOND).generation == 2 and sorted(texts(history)) == ["a", "b", "d"]


def test_the_generation_before_is_no_better_than_a_derived_file(history: Path) -> None:
    flip(file_of(history, "words"))
    assert mend(history).generation == 3 and sorted(texts(history)) == ["a", "b", "d"]


def test_nothing_is_left(index: Path) -> None:
    for segment in (0, 1):
        flip(file_of(index, "documents.arrow", segment))
    before = contents(index)
    with pytest.raises(IndexFormatError, match=r"nothing of it can be saved \(.*documents.arrow: its content has"):
        mend(index)
    assert contents(index) == before


@pytest.mark.parametrize("harm", [flip, truncate, pipe])
def test_a_damaged_manifest(history: Path, harm: Callable[[Path], None]) -> None:
    path = file_of(history, "manifest.json")
    harm(path)
    left = path.read_bytes() if path.is_file() else None
    report = mend(history)
    assert (report.generation, report.lost) == (1, None) and sorted(texts(history)) == ["a", "b", "c"]
    kept = Path(report.aside or "") / path.relative_to(history)
    assert (kept.read_bytes() if kept.exists() else None) == left
    assert list(Path(report.aside or "").glob("segments/*")), "segments that only the damaged one knew are kept"


@pytest.mark.parametrize("harm", [flip, Path.unlink, folder, pipe, lambda path: path.write_bytes(b"000009\n")])
def test_current(history: Path, harm: Callable[[Path], None]) -> None:
    held = texts(history)
    harm(history / "CURRENT")
    report = mend(history)
    assert report.generation == 2 and report.steps == ("make generation 2 current",) and len(report.damage) == 1
    assert texts(history) == held


def test_a_complete_generation_that_was_not_committed_is_the_newest(history: Path) -> None:
    (history / "CURRENT").write_bytes(b"000001\n")
    flip(history / "generations" / "000001" / "manifest.json")
    assert mend(history).generation == 2 and sorted(texts(history)) == ["a", "b", "d"]


def test_synonyms_come_from_another_generation(history: Path) -> None:
    flip(file_of(history, "synonyms.txt"))
    report = mend(history)
    assert report.generation == 3 and report.lost == 0
    assert Snapshot.open(history).synonyms == RULES and sorted(texts(history)) == ["a", "b", "d"]


def test_lost_synonyms_are_told(index: Path) -> None:
    flip(file_of(index, "synonyms.txt"))
    report = mend(index)
    assert any("--synonyms" in step for step in report.steps)
    assert not Snapshot.open(index).synonyms.rules and sorted(texts(index)) == ["a", "b", "d"]


def test_tombstones_are_the_very_same(index: Path) -> None:
    path = file_of(index, "tombstones.npy")
    content = path.read_bytes()
    flip(path)
    mend(index)
    assert file_of(index, "tombstones.npy").read_bytes() == content


def test_deleted_documents_do_not_come_back(index: Path) -> None:
    """Without tombstones and without words nobody knows which documents are deleted."""
    flip(file_of(index, "tombstones.npy"))
    flip(index / "generations" / "000002" / "lexical" / "meta.json")
    with pytest.raises(IndexFormatError, match="nothing of it can be saved"):
        mend(index)


def test_a_faiss_index(tmp_path: Path) -> None:
    config = IndexConfig(split=CONFIG.split, dense="hnsw")
    update(tmp_path / "index", config, ENCODER, [document(f"d{number}") for number in range(1100)])
    path = file_of(tmp_path / "index", "index.faiss")
    flip(path)
    report = mend(tmp_path / "index")
    assert report.steps[0].startswith("build a FAISS index again")
    assert file_of(tmp_path / "index", "index.faiss") != path and verify(tmp_path / "index") == []
    vectors = f"dense-{ENCODER.fingerprint}/vectors.f16"
    assert (file_of(tmp_path / "index", "index.faiss").parents[1] / vectors).samefile(path.parents[1] / vectors)


def test_foreign_files_are_set_aside(index: Path) -> None:
    stray = file_of(index, "passages.arrow").with_name("notes.txt")
    stray.write_text("mine")
    assert verify(index)
    report = mend(index)
    assert verify(index) == [] and not stray.exists() and report.generation == 2
    assert (Path(report.aside or "") / stray.relative_to(index)).read_text() == "mine"


def test_what_is_set_aside_stays(index: Path) -> None:
    path = file_of(index, "vectors.f16")
    flip(path)
    content = path.read_bytes()
    report = mend(index)
    for number in range(3):
        update(index, CONFIG, ENCODER, [*SECOND, document(f"n{number}")])
    kept = Path(report.aside or "") / path.relative_to(index)
    assert not path.exists() and kept.read_bytes() == content
    flip(file_of(index, "words"))
    assert mend(index).aside != report.aside and kept.exists()


def test_calibration(index: Path) -> None:
    path = index / "calibration.json"
    path.write_text('{"format": 1, "weights"')
    report = repair_with_models(index)
    assert not path.exists() and report.generation == 2 and texts(index)
    assert (Path(report.aside or "") / "calibration.json").read_text() == '{"format": 1, "weights"'
    for harm in (pipe, folder):
        path.write_text("x")
        harm(path)
        assert len(repair_with_models(index).damage) == 1 and not path.exists() and verify(index) == []
    path.write_text(seal({"format": 7}).replace("7", "8"))
    assert len(repair_with_models(index).damage) == 1 and verify(index) == []
    path.write_text('{"format": 7}')
    assert repair_with_models(index).steps == () and path.exists(), "another ragqa reads it"


def test_files_that_agree_with_their_hashes_and_not_with_each_other(index: Path) -> None:
    """As an index that was written by something broken: its problems are told, not hidden."""
    path, manifest = file_of(index, "vectors.f16"), file_of(index, "manifest.json")
    was, content = fact_of(path.read_bytes()), bytes(path.stat().st_size)
    path.write_bytes(content)
    text = manifest.read_text().replace(was.sha256, fact_of(content).sha256)
    manifest.write_text(seal({name: value for name, value in json.loads(text).items() if name != "sha256"}))
    assert any("unit length" in problem for problem in mend(index).problems)
