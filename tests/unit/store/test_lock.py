"""One writer at a time, across processes, and no lock outlives its holder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragqa.errors import IndexLocked, StorageError
from ragqa.store import lock
from ragqa.store.lock import writer_lock

HOLD = """
import sys
from pathlib import Path
from ragqa.store.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(IndexLocked, match=f"process {holder.pid} is writing"), writer_lock(path):
            pass
        holder.kill()
        holder.wait()
        with writer_lock(path):
            assert path.read_text() == f"{os.getpid()}\n"


def test_a_second_writer_in_the_same_process_waits_no_more_than_another(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    with writer_lock(path):
        with pytest.raises(IndexLocked, match=f"process {os.getpid()} is"), writer_lock(path):
            pass
        with pytest.raises(IndexLocked), writer_lock(path):
            pass
    with writer_lock(path):
        pass


def test_a_lock_that_was_removed_meanwhile_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    with writer_lock(path):
        path.unlink()
        with writer_lock(path), pytest.raises(IndexLocked), writer_lock(path):
            pass


def test_a_lock_removed_while_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "LOCK"
    real, calls = lock._try_lock, 0

    def removed_meanwhile(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            path.unlink()
        real(handle)

    monkeypatch.setattr(lock, "_try_lock", removed_meanwhile)
    with writer_lock(path):
        assert calls == 2 and path.exists()
        with pytest.raises(IndexLocked), writer_lock(path):
            pass


def test_no_place_for_a_lock(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="LOCK: cannot be written"), writer_lock(tmp_path / "no" / "LOCK"):
        pass
