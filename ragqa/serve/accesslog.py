"""The access log: a line of JSON for each request, written by a thread, so that no request waits for who reads it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from queue import Full, Queue
from threading import Thread
from types import TracebackType
from typing import Any, Self

LOG = logging.getLogger("ragqa.serve")
WAITING = 10_000  # lines that wait to be written; further ones are dropped
LAST = 2.0  # seconds at the end, in which what waits is written


class AccessLog:
    """Writes to a file descriptor, from entering to leaving it. Where nobody reads at the other end, lines are dropped
    once `WAITING` of them wait; where it is closed or full, all are. Requests are answered all the same. Paths, which
    callers choose, go through ``clean``.
    """

    def __init__(self, descriptor: int, clean: Callable[[str], str] = str) -> None:
        self._descriptor, self._clean = descriptor, clean
        self._lines: Queue[bytes | None] = Queue(WAITING)
        self._thread = Thread(target=self._write, name="ragqa-log", daemon=True)
        self._dropping = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._put(None)
        self._thread.join(LAST)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Have a line written. Does not wait."""
        self._put(json.dumps({**entry, "path": self._clean(entry["path"])}).encode() + b"\n")

    def _put(self, line: bytes | None) -> None:
        try:
            self._lines.put_nowait(line)
            self._dropping = False
        except Full:
            if not self._dropping:
                LOG.error("the access log cannot be written: nobody reads it, and lines of it are dropped")
            self._dropping = True

    def _write(self) -> None:
        while line := self._lines.get():
            try:
                while line:  # not by sys.stdout: who blocks in its lock could not be left at the end
                    line = line[os.write(self._descriptor, line) :]
            except OSError:
                continue
