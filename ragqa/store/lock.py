"""One process at a time may write to an index. Readers do not take this lock."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragqa.errors import IndexLocked
from ragqa.store.atomic import storing

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> None:
        os.lseek(handle, 1 << 20, os.SEEK_SET)  # far behind the process id, which must stay readable
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    _BUSY: tuple[type[OSError], ...] = (PermissionError, BlockingIOError)
else:
    import fcntl

    def _try_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    _BUSY = (BlockingIOError,)


@contextmanager
def writer_lock(path: Path, what: str = "this index") -> Iterator[None]:
    """Hold the lock file ``path``, which is made if it does not exist; `IndexLocked` at once if another process holds
    it, and so is writing to ``what``.

    The operating system releases the lock when the process ends, in whatever way it ends.
    """
    with storing(path):
        handle = _acquire(path, what)
    try:
        with storing(path):
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _acquire(path: Path, what: str) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _try_lock(handle)
            if _is_still(path, handle):
                return handle
        except _BUSY as error:
            holder = _holder(handle)
            os.close(handle)
            raise IndexLocked(f"{path.parent}: {holder} is writing to {what}; wait until it is done") from error
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    """Whether the locked file is the one at this path; a first build that fails removes its own lock file."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _holder(handle: int) -> str:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        number = os.read(handle, 32).decode("ascii", "replace").strip()
    except OSError:
        number = ""
    return f"process {number}" if number.isdigit() else "another process"
