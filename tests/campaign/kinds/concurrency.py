"""Two writers and four readers at once: each reply belongs to one generation, its offsets hold, and nobody is told of
damage where there is none.
"""

from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from ..judges import INTERNAL, false_offsets, look
from ..outcome import Outcome, Result
from ..processes import run, spawn
from ..world import CONFIG, TOWNS, fresh
from . import Lab

WRITERS, READERS, LOADING = 2, 4, 0.5
EDITION = re.compile(r"edition(\d+)")
QUESTION = "Which edition tells who founded Arlen and Brissa?"


def text(name: str, edition: int) -> str:
    """A document that says in each passage of which edition it is."""
    parts = (f"{name} was founded by settler{n} upon a hill, says edition{edition} of the book." for n in range(3))
    return "\n\n".join(parts)


def write(index: Path, first: int, until: float) -> dict[str, Any]:
    """Bring all documents to one edition after the other; every fourth time compact."""
    from ragqa.documents import Document
    from ragqa.errors import IndexLocked, RagqaError
    from ragqa.index.writer import compact, update
    from ragqa.testing import HashEncoder

    done, waited, turn, errors = 0, 0, 0, []
    while not turn or time.time() < until:
        turn += 1
        edition = first + turn
        documents = [Document(name, text(name, edition), source=f"{name}.txt") for name in TOWNS[: 3 + edition % 4]]
        try:
            if turn % 4 == 0:
                compact(index)
            else:
                update(index, CONFIG, HashEncoder(), documents)
            done += 1
        except IndexLocked:
            waited += 1
            time.sleep(0.01)
        except RagqaError as error:
            errors.append(f"writer: {type(error).__name__}: {error}")
    return {"done": done, "waited": waited, "errors": errors[:5]}


def read(index: Path, until: float, rng: random.Random) -> dict[str, Any]:
    """Open, ask, look at the reply; now and then verify."""
    from ragqa.errors import RagqaError
    from ragqa.index.snapshot import Snapshot
    from ragqa.index.verify import verify
    from ragqa.pipeline import Pipeline
    from ragqa.testing import HashEncoder, WordReader

    done, errors, torn = 0, [], []
    while time.time() < until:
        try:
            snapshot = Snapshot.open(index)
            time.sleep(rng.random() * LOADING)  # as long as models may take to be loaded
            pipeline = Pipeline(snapshot, HashEncoder(), WordReader())
            for _ in range(2):
                reply = pipeline.ask(QUESTION)
                editions = {match for hit in reply.hits for match in EDITION.findall(hit.passage.text)}
                torn += false_offsets(reply, pipeline.snapshot)
                if len(editions) != 1 or reply.generation != pipeline.snapshot.generation:
                    torn.append(f"a reply of generation {reply.generation} with editions {sorted(editions)}")
            done += 1
            if done % 5 == 0 and (problems := verify(index)):
                errors.append(f"verify: {problems[0]}")
        except RagqaError as error:
            errors.append(f"reader: {type(error).__name__}: {error}")
    return {"done": done, "errors": errors[:5], "failed": len(errors), "torn": torn[:5]}


def trial(lab: Lab, number: int) -> Result:
    """Some seconds of it."""
    rng = lab.random(number)
    index = fresh(lab.scratch, "concurrency")
    begin = Path(tempfile.mkdtemp(prefix="concurrency-", dir=lab.scratch))
    seconds = rng.uniform(2.0, 5.0)
    ended = run(partial(write, index, 10_000, 0.0))  # so that every reply has an edition
    assert ended.code == 0, ended.err
    until = time.time() + seconds
    children = {
        spawn(partial(write, index, 1000 * (place + 1), until), begin / f"writer{place}"): f"writer{place}"
        for place in range(WRITERS)
    }
    children |= {
        spawn(partial(read, index, until, random.Random(rng.random())), begin / f"reader{place}"): f"reader{place}"
        for place in range(READERS)
    }
    told, codes, hung = {}, {}, False
    for child, name in children.items():
        codes[name], late = _await(child, seconds + 60)
        hung |= late
        value = begin / name / "value"
        told[name] = json.loads(value.read_text()) if value.exists() else {}
    said = "\n".join((begin / name / "err").read_text("utf-8", "replace") for name in told)
    writes, reads = (
        sum(found.get("done", 0) for name, found in told.items() if name.startswith(kind))
        for kind in ("writer", "reader")
    )
    what = f"{seconds:.1f} s of {WRITERS} writers and {READERS} readers: {writes} commits, {reads} openings"
    return _judge(what, told, codes, hung, said, look(index))


def _judge(what: str, told: dict[str, Any], codes: dict[str, int], hung: bool, said: str, state: Any) -> Result:
    if hung:
        return Result(Outcome.HANG, what)
    if INTERNAL.search(said) or any(codes.values()):
        return Result(Outcome.INTERNAL, what, f"{codes} {said[-400:]}")
    torn = [line for found in told.values() for line in found.get("torn", ())]
    if torn or state.get("error") or state.get("problems"):
        return Result(Outcome.TORN, what, str(torn or state)[:400])
    errors = [line for found in told.values() for line in found["errors"]]
    if errors:
        failed = sum(found.get("failed", len(found["errors"])) for found in told.values())
        return Result(Outcome.UNCLEAR, what, f"{failed} times, such as: {errors[0]}"[:400])
    return Result(Outcome.HELD, what)


def _await(child: int, seconds: float) -> tuple[int, bool]:
    handle = os.pidfd_open(child)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    late = not poll.poll(seconds * 1000)
    if late:
        os.killpg(child, signal.SIGKILL)
    os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), late
