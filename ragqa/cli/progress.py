"""How far long work is, on stderr: a progress bar on a terminal, after a second; elsewhere a line every 30 seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ragqa.cli.escape import visible
from ragqa.cli.terminal import note
from ragqa.index.report import Progress, silent

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import TaskID

PATIENCE = 1.0  # seconds until the bar is shown; quicker work shows none and does not load rich
EVERY = 30.0  # seconds between lines where there is no terminal


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Progress]:
    """Give the block a function to report progress to; the bar is removed at the end.

    A stage of unknown length that has counted nothing is replaced by the next one. While the bar is shown, lines
    written to stderr appear above it; stdout is not touched.
    """
    if quiet:
        yield silent
        return
    bar = _Bar() if sys.stderr.isatty() else _Lines()
    try:
        yield bar.report
    finally:
        bar.close()


class _Lines:
    """Prints the last report every `EVERY` seconds."""

    def __init__(self) -> None:
        self._last: tuple[str, int, int | None] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def report(self, stage: str, done: int, total: int | None) -> None:
        """A `Progress`."""
        self._last = stage, done, total

    def close(self) -> None:
        """Stop printing."""
        self._closed.set()
        self._thread.join()

    def _tell(self) -> None:
        started = time.monotonic()
        while not self._closed.wait(EVERY):
            if self._last is not None:
                stage, done, total = self._last
                of = "" if total is None else f" of {total:,}"
                counted = f": {done:,}{of}" if done or of else ""  # work that counts nothing is told by its name
                note(f"{stage}{counted} ({time.monotonic() - started:.0f} s)")


class _Bar:
    """Keeps the last report, which a timer shows, so that the bar also appears during work that reports nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, tuple[int, int | None]] = {}
        self._tasks: dict[str, TaskID] = {}
        self._display: Display | None = None
        self._closed = False
        self._timer = threading.Timer(PATIENCE, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def report(self, stage: str, done: int, total: int | None) -> None:
        """Take a report, as a `Progress`."""
        with self._lock:
            if stage not in self._stages:
                for waiting in [name for name, state in self._stages.items() if state == (0, None)]:
                    self._drop(waiting)
            self._stages[stage] = done, total
            self._show(stage)

    def close(self) -> None:
        """Remove the bar, or keep it from being shown."""
        self._timer.cancel()
        with self._lock:
            self._closed = True
            if self._display is not None:
                self._display.stop()
        self._timer.join()

    def _appear(self) -> None:
        display = _display()
        with self._lock:
            if not self._closed:
                self._display = display
                display.start()
                for stage in self._stages:
                    self._show(stage)

    def _show(self, stage: str) -> None:
        if self._display is None:
            return
        done, total = self._stages[stage]
        if stage not in self._tasks:
            self._tasks[stage] = self._display.add_task(visible(stage), total=total)
        self._display.update(self._tasks[stage], completed=done, total=total)

    def _drop(self, stage: str) -> None:
        del self._stages[stage]
        task = self._tasks.pop(stage, None)
        if self._display is not None and task is not None:
            self._display.remove_task(task)


def _display() -> Display:
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
    )
    return rich.Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
