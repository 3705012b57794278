"""The power fails while a writer works: whatever part of what was not synced is lost, the index opens as the old
generation or the new one, whole; and as the new one once the command has said that it is done.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from ..disk import Disk, Recorder, Step, replay
from ..judges import State, look, result, same, which
from ..outcome import Outcome, Result
from ..processes import run
from ..world import CHANGES, Change, fresh, write_sources
from . import Lab

SECTOR = 512
Survival = Callable[[Step], Step | None]


@cache
def recorded(scratch: Path, change: Change) -> tuple[Disk, list[Step], State, State]:
    """The disk before a change, its steps, and the states before and after."""
    box = scratch / "power"
    shutil.rmtree(box, ignore_errors=True)
    box.mkdir()
    write_sources(box)
    source = fresh(scratch, "power-source", change)
    if source.exists():
        shutil.copytree(source, box / "index")
    old = look(box / "index")
    recorder = Recorder(box)
    ended = run(partial(change.do, box / "index"), needs=60, watcher=recorder)
    assert ended.code == 0, ended.err
    assert not recorder.unknown, f"the record cannot follow {recorder.unknown}"
    return recorder.start, recorder.steps, old, look(box / "index")


def survival(rng: random.Random, steps: int) -> tuple[str, Survival]:
    """One of the ways in which unsynced steps are lost, in words, and which of them survive it."""
    way = rng.randrange(6)
    if way == 0:
        return "nothing unsynced left", lambda step: None
    if way == 1:
        left = rng.randrange(steps + 1)
        count = iter(range(steps + 1))
        return f"all after the first {left} unsynced steps lost", lambda step: step if next(count) < left else None
    if way == 2:
        share = rng.choice((0.1, 0.5, 0.9))
        return f"{share:.0%} of unsynced steps left", lambda step: step if rng.random() < share else None
    if way == 3:
        return "unsynced names left, bytes lost", lambda step: None if step.of_bytes else step
    if way == 4:
        return "unsynced bytes left, names lost", lambda step: step if step.of_bytes else None
    return "unsynced writes torn", partial(_torn, rng)


def _torn(rng: random.Random, step: Step) -> Step | None:
    """A write of which some sectors from the beginning are left; of other steps one half."""
    if step.do != "write":
        return step if rng.random() < 0.5 else None
    return replace(step, data=step.data[: rng.randrange(len(step.data) // SECTOR + 1) * SECTOR])


def trial(lab: Lab, number: int) -> Result:
    """Fail at a step, keep some of what was not synced, look, and write again."""
    rng = lab.random(number)
    change = CHANGES[number % len(CHANGES)]
    start, steps, old, new = recorded(lab.scratch, change)
    done = len(steps) if rng.random() < 0.2 else rng.randrange(len(steps))
    told, survives = survival(rng, len(steps))
    box = lab.scratch / "power"  # where it was recorded: sources are kept by their paths
    shutil.rmtree(box, ignore_errors=True)
    replay(start, steps[:done], survives).write(box)
    what = f"{change.name}, power lost after {done} of {len(steps)} steps, {told}"
    state = look(box / "index")
    found = which(state, old, new)
    if found not in (Outcome.OLD, Outcome.NEW):
        return result(found, what, state=state)
    if done == len(steps) and not same(state, new):
        return result(Outcome.LOST, f"{what}, after the command was done", state=state)
    again = run(partial(change.do, box / "index"))
    after = look(box / "index")
    if again.code != 0 or which(after, new, new) is not Outcome.NEW:
        return result(Outcome.TORN, f"{what}; then the next writer", again, after)
    return Result(found, what)
