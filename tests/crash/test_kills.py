"""The writer is killed at every step: what stands is the old generation or the new one, whole, and the next writer
goes on as if nothing had been.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragqa.errors import IndexNotFound
from ragqa.index.derive import reencode
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store.layout import Layout
from ragqa.store.manifest import read_manifest
from ragqa.testing import HashEncoder

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

SCRIPT = Path(__file__).with_name("dying_writer.py")
_spec = importlib.util.spec_from_file_location("dying_writer", SCRIPT)
assert _spec is not None and _spec.loader is not None
writer = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(writer)

ENCODER = HashEncoder()
OLD = {document.id: document.text for document in writer.OLD}
NEW = {document.id: document.text for document in writer.NEW}


def kill_at_every_step(source: Path | None, copies: Path, change: str, least: int = 40) -> list[Path]:
    """The directories that dead writers left, and last the one of a writer that lived."""
    copies.mkdir()
    command = [sys.executable, str(SCRIPT), str(source or "none"), str(copies), change]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert result.returncode == 0, result.stderr
    steps = int(result.stdout)
    assert steps > least, result.stdout + result.stderr
    return [copies / f"{step:04d}" for step in range(1, steps + 1)]


def held(index: Path) -> dict[str, str]:
    """The texts by document; checks that both searches find exactly the live passages."""
    snapshot = Snapshot.open(index)
    everything = snapshot.passages(snapshot.alive.nonzero()[0])
    lexical = snapshot.lexical.search(["about changed worse words passage hold"], 1000, snapshot.allowed()).rows
    dense = snapshot.dense.search(ENCODER.encode_questions(["x"]), 1000, snapshot.allowed()).rows
    assert sorted(dense[dense >= 0]) == sorted(lexical[lexical >= 0]) == snapshot.alive.nonzero()[0].tolist()
    found = {passage.doc_id: snapshot.document(passage.doc_id) for passage in everything}
    assert len(found) == snapshot.manifest.live_documents
    return {name: document.text for name, document in found.items() if document is not None}


def strays(index: Path) -> list[str]:
    """What no generation on disk uses, and generations that never became current."""
    layout = Layout(index)
    generations = layout.stored_generations()
    manifests = [read_manifest(layout, number) for number in generations if number <= layout.require_current()]
    used = {segment.id for manifest in manifests for segment in manifest.segments}
    unknown = [str(number) for number in generations[len(manifests) :]]
    return unknown + sorted(set(layout.stored_segments()) - used) + [path.name for path in index.glob("*.tmp")]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two generations, two segments."""
    update(tmp_path / "index", writer.CONFIG, ENCODER, writer.OLD[:2])
    update(tmp_path / "index", writer.CONFIG, ENCODER, writer.OLD)
    return tmp_path / "index"


def test_update(index: Path, tmp_path: Path) -> None:
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "update")
    generations = []
    for place in dead:
        generations.append(Snapshot.open(place).generation)
        assert held(place) == (OLD if generations[-1] == 2 else NEW), place.name
        assert verify(place) == [], place.name
        report = update(place, writer.CONFIG, ENCODER, [*writer.NEW, writer.document("e")])
        assert report.generation == generations[-1] + 1 and not strays(place), place.name
        assert held(place) == NEW | {"e": writer.document("e").text} and verify(place) == []
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert held(alive) == NEW


@pytest.mark.parametrize("change", ["upsert", "delete"])
def test_upsert_and_delete(index: Path, tmp_path: Path, change: str) -> None:
    changed = {"b": writer.NEW[1].text, "d": NEW["d"]} if change == "upsert" else {}
    after = {key: text for key, text in OLD.items() if key != "b"} | changed
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", change, 25)
    generations = []
    for place in dead:
        generations.append(Snapshot.open(place).generation)
        assert held(place) == (OLD if generations[-1] == 2 else after), place.name
        assert verify(place) == [], place.name
        writer.write(place, change)
        assert held(place) == after and verify(place) == [] and not strays(place), place.name
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert held(alive) == after


def test_compact(index: Path, tmp_path: Path) -> None:
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "compact")
    generations = []
    for place in dead:
        generations.append(Snapshot.open(place).generation)
        assert held(place) == OLD and verify(place) == [], place.name
        compact(place)
        assert held(place) == OLD and verify(place) == [] and not strays(place), place.name
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert len(Snapshot.open(alive).manifest.segments) == 1


