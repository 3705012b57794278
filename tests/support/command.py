"""The command ``ragqa`` in this process: what a process of its own would print and exit with, without its imports.

What a process is the point of (signals, limits, other environments, terminals, start-up) is tested with real ones.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from ragqa.cli import main

NAMES = ("stdin", "stdout", "stderr")


def run_here(*arguments: object, cwd: Path | None = None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command line in a folder. Files stand behind the numbers 0, 1 and 2 too, so that nothing that a library
    prints, whatever it is written in, goes unnoticed.
    """
    line, code = list(map(str, arguments)), 0
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in NAMES]
        files[0].write((stdin or "").encode())
        files[0].seek(0)
        if cwd is not None:
            stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(_streams([file.fileno() for file in files]))
        try:
            main(line)
        except SystemExit as leave:
            code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        out, err = (_content(file) for file in files[1:])
    return subprocess.CompletedProcess(line, code, out, err)


def _content(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8"))


@contextlib.contextmanager
def _streams(handles: list[int]) -> Iterator[None]:
    """Put these files in the places of stdin, stdout and stderr for a while."""
    before: list[TextIO] = [getattr(sys, name) for name in NAMES]
    for stream in before[1:]:
        stream.flush()
    kept = [os.dup(number) for number in range(3)]
    try:
        for number, (name, handle) in enumerate(zip(NAMES, handles, strict=True)):
            os.dup2(handle, number)
            stream = open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
        yield
    finally:
        for number, (name, stream) in enumerate(zip(NAMES, before, strict=True)):
            setattr(sys, name, stream)
            os.dup2(kept[number], number)
            os.close(kept[number])
