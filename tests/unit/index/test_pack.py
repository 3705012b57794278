"""One file instead of a folder: the same replies, and nothing a stranger puts into it does harm."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.writing import CONFIG, A, B, C, contents, document, texts

from ragqa.config import IndexConfig
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.errors import ConfigError, IndexFormatError, IndexNotFound, RagqaError
from ragqa.index import derive
from ragqa.index.dense import DenseIndex
from ragqa.index.derive import copy_index
from ragqa.index.pack import pack, unpack
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store.packed import layout_of
from ragqa.testing import HashEncoder

ENCODER = HashEncoder()
RULES = parse_synonyms("said, told\n", "s")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two segments, a dead document, synonyms and something in the calibration's place."""
    directory = tmp_path / "index"
    update(directory, CONFIG, ENCODER, [A, B, C], synonyms=RULES)
    update(directory, CONFIG, ENCODER, [A, B, document("d", "Something else is told here.")])
    (directory / "calibration.json").write_text('{"format": 9}')
    return directory


@pytest.fixture
def packed(index: Path, tmp_path: Path) -> Path:
    pack(index, tmp_path / "kb.ragqa")
    return tmp_path / "kb.ragqa"


def found(index: Path) -> list[list[object]]:
    snapshot, questions = Snapshot.open(index), ["what is told of a", "something else", "b", ""]
    words = snapshot.lexical.search(questions, 10, snapshot.allowed())
    dense = snapshot.dense.search(ENCODER.encode_questions(questions), 10, snapshot.allowed())
    return [words.rows.tolist(), words.scores.tolist(), dense.rows.tolist(), dense.scores.tolist()]


def test_it_answers_as_the_folder_does(index: Path, packed: Path) -> None:
    folder, file = Snapshot.open(index), Snapshot.open(packed)
    assert texts(packed) == texts(index) and found(packed) == found(index)
    assert file.manifest == folder.manifest and file.synonyms == RULES
    assert {**file.info(), "index": ""} == {**folder.info(), "index": ""} and file.info()["index"] == str(packed)
    rows = np.arange(file.rows)
    assert file.passages(rows) == folder.passages(rows) and file.document("d") == folder.document("d")
    assert (file.directory / "calibration.json").read_text() == '{"format": 9}'
    assert Snapshot.open(packed, 2).generation == 2
    with pytest.raises(IndexNotFound):
        Snapshot.open(packed, 1)


