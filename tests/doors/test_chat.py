"""``ragqa chat`` as a real process: piped, on a terminal, interrupted; and the same talk in Python."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TALK = "Where was Marie Curie born?\nAnd when was she born?\n\nWhat did she die of?\n"
ANSWERS = ["Warsaw", "7 November 1867", "aplastic anaemia"]
INTERRUPTED = 130
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}


def test_answers_on_stdout_and_what_was_understood_on_stderr(ragqa, sample_index):
    done = ragqa("chat", "-i", sample_index, "-k", 1, stdin=TALK)
    firsts = [line for line in done.stdout.splitlines() if line.startswith("1. ")]
    assert [re.sub(r"^1\. (.*?)  0\.\d+$", r"\1", line) for line in firsts] == ANSWERS
    understood = [line for line in done.stderr.splitlines() if line.startswith("→ ")]
    assert understood == ["→ When was Marie Curie born?", "→ What did Marie Curie die of?"]
    assert "→" not in done.stdout and "? " not in done.stdout.splitlines()


def test_json_is_one_object_a_turn(ragqa, sample_index):
    done = ragqa("chat", "-i", sample_index, "--json", stdin=TALK)
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert [turn["answers"][0]["text"] for turn in turns] == ANSWERS
    assert [turn["typed"] for turn in turns] == [line for line in TALK.splitlines() if line]
    assert [turn["question"] for turn in turns][1:] == ["When was Marie Curie born?", "What did Marie Curie die of?"]
    assert turns[0]["carried"] == []
    assert turns[1]["carried"] == [{"text": "Marie Curie", "source": "question", "turn": 1, "reason": "“she”: a woman"}]


def test_reset_forgets(ragqa, sample_index):
    done = ragqa("chat", "-i", sample_index, "--json", stdin="Where was Marie Curie born?\n/reset\nWhen did she die?\n")
    assert json.loads(done.stdout.splitlines()[1])["question"] == "When did she die?"
    assert done.stderr == "what was said is forgotten\n"


def test_why_and_sources(ragqa, sample_index):
    talk = (
        "/why\nWhere was Marie Curie born?\nAnd when was she born?\n/why\n/sources\n/what now\n/help\n/quit\nignored\n"
    )
    done = ragqa("chat", "-i", sample_index, stdin=talk)
    why = done.stdout[done.stdout.index("typed: ") :]
    assert "typed:      And when was she born?\nunderstood: When was Marie Curie born?\n" in why
    assert "carried:    Marie Curie  (last question; “she”: a woman)\n" in why
    assert re.search(r"^  7 November 1867  0\.\d+  passage \d, .*marie-curie\.md:9$", why, re.MULTILINE)
    assert re.search(r"^  +1 +\d+\.\d\d +0\.\d+ .*marie-curie\.md:\d+$", why, re.MULTILINE)
    assert re.search(r"^1\. 7 November 1867\n   \S*marie-curie\.md:9  .*»7 November 1867«", why, re.MULTILINE)
    for told in ("nothing was asked yet", "/what is no command; /help lists them", "/reset    forget what was said"):
        assert told in done.stderr
    assert "ignored" not in done.stdout + done.stderr


def test_why_is_the_explanation_of_the_understood_question(ragqa, sample_index):
    done = ragqa(
        "chat", "-i", sample_index, "--json", stdin="Where was Marie Curie born?\nAnd when was she born?\n/why\n"
    )
    why = json.loads(done.stdout.splitlines()[-1])["why"]
    asked = ragqa("ask", "When was Marie Curie born?", "-i", sample_index, "--explain", "--json").stdout
    assert why["typed"] == "And when was she born?" and why["explanation"] == json.loads(asked)["explanation"]


def test_places_of_the_sources_are_those_of_the_json(ragqa, sample_index):
    talk = "Who discovered penicillin?\n/sources\n"
    shown = ragqa("chat", "-i", sample_index, stdin=talk).stdout
    reply, sources = map(json.loads, ragqa("chat", "-i", sample_index, "--json", stdin=talk).stdout.splitlines())
    assert sources == {"sources": reply["answers"]}
    listed = shown[shown.rindex("\n1. ") :]
    places = sum(1 + len(answer["support"]) for answer in reply["answers"])
    assert len(re.findall(r"^   \S+?(?::\d+| \(characters )", listed, re.MULTILINE)) == places
    for answer in reply["answers"]:
        assert f"{answer['passage']['source']}:{answer['line']}" in listed or not answer["line"]


def test_bytes_of_another_encoding_are_asked_with_question_marks(sample_index):
    done = subprocess.run(
        [sys.executable, "-m", "ragqa", "chat", "--json", "-i", str(sample_index)],
        input=b"Who founded the caf\xe9 Le Procope?\n",
        capture_output=True,
        timeout=60,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["question"] == "Who founded the caf? Le Procope?"


def test_an_index_that_is_not_there_is_told_before_anything_is_asked(ragqa, tmp_path):
    assert "ragqa: " in ragqa("chat", "-i", tmp_path / "none", stdin=TALK, code=4).stderr


def test_the_same_talk_in_python(sample_index):
    import ragqa

    pipeline = ragqa.Pipeline.load(sample_index)
    one, other = pipeline.session(), pipeline.session()
    assert isinstance(one, ragqa.Session) and one.history == ()
    replies = [one.ask(line) for line in TALK.splitlines() if line]
    assert [reply.answers[0].text for reply in replies] == ANSWERS
    assert [exchange.reply for exchange in one.history] == replies
    assert [exchange.understood.question for exchange in one.history] == [reply.question for reply in replies]
    assert other.history == () and other.understand("And when was she born?").carried == ()
    with pytest.raises(ragqa.RagqaError):
        one.ask("  ")
    with pytest.raises(ragqa.RagqaError):
        one.ask(None)
    assert len(one.history) == 3
    one.reset()
    assert one.history == () and one.last is None
    assert one.understand("And when was she born?").question == "And when was she born?"


def test_metadata_hold_for_the_whole_talk(ragqa, sample_index):
    talk = "Who broke the Enigma?\nAnd when?\n"
    done = ragqa("chat", "-i", sample_index, "--json", "--where", "topic=computing", stdin=talk)
    for turn in map(json.loads, done.stdout.splitlines()):
        assert {hit["passage"]["meta"]["topic"] for hit in turn["hits"]} == {"computing"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_it(sample_index):
    process = subprocess.Popen(
        [sys.executable, "-m", "ragqa", "chat", "-i", str(sample_index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    process.stdin.write("Who discovered penicillin?\n")
    process.stdin.flush()
    assert "Alexander Fleming" in process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, error
    assert error.strip().splitlines()[-1] == "ragqa: interrupted" and "Traceback" not in error


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
@pytest.mark.parametrize(("key", "code"), [(b"\x04", 0), (b"\x03", INTERRUPTED)], ids=["ctrl-d", "ctrl-c"])
@pytest.mark.parametrize("redirected", [False, True])
def test_on_a_terminal(sample_index, tmp_path, key, code, redirected):
    """A prompt, an answer, a prompt; Ctrl-D leaves, Ctrl-C stops. A file of results holds no prompt."""
    import pty

    ours, theirs = pty.openpty()
    results = tmp_path / "results.txt"
    with results.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "ragqa", "chat", "-i", str(sample_index), "-k", "1"],
            stdin=theirs,
            stdout=file if redirected else theirs,
            stderr=theirs,
            env=ENVIRONMENT,
            start_new_session=True,
            preexec_fn=own_terminal,
        )
    os.close(theirs)
    shown = until(ours, b"? ")
    os.write(ours, b"Who discovered penicillin?\n")
    shown += until(ours, b"\n? ")
    os.write(ours, b"And when did he do it?\n")
    shown += until(ours, b"\n? ")
    press(ours, key, process)
    assert process.wait(timeout=60) == code
    shown += until(ours, b"never", wait=5.0)
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "→ When did Alexander Fleming do it (discovered penicillin)?" in text
    assert ("ragqa: interrupted" in text) == (code == INTERRUPTED)
    assert "Traceback" not in text
    written = results.read_text(encoding="utf-8") if redirected else text
    assert "1. Alexander Fleming" in written and "1. September 1928" in written
    assert not redirected or ("? \n" not in written and "→" not in written and not written.startswith("? "))


def own_terminal():
    """The terminal becomes the process's own, so that keys become signals."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def press(descriptor, key, process):
    """A key, and again while nothing comes of it: readline loses a Ctrl-C that meets it between two of its steps."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # the other end may have been closed
            os.write(descriptor, key)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=3)


def until(descriptor, end, wait=60.0):
    """What was written to the terminal until ``end`` came, or nothing more can come."""
    import select

    shown, deadline = b"", time.monotonic() + wait
    while end not in shown and time.monotonic() < deadline:
        if not select.select([descriptor], [], [], 0.2)[0]:
            continue
        try:
            block = os.read(descriptor, 65_536)
        except OSError:  # the other end was closed
            break
        if not block:
            break
        shown += block.replace(b"\r\n", b"\n")
    return shown
