"""Files are compared with the manifest when they are first used, and before they are copied."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.writing import CONFIG, A, B, C, contents, document, texts

from ragqa.cli.output import note_unchecked
from ragqa.config import IndexConfig
from ragqa.errors import IndexFormatError
from ragqa.index import snapshot as snapshots
from ragqa.index.derive import copy_index, reencode
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store import checking
from ragqa.store.checking import Checks, check_files
from ragqa.store.layout import Layout, current_line
from ragqa.store.manifest import FileFact, fact_of
from ragqa.store.record import seal, unseal
from ragqa.testing import HashEncoder


def damage(path: Path, place: int = -1) -> None:
    """Change one byte; other hard links stay as they are."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.unlink()
    path.write_bytes(content)


def of(index: Path, ending: str) -> Path:
    """A file of the current generation, of its oldest segment."""
    snapshot = Snapshot.open(index, parts=())
    found = [path for path in snapshot.files(("passages", "words", "vectors")) if path.name.endswith(ending)]
    return found[0]


def checkers() -> int:
    return sum(thread.name == "ragqa-check" for thread in threading.enumerate())


@pytest.mark.parametrize("name", ["documents.arrow", "passages.arrow", "vectors.f16", ".term", ".store", "meta.json"])
def test_small_files_are_checked_before_anything_is_asked(index: Path, name: str) -> None:
    path = of(index, name)
    damage(path, path.stat().st_size // 2)
    with pytest.raises(IndexFormatError, match=f"{path.name}: its content has changed; run ragqa repair"):
        Snapshot.open(index)


def test_what_is_not_wanted_is_neither_opened_nor_checked(index: Path) -> None:
    damage(of(index, "vectors.f16"))
    damage(of(index, ".term"))
    snapshot = Snapshot.open(index, parts=("passages",))
    assert snapshot.document("b") == B and snapshot.checked
    for part in ("lexical", "dense"):
        with pytest.raises(LookupError, match="was opened without"):
            getattr(snapshot, part)
    assert Snapshot.open(index, parts=()).info()["documents"] == 3
    with pytest.raises(LookupError):
        Snapshot.open(index, parts=()).document("b")


def test_large_files_are_checked_while_they_are_used(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "AT_ONCE", 0)
    damage(of(index, "vectors.f16"))
    snapshot = Snapshot.open(index)
    with pytest.raises(IndexFormatError, match=r"vectors\.f16: its content has changed"):
        snapshot.wait_checked()
    assert not snapshot.checked
    uses = [
        lambda: snapshot.dense,
        lambda: snapshot.lexical,
        lambda: snapshot.passages(np.arange(2)),
        lambda: snapshot.document("b"),
        lambda: snapshot.dense,
    ]
    for use in uses:
        with pytest.raises(IndexFormatError, match=r"vectors\.f16: its content has changed"):
            use()


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be removed there")
def test_the_check_goes_on_when_writers_have_removed_the_files(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(snapshots, "AT_ONCE", 0)
    gate, real = threading.Event(), checking.hash_file

    def waiting(*given: Any) -> str:
        if threading.current_thread().name == "ragqa-check":
            gate.wait(30)
        return real(*given)

    monkeypatch.setattr(checking, "hash_file", waiting)
    snapshot = Snapshot.open(index)
    assert not snapshot.checked
    note_unchecked(snapshot)
    assert "still being checked when this was found; ragqa verify" in capsys.readouterr().err
    for number in range(3):
        update(index, CONFIG, HashEncoder(), [document(f"n{number}")])
    assert not Layout(index).generation(1).exists()
    gate.set()
    snapshot.wait_checked()
    note_unchecked(snapshot)
    assert snapshot.checked and snapshot.document("b") == B and capsys.readouterr().err == ""


def test_nobody_checks_for_a_snapshot_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(40_000_000))
    before = checkers()
    checks = Checks({path: FileFact(40_000_000, "0" * 64)}, at_once=0)
    assert checkers() == before + 1 and not checks.passed
    checks.stop()
    for _ in range(500):
        if checkers() == before:
            break
        time.sleep(0.01)
    assert checkers() == before and not checks.passed
    checks.require()  # it was not found to be wrong


def test_a_snapshot_that_is_gone_stops_its_check(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Checks] = []
    monkeypatch.setattr(Checks, "stop", lambda self: stopped.append(self))
    snapshot = Snapshot.open(index)
    del snapshot
    gc.collect()
    assert len(stopped) == 1


def test_many_files_are_checked_by_several_threads_and_the_first_wrong_one_is_named(tmp_path: Path) -> None:
    facts = {}
    for number in range(6):
        content = bytes([number]) * 1_500_000
        (tmp_path / f"f{number}").write_bytes(content)
        facts[tmp_path / f"f{number}"] = fact_of(content)
    check_files(facts)
    for number in (4, 2):
        damage(tmp_path / f"f{number}")
        with pytest.raises(IndexFormatError, match=f"f{number}: its content has changed"):
            check_files(facts)
    (tmp_path / "f5").write_bytes(b"")
    with pytest.raises(IndexFormatError, match="f5: 0 bytes instead of 1500000"):
        check_files(facts)


@pytest.mark.parametrize("name", ["documents.arrow", "passages.arrow", "vectors.f16"])
@pytest.mark.parametrize("place", [40, 0.5, -1])
def test_compact_copies_nothing_that_is_damaged(index: Path, name: str, place: float) -> None:
    update(index, CONFIG, HashEncoder(), [A, B, document("d")])
    path = of(index, name)
    damage(path, int(path.stat().st_size * place) if isinstance(place, float) else place)
    before = contents(index)
    with pytest.raises(IndexFormatError, match=f"{name}: (its content has changed|damaged)"):
        compact(index)
    assert contents(index) | {"LOCK": ""} == before | {"LOCK": ""}
    assert any(name in problem for problem in verify(index)), "it is still known to be damaged"


@pytest.mark.parametrize("name", ["documents.arrow", "passages.arrow", "vectors.f16", ".store"])
@pytest.mark.parametrize("at_once", [0, 10**9])
def test_a_copy_is_of_whole_files(
    index: Path, tmp_path: Path, name: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "AT_ONCE", at_once)
    path = of(index, name)
    damage(path)
    with pytest.raises(IndexFormatError, match=f"{path.name}: (its content has changed|damaged)"):
        copy_index(index, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["documents.arrow", "passages.arrow"])
def test_damaged_passages_get_no_other_vectors(index: Path, name: str) -> None:
    damage(of(index, name))
    before = contents(index)
    with pytest.raises(IndexFormatError, match=f"{name}: its content has changed"):
        reencode(index, HashEncoder(48, "other"), "other")
    assert contents(index) | {"LOCK": ""} == before | {"LOCK": ""}


def test_what_cannot_be_read_any_more_is_kept_only_if_it_is_whole(index: Path) -> None:
    """Built anew with other settings, a document whose source fails is copied out of the old generation."""
    path = of(index, "documents.arrow")
    content = path.read_bytes()
    place = content.index(b"This is about c")
    damage(path, place)
    other = IndexConfig(split=CONFIG.split, language="de")
    with pytest.raises(IndexFormatError, match=r"documents\.arrow: its content has changed"):
        update(index, other, HashEncoder(), [A, B], keep_sources=lambda: {"c.txt"})
    path.write_bytes(content)
    assert update(index, other, HashEncoder(), [A, B], keep_sources=lambda: {"c.txt"}).kept == 1
    assert texts(index)["c"] == C.text


def test_indexes_from_before_there_were_checksums(index: Path, tmp_path: Path) -> None:
    layout = Layout(index)
    (index / "calibration.json").write_text('{"format": 1}')
    layout.current.write_text("000001\n")
    content, _ = unseal(json.loads(layout.manifest(1).read_text()))
    layout.manifest(1).write_text(json.dumps(content, indent=1) + "\n")
    assert Snapshot.open(index).document("b") == B and verify(index) == []
    assert update(index, CONFIG, HashEncoder(), [A, B]).generation == 2
    assert layout.current.read_bytes() == current_line(2) and "sha256" in json.loads(layout.manifest(2).read_text())


def test_verify_looks_at_the_calibration_too(index: Path) -> None:
    path = index / "calibration.json"
    path.write_text(seal({"format": 1, "weights": {"bm25": 0.25}}))
    assert verify(index) == []
    for old, new in (("0.25", "0.35"), ("0.25", "NaN"), ("}", "]"), ("format", "format\udcff")):
        text = seal({"format": 1, "weights": {"bm25": 0.25}}).replace(old, new)
        path.write_bytes(text.encode(errors="surrogateescape"))
        (problem,) = verify(index)
        assert problem.startswith(f"{path}: not a usable calibration (") and "ragqa calibrate again" in problem
    update(index, CONFIG, HashEncoder(), [A, B])
    assert len(verify(index)) == 1, "it outlives generations"


def test_a_changed_manifest_is_noticed_though_it_parses(index: Path) -> None:
    path = Layout(index).manifest(1)
    whole = path.read_text()
    assert '"words": 10' in whole
    path.write_text(whole.replace('"words": 10', '"words": 12'))
    with pytest.raises(IndexFormatError, match=r"manifest\.json: not a usable manifest \(its content has changed"):
        Snapshot.open(index, parts=())
    assert any("manifest.json" in problem for problem in verify(index))
