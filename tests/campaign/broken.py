"""Writers and commands that break their promises on purpose: the campaign must name each. Run by test_judges.py, in a
process without threads; prints the outcomes by name as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import judges, tracing, world
from .kinds import Lab, corruption, errors, fuzz, kills, power
from .outcome import Result
from .processes import run
from .world import CHANGES, Change

UPDATE = CHANGES[0]


def _remove_first(index: Path) -> None:
    """Makes room for the new index before it is there."""
    shutil.rmtree(index)
    UPDATE.do(index)


def _in_place(index: Path) -> None:
    """Changes a file of the current generation, then commits."""
    for path in sorted(index.rglob("documents.arrow")):
        path.write_bytes(path.read_bytes().replace(b"settler", b"SETTLER"))
    UPDATE.do(index)


def _unsynced(index: Path) -> None:
    """Waits for nothing to be on the disk."""
    os.fsync = lambda handle: None
    UPDATE.do(index)


def _worst(kind: Any, change: Change, scratch: Path, trials: int) -> list[str]:
    kind.CHANGES = (change,)
    return _outcomes(kind.trial, scratch, kind.__name__.rsplit(".", 1)[1], range(trials))


def _outcomes(trial: Callable[[Lab, int], Result], scratch: Path, kind: str, numbers: Any) -> list[str]:
    return sorted({trial(Lab(scratch, kind, 1), number).outcome.value for number in numbers})


def processes() -> dict[str, str | None]:
    """What `judges.process` says of processes that hang, take memory, crash or show a traceback, and of a good one."""

    def spin() -> None:
        while True:
            pass

    cases: dict[str, tuple[Callable[[], Any], float]] = {
        "spins": (spin, -4.0),
        "waits": (lambda: signal.pause(), -4.9),
        "takes 1.2 GB": (lambda: len(bytes(b"x" * (1200 << 20))), 20.0),
        "crashes": (lambda: os.kill(os.getpid(), signal.SIGSEGV), 20.0),
        "raises": (lambda: [][0], 20.0),
        "is good": (lambda: 1, 20.0),
    }
    return {name: judges.process(run(work, needs=needs)) for name, (work, needs) in cases.items()}


def _silencing(command: Callable[..., Callable[[], Any]]) -> Callable[..., Callable[[], Any]]:
    """The command ``ragqa`` where nobody checks anything and one answer in two is another."""

    def made(*line: Any, **named: Any) -> Callable[[], Any]:
        work = command(*line, **named)

        def lying() -> Any:
            words = world.WordReader._spans
            world.WordReader._spans = lambda self, q, p: words(self, q, p)[-1:]  # type: ignore[method-assign]
            return work()

        return lying

    return made


def _tracebacks(command: Callable[..., Callable[[], Any]]) -> Callable[..., Callable[[], Any]]:
    """The command ``ragqa`` that shows its traceback when something fails."""
    return lambda *line, **named: command("--debug", *line, **named)


def _stopped(command: Callable[..., Callable[[], Any]]) -> Callable[..., Callable[[], Any]]:
    """The command ``ragqa`` that stops at the first bad file."""
    return lambda *line, **named: command(*line, "--strict", **named)


def main() -> int:
    """Each way of breaking a promise, and what the campaign calls it."""
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="broken-")
    scratch = Path(tempfile.tempdir)
    told: dict[str, Any] = {"processes": processes()}
    corruption.COMMANDS = ("ask",)
    corruption.damage = lambda *_: ("LOCK", "in no way")
    for ann in (False, True):
        corruption.expected(scratch, "ask", ann)  # before anybody lies
    corruption.ragqa_command = _silencing(corruption.ragqa_command)
    told["answers otherwise"] = _outcomes(corruption.trial, scratch, "corruption", range(2))
    fuzz.ragqa_command = _stopped(fuzz.ragqa_command)
    told["stops at a bad file"] = _outcomes(fuzz.trial, scratch, "fuzz", range(9))
    if tracing.available():
        errors.ragqa_command = _tracebacks(errors.ragqa_command)
        told["shows a traceback"] = _outcomes(errors.trial, scratch, "errors", range(3))
        told["removes first"] = _worst(kills, Change("removes first", _remove_first), scratch, 4)
        told["changes in place"] = _worst(kills, Change("changes in place", _in_place), scratch, 4)
        told["does not sync"] = _worst(power, Change("does not sync", _unsynced), scratch, 12)
    shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
