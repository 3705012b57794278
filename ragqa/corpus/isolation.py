"""Files are read in a separate process, so that none of them can end or block this one.

This holds for all formats, and not only for those that are read by compiled code of others: one way is easier to
explain than two, memory can only be bounded for a whole process, and reading goes on while this process encodes. The
process is started once and reads one file after the other. If a file kills it, or takes longer than its limits allow
and the process is stopped, the file is named and another process reads the next one.

Only the time that this process has waited for the other one counts as a file's time, so a slow encoder costs no file
its time. In a program that is frozen into one file there is no Python to start; then files are read in this process,
without limits of time and memory.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO

from ragqa.corpus import wire
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.limits import Limits, too_hungry, too_slow
from ragqa.documents import Document
from ragqa.errors import RagqaError

_HOME = str(Path(__file__).parents[2])
_CODE = f"""
import importlib, json, sys
sys.path.insert(0, {_HOME!r})
import ragqa  # this very package, whatever else is installed
sys.path.append(sys.path.pop(0))
importlib.import_module(sys.argv[1]).main(json.loads(sys.argv[2]))
"""
SETTINGS = {  # less address space, which is what is bounded
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_TICK = 0.1  # seconds between looks at the clock
_PATIENCE = 0.5  # seconds in which a process that is told to end may do so


def command(module: str, limits: Limits) -> list[str]:
    """How to start a Python that runs ``main`` of a module of ours with these limits."""
    # -P: nothing is imported from the folder we are in, which may be the one with the hostile files
    return [sys.executable, "-P", "-c", _CODE, module, json.dumps(asdict(limits))]


class ReadingProcess:
    """A process that reads files. It is a context manager; on leaving it the process has ended. For one thread at a
    time.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._clock = _Clock()

    def __enter__(self) -> ReadingProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._clock.close()

    def read(self, file: SourceFile) -> Iterator[Document | Problem]:
        """What a file holds, as `ragqa.corpus.guard.read_file` gives it. Exhaust it before the next file is read."""
        if not sys.executable or getattr(sys, "frozen", False):  # then there is no Python to start
            yield from read_file(file)
            return
        size = _size(file.path)
        answers = self._ask(file, self._limits.time(size))
        scans = 0
        while (line := self._line(answers)).endswith(b"\n"):
            if line == wire.LONGER:
                if scans < self._limits.scans:
                    scans += 1
                    self._clock.add(self._limits.seconds)
                continue
            if line == wire.END:
                return
            if line == wire.LEAVING:
                self._end()
                return
            try:
                yield wire.decode(line)
            except ValueError:
                break
        code = self._end()
        if self._clock.rang:
            yield Problem(file.source, too_slow(self._limits.time(size, scans)))
        elif code == -getattr(signal, "SIGABRT", 0):  # how compiled code ends that is refused memory
            yield Problem(file.source, f"its reader gave up, or it {too_hungry(self._limits.memory(size, scans))}")
        else:
            yield Problem(file.source, f"its reader broke down ({_ending(code)})")

    def _ask(self, file: SourceFile, seconds: float) -> IO[bytes]:
        """Tell a process of the file; where its answers come. One that broke down before it took the file is replaced:
        that is no fault of this file.
        """
        if self._clock.rang:
            self._end()  # it was stopped after its last word on the file before
        while True:
            fresh = self._process is None
            process = self._process or self._start()
            assert process.stdin is not None and process.stdout is not None
            self._clock.set(seconds, process)
            with suppress(BrokenPipeError):  # it has ended, which we are about to see
                process.stdin.write(json.dumps([str(file.path), file.name, file.named, file.encoding]).encode() + b"\n")
                process.stdin.flush()
            if self._line(process.stdout) == wire.TAKEN or fresh:
                return process.stdout
            self._end()

    def _line(self, answers: IO[bytes]) -> bytes:
        with self._clock:
            return answers.readline()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            self._process = process = subprocess.Popen(  # noqa: S603 - ourselves
                command("ragqa.corpus.worker", self._limits),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **SETTINGS},
            )
        except OSError as error:
            raise RagqaError(f"the process that reads files cannot be started ({error.strerror})") from error
        assert process.stdout is not None
        if process.stdout.readline() != wire.READY:
            raise RagqaError(f"the process that reads files does not start ({_ending(self._end())})")
        return process

    def _end(self) -> int:
        """End the process, if there is one; how it ended, as `subprocess` says it."""
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.close()  # ends it, unless it is deep in compiled code
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        process.kill()
        process.stdout.close()
        return process.wait()


class _Clock:
    """Kills a process for which we have waited, all waits together, longer than was set; we wait in ``with clock:``."""

    def __init__(self) -> None:
        self.rang = False
        self._process: subprocess.Popen[bytes] | None = None
        self._left = 0.0
        self._since: float | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, process: subprocess.Popen[bytes]) -> None:
        self.rang, self._left, self._process = False, seconds, process
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()

    def add(self, seconds: float) -> None:
        self._left += seconds

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        since, self._since = self._since, None
        if since is not None:
            self._left -= time.monotonic() - since

    def close(self) -> None:
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(_TICK):
            since = self._since
            if since is not None and not self.rang and time.monotonic() - since > self._left and self._process:
                self.rang = True
                self._process.kill()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # its reader will say what is wrong


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
