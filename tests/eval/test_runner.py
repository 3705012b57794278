"""Real runs of the packaged models over our own corpus and questions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval.measure.baseline import check
from ragqa.eval.measure.scores import score
from ragqa.eval.page.rows import browse
from ragqa.eval.runs import runner
from ragqa.eval.runs.examine import CorpusView, examine_open
from ragqa.eval.runs.folder import Findings
from ragqa.eval.runs.prepared import Choice
from ragqa.eval.runs.runner import run
from ragqa.eval.runs.suite import load_suite
from ragqa.pipeline import Pipeline
from ragqa.types import Question

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval" / "suites" / "sample.toml"
SAME = ("run.json", "answers.jsonl", "hits.arrow", "passages.arrow")


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
    original, written = runner.SuiteRun.write, []

    def dying(self, chunk, findings):
        original(self, chunk, findings)
        written.append(chunk)
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.SuiteRun, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        run(SUITE, tmp_path / "run", indexes=indexes)
    monkeypatch.setattr(runner.SuiteRun, "write", original)
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


def test_explained_it_is_another_run_that_keeps_why(whole, tmp_path, indexes):
    folder = tmp_path / "why"
    made = run(SUITE, folder, indexes=indexes, choice=Choice(limit=4), explain=True)
    with pytest.raises(ConfigError, match="holds another run"):
        run(SUITE, folder, indexes=indexes, choice=Choice(limit=4))
    records, found = made.records(), made.table("hits.arrow").to_pylist()
    for number, (record, plain) in enumerate(zip(records, whole.records(), strict=False)):
        why = record["explanation"]
        assert {**record, "explanation": None} == {**plain, "explanation": None} and "explanation" not in plain
        best = record["answers"][0]
        assert (why["best"]["text"], why["best"]["probability"]) == (best["text"], best["score"])
        assert {name: own["value"] for name, own in why["score"]["features"].items()} == best["features"]
        assert why["without"]["passage"] != best["passage"]
        own = {hit["passage"]: hit for hit in found if (hit["question"], hit["source"]) == (number, "fused")}
        assert [passage["rank"] for passage in why["passages"] if passage["read"]] == list(range(1, record["read"] + 1))
        for passage in why["passages"]:
            hit = own[passage["passage"]]
            assert (passage["rank"], passage["gold"]) == (hit["rank"], hit["grade"] > 0)
            assert passage["read"] or passage["gold"]
            assert sum(passage["words"].values()) == pytest.approx(passage["bm25"] or 0.0, rel=1e-5)
    assert str(ROOT) not in (made.path / "answers.jsonl").read_text(encoding="utf-8")

    for row, record in zip(browse(made), records, strict=True):
        why, kept = row["why"], record["explanation"]
        assert why["best"]["given"] == (row["answer"] != "") and why["score"] == kept["score"]
        first = kept["passages"][0]
        assert why["words"]["ranks"][0] == 1 and set(first["words"]) <= set(why["words"]["shares"])
        assert all(why["words"]["shares"][word][0] == share for word, share in first["words"].items())
        assert set(why["times"]) >= {"bm25", "read"}
    assert {row["why"] for row in browse(whole)} == {None}


def test_gold_passages_are_explained_though_they_were_not_read(whole, indexes):
    pipeline = Pipeline.load(next(indexes.iterdir()))
    (hits,) = pipeline.search_many(["Who discovered penicillin?"], 12)
    gold = {hit.passage.doc_id: 1 for hit in hits[9:]}
    question = Question("q", "Who discovered penicillin?", positives=gold)
    examine = examine_open(pipeline, CorpusView(pipeline.snapshot), 20, explain=True)
    why = examine(0, question, Findings())["explanation"]
    read = [passage["rank"] for passage in why["passages"] if passage["read"]]
    kept = [passage["rank"] for passage in why["passages"] if passage["gold"]]
    assert len(read) < 9 and {10, 11, 12} <= set(kept) - set(read)


def test_only_replies_are_explained(tmp_path, indexes):
    with pytest.raises(ConfigError, match=r"--explain: .* is a retrieval suite"):
        run(replace(load_suite(SUITE), task="retrieval"), tmp_path / "run", indexes=indexes, explain=True)
    assert not (tmp_path / "run").exists()


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
