"""``ragqa eval`` as a user has it: real processes, runs that are interrupted, places that cannot be written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval" / "suites" / "sample.toml"
SAME = ("run.json", "answers.jsonl", "hits.arrow", "passages.arrow")
USAGE, BAD_INPUT, STORAGE, INTERRUPTED = 2, 3, 10, 130


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("eval")


@pytest.fixture(scope="module")
def long_suite(place):
    """The sample's questions four times over: four chunks."""
    lines = (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    records = [{**json.loads(line), "id": f"{turn}-{number}"} for turn in range(4) for number, line in enumerate(lines)]
    (place / "long.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    shutil.copytree(ROOT / "corpora" / "sample", place / "sample")
    suite = place / "long.toml"
    suite.write_text('task = "retrieval"\n[parts.main]\ncorpus = ["sample"]\nquestions = "long.jsonl"\n')
    return suite


@pytest.fixture(scope="module")
def whole(ragqa, place, long_suite):
    ragqa("eval", "run", long_suite, "-o", place / "whole", "--indexes", place / "indexes")
    return place / "whole"


def one_line(done):
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_and_the_same_command_again(ragqa, place, long_suite, whole):
    run = place / "stopped"
    command = ["eval", "run", str(long_suite), "-o", str(run), "--indexes", str(place / "indexes")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ragqa", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    chunk, deadline = run / "chunks" / "main-000000", time.monotonic() + 100
    while not chunk.is_dir() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, error
    assert (
        error.strip().splitlines()[-1]
        == "ragqa: interrupted; what was answered is kept, and the same command goes on from there"
    )
    assert "Traceback" not in error and not (run / "answers.jsonl").exists()
    assert "is not finished" in one_line(ragqa("eval", "score", run, code=BAD_INPUT))
    ragqa(*command)
    for name in SAME:
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name


def test_more_questions_asked_for_than_there_are(ragqa, place, long_suite, whole):
    """A sample of more than all is all, in order; it is another run by name, with the same scores."""
    ragqa("eval", "run", long_suite, "-o", place / "all", "--indexes", place / "indexes", "--sample", 10_000)
    assert (place / "all" / "answers.jsonl").read_bytes() == (whole / "answers.jsonl").read_bytes()
    comparison = json.loads(ragqa("eval", "compare", whole, place / "all", "--json").stdout)["parts"]["main"]
    assert (comparison["n"], comparison["missing"], comparison["left_out"]) == (240, 0, 0)


def test_a_quick_look_is_compared_with_a_whole_run(ragqa, place, long_suite, whole):
    look = place / "look"
    ragqa("eval", "run", long_suite, "-o", look, "--indexes", place / "indexes", "--sample", 30, "--seed", 3)
    shown = ragqa("eval", "compare", whole, look).stdout
    assert "main, 30 questions" in shown and "210 more, which only one of the runs was asked, are left out" in shown
    assert "p (Holm)" in shown


def test_runs_without_a_question_in_common(ragqa, place, whole):
    other = place / "other.toml"
    (place / "other.jsonl").write_text(
        '{"id": "x1", "question": "Who?", "answer": "a", "doc": "places/golden-gate-bridge.md"}\n'
    )
    other.write_text('task = "retrieval"\n[parts.main]\ncorpus = ["sample"]\nquestions = "other.jsonl"\n')
    ragqa("eval", "run", other, "-o", place / "other", "--indexes", place / "indexes")
    for command in (("compare", whole, place / "other"), ("report", whole, place / "other", "-o", place / "x.html")):
        said = one_line(ragqa("eval", *command, code=USAGE))
        assert "no question in common" in said and "(long)" in said and "(other)" in said
    assert not (place / "x.html").exists()


@pytest.mark.slow
def test_a_finished_run_can_be_read_where_nothing_can_be_written(ragqa, whole, tmp_path):
    """A read-only disk: scores and comparisons need no more; a new run there is one clear line."""
    mounted = tmp_path / "disk"
    shutil.copytree(whole, mounted / "run")
    bind = f"mount --bind {mounted} {mounted} && mount -o remount,ro,bind {mounted}"
    inside = ["unshare", "-rm", "sh", "-c", f'{bind} && exec "$@"', "sh", sys.executable, "-m", "ragqa", "eval"]

    def run(*arguments):
        return subprocess.run(
            [*inside, *map(str, arguments)], capture_output=True, text=True, timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    try:
        probe = subprocess.run([*inside[:4], f"{bind} && ! touch {mounted}/x"], capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if probe.returncode:
        pytest.skip("no mount namespaces here")
    scored = run("score", mounted / "run", "--json")
    assert scored.returncode == 0 and json.loads(scored.stdout)["parts"]["main"]["n"] == 240, scored.stderr
    for arguments in (
        ("run", SUITE, "-o", mounted / "new", "--indexes", tmp_path / "indexes", "--limit", 2),
        ("report", mounted / "run", "-o", mounted / "report.html"),
        ("check", mounted / "run", "--baselines", mounted / "baselines", "--accept"),
    ):
        done = run(*arguments)
        assert done.returncode == STORAGE, done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith(f"ragqa: {mounted}"), done.stderr
        assert "the file system is read-only" in done.stderr and "Traceback" not in done.stderr


def test_a_report_on_a_run_that_reads_nothing(ragqa, place, whole):
    ragqa("eval", "report", whole, "-o", place / "report.html", "--questions", 240)
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "When was the Golden Gate Bridge opened" in page and "Gold passage among the first k" in page


def test_a_report_on_a_run_that_explains(ragqa, place, long_suite, whole):
    """It holds what the script shows; a suite without replies has nothing to explain."""
    options = ("--indexes", place / "indexes", "--limit", 2, "--explain")
    ragqa("eval", "run", SUITE, "-o", place / "why", *options)
    ragqa("eval", "report", place / "why", "-o", place / "why.html")
    page = (place / "why.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    explained = [row["runs"][0]["why"] for row in data["rows"]]
    assert len(explained) == 2 and all(why["score"]["features"] and why["words"]["shares"] for why in explained)
    error = ragqa("eval", "run", long_suite, "-o", place / "none", *options, code=USAGE).stderr
    assert "--explain" in error and "retrieval suite" in error
