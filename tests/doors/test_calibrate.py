"""`ragqa calibrate`, what `info` says of it, and what a risk does to a reply."""

from __future__ import annotations

import json
import shutil
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
    assert said.startswith("No answer found.\n   not sure enough: ") and "The nearest passages:" in said
    given = json.loads(ragqa("ask", "-i", sample_index, "--min-score", "0", UNKNOWN, "--json").stdout)
    assert given["answered"] and not given["candidates"]


def test_the_default_risk_refuses_what_the_documents_do_not_say(ragqa, sample_index):
    reply = json.loads(ragqa("ask", "-i", sample_index, UNKNOWN, "--json").stdout)
    assert not reply["answered"] and reply["candidates"]
    assert f"[{ReadConfig().risk}]" in ragqa("ask", "--help").stdout
