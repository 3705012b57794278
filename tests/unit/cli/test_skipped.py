"""What commands say of files that were not read, and how far long work is where there is no terminal."""

import time

import ragqa.cli.progress as progress
from ragqa.cli.skipped import Skipped, passed
from ragqa.corpus.files import Problem


def test_equal_reasons_are_told_once_and_counted(capsys):
    with Skipped() as skipped:
        for number in range(411):
            skipped(Problem(f"d/{number}.xml", "no text", unread=False))
        skipped(Problem("d/a.pdf#page=3", "no text"))
        skipped(Problem("d/z.txt", "its encoding is a guess", unread=False, remark=True))
    assert capsys.readouterr().err.splitlines() == [
        "skipped d/0.xml: no text",
        "skipped d/a.pdf#page=3: no text",
        "note on d/z.txt: its encoding is a guess",
        "skipped 410 more of .xml: no text",
    ]
    assert len(skipped.to_json()) == 412


def test_reasons_that_differ_in_details_are_told_three_times(capsys):
    with Skipped() as skipped:
        for number in range(50):
            skipped(Problem(f"a.csv:{number}", f"{number + 5} columns where the header has 3"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4 and lines[-1] == "skipped 47 more of .csv: … columns where the header has …"


def test_what_is_passed_over_is_one_line():
    assert passed({".xyz": 2, "no ending": 1, ".adoc": 944}) == (
        "passed over: 944 .adoc, 2 .xyz, 1 without an ending; see ragqa index --formats"
    )


def test_without_a_terminal_progress_is_a_line_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.2)
    with progress.progress_bar() as report:
        report("encoding passages", 512, 5000)
        time.sleep(0.5)
    lines = capsys.readouterr().err.splitlines()
    assert lines and all(line.startswith("encoding passages: 512 of 5,000 (") for line in lines)
    with progress.progress_bar() as report:
        report("loading", 0, None)
        time.sleep(0.3)
    assert capsys.readouterr().err.startswith("loading (")
    with progress.progress_bar(quiet=True) as report:
        report("encoding passages", 512, 5000)
        time.sleep(0.3)
    assert not capsys.readouterr().err
