"""Manifests and tombstones are parsed strictly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.formats import to_format_1

from ragqa.config import IndexConfig
from ragqa.errors import IndexFormatError
from ragqa.store.layout import Layout
from ragqa.store.manifest import (
    EncoderFact,
    FileFact,
    Manifest,
    SegmentFact,
    VectorFact,
    VectorPart,
    fact_of,
    pack_tombstones,
    read_manifest,
    read_tombstones,
)
from ragqa.store.record import unseal

A, B = "a" * 32, "b" * 32
SHA = "0" * 64
VECTORS = "dense-hash-4/vectors.f16"


def segment(name: str, first_row: int, rows: int) -> SegmentFact:
    files = {"documents.arrow": FileFact(1, SHA), "passages.arrow": FileFact(1, SHA)}
    return SegmentFact(name, first_row, rows, 2, files)


def vectors(rows: int) -> VectorPart:
    return VectorPart(False, {VECTORS: FileFact(rows * 8, SHA)})


MANIFEST = Manifest(
    format=3,
    generation=7,
    created="2025-01-02T03:04:05+00:00",
    ragqa="0.1.0",
    config=IndexConfig(),
    analyzer="en-stem-stop-1",
    segments=(segment(A, 0, 5), segment(B, 5, 6)),
    vectors=VectorFact(EncoderFact("default", "hash-4", 4), (vectors(5), vectors(6))),
    lexical={"meta.json": FileFact(3, SHA), ".managed.json": FileFact(3, SHA)},
    tombstones=FileFact(130, SHA),
    live_documents=3,
    live_passages=9,
)


def test_round_trip() -> None:
    assert Manifest.from_json(MANIFEST.to_json(), "m") == MANIFEST
    assert (MANIFEST.rows, MANIFEST.documents) == (11, 4)


def test_synonyms_may_be_there() -> None:
    manifest = replace(MANIFEST, synonyms=FileFact(9, SHA))
    assert Manifest.from_json(manifest.to_json(), "m") == manifest
    assert "synonyms.txt" in manifest.own_files and "synonyms.txt" not in MANIFEST.own_files
    assert "synonyms" not in json.loads(MANIFEST.to_json())  # as written before there were any


def test_format_1_is_read_as_the_same_in_format_3() -> None:
    assert Manifest.from_json(json.dumps(to_format_1(unseal(json.loads(MANIFEST.to_json()))[0])), "m") == MANIFEST
    for name in ("encoder", "segments", "analyzer"):
        raw = to_format_1(unseal(json.loads(MANIFEST.to_json()))[0])
        del raw[name]
        with pytest.raises(IndexFormatError, match="not a usable manifest"):
            Manifest.from_json(json.dumps(raw), "m")


def test_a_segment_may_have_token_files() -> None:
    tokens = "tokens-0123456789abcdef/ids.u32"
    files = {**MANIFEST.segments[0].files, tokens: FileFact(4, SHA)}
    manifest = replace(MANIFEST, segments=(replace(MANIFEST.segments[0], files=files), MANIFEST.segments[1]))
    assert Manifest.from_json(manifest.to_json(), "m") == manifest
    assert tokens in manifest.files_in(0) and tokens not in manifest.files_in(1)


Damage = Callable[[dict[str, Any]], object]
DAMAGES: dict[str, Damage] = {
    "missing field": lambda raw: raw.pop("analyzer"),
    "unknown field": lambda raw: raw.update(more=1),
    "unknown nested field": lambda raw: raw["vectors"]["encoder"].update(more=1),
    "bool for int": lambda raw: raw.update(generation=True),
    "text for int": lambda raw: raw.update(live_passages="9"),
    "float for int": lambda raw: raw["vectors"]["encoder"].update(dim=4.0),
    "no format": lambda raw: raw.update(format="1"),
    "list for object": lambda raw: raw.update(lexical=[]),
    "object for list": lambda raw: raw.update(segments={}),
    "no date": lambda raw: raw.update(created="yesterday"),
    "negative rows": lambda raw: raw["segments"][1].update(rows=-6),
    "overlapping rows": lambda raw: raw["segments"][1].update(first_row=4),
    "rows with a gap": lambda raw: raw["segments"][1].update(first_row=6),
    "a segment twice": lambda raw: raw["segments"][1].update(id=A),
    "path as segment": lambda raw: raw["segments"][0].update(id="../" * 10 + "xy"),
    "path as fingerprint": lambda raw: raw["vectors"]["encoder"].update(fingerprint="../x"),
    "path as file": lambda raw: raw["segments"][0]["files"].update({"../../x": {"bytes": 1, "sha256": SHA}}),
    "absolute path": lambda raw: raw["lexical"].update({"/etc/passwd": {"bytes": 1, "sha256": SHA}}),
    "path in the word index": lambda raw: raw["lexical"].update({"../x": {"bytes": 1, "sha256": SHA}}),
    "parent in the word index": lambda raw: raw["lexical"].update({"..": {"bytes": 1, "sha256": SHA}}),
    "a file too few": lambda raw: raw["segments"][0]["files"].pop("passages.arrow"),
    "a FAISS index that is not": lambda raw: raw["vectors"]["parts"][0].update(ann=True),
    "vectors of another size": lambda raw: raw["vectors"]["parts"][0]["files"][VECTORS].update(bytes=41),
    "vectors among documents": lambda raw: raw["segments"][0]["files"].update(raw["vectors"]["parts"][0]["files"]),
    "vectors of a segment too few": lambda raw: raw["vectors"]["parts"].pop(),
    "files of vectors that live elsewhere": lambda raw: raw["vectors"].update(store="elsewhere"),
    "no vectors": lambda raw: raw.pop("vectors"),
    "tokens outside": lambda raw: raw["segments"][0]["files"].update({"tokens-../x": {"bytes": 1, "sha256": SHA}}),
    "negative size": lambda raw: raw["tombstones"].update(bytes=-1),
    "no hash": lambda raw: raw["tombstones"].update(sha256="../x"),
    "more live than there are": lambda raw: raw.update(live_passages=12),
    "more documents than there are": lambda raw: raw.update(live_documents=5),
    "synonyms that are nothing": lambda raw: raw.update(synonyms=None),
    "synonyms that are text": lambda raw: raw.update(synonyms="car, automobile"),
    "synonyms without a hash": lambda raw: raw.update(synonyms={"bytes": 1}),
    "no word index": lambda raw: raw.update(lexical={}),
    "unknown engine": lambda raw: raw["config"].update(lexical="lucene"),
    "impossible split": lambda raw: raw["config"]["split"].update(words=0),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_manifests(damage: Damage) -> None:
    raw, _ = unseal(json.loads(MANIFEST.to_json()))  # as one who wrote it so, not as one whose disk is failing
    damage(raw)
    with pytest.raises(IndexFormatError, match=r"^some/manifest\.json: not a usable manifest") as caught:
        Manifest.from_json(json.dumps(raw), "some/manifest.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, b"\xff\xfe\x00", '{"format": NaN}'])
def test_no_manifests(text: str | bytes) -> None:
    with pytest.raises(IndexFormatError, match="not a usable manifest"):
        Manifest.from_json(text, "m")


def test_another_format_names_both_and_what_to_do() -> None:
    newer = json.dumps({"format": 4, "whatever": []})
    with pytest.raises(IndexFormatError, match=r"format 4, but ragqa .* reads formats 1 to 3: upgrade ragqa, or index"):
        Manifest.from_json(newer, "m")
    with pytest.raises(IndexFormatError, match=r"index format 0, but ragqa .* reads formats 1 to 3: index again"):
        Manifest.from_json('{"format": 0}', "m")


def test_a_manifest_belongs_to_its_folder(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for number in (7, 8):
        layout.generation(number).mkdir(parents=True)
        layout.manifest(number).write_text(MANIFEST.to_json())
    assert read_manifest(layout, 7) == MANIFEST
    with pytest.raises(IndexFormatError, match="belongs to generation 7"):
        read_manifest(layout, 8)
    with pytest.raises(IndexFormatError, match=r"000009.manifest\.json: cannot be read, it is missing"):
        read_manifest(layout, 9)


def tombstones(tmp_path: Path, content: bytes) -> Any:
    layout = Layout(tmp_path)
    layout.generation(7).mkdir(parents=True)
    layout.tombstones(7).write_bytes(content)
    raw, _ = unseal(json.loads(MANIFEST.to_json()))
    raw["tombstones"] = {"bytes": len(content), "sha256": fact_of(content).sha256}
    return read_tombstones(layout, Manifest.from_json(json.dumps(raw), "m"))


HEADER = b"\x93NUMPY\x01\x00v\x00"
ROWS = np.isin(np.arange(11), [1, 10])
DOCUMENTS = np.array([False, False, False, True])


def test_tombstones(tmp_path: Path) -> None:
    content = pack_tombstones(ROWS, DOCUMENTS)
    assert len(content) == 128 + 2  # packed: 15 bits
    rows, documents = tombstones(tmp_path, content)
    assert rows.tolist() == ROWS.tolist() and documents.tolist() == DOCUMENTS.tolist()


def npy(array: Any, pickled: bool = False) -> bytes:
    import io

    file = io.BytesIO()
    np.save(file, array, allow_pickle=pickled)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        npy(np.array([{"a": 1}], dtype=object), pickled=True),
        npy(np.packbits(np.zeros(15, bool))),  # another count than the manifest's
        npy(np.packbits(np.concatenate([ROWS, DOCUMENTS, [True]]))),  # a bit too many
        npy(np.packbits(np.concatenate([ROWS, DOCUMENTS])).astype(np.int16)),
        npy(np.zeros((2, 1), np.uint8)),
        HEADER + b"{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999999,), }".ljust(117) + b"\n",
    ],
)
def test_damaged_tombstones(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(IndexFormatError, match=r"tombstones\.npy"):
        tombstones(tmp_path, content)
