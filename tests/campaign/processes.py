"""Work in a process of its own, with limits, and what it said and used.

The campaign's own process imports what trials need and starts no thread, so that a fork of it is a fresh process that
has paid for its imports.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import tracing

PATIENCE = 5.0  # seconds of processor time beyond what a trial needs; it may wait `WAITING` times as long
WAITING = 6
MOST_MEMORY = 1 << 30
RUNAWAY = 6 << 30  # no trial gets more address space than this, so that none takes the machine
CRASHED = 70


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: ``code`` is its exit code, or minus the signal that ended it; ``value`` what it returned."""

    code: int
    out: str
    err: str
    value: Any
    cpu: float
    wall: float
    peak: int
    hung: bool

    @property
    def last(self) -> str:
        """The last line that it said on stderr."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def run(
    work: Callable[[], Any],
    *,
    needs: float = 10.0,
    limits: Mapping[int, int] | None = None,
    watcher: tracing.Watcher | None = None,
    meanwhile: Callable[[int], None] | None = None,
) -> Ended:
    """Do ``work`` in a fork of this process, with stdout and stderr in files.

    ``needs``: seconds of processor time that it rightly takes. ``limits``: by `resource` constant. ``meanwhile`` is
    called with its process id once it runs. What ``work`` returns is its value; a `SystemExit` is its exit code.
    """
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        place, began = Path(folder), time.monotonic()
        patience = needs + PATIENCE
        child = os.fork()
        if child == 0:
            _be_child(work, place, int(patience + 1), limits or {}, watcher)
        status, used, hung = _wait(child, watcher, WAITING * patience, meanwhile)
        code = os.waitstatus_to_exitcode(status)
        value = json.loads((place / "value").read_text()) if (place / "value").exists() else None
        out, err = ((place / name).read_text("utf-8", "replace") for name in ("out", "err"))
        cpu = used.ru_utime + used.ru_stime
        hung = hung or code == -signal.SIGXCPU or cpu > patience
        return Ended(code, out, err, value, cpu, time.monotonic() - began, used.ru_maxrss * 1024, hung)


def spawn(work: Callable[[], Any], place: Path, needs: float = 30.0) -> int:
    """Begin ``work`` as `run` does, in the folder ``place``, and do not wait: its process id."""
    place.mkdir()
    child = os.fork()
    if child == 0:
        _be_child(work, place, int(needs + PATIENCE), {}, None)
    return child


def _be_child(
    work: Callable[[], Any], place: Path, seconds: int, limits: Mapping[int, int], watcher: tracing.Watcher | None
) -> None:
    code = CRASHED
    try:
        os.setsid()
        for name, handle in (("out", 1), ("err", 2)):
            target = os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(target, handle)
            os.close(target)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        stay_offline()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (RUNAWAY, resource.RLIM_INFINITY))
        if watcher is not None:
            tracing.begin(watcher.calls)
        code = _do(work, place, limits)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                code = code or CRASHED
        os._exit(code)


def _do(work: Callable[[], Any], place: Path, limits: Mapping[int, int]) -> int:
    try:
        for limit, value in limits.items():
            resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
        value = work()
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    for limit in limits:
        resource.setrlimit(limit, (resource.getrlimit(limit)[1],) * 2)
    (place / "value").write_text(json.dumps(value))
    return 0


def _wait(
    child: int, watcher: tracing.Watcher | None, seconds: float, meanwhile: Callable[[int], None] | None
) -> tuple[int, Any, bool]:
    hung = False
    if watcher is not None:

        def give_up(*_: Any) -> None:
            nonlocal hung
            hung = True
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(child, signal.SIGKILL)

        signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            status, used = tracing.follow(child, watcher)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return status, used, hung
    if meanwhile is not None:
        meanwhile(child)
    handle = os.pidfd_open(child)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        hung = not poll.poll(seconds * 1000)
        if hung:
            os.killpg(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what it has left behind
    finally:
        os.close(handle)
    return status, used, hung


def stay_offline() -> None:
    """No connection to another machine from now on."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            host = arguments[0]
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        if host not in ("localhost", "127.0.0.1", "::1", "", None):
            raise RuntimeError(f"a trial reached for the network: {host}")

    sys.addaudithook(watch)
