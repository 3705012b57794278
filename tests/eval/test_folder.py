"""The folder of a run: all at once, resumable, and honest about what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval.runs.folder import TABLES, Findings, SuiteRun
from ragqa.eval.runs.forms import Cost
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
    good = record("a", "Switzerland")
    for content, said in (
        ('{"id": "x"}', "question is missing: expected text"),
        ("[]", "it holds []: expected a table"),
        ("3", "it holds 3: expected a table"),
        ({**good, "answers": 3}, "answers is 3: expected a list of tables"),
        (
            {**good, "answers": [{**good["answers"][0], "score": "high"}]},
            "answers[0].score is 'high': expected a finite",
        ),
        ({**good, "gold": {**good["gold"], "start": None}}, "gold.start is None: expected a whole number"),
        ({**good, "positives": {"d": "much"}}, "positives.d is 'much': expected a whole number"),
    ):
        text = content if isinstance(content, str) else json.dumps(content)
        (folder.path / "answers.jsonl").write_text(f"{json.dumps(good)}\n{text}\n")
        with pytest.raises(SourceError) as caught:
            score(folder)
        assert f"answers.jsonl:2: not a record of a run ({said}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("run.json", {"hash": 5}, "hash is 5: expected text"),
        ("run.json", {"depth": "deep"}, "depth is 'deep': expected a whole number"),
        ("run.json", {"ks": [1, "3"]}, "ks[1] is '3': expected a whole number"),
        (
            "run.json",
            {"parts": {"main": {"questions": "all"}}},
            "parts.main.questions is 'all': expected a whole number",
        ),
        ("run.json", {"task": None}, "task is None: expected text"),
        ("cost.json", {"seconds": "long"}, "seconds is 'long': expected a finite number"),
        ("cost.json", {"index_mb": 5}, "index_mb is 5: expected a table"),
        ("cost.json", {"peak_memory_mb": float("nan")}, "NaN is no number"),
    ],
)
def test_other_descriptions_are_one_clear_error(make_run, record, name, change, said):
    from ragqa.eval.measure.scores import score

    folder = make_run("one", [record("a", "Switzerland")], [["p0"]])
    assert folder.cost() is None
    folder.keep_cost(Cost(1.5, {"main": 2.5}))
    assert folder.cost() == Cost(1.5, {"main": 2.5}) and score(folder)["parts"]["main"]["cost"]["index MB"] == 2.5
    content = json.loads((folder.path / name).read_text())
    (folder.path / name).write_text(json.dumps(content | change))
    with pytest.raises(SourceError) as caught:
        score(folder)
    assert name in str(caught.value) and said in str(caught.value) and "\n" not in str(caught.value)
