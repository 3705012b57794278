"""What commands write where: nothing of a document acts on a terminal, any encoding and any end of a pipe will do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import run_here

ROOT = Path(__file__).parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX names, pipes and pseudo-terminals")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}  # buffers, as users have them
QUESTION = "When was the bridge opened?"
NAME = "evil\x1b]0;title\x07\n\u202etxt.md"
TEXT = (
    "# Bridges \x1b[31m\u2066of\x7f Ulm\n\n"
    "The bridge \x1b]52;c;aGk=\x07 was opened\tin 1937 \x1b[2J\u202eby\x9b31m nobody. "
    "Ren\u00e9 saw \u2603 and \U0001f600.\n"
)
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    """A folder with an index of one document whose name, title and text try to act on a terminal."""
    folder = tmp_path_factory.mktemp("evil")
    (folder / "docs").mkdir()
    (folder / "docs" / (NAME if os.name != "nt" else "evil.md")).write_text(TEXT, encoding="utf-8")
    (folder / "docs" / "bad\x1b[1m.json").write_text("{broken")
    (folder / "rules\x1b[1m.txt").write_text('"a \x1b[2J\n')
    (folder / "recipe\x1b[1m.toml").write_text('kind = "\\u001b[2J"\n')
    done = run("index", "docs", "-o", "index\x1b[7m", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert not ACTING.search(done.stdout + done.stderr) and r"skipped docs/bad\x1b[1m.json" in done.stderr
    return folder


def run(*arguments, cwd, env=None, **streams):
    """A process of its own where its environment or its streams are the point."""
    if env is None and not streams:
        return run_here(*arguments, cwd=cwd)
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run(
        [sys.executable, "-m", "ragqa", *map(str, arguments)],
        cwd=cwd,
        timeout=120,
        text=True,
        encoding=(env or {}).get("PYTHONIOENCODING", "utf-8"),
        env={**ENVIRONMENT, **(env or {})},
        **given,
    )


@POSIX
@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("ask", QUESTION), 0, r"The bridge \x1b]52;c;aGk=\x07 was opened in »1937« \x1b[2J\u202eby\x9b31m nobody."),
        (("ask", QUESTION), 0, r"docs/evil\x1b]0;title\x07\n\u202etxt.md:3"),
        (("ask", QUESTION, "--explain"), 0, r"docs/evil\x1b]0;title\x07\n\u202etxt.md:3"),
        (("search", QUESTION), 0, r"1. docs/evil\x1b]0;title\x07\n\u202etxt.md:"),
        (("info",), 0, r"index\x1b[7m"),
        (("verify",), 0, r"index\x1b[7m: whole"),
        (("compact",), 0, r"index\x1b[7m"),
        (("ask", QUESTION, "--where", "x\x1b[2Jy"), 2, r"x\x1b[2Jy"),
        (("ask", QUESTION, "--reader", "./\x1b[2J\nragqa: fine"), 8, r"./\x1b[2J ragqa: fine"),
        (("ask", QUESTION, "--fusion", "\x1b[2J"), 2, r"\x1b[2J"),
        (("ask", QUESTION, "--\x1b[2J"), 2, r"--\x1b[2J"),
        (("ask", "--file", "\x1b[2J"), 3, r"\x1b[2J"),
        (("info", "--debug"), 4, r"index\x1b[7m"),
    ],
)
def test_nothing_that_was_read_acts(evil, arguments, code, expected):
    place = "index\x1b[7m" if "--debug" not in arguments else "no index\x1b[7m"
    done = run(*arguments, "-i", place, cwd=evil)
    assert done.returncode == code, done.stderr
    assert not ACTING.search(done.stdout + done.stderr)
    assert expected in done.stdout + done.stderr


@POSIX
def test_nothing_acts_in_other_commands(evil):
    for arguments, code in (
        (("index", "docs", "-o", "index\x1b[7m", "--synonyms", "rules\x1b[1m.txt"), 2),
        (("recipes", "check", "recipe\x1b[1m.toml"), 2),
        (("recipes", "show", "recipe\x1b[1m.toml"), 0),
        (("eval", "score", "run\x1b[1m"), 3),
        (("\x1b[1m",), 2),
    ):
        done = run(*arguments, cwd=evil)
        assert done.returncode == code, (arguments, done.stderr)
        assert not ACTING.search(done.stdout + done.stderr), arguments


@POSIX
def test_nothing_acts_in_a_talk(evil):
    (evil / "talk").write_text(f"{QUESTION}\n/why\n/sources\n/\x1b[2J\nand \x1b[2J why?\n")
    with (evil / "talk").open() as lines:
        done = run("chat", "-i", "index\x1b[7m", cwd=evil, stdin=lines)
    assert done.returncode == 0 and not ACTING.search(done.stdout + done.stderr)
    assert done.stdout.count(r"docs/evil\x1b]0;title\x07\n\u202etxt.md:3") >= 3


@POSIX
def test_on_a_terminal_only_our_styles_act(evil):
    import pty

    ours, theirs = pty.openpty()
    done = run("ask", QUESTION, "--explain", "-i", "index\x1b[7m", cwd=evil, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(ours, 65_536)
        except OSError:
            break
        if not block:
            break
        shown += block
    os.close(ours)
    text = shown.decode()
    assert done.returncode == 0 and r"\x1b]52;c;aGk=\x07 was opened in" in text
    assert "\x1b[1m" in text, "our own styles"
    assert not any(theirs in text for theirs in ("\x1b]", "\x1b[31m", "\x1b[2J", "\x9b"))
    movements = r"\x1b\[[0-9;?]*[A-Za-z]"  # of the bar, where the machine is slow
    assert not ACTING.search(re.sub(movements, "", text).replace("\r", ""))


@POSIX
def test_json_is_exact_and_does_not_act(evil):
    done = run("ask", QUESTION, "-i", "index\x1b[7m", "--json", cwd=evil)
    assert not ACTING.search(done.stdout)
    (hit,) = json.loads(done.stdout)["hits"]
    assert hit["passage"]["text"] in TEXT and "\x1b]52;c;aGk=\x07" in hit["passage"]["text"]
    assert hit["passage"]["source"] == f"docs/{NAME}"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_an_encoding_that_cannot_hold_a_character_escapes_it(evil, encoding):
    env = {"PYTHONIOENCODING": encoding}
    place = next(evil.glob("index*")).name
    found = run("search", QUESTION, "-i", place, cwd=evil, env=env)
    assert found.returncode == 0 and found.stderr == ""
    assert ("Ren\\xe9" if encoding == "ascii" else "Ren\u00e9") in found.stdout
    assert ("\u2603 and \U0001f600" if encoding == "utf-8" else r"\u2603 and \U0001f600") in found.stdout
    replies = json.loads(run("ask", QUESTION, "-i", place, "--json", cwd=evil, env=env).stdout)
    assert "Ren\u00e9 saw \u2603 and \U0001f600" in replies["hits"][0]["passage"]["text"]
    wrong = run("info", "-i", "nowhere \u2603", cwd=evil, env=env)
    assert wrong.returncode == 4 and ("\u2603" if encoding == "utf-8" else r"\u2603") in wrong.stderr


def test_a_machine_without_a_locale(evil):
    env = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = run("search", QUESTION, "-i", next(evil.glob("index*")).name, cwd=evil, env=env)
    assert done.returncode == 0 and r"Ren\xe9 saw \u2603" in done.stdout and not done.stderr


def left_early(*arguments, cwd, lines=1, stdin=None, both=False, env=None):
    """Exit code and stderr of a command whose reader goes away after some lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ragqa", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if both else subprocess.PIPE,
        env={**ENVIRONMENT, **(env or {})},
    )
    if stdin is None or lines == 0:
        process.stdout.close()
    process.stdin.write((stdin or "").encode())
    process.stdin.close()
    if not process.stdout.closed:
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
    error = b"" if both else process.stderr.read()
    return process.wait(timeout=60), error.decode()


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize(
    "arguments",
    [("search", QUESTION), ("ask", QUESTION, "--json"), ("verify",), ("ask", "--help")],
)
@pytest.mark.parametrize(("both", "unbuffered"), [(False, ""), (True, ""), (False, "1")])
def test_a_reader_that_is_gone_is_no_error(evil, arguments, both, unbuffered):
    place = () if "--help" in arguments else ("-i", next(evil.glob("index*")).name)
    code, error = left_early(*arguments, *place, cwd=evil, both=both, env={"PYTHONUNBUFFERED": unbuffered})
    assert code == 0 and "rror" not in error


