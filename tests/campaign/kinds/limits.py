"""A command meets a limit (memory, open files, size of a file) or a signal: it ends, says what was missing, and the
index is the old or the new one, whole. A share of trials uses the packaged models.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from ..judges import State, answers, look, process, refusal, result, same, silent, which
from ..outcome import Outcome, Result
from ..processes import Ended, run
from ..world import CHANGES, QUESTIONS, fresh, ragqa_command
from . import Lab

COMMANDS = ("update", "ask", "compact", "first build", "verify")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130
PACKAGED = 0.05


def command(name: str, place: Path) -> Sequence[object]:
    """The command line of a trial."""
    build = ("index", place.parent / "new", "-o", place, "--replace", "--words", 12, "-q")
    ask = ("ask", QUESTIONS[0], "-i", place, "--jsonl")
    return {
        "update": build,
        "first build": build,
        "ask": ask,
        "compact": ("compact", "-i", place),
        "verify": ("verify", "-i", place),
    }[name]


@cache
def expected(scratch: Path, name: str, packaged: bool) -> tuple[State, State, Ended]:
    """The states before and after a command that nothing hinders, and how it ended."""
    place = _fresh(scratch, "expected-limits", name, packaged)
    old = look(place)
    ended = run(ragqa_command(*command(name, place), packaged=packaged), needs=60)
    assert ended.code == 0, ended.err
    return old, look(place), ended


def _fresh(scratch: Path, place: str, name: str, packaged: bool) -> Path:
    change = next((change for change in CHANGES if change.name == name), None)
    index = fresh(scratch, place, change)
    if packaged and (change is None or not change.first):
        made = run(ragqa_command("index", scratch / "old", "-o", index, "--words", 13, "-q", packaged=True), needs=60)
        assert made.code == 0, made.err
    return index


def limit(rng: random.Random) -> tuple[str, dict[int, int]]:
    """A limit, in words and as `resource` has it."""
    way = rng.randrange(3)
    if way == 0:
        size = _now() + rng.randrange(1 << 20, 600 << 20)
        return f"{size >> 20} MB of address space", {resource.RLIMIT_AS: size}
    if way == 1:
        files = rng.randrange(4, 40)
        return f"{files} open files", {resource.RLIMIT_NOFILE: files}
    size = rng.randrange(1_000, 20_000)  # what a command says goes to a file too, and must fit
    return f"files of {size} bytes", {resource.RLIMIT_FSIZE: size}


def _now() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 1 << 18
    return pages * resource.getpagesize()


def trial(lab: Lab, number: int) -> Result:
    """Limit or interrupt a command, and look."""
    rng = lab.random(number)
    name, packaged = COMMANDS[number % len(COMMANDS)], rng.random() < PACKAGED
    if packaged and name in ("compact", "verify"):
        packaged = False
    old, new, whole = expected(lab.scratch, name, packaged)
    place = _fresh(lab.scratch, "limits", name, packaged)
    begun = lab.scratch / "begun"
    begun.unlink(missing_ok=True)
    work = ragqa_command(*command(name, place), packaged=packaged, begun=begun)
    if rng.random() < 0.4:
        sign, moment = rng.choice(SIGNALS), rng.random() * whole.wall
        ended = run(work, meanwhile=partial(_send, begun, sign, moment))
        what = f"{name}, {sign.name} after {1000 * moment:.0f} ms"
        allowed: Callable[[Ended], bool] = lambda ended: ended.code in (-sign, INTERRUPTED, 128 + sign)  # noqa: E731
        starved = False
    else:
        told, limits = limit(rng)
        ended = run(work, limits=limits)
        what, starved = f"{name} with {told}", resource.RLIMIT_AS in limits
        allowed = lambda ended: starved and ended.code in (-signal.SIGABRT, -signal.SIGSEGV)  # noqa: E731
    what += " (packaged models)" * packaged
    fault = process(ended, may_die=allowed(ended))
    if fault and not (fault is Outcome.INTERNAL and ended.code in (-signal.SIGABRT, -signal.SIGSEGV) and starved):
        return result(fault, what, ended)
    return _judge(name, ended, allowed(ended), look(place) if not packaged else None, old, new, whole, what)


def _judge(
    name: str, ended: Ended, dead: bool, state: State | None, old: State, new: State, whole: Ended, what: str
) -> Result:
    if name in ("ask", "verify"):
        if state is not None and not same(state, old):
            return result(Outcome.TORN, what, ended, state)
        if ended.code == 0:
            kept = silent(answers(ended.out), answers(whole.out), ended.err) if name == "ask" else Outcome.HELD
            return result(kept, what, ended)
        told = name == "verify" and ended.code == 5 and "cannot" in ended.out
        return result(Outcome.REFUSED if dead or told else refusal(ended), what, ended)
    found = Outcome.OLD if state is None else which(state, old, new)
    if found not in (Outcome.OLD, Outcome.NEW):
        return result(found, what, ended, state)
    if ended.code == 0:
        return result(found if state is None or same(state, new) else Outcome.LOST, what, ended)
    return result(found if dead else refusal(ended), what, ended)


def _send(begun: Path, sign: signal.Signals, moment: float, child: int) -> None:
    """Send a signal so many seconds after the command has begun."""
    deadline = time.monotonic() + 20
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(moment)
    os.kill(child, sign)
