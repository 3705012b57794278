"""One writer at a time, across processes, and no lock outlives its holder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragqa.errors import IndexLocked, StorageError
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
    lock = tmp_path / "LOCK"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(IndexLocked, match=f"process {holder.pid} is writing"), writer_lock(lock):
            pass
        holder.kill()
        holder.wait()
        with writer_lock(lock):
            assert lock.read_text() == f"{os.getpid()}\n"


def test_a_second_writer_in_the_same_process_waits_no_more_than_another(tmp_path: Path) -> None:
    lock = tmp_path / "LOCK"
    with writer_lock(lock):
        with pytest.raises(IndexLocked, match=f"process {os.getpid()} is"), writer_lock(lock):
            pass
        with pytest.raises(IndexLocked), writer_lock(lock):
            pass
    with writer_lock(lock):
        pass


def test_a_lock_that_was_removed_meanwhile_does_not_count(tmp_path: Path) -> None:
    lock = tmp_path / "LOCK"
    with writer_lock(lock):
        lock.unlink()
        with writer_lock(lock), pytest.raises(IndexLocked), writer_lock(lock):
            pass


def test_no_place_for_a_lock(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="LOCK: cannot be written"), writer_lock(tmp_path / "no" / "LOCK"):
        pass
