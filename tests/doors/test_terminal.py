"""On a terminal: whoever waits sees how far it is, and results stay clean."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals", allow_module_level=True)

import pty

ROOT = Path(__file__).parents[2]
PENICILLIN = "Who discovered penicillin?"
SLOWLY = """
import importlib, sys, time
from ragqa.cli import main
home, name, seconds = sys.argv[1].split(":")
module = importlib.import_module(home)
real = getattr(module, name)

def slow(*arguments, **named):
    time.sleep(float(seconds))
    return real(*arguments, **named)

setattr(module, name, slow)
main(sys.argv[2:])
"""


def on_terminal(*arguments, slow="time:ctime:0", stdout=None):
    """What a command wrote to a terminal, without colours and movements; ``slow`` is a function that takes longer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, slow, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(ours, 65_536)
        except OSError:  # the other end was closed
            break
        if not block:
            break
        shown += block
    os.close(ours)
    assert process.wait(timeout=60) == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "slow", "stage"),
    [
        ("verify", "ragqa.index.verify:check_file:0.2", "checking files, MB"),
        ("compact", "ragqa.index.segment:durable:0.5", "copying passages"),
    ],
)
def test_work_on_an_index_shows_how_far_it_is(ragqa, own_index, tmp_path, command, slow, stage):
    shutil.copytree(ROOT / "corpora" / "sample" / "arts", tmp_path / "arts")
    ragqa("index", tmp_path / "arts", "-o", own_index, "--replace")  # leaves something to compact
    shown = on_terminal(command, "-i", own_index, slow=slow)
    assert stage in shown and str(own_index) in shown.splitlines()[-1]


def test_loading_shows_that_something_is_going_on(sample_index):
    shown = on_terminal("ask", PENICILLIN, "-i", sample_index, slow="ragqa.composition:load_readers:1.5")
    assert "loading" in shown
    assert "Alexander Fleming" in shown[shown.rindex("loading") :]


def test_many_questions_show_how_far_they_are_and_leave_stdout_alone(sample_index, tmp_path):
    (tmp_path / "questions.txt").write_text(f"{PENICILLIN}\n" * 64)
    with (tmp_path / "replies.jsonl").open("w") as file:
        arguments = ("ask", "--file", tmp_path / "questions.txt", "--jsonl", "-i", sample_index)
        shown = on_terminal(*arguments, slow="ragqa.answering:checked:0.03", stdout=file)
    assert "answering" in shown and "32/64" in shown
    replies = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert len(replies) == 64 and all(reply["question"] == PENICILLIN for reply in replies)


def test_what_is_quick_shows_nothing(sample_index):
    assert on_terminal("info", "-i", sample_index).startswith("index ")
    assert "loading" not in on_terminal("verify", "-i", sample_index)


def test_skipped_files_are_told_above_the_bar(tmp_path):
    (tmp_path / "bad.json").write_text("{broken")
    (tmp_path / "good.txt").write_text("The bridge was opened in 1937.")
    shown = on_terminal("index", tmp_path, "-o", tmp_path / "i", slow="ragqa.indexing:load_encoder:1.5")
    assert f"skipped {tmp_path / 'bad.json'}" in shown.replace("\r\n", "")