def test_synonyms(index: Path, tmp_path: Path) -> None:
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "synonyms")
    generations = []
    for place in dead:
        snapshot = Snapshot.open(place)
        generations.append(snapshot.generation)
        assert bool(snapshot.synonyms.rules) == (snapshot.generation == 3), place.name
        assert held(place) == OLD and verify(place) == [], place.name
        update(place, writer.CONFIG, ENCODER, writer.OLD, synonyms=writer.SYNONYMS)
        assert Snapshot.open(place).synonyms == writer.SYNONYMS and verify(place) == [] and not strays(place)
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert Snapshot.open(alive).synonyms == writer.SYNONYMS


def test_other_vectors(index: Path, tmp_path: Path) -> None:
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "reencode")
    generations = []
    for place in dead:
        manifest = Snapshot.open(place).manifest
        generations.append(manifest.generation)
        assert manifest.encoder.name == ("other" if manifest.generation == 3 else writer.CONFIG.encoder), place.name
        assert held(place) == OLD and verify(place) == [], place.name
        reencode(place, writer.OTHER, "other")
        assert held(place) == OLD and not strays(place), place.name
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert Snapshot.open(alive).manifest.encoder.fingerprint == writer.OTHER.fingerprint


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["passages.arrow", "manifest.json"])
def test_repair(index: Path, tmp_path: Path, name: str) -> None:
    """Killed anywhere, the next repair finds as much as the first one would have, and what was damaged is kept."""
    manifest = Snapshot.open(index).manifest
    segments = [path for segment in manifest.segments for path in (index / "segments" / segment.id).rglob(name)]
    damaged = [*segments, *(index / "generations" / "000002").rglob(name)][-1]
    spoil(damaged)
    (index / "calibration.json").write_text("{")
    spoilt = {path: (index / path).read_bytes() for path in (damaged.relative_to(index), Path("calibration.json"))}
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "repair", 30)
    expected = held(alive)
    assert expected == ({key: OLD[key] for key in "ab"} if name == "manifest.json" else OLD)
    for place in dead[::5]:  # each takes as long as a repair
        writer.write(place, "repair")
        assert held(place) == expected and verify(place) == [], place.name
        for path, content in spoilt.items():
            kept = [found.read_bytes() for found in place.glob(f"damaged/[0-9]*/{path}")]
            assert content in [*kept, (place / path).read_bytes() if (place / path).is_file() else b""], place.name
    for place in [dead[-1], alive]:
        update(place, writer.CONFIG, ENCODER, writer.OLD)
        assert held(place) == OLD and verify(place) == [] and not strays(place), place.name


def test_copy(index: Path, tmp_path: Path) -> None:
    (index / "calibration.json").write_text("{}")
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "copy")
    whole = []
    for place in dead:
        made = place.with_suffix(".copy")
        try:
            assert held(made) == OLD and verify(made) == [], place.name
            whole.append(True)
        except IndexNotFound:
            whole.append(False)
            writer.write(place, "copy")
        assert held(made) == OLD and (made / "calibration.json").read_text() == "{}" and not strays(made), place.name
        assert held(place) == OLD and verify(place) == [], place.name
    assert whole == sorted(whole) and whole.count(False) > 40
    assert held(alive.with_suffix(".copy")) == OLD


def test_pack(index: Path, tmp_path: Path) -> None:
    *dead, alive = kill_at_every_step(index, tmp_path / "copies", "pack", 3)
    expected = alive.with_suffix(".ragqa").read_bytes()
    for place in dead:
        made = place.with_suffix(".ragqa")
        assert not made.exists() or made.read_bytes() == expected, place.name
        writer.write(place, "pack")
        assert made.read_bytes() == expected and held(made) == OLD and verify(made) == [], place.name
        assert not list(place.parent.glob(f"{place.name}*.tmp"))


def test_first_build(tmp_path: Path) -> None:
    *dead, alive = kill_at_every_step(None, tmp_path / "copies", "update")
    built = []
    for place in dead:
        try:
            assert held(place) == NEW and verify(place) == [], place.name
            built.append(True)
        except IndexNotFound:
            built.append(False)
        update(place, writer.CONFIG, ENCODER, writer.OLD)
        assert held(place) == OLD and verify(place) == [] and not strays(place), place.name
    assert built == sorted(built) and built.count(False) > 40
    assert held(alive) == NEW
