"""A shell that runs the commands of a page, block after block, as a reader of the page would."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
SECONDS = 180
PROGRAMS = {"ragqa": '"{python}" -m ragqa "$@"', "python": '"{python}" "$@"'}
_FIGURE = re.compile(r"\b\d+\.\d+\b")


class Shell:
    """One bash in a folder; what a block sets or starts is there for the next. What is started ends with it.

    ``port`` takes the place of 8000 in all that is run, as another service may have that one.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._own = tempfile.TemporaryDirectory()
        own = Path(self._own.name)
        for name, command in PROGRAMS.items():
            (own / name).write_text(f"#!/bin/sh\nexec {command.format(python=sys.executable)}\n")
            (own / name).chmod(0o755)
        self._script, self._errors = own / "block.sh", own / "errors"
        with self._errors.open("w") as errors:
            self._bash = subprocess.Popen(
                ["bash", "-eu", "-o", "pipefail"],
                cwd=folder,
                env={**os.environ, "PATH": f"{own}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )

    def run(self, code: str) -> str:
        """Run a block; returns what it wrote to standard output. A command that fails is an `AssertionError`."""
        self._script.write_text(self.at_port(code) + "\n", encoding="utf-8")
        assert self._bash.stdin is not None and self._bash.stdout is not None
        limit = threading.Timer(SECONDS, self._kill)
        limit.start()
        try:
            # what was started before may keep the pipe open, so an end without the mark must be told
            self._bash.stdin.write(f"trap 'echo; echo {self._script} failed' EXIT\n")
            self._bash.stdin.write(f". '{self._script}' < /dev/null; echo; echo {self._script}\n")
            self._bash.stdin.flush()
            return self._until_the_end()
        finally:
            limit.cancel()

    def _until_the_end(self) -> str:
        assert self._bash.stdout is not None
        lines = []
        for line in self._bash.stdout:
            if line == f"{self._script}\n":
                return "".join(lines)[:-1]  # without the line break of echo
            if line == f"{self._script} failed\n":
                break
            lines.append(line)
        raise AssertionError(f"{''.join(lines)}\n{self._errors.read_text(encoding='utf-8')[-2000:]}")

    def at_port(self, text: str) -> str:
        """A text of the page, with the port in use."""
        return re.sub(r"\b8000\b", str(self._port), text)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._kill()
        self._bash.wait()
        for stream in (self._bash.stdin, self._bash.stdout):
            if stream is not None:
                stream.close()
        self._own.cleanup()


def alike(printed: str, shown: str) -> bool:
    """Whether what was printed is what the page shows. Numbers with a point (scores, times) may differ, as they do
    between processors and models, and "…" stands for anything.
    """
    wanted = re.escape(_FIGURE.sub("#.#", shown.strip())).replace("…", ".*")
    return re.fullmatch(wanted, _FIGURE.sub("#.#", printed.strip()), re.DOTALL) is not None
