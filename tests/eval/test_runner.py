"""Real runs of the packaged models over our own corpus and questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval import runner
from ragqa.eval.baseline import check
from ragqa.eval.runner import Choice, run
from ragqa.eval.scores import score

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval" / "suites" / "sample.toml"
SAME = ("run.json", "answers.jsonl", "hits.arrow", "passages.arrow")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    return tmp_path_factory.mktemp("indexes")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, indexes):
    return run(SUITE, tmp_path_factory.mktemp("runs") / "whole", indexes=indexes)


def test_the_sample_suite(whole):
    part = score(whole)["parts"]["main"]
    assert part["n"] == 60
    assert part["figures"]["open/has_answer_em"]["n"] == 48
    assert part["figures"]["open/em@1"]["value"] > 60
    assert part["figures"]["fused/gold@5"]["value"] > 95
    assert part["ladder"][0]["value"] == 100.0
    assert {"bm25 wall ms p50", "read cpu ms p95", "questions per second", "index MB"} <= set(part["cost"])


def test_it_is_not_worse_than_its_baseline(whole):
    result = check(whole, ROOT / "eval" / "baselines")
    assert result["parts"]["main"]["n"] == 60 and not result["parts"]["main"]["missing"]
    assert result["worse"] == []


def test_offsets_hold(whole):
    passages = {row["id"]: row["text"] for row in whole.table("passages.arrow").to_pylist()}
    quotes = [answer for record in whole.records() for answer in record["answers"]]
    assert quotes
    for quote in quotes:
        assert passages[quote["passage"]][quote["start"] : quote["end"]] == quote["text"]


def test_interrupted_it_goes_on_and_gives_the_same_bytes(whole, tmp_path, indexes, monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 16)
    original, written = runner.RunFolder.write, []

    def dying(self, chunk, findings):
        original(self, chunk, findings)
        written.append(chunk)
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.RunFolder, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        run(SUITE, tmp_path / "run", indexes=indexes)
    monkeypatch.setattr(runner.RunFolder, "write", original)
    assert written and not (tmp_path / "run" / "answers.jsonl").exists()
    resumed = run(SUITE, tmp_path / "run", indexes=indexes)
    for name in SAME:
        assert (resumed.path / name).read_bytes() == (whole.path / name).read_bytes(), name


def test_a_finished_run_is_left_alone(whole, indexes):
    before = {path.name: path.stat().st_mtime_ns for path in whole.path.iterdir()}
    run(SUITE, whole.path, indexes=indexes)
    assert {path.name: path.stat().st_mtime_ns for path in whole.path.iterdir()} == before


def test_other_settings_are_another_run(whole, tmp_path, indexes):
    with pytest.raises(ConfigError, match="holds another run"):
        run(SUITE, whole.path, indexes=indexes, settings=["retrieve.fusion=bm25"])
    other = run(SUITE, tmp_path / "bm25", indexes=indexes, settings=["retrieve.fusion=bm25"], choice=Choice(limit=3))
    facts = other.facts()
    assert facts["parts"]["main"]["config"]["retrieve"]["fusion"] == "bm25"
    assert facts["origins"]["main"]["retrieve.fusion"] == "--set"
    assert facts["hash"] != whole.facts()["hash"]
    assert len(other.records()) == 3


def test_a_sample_keeps_the_order_and_follows_the_seed(tmp_path, indexes):
    def ids(name, seed):
        return [r["id"] for r in run(SUITE, tmp_path / name, indexes=indexes, choice=Choice(None, 5, seed)).records()]

    one, same, other = ids("one", 1), ids("same", 1), ids("other", 2)
    assert one == same == sorted(one)
    assert one != other


@pytest.mark.parametrize("numbers", [(0, None), (None, 0), (3, 3)])
def test_impossible_choices(numbers):
    with pytest.raises(ConfigError):
        Choice(*numbers)


def test_missing_data_is_named_with_its_source(tmp_path):
    with pytest.raises(SourceError, match="--data") as caught:
        run(ROOT / "eval" / "suites" / "squad-open.toml", tmp_path / "run", data=tmp_path, indexes=tmp_path / "indexes")
    assert "https://" in str(caught.value) and "squad" in str(caught.value)


def test_run_json_names_no_place_of_this_machine(whole):
    text = (whole.path / "run.json").read_text()
    assert str(ROOT) not in text and str(whole.path.parent) not in text
    assert json.loads(text)["parts"]["main"]["index"]
