"""`ragqa ground` on the command line."""

from __future__ import annotations

import json

TEXT = (
    "Alexander Fleming discovered penicillin in September 1929. Marie Curie was born in Warsaw in 1867. "
    "Nobody drank tea."
)


def test_verdicts_in_words_and_as_json(ragqa, sample_index, tmp_path):
    shown = ragqa("ground", "-i", sample_index, TEXT)
    lines = shown.stdout.splitlines()
    assert lines[0] == "1. contradicted  Alexander Fleming discovered penicillin in September 1929."
    assert lines[1] == "   year: here 1929, there 1928" and lines[2].startswith("   »Alexander Fleming")
    assert lines[3].endswith("penicillin.md:7") and lines[4].startswith("2. supported  0.")
    assert lines[-1] == "3. not found  Nobody drank tea."
    assert "3 sentences: 1 supported, 1 contradicted, 1 not found" in shown.stderr
    (tmp_path / "answer.txt").write_text(TEXT, encoding="utf-16")
    found = json.loads(ragqa("ground", "-i", sample_index, "--file", tmp_path / "answer.txt", "--json").stdout)
    assert [one["verdict"] for one in found["sentences"]] == ["contradicted", "supported", "unsupported"]
    for one in found["sentences"]:
        assert TEXT[one["start"] : one["end"]] == one["text"]
    piped = ragqa("ground", "-i", sample_index, "--file", "-", "--json", stdin=TEXT)
    assert json.loads(piped.stdout) == found


def test_what_is_wrong_is_told(ragqa, sample_index, tmp_path):
    (tmp_path / "empty.txt").write_text(" \n")
    assert "give a text or --file" in ragqa("ground", "-i", sample_index, code=2).stderr
    assert "not both" in ragqa("ground", "-i", sample_index, "--file", "x", "A text.", code=2).stderr
    assert "holds no text" in ragqa("ground", "-i", sample_index, "--file", tmp_path / "empty.txt", code=3).stderr
    assert "cannot be read" in ragqa("ground", "-i", sample_index, "--file", tmp_path / "none", code=3).stderr
