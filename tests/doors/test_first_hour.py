"""What people meet in their first hour: questions that begin with a dash, files in other encodings, mistyped names."""

from __future__ import annotations

import json

import pytest
from support.command import run_here

from ragqa.eval.runs.runner import run


def replies(done):
    return [json.loads(line)["question"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("-40 degrees",), "-40 degrees"),
        (("what", "is", "-40", "in", "Fahrenheit"), "what is -40 in Fahrenheit"),
        (("--dry-run does what?",), "--dry-run does what?"),
        (("-v is what?",), "-v is what?"),
        (("--", "-40", "-k"), "-40 -k"),
        (("–40 degrees",), "–40 degrees"),
    ],
)
def test_a_question_may_begin_with_a_dash(ragqa, sample_index, words, asked):
    place = ("-i", sample_index)
    assert replies(ragqa("ask", "--jsonl", "--min-score", "-0", *place, *words)) == [asked]
    if words[0] != "--":
        assert replies(ragqa("ask", *words, "--jsonl", *place)) == [asked]
        assert json.loads(ragqa("search", *words, "--json", "-k", "1", *place).stdout)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_mistyped_option_is_no_question(ragqa, sample_index, command):
    said = ragqa(command, "--rsik", "0.1", "who?", "-i", sample_index, code=2).stderr
    assert "No such option" in said and "a question that begins with a dash goes behind --" in said
    assert "No such option" in ragqa(command, "-z", "who?", code=2).stderr
    done = run_here(command, "who?", "-i")
    assert done.returncode == 2 and "requires an argument" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_questions_of_a_file_in_any_encoding(ragqa, sample_index, tmp_path, encoding):
    asked = ["Who discovered penicillin?", "What is the name of the café in Übersee?"]
    (tmp_path / "questions.txt").write_bytes("\r\n".join([*asked, "", ""]).encode(encoding))
    assert replies(ragqa("ask", "--file", tmp_path / "questions.txt", "--jsonl", "-i", sample_index)) == asked


def test_files_that_hold_no_questions(ragqa, sample_index, tmp_path):
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    for name, reason in (("image.png", "not a list of questions"), ("", "directory"), ("nix", "No such file")):
        done = ragqa("ask", "--file", tmp_path / name, "-i", sample_index, code=3)
        assert len(done.stderr.splitlines()) == 1 and reason in done.stderr and "codec" not in done.stderr


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_risk_that_no_fit_promises_is_said_to_be_none(ragqa, sample_index, command):
    question = "Who discovered penicillin?"
    line = ("ask", question) if command == "ask" else ("chat",)
    done = ragqa(*line, "-i", sample_index, "--risk", "0.0001", stdin=f"{question}\n")
    assert "no threshold keeps wrong answers down to 0.01 %" in done.stderr and "at least 80,000" in done.stderr
    assert "ragqa calibrate" in done.stderr
    assert done.stdout.startswith("No answer given.\n   nothing promised: ") and "not sure enough" not in done.stdout
    as_json = ragqa(*line, "-i", sample_index, "--risk", "0.0001", "--json", stdin=f"{question}\n")
    assert "no threshold" in as_json.stderr and not json.loads(as_json.stdout)["answered"]
    for usual in ((), ("--risk", "0.0001", "--min-score", "0.1")):
        assert "no threshold" not in ragqa(*line, "-i", sample_index, *usual, stdin=f"{question}\n").stderr


def test_an_evaluation_leaves_the_only_index_the_only_one(ragqa, tmp_path):
    (tmp_path / "manuals").mkdir()
    (tmp_path / "manuals" / "valve.md").write_text("The Kestrel valve was designed by Nora Quill in 1907.\n")
    question = {"question": "Who designed the Kestrel valve?", "answer": "Nora Quill"}
    (tmp_path / "qa.jsonl").write_text(json.dumps(question) + "\n")
    suite = 'task = "open"\n[parts.main]\ncorpus = ["manuals"]\nquestions = "qa.jsonl"\n'
    (tmp_path / "mine.toml").write_text(suite)
    ragqa("index", "manuals", cwd=tmp_path)
    ragqa("eval", "run", "mine.toml", "-o", "runs/base", cwd=tmp_path)
    assert "Nora Quill" in ragqa("ask", question["question"], cwd=tmp_path).stdout
    assert [path.name for path in (tmp_path / "indexes").iterdir()] == ["manuals"]
    said = ragqa("index", ".", "-o", "indexes/all", cwd=tmp_path)
    assert "an index of ragqa, not documents; passed over" in said.stderr
    found = ragqa("search", "valve", "-i", "indexes/all", cwd=tmp_path).stdout
    assert "valve.md" in found and "indexes" not in found


def test_a_run_tells_how_far_it_is_before_the_first_chunk(tmp_path):
    (tmp_path / "corpus.txt").write_text("The Kestrel valve was designed by Nora Quill in 1907.\n")
    lines = [json.dumps({"question": f"Who designed valve {number}?", "answer": "x"}) + "\n" for number in range(5)]
    (tmp_path / "qa.jsonl").write_text("".join(lines))
    suite = tmp_path / "mine.toml"
    suite.write_text('task = "retrieval"\n[parts.main]\ncorpus = ["corpus.txt"]\nquestions = "qa.jsonl"\n')
    told = []

    def progress(stage, done, total):
        written = any((tmp_path / "run").glob("chunks/main-*"))
        told.append((stage, done, total, written))

    run(suite, tmp_path / "run", indexes=tmp_path / "indexes", progress=progress)
    asking = [place for place, report in enumerate(told) if report[0] == "asking main"]
    assert [told[place][1:] for place in asking] == [(done, 5, False) for done in range(5)] + [(5, 5, True)]
    assert told[0][0] == "reading the questions of main"
    assert told[asking[0] - 1][0] == "loading main"


def test_an_index_in_the_wrong_language_is_told(ragqa, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "bridge.txt").write_text("大桥经过四年的施工，于五月通车。", encoding="utf-8")
    assert "--language zh" in ragqa("index", tmp_path / "docs", "-o", tmp_path / "i").stderr
    assert "--language" not in ragqa("index", tmp_path / "docs", "-o", tmp_path / "i", "--language", "zh").stderr
