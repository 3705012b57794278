"""Indexes of formats 1 and 2, and segments that hold token ids beside their passages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.formats import to_format_1, to_older_documents
from support.repairing import file_of, flip
from support.writing import A, B, C, contents, document, texts

from ragqa.config import IndexConfig, SplitConfig
from ragqa.errors import IndexFormatError
from ragqa.index.derive import copy_index, reencode
from ragqa.index.pack import pack
from ragqa.index.repair import repair
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update, upsert
from ragqa.store.layout import DOCUMENTS, Layout
from ragqa.store.manifest import FORMAT, Manifest, fact_of
from ragqa.store.record import seal, unseal
from ragqa.testing import HashEncoder

CONFIG, ENCODER = IndexConfig(split=SplitConfig(words=10)), HashEncoder()
TOKENS = "tokens-0123456789abcdef/ids.u32"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two segments, and a dead document in the first."""
    update(tmp_path / "kb", CONFIG, ENCODER, [A, B, C])
    update(tmp_path / "kb", CONFIG, ENCODER, [A, B, document("d")])
    return tmp_path / "kb"


def edit(index: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the manifest of generation 2 anew."""
    path = Layout(index).manifest(2)
    path.write_text(seal(change(unseal(json.loads(path.read_text()))[0])))


def without_forms(manifest: Manifest) -> Manifest:
    """As it is read from format 1, which did not record them."""
    return replace(manifest, segments=tuple(replace(segment, forms=None) for segment in manifest.segments))


def test_an_index_of_format_1_goes_on(index: Path) -> None:
    now = Snapshot.open(index).manifest
    edit(index, to_format_1)
    assert (
        Snapshot.open(index).manifest == without_forms(now)
        and verify(index) == []
        and sorted(texts(index)) == ["a", "b", "d"]
    )
    before = contents(index / "segments")
    upsert(index, CONFIG, ENCODER, [document("e")])
    assert json.loads(Layout(index).manifest(3).read_text())["format"] == FORMAT
    assert before.items() <= contents(index / "segments").items(), "what is there is not written again"
    assert sorted(texts(index)) == ["a", "b", "d", "e"]


def test_a_damaged_index_of_format_1_is_repaired(index: Path) -> None:
    edit(index, to_format_1)
    next(index.rglob("vectors.f16")).write_bytes(b"")
    report = repair(index, load=lambda _: ENCODER, unusable=lambda _: "")
    assert any("encode passages again" in step for step in report.steps) and report.problems == ()
    assert sorted(texts(index)) == ["a", "b", "d"]


def make_format_2(index: Path) -> None:
    """Documents as they were stored then, and their hashes in a manifest of that format."""

    def older(raw: dict[str, Any]) -> dict[str, Any]:
        for segment in raw["segments"]:
            segment["files"][DOCUMENTS] = to_older_documents(index / "segments" / segment["id"] / DOCUMENTS)
        return raw | {"format": 2}

    edit(index, older)


def test_an_index_of_format_2_goes_on(index: Path) -> None:
    held = texts(index)
    make_format_2(index)
    assert verify(index) == [] and texts(index) == held
    before = contents(index / "segments")
    assert update(index, CONFIG, ENCODER, [A, B, document("d")]).committed is False, "nothing is read anew for it"
    upsert(index, CONFIG, ENCODER, [document("e")])
    assert json.loads(Layout(index).manifest(3).read_text())["format"] == FORMAT
    assert before.items() <= contents(index / "segments").items(), "what is there is not written again"
    assert sorted(texts(index)) == ["a", "b", "d", "e"]
    flip(file_of(index, "passages.arrow"))
    assert repair(index, load=lambda _: ENCODER, unusable=lambda _: "").lost == 0
    compact(index)
    assert sorted(texts(index)) == ["a", "b", "d", "e"]


def with_tokens(index: Path) -> None:
    """Token ids in both segments, as whoever stores them would write them."""

    def add(raw: dict[str, Any]) -> dict[str, Any]:
        for number, segment in enumerate(raw["segments"]):
            content = bytes([number]) * 8
            path = Layout(index).segment(segment["id"]) / TOKENS
            path.parent.mkdir()
            path.write_bytes(content)
            segment["files"][TOKENS] = {"bytes": 8, "sha256": fact_of(content).sha256}
        return raw

    edit(index, add)


def tokens(index: Path) -> list[bytes]:
    layout, manifest = Layout(index), Snapshot.open(index).manifest
    assert verify(index) == []
    paths = [layout.segment(segment.id) / TOKENS for segment in manifest.segments if TOKENS in segment.files]
    return [path.read_bytes() for path in paths]


def test_token_ids_stay_with_their_passages(index: Path, tmp_path: Path) -> None:
    with_tokens(index)
    both = tokens(index)
    assert both == [bytes(8), b"\x01" * 8]
    copy_index(index, tmp_path / "copy")
    pack(index, tmp_path / "kb.ragqa")
    copy_index(tmp_path / "kb.ragqa", tmp_path / "unpacked")
    assert tokens(tmp_path / "copy") == tokens(tmp_path / "unpacked") == both
    reencode(index, HashEncoder(name="other"), "other")
    assert tokens(index) == both, "other vectors, the same passages"
    upsert(index, CONFIG, HashEncoder(name="other"), [document("e")])
    assert tokens(index) == both, "the new segment has none yet"
    compact(index)
    assert tokens(index) == [], "rows are numbered anew"


@pytest.mark.parametrize("name", ["ids.u32", "vectors.f16", "passages.arrow"])
def test_a_repair_goes_without_token_ids(index: Path, name: str) -> None:
    with_tokens(index)
    folder = Layout(index).segment(Snapshot.open(index).manifest.segments[0].id)
    path = next(folder.rglob(name))
    path.write_bytes(b"x" * path.stat().st_size)
    report = repair(index, load=lambda _: ENCODER, unusable=lambda _: "")
    told = {"ids.u32": "go without stored token ids", "vectors.f16": "encode passages", "passages.arrow": "split and"}
    assert any(told[name] in step for step in report.steps) and report.problems == () and report.lost == 0
    assert tokens(index) == [b"\x01" * 8], "those of the other segment stay"
    assert sorted(texts(index)) == ["a", "b", "d"]


def test_a_damaged_token_file_stops_nobody_who_does_not_use_it(index: Path) -> None:
    with_tokens(index)
    next(index.rglob("ids.u32")).write_bytes(b"x" * 8)
    snapshot = Snapshot.open(index)
    snapshot.wait_checked()
    assert len(snapshot.passages(np.arange(snapshot.rows))) == 4
    with pytest.raises(IndexFormatError, match=r"ids\.u32"):
        Snapshot.open(index, parts=("tokens",))