def test_it_is_read_where_it_lies(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = contents(tmp_path)
    found(packed)
    assert contents(tmp_path) == before, "nothing is left behind"
    dense = Snapshot.open(packed).dense
    assert isinstance(dense, DenseIndex)
    vectors = dense.segments[0].vectors
    assert vectors.base is not None and not vectors.flags.owndata, "mapped, not read"


def test_it_can_be_replaced_while_it_is_read(index: Path, packed: Path) -> None:
    old = Snapshot.open(packed)
    update(index, CONFIG, ENCODER, [document("x")])
    pack(index, packed)
    assert {passage.doc_id for passage in old.passages(np.flatnonzero(old.alive))} == {"a", "b", "d"}
    assert len(old.lexical.search(["told"], 5, old.allowed()).rows[0]) and len(old.dense.vectors(np.arange(1)))
    assert sorted(texts(packed)) == ["x"]


def test_with_a_faiss_index(tmp_path: Path) -> None:
    config = IndexConfig(split=CONFIG.split, dense="hnsw")
    update(tmp_path / "index", config, ENCODER, [document(f"d{number}") for number in range(1100)])
    pack(tmp_path / "index", tmp_path / "kb")
    assert found(tmp_path / "kb") == found(tmp_path / "index") and verify(tmp_path / "kb") == []


def test_with_the_words_of_rank_bm25(tmp_path: Path) -> None:
    config = IndexConfig(split=CONFIG.split, lexical="rank-bm25")
    update(tmp_path / "index", config, ENCODER, [A, B])
    pack(tmp_path / "index", tmp_path / "kb")
    assert found(tmp_path / "kb") == found(tmp_path / "index") and verify(tmp_path / "kb") == []


def test_the_same_bytes(index: Path, packed: Path, tmp_path: Path) -> None:
    shutil.copytree(index, tmp_path / "elsewhere")
    pack(tmp_path / "elsewhere", tmp_path / "again")
    pack(packed, tmp_path / "repacked")
    assert packed.read_bytes() == (tmp_path / "again").read_bytes() == (tmp_path / "repacked").read_bytes()


def test_any_tar_makes_the_folder(packed: Path, index: Path, tmp_path: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "out")
    assert texts(tmp_path / "out") == texts(index)
    compact(tmp_path / "out")
    assert verify(tmp_path / "out") == []


def test_unpacked_it_can_be_written_to(packed: Path, index: Path, tmp_path: Path) -> None:
    manifest = unpack(packed, tmp_path / "new")
    assert manifest.generation == 1 and texts(tmp_path / "new") == texts(index)
    assert (tmp_path / "new" / "calibration.json").read_text() == '{"format": 9}'
    assert found(tmp_path / "new") == found(index)
    assert update(tmp_path / "new", CONFIG, ENCODER, [A, B, C]).added == 1
    for place in (packed, index, tmp_path / "new" / "CURRENT"):
        with pytest.raises((ConfigError, IndexNotFound)):
            unpack(place, tmp_path / "new")


def test_it_is_read_only(packed: Path) -> None:
    before = packed.read_bytes()
    for write in (lambda: update(packed, CONFIG, ENCODER, [A]), lambda: compact(packed)):
        with pytest.raises(ConfigError, match="read-only; make a folder of it with ragqa unpack"):
            write()
    with pytest.raises(OSError, match="read-only"):
        (layout_of(packed).root / "calibration.json").open("wb")
    assert packed.read_bytes() == before


def test_other_files_are_not_overwritten(index: Path, packed: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for place in (tmp_path / "thesis.txt", index):
        with pytest.raises(ConfigError, match="something else"):
            pack(index, place)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    with pytest.raises(IndexNotFound):
        pack(tmp_path / "thesis.txt", tmp_path / "x")


@pytest.mark.parametrize("name", ["vectors.f16", "documents.arrow", "tombstones.npy", "meta.json"])
def test_damage_is_not_packed_nor_copied(index: Path, tmp_path: Path, name: str) -> None:
    path = sorted(Snapshot.open(index).directory.rglob(name))[-1]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.unlink()
    path.write_bytes(content)
    with pytest.raises(IndexFormatError):
        pack(index, tmp_path / "bad")
    if name != "tombstones.npy":  # which is written anew
        with pytest.raises(IndexFormatError, match=name):
            copy_index(index, tmp_path / "copy", links=False)
    assert not (tmp_path / "bad").exists() and not list(tmp_path.glob("*.tmp")) and not (tmp_path / "copy").exists()


def test_a_changed_byte_is_found(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    place = layout_of(packed).root.pack.members  # type: ignore[attr-defined]
    for name, (start, size) in place.items():
        if name.endswith((".f16", ".arrow", ".term", ".npy")):
            spoilt = content.copy()
            spoilt[start + size // 2] ^= 0x40
            packed.write_bytes(spoilt)
            assert verify(packed), name
            with pytest.raises(IndexFormatError, match="its content has changed"):
                Snapshot.open(packed)


# --- from strangers


def members(packed: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(packed) as archive:
        return [(info, archive.extractfile(info).read()) for info in archive]  # type: ignore[union-attr]


def write(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:") -> None:
    with tarfile.open(path, mode, format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    if mode == "w:":  # without the padding to whole records
        content = path.read_bytes().rstrip(b"\0")
        path.write_bytes(content + bytes(-len(content) % 512 + 1024))


def plain(name: str, content: bytes = b"x", **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, content


STRANGE = {
    "another file": plain("notes.txt"),
    "outside": plain("../evil"),
    "absolute": plain("/etc/evil"),
    "within, but outside": plain("segments/../../evil"),
    "a symbolic link": plain("calibration.json", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": plain("calibration.json", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "a folder": plain("generations", b"", type=tarfile.DIRTYPE),
    "a device": plain("calibration.json", b"", type=tarfile.CHRTYPE),
    "a pipe": plain("calibration.json", b"", type=tarfile.FIFOTYPE),
    "a long name": plain("x" * 5000),
    "a sparse file": plain("calibration.json", b"", type=tarfile.GNUTYPE_SPARSE),
    "a header of other kinds": plain("calibration.json", b"30 mtime=1\n", type=tarfile.XHDTYPE),
    "the same name twice": plain("CURRENT", b"000001\n"),
    "not ASCII": plain("notiz-ü.txt"),
    "another case": plain("current", b"000001\n"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_members_are_refused(packed: Path, tmp_path: Path, kind: str) -> None:
    entries = [entry for entry in members(packed) if entry[0].name != "calibration.json"]
    write(tmp_path / "good", entries)
    assert verify(tmp_path / "good") == []
    write(tmp_path / "bad", [*entries, STRANGE[kind]])
    for read in (Snapshot.open, lambda path: unpack(path, tmp_path / "out")):
        with pytest.raises(IndexFormatError, match=r"bad: .*; fetch or pack it again"):
            read(tmp_path / "bad")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "good", "index", "kb.ragqa"]


def test_missing_and_resized_members_are_refused(packed: Path, tmp_path: Path) -> None:
    entries = members(packed)
    for place in range(1, len(entries)):
        info, content = entries[place]
        if info.name == "calibration.json":
            continue
        write(tmp_path / "short", entries[:place] + entries[place + 1 :])
        write(tmp_path / "more", [*entries[:place], plain(info.name, content + b"\0"), *entries[place + 1 :]])
        for name in ("short", "more"):
            if (name, info.name[-13:]) != ("more", "manifest.json"):
                with pytest.raises(IndexFormatError):
                    Snapshot.open(tmp_path / name)


def test_cut_off_anywhere_or_longer_than_said(packed: Path, tmp_path: Path) -> None:
    content, bad = packed.read_bytes(), tmp_path / "bad"
    for end in [*range(512, len(content), 512), len(content) - 1]:
        bad.write_bytes(content[:end])
        with pytest.raises(IndexFormatError, match="bad: "):
            Snapshot.open(bad)
    bad.write_bytes(content + b"\0")
    with pytest.raises(IndexFormatError, match=f"has {len(content) + 1} bytes, but ends at byte {len(content)}"):
        Snapshot.open(bad)
    for other in (content[:100], gzip.compress(content), b"", b"PK\3\4" + content):
        bad.write_bytes(other)
        with pytest.raises(IndexNotFound):
            Snapshot.open(bad)


def test_sizes_beyond_reason(packed: Path, tmp_path: Path) -> None:
    content = packed.read_bytes()
    for size in (b"\x80" + (1 << 60).to_bytes(11, "big"), b"\xff" * 12, b"77777777777\0"):
        header = bytearray(content[1024:1536])
        header[124:136] = size
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        (tmp_path / "bad").write_bytes(content[:1024] + bytes(header) + content[1536:])
        with pytest.raises(IndexFormatError):
            Snapshot.open(tmp_path / "bad")


def test_mutated_files_give_an_error_or_the_index(packed: Path, tmp_path: Path) -> None:
    content, bad, dice = packed.read_bytes(), tmp_path / "bad", random.Random(5)
    starts = [start for start, _ in layout_of(packed).root.pack.members.values()]  # type: ignore[attr-defined]
    opened = 0
    for _ in range(300):
        spoilt = bytearray(content)
        for _ in range(dice.randint(1, 4)):
            spoilt[dice.choice(starts) - 512 + dice.randrange(600)] = dice.randrange(256)
        bad.write_bytes(spoilt)
        try:
            Snapshot.open(bad)
            opened += 1
        except RagqaError as error:
            assert str(error).count("\n") == 0
    assert opened < 300


# --- copies of a living index


def test_a_generation_that_vanishes_meanwhile(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take, moves = derive.take_folder, iter(range(2, 100))

    def slow(*arguments: object) -> None:
        if (move := next(moves)) < 4:
            update(index, CONFIG, ENCODER, [document(f"{move}")])
            update(index, CONFIG, ENCODER, [document(f"{move}x")])
        take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(derive, "take_folder", slow)
    copy_index(index, tmp_path / "copy")
    monkeypatch.undo()
    assert sorted(texts(tmp_path / "copy")) == ["3x"]


@pytest.mark.slow
@pytest.mark.parametrize("make", [copy_index, lambda *places: copy_index(*places, links=False), pack])
def test_copies_while_a_writer_commits(index: Path, tmp_path: Path, make: Callable[..., object]) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom ragqa.index.writer import update\n"
        "from ragqa.testing import HashEncoder\nfrom support.writing import CONFIG, document\n"
        "for number in range(1000):\n"
        "    update(Path(sys.argv[1]), CONFIG, HashEncoder(), [document(f'{number}-{part}') for part in range(3)])\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, index], env={"PYTHONPATH": ":".join(sys.path)})
    try:
        seen: set[tuple[str, ...]] = set()
        for number in range(100):
            if len(seen) > 4:
                break
            make(index, tmp_path / str(number))
            held = texts(tmp_path / str(number))
            assert sorted(held) == ["a", "b", "d"] or len({name.partition("-")[0] for name in held}) == 1, held
            seen.add(tuple(held))
        assert len(seen) > 4 and writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
