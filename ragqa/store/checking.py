"""Comparing files with the sizes and hashes in a manifest: small files before they are used, large ones meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ragqa.errors import RagqaError
from ragqa.store.atomic import hash_file
from ragqa.store.manifest import FileFact, check_size
from ragqa.store.reading import damaged, reading

AT_ONCE = 150_000_000  # bytes: takes 0.1 to 0.2 s on a core with instructions for sha256 (1 to 1.5 GB/s)
ALONE = 4_000_000  # bytes: fewer are hashed in less time than it takes to start threads
THREADS = 4

Files = Mapping[Path, FileFact]


def check_files(files: Files) -> None:
    """Compare each file with what the manifest says of it.

    The first file that differs is raised as an `IndexFormatError`, or as a `StorageError` if the system refuses to read
    it.
    """
    for path, fact in files.items():
        check_size(path, fact)
    threads = min(THREADS, len(files), os.cpu_count() or 1)
    if threads < 2 or sum(fact.bytes for fact in files.values()) <= ALONE:
        for path, fact in files.items():
            check_file(path, fact)
        return
    with reading(next(iter(files)).parent), ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(check_file, files.keys(), files.values()):
            pass


def check_file(path: Path, fact: FileFact, tell: Callable[[int], None] | None = None) -> None:
    """Compare the hash of one file as `check_files` does; the caller has compared its size. ``tell`` is called with
    the number of bytes of each block.
    """
    with reading(path), path.open("rb", buffering=0) as file:
        _compare(path, fact, file, tell)


class Checks:
    """The check of a generation's files.

    The smallest files, up to ``at_once`` bytes in all, are checked before the constructor returns. The others are
    checked one after the other in a thread that sleeps as long as it works, so that it leaves most of the machine to
    questions that are asked meanwhile. It keeps the files open, so that it can go on after a writer has removed them.
    """

    def __init__(self, files: Files, at_once: float = AT_ONCE) -> None:
        small: dict[Path, FileFact] = {}
        with ExitStack() as stack:
            later: list[tuple[Path, FileFact, BinaryIO]] = []
            total = 0
            for path, fact in sorted(files.items(), key=lambda item: item[1].bytes):
                total += fact.bytes
                if total <= at_once:
                    small[path] = fact
                else:
                    check_size(path, fact)
                    with reading(path):
                        later.append((path, fact, stack.enter_context(path.open("rb", buffering=0))))
            check_files(small)
            self._stack = stack.pop_all()
        self._found: RagqaError | None = None
        self._stop, self._over = threading.Event(), threading.Event()
        self.passed = not later  # whether every file was compared and is right
        if not later:
            self._over.set()
            return
        with reading(later[0][0]):
            threading.Thread(target=self._run, args=(later,), name="ragqa-check", daemon=True).start()

    def require(self) -> None:
        """Raise the error that the check has found so far, if any."""
        if self._found is not None:
            raise self._found

    def wait(self) -> None:
        """Wait until the check is over; raise the error that it has found, if any."""
        self._over.wait()
        self.require()

    def stop(self) -> None:
        """End the check and close the files."""
        self._stop.set()

    def _run(self, later: list[tuple[Path, FileFact, BinaryIO]]) -> None:
        with self._stack:
            try:
                for path, fact, file in later:
                    with reading(path):
                        _compare(path, fact, file, _Pace(self._stop))
                self.passed = True
            except _Stopped:
                pass
            except RagqaError as error:
                self._found = error
            finally:
                self._over.set()


class _Stopped(BaseException):
    """Raised within the thread when `Checks.stop` is called."""


class _Pace:
    """Called after each block; sleeps as long as the block took."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop, self._since = stop, time.monotonic()

    def __call__(self, count: int) -> None:
        if self._stop.wait(time.monotonic() - self._since):
            raise _Stopped
        self._since = time.monotonic()


def _compare(path: Path, fact: FileFact, file: BinaryIO, tell: Callable[[int], None] | None = None) -> None:
    if hash_file(file, tell) != fact.sha256:
        raise damaged(path, "its content has changed")
