"""What ``ragqa index`` says of files that it does not read."""

from __future__ import annotations

import json

SOURCE = 3


def test_endings_that_are_passed_over_are_named(ragqa, tmp_path):
    for name in ("a.txt", "b.xyz", "c.xyz"):
        (tmp_path / name).write_text("The bridge was opened in 1937.")
    (tmp_path / "program").write_bytes(b"\0\1\2")
    line = "passed over: 2 .xyz, 1 without an ending; see ragqa index --formats"
    done = ragqa("index", tmp_path, "-o", tmp_path / "i", "--json")
    assert done.stderr.splitlines()[-1] == line and "an index of ragqa" in done.stderr
    assert json.loads(done.stdout)["passed_over"] == {".xyz": 2, "no ending": 1}
    again = ragqa("index", tmp_path, "-o", tmp_path / "i")
    assert line in again.stderr.splitlines() and "an index of ragqa" in again.stderr and "1 documents" in again.stdout


def test_a_folder_without_a_readable_file_says_what_is_there(ragqa, tmp_path):
    for name in ("b.xyz", "c.xyz", "d.abc"):
        (tmp_path / name).write_text("x")
    error = ragqa("index", tmp_path, "-o", tmp_path / "i", code=SOURCE).stderr
    assert "2 .xyz, 1 .abc" in error and "--formats" in error


def test_formats_are_listed(ragqa):
    shown = ragqa("index", "--formats").stdout
    assert ".md .markdown" in shown and ".docx" in shown and "[files]" in shown
