"""`ragqa calibrate`, what `info` says of it, and what a risk does to a reply."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from ragqa.config import ReadConfig

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "eval" / "questions" / "sample.jsonl"
UNKNOWN = "Who was the king of Atlantis?"


@pytest.mark.slow
def test_from_questions_to_scores_of_ones_own(ragqa, sample_index, tmp_path):
    index = tmp_path / "index"
    shutil.copytree(sample_index, index)
    assert "of other documents" in ragqa("info", "-i", index).stdout
    fewer = ("--set", "read.passages=4")
    report = json.loads(ragqa("calibrate", "-i", index, "--questions", QUESTIONS, *fewer, "--json").stdout)
    assert report["questions"] == 60 and 50 < report["right"] < 100
    coverage = [share or 0.0 for share in report["coverage"].values()]
    assert coverage == sorted(coverage), "who risks more answers more"
    assert "fitted to 60 questions of sample.jsonl" in ragqa("info", "-i", index).stdout
    assert "whole" in ragqa("verify", "-i", index).stdout
    path = index / "calibration.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in content.items() if name != "sha256"}))
    assert "without a checksum" in ragqa("verify", "-i", index).stderr
    assert "without a checksum" in ragqa("info", "-i", index).stdout
    path.write_text(json.dumps(content | {"questions": 61}))
    assert "calibration.json: not a usable calibration" in ragqa("verify", "-i", index, code=5).stdout
    path.write_text("{}")
    assert "calibration.json: not a usable calibration (no format)" in ragqa("verify", "-i", index, code=5).stdout
    assert "calibration.json" in ragqa("ask", "-i", index, "Who discovered penicillin?", code=8).stderr


def test_without_an_answer_the_candidates_are_shown_as_such(ragqa, sample_index):
    reply = json.loads(ragqa("ask", "-i", sample_index, "--risk", "0.1", UNKNOWN, "--json").stdout)
    assert not reply["answered"] and not reply["answers"] and reply["candidates"]
    assert all(0.0 <= answer["score"] < 0.8 for answer in reply["candidates"])
    said = ragqa("ask", "-i", sample_index, "--risk", "0.1", UNKNOWN).stdout
    assert said.startswith("No answer found.\n   not sure enough: ") and "What most likely holds an answer:" in said
    given = json.loads(ragqa("ask", "-i", sample_index, "--min-score", "0", UNKNOWN, "--json").stdout)
    assert given["answered"] and not given["candidates"]


def test_the_default_risk_refuses_what_the_documents_do_not_say(ragqa, sample_index):
    reply = json.loads(ragqa("ask", "-i", sample_index, UNKNOWN, "--json").stdout)
    assert not reply["answered"] and reply["candidates"]
    assert f"[{ReadConfig().risk}]" in ragqa("ask", "--help").stdout


def test_twenty_questions_say_what_they_are_worth(ragqa, sample_index, tmp_path):
    few, output = tmp_path / "few.jsonl", tmp_path / "new" / "folder"
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines(keepends=True)
    few.write_bytes("".join(lines[:19]).encode("utf-16"))
    given = ("calibrate", "-i", sample_index, "--questions", few, "-o", output, "--set", "read.passages=2")
    assert "19 questions are too few" in ragqa(*given, code=2).stderr and not output.exists()
    few.write_bytes("".join(lines[:20]).encode("utf-16"))
    done = ragqa(*given)
    assert "fitted to 20 questions" in done.stdout and "with 90 % confidence)" in done.stdout
    assert "--risk 0.05: no promise possible (it takes at least 160 questions)" in done.stdout
    assert (output / "calibration.json").is_file()
    told = "ragqa ask gives no answer at --risk 0.4 with this fit" in done.stderr
    assert told == ("--risk 0.4: no promise" in done.stdout)
    assert "at --risk 0.05 with this fit" in ragqa(*given, "--set", "read.risk=0.05").stderr


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_asked(ragqa, sample_index, tmp_path):
    (tmp_path / "file").write_text("x")
    for output, code in ((tmp_path / "file", 2), (tmp_path / "file" / "below", 10)):
        begun = time.monotonic()
        done = ragqa("calibrate", "-i", sample_index, "--questions", QUESTIONS, "-o", output, code=code)
        assert str(output) in done.stderr and len(done.stderr.splitlines()) == 1
        assert time.monotonic() - begun < 20
    assert (tmp_path / "file").read_text() == "x"
