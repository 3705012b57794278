"""The writer is killed at every step: what stands is the old generation or the new one, whole, and the next writer
goes on as if nothing had been.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ragqa.errors import IndexNotFound, RagqaError
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


CHANGES = (  # and the least number of steps that each has
    ("update", 40),
    ("update-first", 40),
    ("upsert", 25),
    ("delete", 25),
    ("compact", 40),
    ("synonyms", 40),
    ("reencode", 40),
    ("repair-passages.arrow", 30),
    ("repair-manifest.json", 30),
    ("copy", 40),
    ("pack", 3),
)


def damaged(left: Path, name: str) -> Path:
    """Which file of the index with this name is damaged before it is repaired, of the newest segment or generation."""
    manifest = Snapshot.open(left / "index").manifest
    folders = [*(Path("segments", segment.id) for segment in manifest.segments), Path("generations", "000002")]
    (found,) = [folder / name for folder in folders if (left / "index" / folder / name).is_file()][-1:]
    return found


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each change, with what its writers left; see `dying_writer`."""
    folder = tmp_path_factory.mktemp("left")
    index = folder / "index"  # two generations, two segments
    update(index, writer.CONFIG, ENCODER, writer.OLD[:2])
    update(index, writer.CONFIG, ENCODER, writer.OLD)
    for change, _ in CHANGES:
        source = folder / change / "source"
        source.mkdir(parents=True)
        if change != "update-first":
            shutil.copytree(index, source / "index")
        if change.startswith("repair"):
            spoil(source / "index" / damaged(folder, change.split("-")[1]))
            (source / "index" / "calibration.json").write_text("{")
        elif change == "copy":
            (source / "index" / "calibration.json").write_text("{}")
    command = [sys.executable, str(SCRIPT), *(str(folder / change) for change, _ in CHANGES)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def states(left: Path, change: str, place: Path) -> list[Path]:
    """Copies of the index at each state that a writer passes through, from the old one to the new one; and the last one
    again, as a writer that is not killed leaves it.
    """
    shutil.copytree(left / change / "seen", place / "seen")
    found = sorted((place / "seen").iterdir())
    found.append(Path(shutil.copytree(found[-1], place / "alive")))
    return [state / "index" for state in found]


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


def outline(place: Path) -> list[str]:
    """The names of what is there, without what chance makes of them; what the index holds, or why it holds nothing."""
    names = [re.sub("[0-9a-f]{32}", "id", str(path.relative_to(place))) for path in place.rglob("*")]
    try:
        return [*sorted(names), *sorted(held(place / "index").items())]
    except RagqaError as error:
        return [*sorted(names), type(error).__name__]


def besides_words(names: list[str]) -> list[str]:
    """Without the files of word indexes, which Tantivy's threads write in another order each time."""
    return [name for name in names if "/lexical" not in name]


@pytest.mark.parametrize(("change", "least"), CHANGES)
def test_the_killed_leave_what_was_seen(left: Path, change: str, least: int) -> None:
    """So that what holds of the states that were seen holds of every kill; and no lock outlives its process."""
    shown = json.loads((left / change / "steps.json").read_text())["shown"]
    killed = sorted((left / change / "killed").iterdir())
    assert len(shown) > least + 1 and len(killed) == min(writer.KILLS, len(shown) - 1)
    seen = [besides_words(outline(one)) for one in (left / change / "seen").iterdir()]
    seen.append([IndexNotFound.__name__])  # nothing was begun
    for place in killed:
        assert besides_words(outline(place)) in seen, place
        if change != "copy":  # which is refused where the killed one had just finished; see test_copy
            writer.write(place / "index", change.split("-")[0])
        assert verify(place / "index") == [], place


def test_update(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "update", tmp_path)
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
def test_upsert_and_delete(left: Path, tmp_path: Path, change: str) -> None:
    changed = {"b": writer.NEW[1].text, "d": NEW["d"]} if change == "upsert" else {}
    after = {key: text for key, text in OLD.items() if key != "b"} | changed
    *dead, alive = states(left, change, tmp_path)
    generations = []
    for place in dead:
        generations.append(Snapshot.open(place).generation)
        assert held(place) == (OLD if generations[-1] == 2 else after), place.name
        assert verify(place) == [], place.name
        writer.write(place, change)
        assert held(place) == after and verify(place) == [] and not strays(place), place.name
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert held(alive) == after


def test_compact(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "compact", tmp_path)
    generations = []
    for place in dead:
        generations.append(Snapshot.open(place).generation)
        assert held(place) == OLD and verify(place) == [], place.name
        compact(place)
        assert held(place) == OLD and verify(place) == [] and not strays(place), place.name
    assert generations == sorted(generations) and set(generations) == {2, 3}
    assert len(Snapshot.open(alive).manifest.segments) == 1


def test_synonyms(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "synonyms", tmp_path)
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


def test_other_vectors(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "reencode", tmp_path)
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


@pytest.mark.parametrize("name", ["passages.arrow", "manifest.json"])
def test_repair(left: Path, tmp_path: Path, name: str) -> None:
    """Killed anywhere, the next repair finds as much as the first one would have, and what was damaged is kept."""
    source = left / f"repair-{name}" / "source" / "index"
    spoilt = {path: (source / path).read_bytes() for path in (damaged(left, name), Path("calibration.json"))}
    *dead, alive = states(left, f"repair-{name}", tmp_path)
    expected = held(alive)
    assert expected == ({key: OLD[key] for key in "ab"} if name == "manifest.json" else OLD)
    for place in dead:
        writer.write(place, "repair")
        assert held(place) == expected and verify(place) == [], place.name
        for path, content in spoilt.items():
            kept = [found.read_bytes() for found in place.glob(f"damaged/[0-9]*/{path}")]
            assert content in [*kept, (place / path).read_bytes() if (place / path).is_file() else b""], place.name
    for place in [dead[-1], alive]:
        update(place, writer.CONFIG, ENCODER, writer.OLD)
        assert held(place) == OLD and verify(place) == [] and not strays(place), place.name


def test_copy(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "copy", tmp_path)
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
    assert whole == sorted(whole) and whole.count(False) > 20
    assert held(alive.with_suffix(".copy")) == OLD


def test_pack(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "pack", tmp_path)
    expected = alive.with_suffix(".ragqa").read_bytes()
    for place in dead:
        made = place.with_suffix(".ragqa")
        assert not made.exists() or made.read_bytes() == expected, place.name
        writer.write(place, "pack")
        assert made.read_bytes() == expected and held(made) == OLD and verify(made) == [], place.name
        assert not list(place.parent.glob(f"{place.name}*.tmp"))


def test_first_build(left: Path, tmp_path: Path) -> None:
    *dead, alive = states(left, "update-first", tmp_path)
    built = []
    for place in dead:
        try:
            assert held(place) == NEW and verify(place) == [], place.name
            built.append(True)
        except IndexNotFound:
            built.append(False)
        update(place, writer.CONFIG, ENCODER, writer.OLD)
        assert held(place) == OLD and verify(place) == [] and not strays(place), place.name
    assert built == sorted(built) and built.count(False) > 10
    assert held(alive) == NEW
