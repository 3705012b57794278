"""One system call of a command fails, or all of a kind from then on: the command says so in a line, and the index is
the old or the new one, whole. A command that only reads answers as before or says what failed, and never "damaged".
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .. import tracing
from ..judges import State, answers, look, process, refusal, result, same, silent, which
from ..outcome import Outcome, Result
from ..processes import run
from ..world import CHANGES, QUESTIONS, Change, fresh, ragqa_command
from . import Lab

OPENING = (errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EIO, errno.ENOMEM)
STORING = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)
ERRORS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("open", "openat", "creat"), (*OPENING, *STORING)),
    **dict.fromkeys(("write", "pwrite64", "writev", "pwritev", "fallocate", "ftruncate"), (*STORING, errno.EFBIG)),
    **dict.fromkeys(("fsync", "fdatasync"), (errno.EIO, errno.ENOSPC, errno.EDQUOT)),
    **dict.fromkeys(("rename", "renameat", "renameat2", "mkdir", "mkdirat"), (*STORING, errno.EACCES)),
    **dict.fromkeys(("link", "linkat"), (*STORING, errno.EMLINK, errno.EPERM)),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), (errno.EIO, errno.EACCES, errno.EROFS, errno.EBUSY)),
    **dict.fromkeys(("read", "pread64"), (errno.EIO,)),
    "mmap": (errno.ENOMEM,),
    "flock": (errno.EIO, errno.ENOLCK),
}
WRITERS = ("update", "compact", "first build")
READERS = ("ask", "search", "verify")


class Failing(tracing.Watcher):
    """Lets call number ``fatal`` (from 1) fail, and with ``lasting`` every later one of its name too."""

    calls = tracing.NUMBERS

    def __init__(self, root: Path, fatal: int = 0, choice: float = 0.0, lasting: bool = False) -> None:
        super().__init__(root)
        self.fatal, self.choice, self.lasting = fatal, choice, lasting
        self.count, self.name, self.error, self.place = 0, "", 0, ""

    def before(self, call: tracing.Call) -> int | None:
        if call.name not in ERRORS:
            return None
        self.count += 1
        if self.count == self.fatal:
            errors = _possible(call)
            self.name, self.error = call.name, errors[int(self.choice * len(errors))]
            self.place = os.path.relpath(call.paths[-1], self.root)
            return self.error
        return self.error if self.lasting and call.name == self.name else None


def _possible(call: tracing.Call) -> tuple[int, ...]:
    """What can befall a call: a file that is only read meets no full disk."""
    flags = call.arguments[{"open": 1, "openat": 2}[call.name]] if call.name in ("open", "openat") else os.O_CREAT
    return ERRORS[call.name] if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else OPENING


def line(name: str, place: Path) -> Sequence[object]:
    """The command line of a trial on the index at ``place``."""
    question = QUESTIONS[0]
    return {
        "update": ("index", place.parent / "new", "-o", place, "--words", 12, "-q"),
        "first build": ("index", place.parent / "new", "-o", place, "--words", 12, "-q"),
        "compact": ("compact", "-i", place),
        "ask": ("ask", question, "-i", place, "--jsonl"),
        "search": ("search", question, "-i", place, "--json"),
        "verify": ("verify", "-i", place),
    }[name]


def _change(name: str) -> Change:
    return next((change for change in CHANGES if change.name == name), CHANGES[0])


@cache
def expected(scratch: Path, name: str) -> tuple[State, State, int, str]:
    """The old state, the new one, the number of calls, and what is printed."""
    place = fresh(scratch, f"expected-errors-{name}", _change(name))
    old, counter = look(place), Failing(place)
    ended = run(ragqa_command(*line(name, place)), needs=60, watcher=counter)
    assert ended.code == 0, ended.err
    return old, look(place), counter.count, _placeless(ended.out, place)


def _placeless(out: str, place: Path) -> str:
    """What was printed, wherever the index lies."""
    return out.replace(str(place), "INDEX")


def trial(lab: Lab, number: int) -> Result:
    """Let a call fail, and look."""
    rng = lab.random(number)
    names = (*WRITERS, *READERS)
    name = names[number % len(names)]
    old, new, calls, out = expected(lab.scratch, name)
    place = fresh(lab.scratch, "errors", _change(name))
    watcher = Failing(place, rng.randint(1, calls), rng.random(), lasting=rng.random() < 0.3)
    ended = run(ragqa_command(*line(name, place)), watcher=watcher)
    told = errno.errorcode.get(watcher.error, "nothing")
    what = f"{name}, {told} at call {watcher.fatal} of {calls} ({watcher.name} {watcher.place})"
    what += ", and from then on" * watcher.lasting
    if fault := process(ended):
        return result(fault, what, ended)
    state = look(place)
    if name in READERS:
        if not same(state, old) or state.get("problems"):
            return result(Outcome.TORN, f"{what}; a reader changed the index", ended, state)
        if ended.code == 5 and name == "verify":
            return result(Outcome.REFUSED, what, ended)
        if ended.code != 0:
            return result(refusal(ended), what, ended)
        if name == "ask":
            return result(silent(answers(ended.out), answers(out), ended.err), what, ended)
        return result(Outcome.HELD if _placeless(ended.out, place) == out else Outcome.SILENT, what, ended)
    found = which(state, old, new)
    if found not in (Outcome.OLD, Outcome.NEW):
        return result(found, what, ended, state)
    if ended.code != 0:
        return result(refusal(ended), what, ended)
    return result(found if same(state, new) else Outcome.LOST, what, ended)
