"""The campaign's judges can fail: what is truly lost, torn or silently changed is called so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from campaign import judges, tracing
from campaign.disk import Disk, Step, replay
from campaign.outcome import Outcome
from campaign.processes import Ended

ROOT = Path(__file__).parents[2]
OLD = {"texts": {"a": "1", "b": "2"}, "replies": ["old"], "problems": [], "encoder": "hash"}
NEW = {"texts": {"a": "1", "c": "3"}, "replies": ["new"], "problems": [], "encoder": "hash"}
GOOD = Ended(0, "", "", None, 0.1, 0.1, 1 << 20, False)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the campaign says of writers and commands that break promises on purpose."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("needs Linux")
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaign.broken"],
        capture_output=True,
        text=True,
        timeout=900,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_processes_that_misbehave_are_named(told: dict[str, Any]) -> None:
    assert told["processes"] == {
        "spins": "HANG",
        "waits": "HANG",
        "takes 1.2 GB": "MEMORY",
        "crashes": "INTERNAL ERROR",
        "raises": "INTERNAL ERROR",
        "is good": None,
    }


@pytest.mark.slow
def test_commands_that_lie_or_give_up_are_named(told: dict[str, Any]) -> None:
    assert told["answers otherwise"] == ["SILENT"]
    assert "LOST" in told["stops at a bad file"]


@pytest.mark.slow
def test_writers_that_are_not_safe_are_named(told: dict[str, Any]) -> None:
    if not tracing.available():
        pytest.skip("needs ptrace on Linux x86-64")
    assert "LOST" in told["removes first"]
    assert {"LOST", "TORN"} & set(told["changes in place"])  # opening checks, so it is mostly refused
    assert {"LOST", "TORN"} & set(told["does not sync"])
    assert "INTERNAL ERROR" in told["shows a traceback"]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (OLD, Outcome.OLD),
        (NEW, Outcome.NEW),
        ({"none": True}, Outcome.LOST),
        ({"error": "IndexFormatError: damaged"}, Outcome.LOST),
        (OLD | {"texts": {"b": "2"}}, Outcome.LOST),
        (OLD | {"problems": ["its content has changed"]}, Outcome.TORN),
        (OLD | {"texts": NEW["texts"]}, Outcome.TORN),
        (NEW | {"replies": ["other"]}, Outcome.TORN),
    ],
)
def test_an_index_is_the_old_one_the_new_one_or_named(state: dict[str, Any], outcome: Outcome) -> None:
    assert judges.which(state, OLD, NEW) is outcome


def test_before_a_first_build_there_is_no_index() -> None:
    assert judges.which({"none": True}, {"none": True}, NEW) is Outcome.OLD


def test_other_answers_without_a_word_are_silent() -> None:
    assert judges.silent([{"a": 1}], [{"a": 1}], "") is Outcome.HELD
    assert judges.silent([{"a": 2}], [{"a": 1}], "") is Outcome.SILENT
    assert judges.silent([], [{"a": 1}], "ragqa: x: its content has changed") is Outcome.REFUSED


@pytest.mark.parametrize(
    ("code", "said", "damaged", "outcome"),
    [
        (10, "ragqa: x: cannot be written, the disk is full\n", False, Outcome.REFUSED),
        (5, "ragqa: x: damaged; index again\n", True, Outcome.REFUSED),
        (5, "ragqa: x: damaged; index again\n", False, Outcome.UNCLEAR),
        (1, "something else\n", False, Outcome.UNCLEAR),
        (10, "ragqa: one\nragqa: two\n", False, Outcome.UNCLEAR),
        (77, "ragqa: x\n", False, Outcome.UNCLEAR),
    ],
)
def test_refusals_are_a_true_line_with_a_code(code: int, said: str, damaged: bool, outcome: Outcome) -> None:
    assert judges.refusal(replace(GOOD, code=code, err=said), damaged=damaged) is outcome


def test_a_panic_is_an_internal_error() -> None:
    assert judges.process(GOOD) is None
    assert judges.process(replace(GOOD, err="thread 'x' panicked at src/a.rs")) is Outcome.INTERNAL
    assert judges.process(replace(GOOD, code=-9), may_die=True) is None


@dataclass
class Piece:
    """As much of a passage, a span, a hit or an answer as offsets need."""

    text: str = ""
    start: int = 0
    end: int = 0
    doc_id: str = "d"
    id: str = "p"


@dataclass
class Reply:
    """As much of a reply as offsets need."""

    passage: Piece
    span: Piece
    text: str
    document_span: tuple[int, int]

    @property
    def hit(self) -> Reply:
        return self

    hits = property(lambda self: [self])
    answers = property(lambda self: [self])
    candidates = ()


class Documents:
    """A snapshot of one document."""

    def document(self, name: str) -> Piece | None:
        return Piece("0123456789") if name == "d" else None


def test_false_offsets_are_found() -> None:
    passage = Piece("2345", 2, 6)
    assert judges.false_offsets(Reply(passage, Piece("", 1, 3), "34", (3, 5)), Documents()) == []
    assert len(judges.false_offsets(Reply(passage, Piece("", 1, 3), "34", (4, 6)), Documents())) == 1
    assert len(judges.false_offsets(Reply(passage, Piece("", 0, 2), "34", (3, 5)), Documents())) == 1
    assert len(judges.false_offsets(Reply(Piece("2345", 3, 7), Piece("", 1, 3), "34", (3, 5)), Documents())) == 1
    assert (
        len(judges.false_offsets(Reply(Piece("2345", 2, 6, "gone"), Piece("", 1, 3), "34", (3, 5)), Documents())) == 2
    )


def test_a_replay_keeps_what_was_synced_and_no_more() -> None:
    start = Disk({1: bytearray(b"old")}, {0: {"CURRENT": 1}})
    steps = [
        Step("name", 0, "CURRENT.tmp", 2),
        Step("write", 2, data=b"new"),
        Step("sync", 2),
        Step("move", 0, "CURRENT.tmp", 2, "CURRENT", 0),
    ]
    nothing = replay(start, steps, lambda step: None)
    assert nothing.folders[0] == {"CURRENT": 1} and nothing.files == {1: b"old", 2: b"new"}
    everything = replay(start, steps, lambda step: step)
    assert everything.folders[0] == {"CURRENT": 2}
    assert replay(start, [*steps, Step("sync", 0)], lambda step: None).folders[0] == {"CURRENT": 2}
    careless = replay(start, [steps[0], steps[1], steps[3], Step("sync", 0)], lambda step: None)
    assert careless.folders[0] == {"CURRENT": 2} and not careless.files.get(2)
