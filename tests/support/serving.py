"""A service in a process of its own: ``python serving.py '{"indexes": {…}, "config": {…}, "keys": …, "hold": …}'``.

Its models are the stand-ins of `ragqa.testing`. While the file ``hold`` is there, questions with the word "slowly" are
not answered; those with the word "breaks" break the reader. It prints its address, then the access log, a
line of JSON each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ragqa.documents import Passage
from ragqa.testing import HashEncoder, WordReader
from ragqa.types import Span

ROOT = Path(__file__).parents[2]


class SlowReader(WordReader):
    """Waits while a file is there, a minute at most."""

    def __init__(self, hold: Path) -> None:
        self.hold = hold

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        if any("slowly" in question for question in questions):
            end = time.monotonic() + 60
            while self.hold.exists() and time.monotonic() < end:
                time.sleep(0.01)
        if any("breaks" in question for question in questions):
            raise RuntimeError("the secret of /etc/secret")
        return super().read(questions, passages)


@contextmanager
def serving(indexes: Mapping[str, Path], **more: Any) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running service: its address and its process, which is killed at the end if it has not ended."""
    given = {"indexes": {name: str(path) for name, path in indexes.items()}, **more}
    with started([sys.executable, __file__, json.dumps(given)]) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process with its output at hand."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(given: dict[str, Any]) -> None:
    """Serve until the process is told to end."""
    from ragqa.pipeline import Pipeline
    from ragqa.serve.accesslog import AccessLog
    from ragqa.serve.keys import KeyFile
    from ragqa.serve.questionlog import QuestionLog
    from ragqa.serve.run import serve
    from ragqa.serve.settings import ServeConfig

    mounts = []
    if given.get("tools"):
        from ragqa.agents.mounted import mount

        mounts.append(mount)
    reader = SlowReader(Path(given.get("hold", "hold")))
    pipelines = {
        name: Pipeline.load(path, encoder=HashEncoder(), reader=reader) for name, path in given["indexes"].items()
    }
    with AccessLog(sys.stdout.fileno()) as log:
        serve(
            pipelines,
            ServeConfig(**given.get("config", {})),
            port=0,
            keys=KeyFile(Path(given["keys"])) if "keys" in given else None,
            questions=QuestionLog(Path(given["questions"])) if "questions" in given else None,
            mounts=mounts,
            log=log.add,
            started=lambda url: print(url, flush=True),
        )


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
