"""The process that reads files for `ragqa.corpus.isolation`.

It is told of files on stdin and writes what they hold to stdout, one item a line (`ragqa.corpus.wire`). It ignores
Ctrl-C, which its parent handles. It ends when its parent does, because stdin ends then.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ragqa.corpus import wire
from ragqa.corpus.files import SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.limits import Limits

_SPARE = 60  # seconds of processor time beyond the time allowed, for a parent that cannot stop us

_FRAMES = 200  # of our own and of parsers, beside those that nested data cost


def main(limits: dict[str, Any]) -> None:
    """Serve until stdin ends, or until the memory that a file took is not given back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints must not stand between our lines
    bounds = Limits(**limits)
    sys.setrecursionlimit(max(sys.getrecursionlimit(), bounds.nesting + _FRAMES))
    out.write(wire.READY)
    for path, name, named, encoding in _requests():
        out.write(wire.TAKEN)
        file = SourceFile(Path(path), name, named, bounds, encoding, longer=_Longer(out, Path(path), bounds))
        limit(file.path, bounds)
        for item in read_file(file):
            out.write(wire.encode(item))
        if _memory() > 0.75 * bounds.memory(0):
            out.write(wire.LEAVING)
            return
        out.write(wire.END)


def _requests() -> Iterator[tuple[str, str, bool, str]]:
    """The files we are told of. A thread waits for them, so that the end of stdin ends us in the middle of a file."""
    told: queue.SimpleQueue[tuple[str, str, bool, str]] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            told.put(tuple(json.loads(line)))
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield told.get()


class _Longer:
    """Allows a file more time and memory whenever it is called, here and in the process that asked."""

    def __init__(self, out: BinaryIO, path: Path, limits: Limits) -> None:
        self._out, self._path, self._limits = out, path, limits
        self._times = 0

    def __call__(self) -> None:
        self._times += 1
        limit(self._path, self._limits, self._times)
        self._out.write(wire.LONGER)


def limit(path: Path, limits: Limits, scans: int = 0) -> None:
    """Bound memory and processor time for this file, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        size = path.stat().st_size
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime + limits.time(size, scans)) + _SPARE
        for kind, value in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, limits.memory(size, scans))):
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _memory() -> int:
    """Bytes of address space in use, which is what is bounded; 0 where the system does not tell."""
    with suppress(OSError, ValueError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 0