@POSIX
def test_a_reader_that_leaves_between_many_replies_is_no_error(evil):
    place = next(evil.glob("index*")).name
    questions = f"{QUESTION}\n" * 400  # more than a pipe holds
    code, error = left_early("ask", "--file", "-", "--jsonl", "-i", place, cwd=evil, stdin=questions)
    assert (code, error) == (0, "")


@POSIX
def test_remarks_that_nobody_reads_stop_nothing(evil, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    done = run("index", "docs", "-o", tmp_path / "i", cwd=evil, stderr=writing)
    os.close(writing)
    assert done.returncode == 0 and "1 documents" in done.stdout


def closed(*numbers):
    def close():
        for number in numbers:
            os.close(number)

    return close


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize(
    ("numbers", "arguments", "code"),
    [
        ((0,), ("ask", QUESTION), 0),
        ((0,), ("chat",), 0),
        ((0,), ("ask", "--file", "-"), 3),
        ((1,), ("ask", QUESTION), 1),
        ((1,), ("ask", QUESTION, "--json"), 1),
        ((1,), ("verify",), 1),
        ((1,), ("ask", "--help"), 1),
        ((2,), ("ask", QUESTION), 0),
        ((2,), ("ask", ""), 2),
        ((2,), ("ask", "--fusion", "nonsense"), 2),
        ((0, 1, 2), ("ask", QUESTION), 1),
    ],
)
def test_closed_streams(evil, numbers, arguments, code):
    place = () if "--help" in arguments else ("-i", next(evil.glob("index*")).name)
    done = run(*arguments, *place, cwd=evil, preexec_fn=closed(*numbers))
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and "internal" not in done.stderr and "Exception ignored" not in done.stderr
    if numbers == (1,):
        assert done.stderr.splitlines()[-1] == "ragqa: output: is closed, so there is nowhere to write to"
    if numbers == (2,) and code == 0:
        assert "1937" in done.stdout


@POSIX
def test_no_file_of_an_index_becomes_stdout(evil, tmp_path):
    """What a library prints would end up in it."""
    code = (
        "import os, sys\nfrom ragqa.cli import terminal\nterminal.prepare()\n"
        f"file = open({str(tmp_path / 'file')!r}, 'w')\nassert file.fileno() > 2, file.fileno()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], preexec_fn=closed(0, 1, 2), env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0 and (tmp_path / "file").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
@pytest.mark.parametrize(
    "arguments", [("search", QUESTION), ("ask", QUESTION, "--jsonl"), ("ask", "--help"), ("--version",)]
)
def test_a_full_disk_under_the_output_is_told_once(evil, arguments):
    place = (
        ()
        if arguments[-1].startswith("--h") or arguments[-1] == "--version"
        else ("-i", next(evil.glob("index*")).name)
    )
    with Path("/dev/full").open("w") as full:
        done = run(*arguments, *place, cwd=evil, stdout=full)
    assert done.returncode == 10
    assert done.stderr == "ragqa: output: the disk is full: free some space and try again\n"
