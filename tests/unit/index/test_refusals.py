"""What the system refuses is never called damage: rights, memory, open files, a failing disk, with what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support import limited_reader

from ragqa.config import IndexConfig
from ragqa.documents import Document
from ragqa.errors import IndexFormatError, StorageError
from ragqa.index.gpu import faiss_installed
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import update
from ragqa.store.layout import Layout
from ragqa.store.reading import read_error, reading
from ragqa.testing import HashEncoder

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits as Linux has them")

DOCUMENTS = [Document(f"d{number}", f"stone bridge {number} word{number % 50}", source="x") for number in range(1100)]


@pytest.fixture(scope="module")
def whole() -> Iterator[Path]:
    """With a FAISS index if that is installed; where any user may look."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        index = Path(folder) / "index"
        update(index, IndexConfig(dense="hnsw" if faiss_installed() else "auto"), HashEncoder(), DOCUMENTS)
        yield index


def limited(action: str, what: str, amount: int, *indexes: Path) -> list[str]:
    """What `limited_reader` says of each index; "aborted" where a library gave up, as some do without memory."""
    command = [sys.executable, limited_reader.__file__, action, what, str(amount), *map(str, indexes)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    if what == "memory" and done.returncode == -signal.SIGABRT:
        return ["aborted"]
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_rights(whole: Path) -> None:
    """Every file, and the folders above them, may not be read by this user."""
    assert limited("ask", "rights", 0, whole) == ["fine"], "another user may read what was not forbidden"
    files = [path for path in sorted(whole.rglob("*")) if path.name != "LOCK" and path.suffix != ".lock"]
    places = []
    for number, path in enumerate(files):
        copy = Path(shutil.copytree(whole, whole.parent / f"copy{number}"))
        places.append(copy / path.relative_to(whole))
        places[-1].chmod(0o000)
    copies = [whole.parent / f"copy{number}" for number in range(len(files))]
    try:
        for action in ("ask", "verify"):
            for place, said in zip(places, limited(action, "rights", 0, *copies), strict=True):
                assert said.startswith("StorageError") and "permission denied: change its rights" in said, said
                assert str(place) in said and "index again" not in said, said
    finally:
        for place, copy in zip(places, copies, strict=True):
            place.chmod(0o755)
            shutil.rmtree(copy)


@pytest.mark.slow
@pytest.mark.parametrize(("what", "advice"), [("files", "too many open files"), ("memory", "memory")])
@pytest.mark.parametrize("action", ["ask", "verify", "update"])
def test_limits(whole: Path, tmp_path: Path, action: str, what: str, advice: str) -> None:
    amounts = (4, 6, 8, 12) if what == "files" else (0, 2, 20)
    refused = 0
    for amount in amounts:
        copy = Path(shutil.copytree(whole, tmp_path / str(amount)))
        (said,) = limited(action, what, amount, copy)
        assert said in ("fine", "aborted") or (said.startswith("StorageError") and advice in said), said
        refused += said != "fine"
        assert verify(copy) == []
    assert refused > 1


def test_a_failing_disk() -> None:
    """The system's own error: memory that is not there cannot be read."""
    path = Path("/proc/self/mem")
    said = r"^/proc/self/mem: cannot be read, the disk is failing"
    with path.open("rb", buffering=0) as file, pytest.raises(StorageError, match=said), reading(path):
        file.read(1)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (
            RuntimeError("Error in FileIOReader: could not open x: Too many open files"),
            StorageError,
            "ulimit",
        ),
        (RuntimeError("std::bad_alloc"), StorageError, "not enough memory"),
        (MemoryError(), StorageError, "not enough memory"),
        (ValueError('io_error: Os { code: 12, kind: Other }, filepath: "a.pos"'), StorageError, "a.pos: cannot"),
        (ValueError("An IO error: 'No such file or directory (os error 2)'"), IndexFormatError, "it is missing"),
        (ValueError("Data corrupted: a.store"), IndexFormatError, "damaged"),
    ],
)
def test_what_libraries_only_tell(tmp_path: Path, error: Exception, kind: type[Exception], said: str) -> None:
    found = read_error(tmp_path, error)
    assert type(found) is kind and said in str(found) and str(tmp_path) in str(found) and "\n" not in str(found)


def test_a_mistake_in_a_program_is_not_damage(whole: Path) -> None:
    for mistake in (TypeError("a bug"), KeyboardInterrupt(), ImportError("no such module")):
        with pytest.raises(type(mistake)), reading(whole):
            raise mistake
    with pytest.raises((TypeError, AttributeError)):
        Snapshot.open(whole).lexical.search([5], 3, Snapshot.open(whole).allowed())  # type: ignore[list-item]


def test_a_missing_file_is_damage(whole: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(whole, tmp_path / "copy"))
    (Layout(copy).lexical(1) / "meta.json").unlink()
    with pytest.raises(IndexFormatError, match=r"meta\.json: cannot be read, it is missing; run ragqa repair"):
        Snapshot.open(copy)
