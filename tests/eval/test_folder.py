"""The folder of a run: all at once, resumable, and honest about what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval.runs.folder import TABLES, Findings, SuiteRun
from ragqa.eval.runs.runner import run

ROOT = Path(__file__).parents[2]


def test_an_unfinished_run_says_so(tmp_path):
    folder = SuiteRun(tmp_path / "run")
    with pytest.raises(SourceError, match="holds no run"):
        folder.records()
    folder.begin({"hash": "h1"})
    with pytest.raises(SourceError, match="not finished"):
        folder.records()


def test_another_run_is_never_overwritten(tmp_path):
    folder = SuiteRun(tmp_path / "run")
    folder.begin({"hash": "h1"})
    folder.begin({"hash": "h1"})
    with pytest.raises(ConfigError, match="holds another run"):
        folder.begin({"hash": "h2"})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="not empty"):
        SuiteRun(tmp_path / "mine").begin({"hash": "h1"})


def test_a_place_that_is_taken_is_told_before_anything_is_indexed(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="not empty"):
        run(ROOT / "eval" / "suites" / "sample.toml", tmp_path / "mine", indexes=tmp_path / "indexes")
    assert not (tmp_path / "indexes").exists()


def test_what_holds_no_run_says_so(tmp_path):
    with pytest.raises(SourceError, match="holds no run: ragqa eval run makes one"):
        SuiteRun(tmp_path).facts()


def test_a_chunk_counts_only_when_whole(tmp_path):
    folder = SuiteRun(tmp_path / "run")
    folder.begin({"hash": "h1"})
    (tmp_path / "run" / "chunks" / "main-000000.tmp").mkdir()  # as a killed writer leaves it
    assert not folder.has("main-000000")
    folder.write("main-000000", Findings())
    assert folder.has("main-000000")
    folder.finish(["main-000000"])
    assert folder.finished and folder.records() == []
    assert not (tmp_path / "run" / "chunks").exists()


@pytest.mark.parametrize("name", [*TABLES, "answers.jsonl", "run.json"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff not what it was"])
def test_damage_is_one_clear_error(make_run, record, name, content):
    from ragqa.eval.measure.scores import score

    folder = make_run("one", [record("a", "Switzerland")], [["p0"]])
    (folder.path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name.split(".")[0]):
        score(folder)


def test_foreign_records_are_one_clear_error(make_run, record):
    from ragqa.eval.measure.scores import score

    folder = make_run("one", [record("a", "Switzerland")], [["p0"]])
    for content in ('{"id": "x"}', "[]", "3", json.dumps({**record("a", "Switzerland"), "answers": 3})):
        (folder.path / "answers.jsonl").write_text(content + "\n")
        with pytest.raises(SourceError):
            score(folder)
