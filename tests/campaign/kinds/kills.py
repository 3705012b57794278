"""A writer is killed as it is about to make one of its system calls, or at a random moment: what stands is the old
generation or the new one, whole, and the next writer goes on.
"""

from __future__ import annotations

import os
import signal
import time
from functools import cache, partial
from math import gcd
from pathlib import Path

from .. import tracing
from ..judges import State, look, process, result, which
from ..outcome import Outcome, Result
from ..processes import run
from ..world import CHANGES, Change, fresh
from . import Lab


class Counter(tracing.Watcher):
    """Counts the calls of a writer that lives."""

    count = 0

    def before(self, call: tracing.Call) -> int | None:
        self.count += 1
        return None


class Killer(tracing.Watcher):
    """Kills the writer before it makes its call number ``fatal`` (from 1)."""

    def __init__(self, root: Path, fatal: int) -> None:
        super().__init__(root)
        self.fatal, self.count, self.last = fatal, 0, ""

    def before(self, call: tracing.Call) -> int | None:
        self.count += 1
        if self.count == self.fatal:
            self.last = f"{call.name} {os.path.relpath(call.paths[-1], self.root)}"
            os.kill(call.task, signal.SIGKILL)
        return None


@cache
def expected(scratch: Path, change: Change) -> tuple[State, State, int, float]:
    """The old state, the new one, how many calls lie between, and how long that takes."""
    place = fresh(scratch, f"expected-{change.name}", change)
    old = look(place)
    counter = Counter(place) if tracing.available() else None
    ended = run(partial(change.do, place), needs=60, watcher=counter)
    assert ended.code == 0, ended.err
    return old, look(place), counter.count if counter else 0, ended.wall


def trial(lab: Lab, number: int) -> Result:
    """Kill, look, write again, look. Each seventh trial kills at a random moment, without a tracer."""
    turn, way = divmod(number, len(CHANGES) + 1)
    change = CHANGES[turn % len(CHANGES) if way == len(CHANGES) else way]
    old, new, calls, wall = expected(lab.scratch, change)
    place = fresh(lab.scratch, "kills", change)
    if calls and way < len(CHANGES):
        step = spread(turn + 7 * way + 1, calls) + 1
        killer = Killer(place, step)
        ended = run(partial(change.do, place), watcher=killer)
        what = f"{change.name}, killed before call {step} of {calls} ({killer.last or 'it lived'})"
    else:
        moment = lab.random(number).random() * wall

        def kill(child: int) -> None:
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)

        ended = run(partial(change.do, place), meanwhile=kill)
        what = f"{change.name}, killed after {1000 * moment:.0f} ms"
    if fault := process(ended, may_die=True):
        return result(fault, what, ended)
    state = look(place)
    found = which(state, old, new)
    if found not in (Outcome.OLD, Outcome.NEW):
        return result(found, what, ended, state)
    again = run(partial(change.do, place))
    after = look(place)
    if again.code != 0 or which(after, new, new) is not Outcome.NEW:
        return result(Outcome.TORN, f"{what}; then the next writer", again, after)
    return Result(found, what)


def spread(turn: int, count: int) -> int:
    """The numbers below ``count`` by turns, each once a round, in an order that spreads even a few turns over them."""
    step = max(1, round(count * 0.618))
    while gcd(step, count) != 1:
        step += 1
    return turn * step % count
