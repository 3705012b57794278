"""What became of an index, and what a process made of its trial: pure judgements over what was seen.

`examine` runs in a process of its own and tells what an index holds; the others compare.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from . import world
from .outcome import Outcome, Result
from .processes import MOST_MEMORY, Ended, run

State = Mapping[str, Any]
CODES = frozenset(range(1, 12)) | {130}  # as in ragqa.errors
INTERNAL = re.compile(r"internal error|Traceback \(most recent|panicked at|Fatal Python error|Segmentation fault")
DAMAGE = re.compile(r"damaged|content has changed|index again")


def examine(index: Path) -> dict[str, Any]:
    """What an index holds and answers; ``none`` where there is none, ``error`` where it refuses to be opened.

    ``problems`` are those of `verify` and every offset that does not hold.
    """
    from ragqa.errors import IndexNotFound, RagqaError
    from ragqa.index.snapshot import Snapshot
    from ragqa.index.verify import verify
    from ragqa.pipeline import Pipeline
    from ragqa.testing import HashEncoder

    try:
        name = Snapshot.open(index).manifest.encoder.fingerprint.split("-")[0]
        pipeline = Pipeline.load(index, encoder=HashEncoder(name=name), reader=world.WordReader())
        replies = pipeline.ask_many(world.QUESTIONS)
        snapshot = pipeline.snapshot
        problems = list(verify(index))
        texts = {}
        for passage in snapshot.passages(np.flatnonzero(snapshot.alive)):
            owner = snapshot.document(passage.doc_id)
            assert owner is not None
            texts[owner.id] = hashlib.sha256(owner.text.encode()).hexdigest()
            if owner.text[passage.start : passage.end] != passage.text:
                problems.append(f"{owner.id} [{passage.start}:{passage.end}] is another text")
        for reply in replies:
            problems += false_offsets(reply, snapshot)
    except IndexNotFound:
        return {"none": True}
    except RagqaError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "texts": texts,
        "replies": [comparable(reply.to_dict()) for reply in replies],
        "problems": problems,
        "encoder": name,
        "generation": snapshot.generation,
    }


def false_offsets(reply: Any, snapshot: Any) -> list[str]:
    """Each answer and each hit that does not stand where the reply says."""
    found = []
    for hit in reply.hits:
        owner = snapshot.document(hit.passage.doc_id)
        if owner is None or owner.text[hit.passage.start : hit.passage.end] != hit.passage.text:
            found.append(f"hit {hit.passage.id} does not stand in {hit.passage.doc_id}")
    for answer in (*reply.answers, *reply.candidates):
        start, end = answer.document_span
        owner = snapshot.document(answer.hit.passage.doc_id)
        if answer.hit.passage.text[answer.span.start : answer.span.end] != answer.text:
            found.append(f"answer {answer.text!r} is not its span")
        elif owner is None or owner.text[start:end] != answer.text:
            found.append(f"answer {answer.text!r} does not stand in {answer.hit.passage.doc_id}")
    return found


def comparable(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A reply without what may differ between equal ones: times, the generation's number, the last digits."""
    kept = {key: value for key, value in reply.items() if key not in ("timings", "generation")}
    rounded: dict[str, Any] = json.loads(json.dumps(kept), parse_float=lambda text: round(float(text), 4))
    return rounded


def look(index: Path) -> State:
    """`examine` in a process of its own; a crash there is an error too."""
    ended = run(partial(examine, index), needs=20)
    return ended.value if ended.code == 0 and ended.value is not None else {"error": f"crash: {ended.err[-2000:]}"}


def same(one: State, other: State) -> bool:
    """Whether two indexes hold and answer the same."""
    return all(one.get(key) == other.get(key) for key in ("none", "error", "texts", "replies", "encoder"))


def which(state: State, old: State, new: State) -> Outcome:
    """Whether an index is the old or the new one, whole; else what happened to it."""
    if "error" in state:
        return Outcome.LOST
    if state.get("problems"):
        return Outcome.TORN
    if same(state, new):
        return Outcome.NEW
    if same(state, old):
        return Outcome.OLD
    if state.get("none") or not set(state["texts"]) >= set(old.get("texts", ())) & set(new.get("texts", ())):
        return Outcome.LOST
    return Outcome.TORN


def process(ended: Ended, *, may_die: bool = False) -> Outcome | None:
    """What is wrong with the way a process behaved, whatever it did; None if nothing is.

    ``may_die``: it was killed or starved on purpose, so ending by a signal is no fault of its own.
    """
    if ended.hung:
        return Outcome.HANG
    if ended.peak > MOST_MEMORY:
        return Outcome.MEMORY
    if INTERNAL.search(ended.err) or INTERNAL.search(ended.out):
        return Outcome.INTERNAL
    if ended.code < 0 and not may_die:
        return Outcome.INTERNAL
    return None


def refusal(ended: Ended, *, true: bool = True, damaged: bool = False) -> Outcome:
    """What a refusal is worth: the last line is ragqa's own, its code one by kind, and it speaks of damage only where
    something is ``damaged``. ``true``: whatever else makes the message true.
    """
    own = ended.last.startswith("ragqa: ") or ended.last.startswith("Error: ")
    said = [line for line in ended.err.splitlines() if line.startswith("ragqa: ")]
    if ended.code not in CODES or not own or len(said) > 1 or not true:
        return Outcome.UNCLEAR
    return Outcome.UNCLEAR if DAMAGE.search(ended.last) and not damaged else Outcome.REFUSED


def answers(out: str) -> list[dict[str, Any]]:
    """The replies that ``ragqa ask --jsonl`` printed."""
    return [comparable(json.loads(text)) for text in out.splitlines() if text.startswith("{")]


def silent(found: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]], said: str) -> Outcome:
    """What replies of a damaged index are: the same ones, other ones with a warning, or a silent lie."""
    if list(found) == list(expected):
        return Outcome.HELD
    return Outcome.REFUSED if DAMAGE.search(said) else Outcome.SILENT


def brief(ended: Ended) -> str:
    """How a process ended, in a line."""
    hint = next((line for line in reversed(ended.err.splitlines()) if INTERNAL.search(line)), ended.last)
    return f"exit {ended.code}, {ended.cpu:.1f} s, {ended.peak >> 20} MB: {hint[:300]}"


def result(outcome: Outcome, what: str, ended: Ended | None = None, state: State | None = None) -> Result:
    """A result with what explains it."""
    seen = [] if ended is None else [brief(ended)]
    if state is not None and outcome in (Outcome.LOST, Outcome.TORN):
        seen.append(str(state.get("error") or state.get("problems") or sorted(state.get("texts", ())))[:400])
    return Result(outcome, what, "; ".join(seen))
