"""Runs with a reranker: its order is kept beside the others, and its weights are part of what was run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ragqa.eval.measure.comparison import compare
from ragqa.eval.measure.scores import score
from ragqa.eval.runs.prepared import Choice
from ragqa.eval.runs.runner import run
from ragqa.eval.runs.suite import load_suite

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval" / "suites" / "sample.toml"
RELEVANCE = ["retrieve.reranker=relevance", "retrieve.rerank_depth=30"]


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    return tmp_path_factory.mktemp("indexes")


@pytest.fixture(scope="module")
def ask(tmp_path_factory, indexes):
    """(task, settings) → a run of the sample's first questions."""

    def make(task, settings=(), limit=6):
        suite = replace(load_suite(SUITE), task=task)
        place = tmp_path_factory.mktemp("runs") / "run"
        return run(suite, place, indexes=indexes, settings=settings, choice=Choice(limit=limit))

    return make


def orders(folder):
    """{(question, source): passages in order}."""
    table: dict[tuple[int, str], list[str]] = {}
    for row in folder.table("hits.arrow").to_pylist():
        table.setdefault((row["question"], row["source"]), []).append(row["passage"])
        assert row["rank"] == len(table[row["question"], row["source"]])
    return table


def test_an_open_run(ask):
    folder, plain = ask("open", RELEVANCE), ask("open")
    found, before = orders(folder), orders(plain)
    assert {source for _, source in found} == {"bm25", "dense", "fused", "reranked"}
    assert {key: own for key, own in found.items() if key[1] != "reranked"} == before
    for number, record in enumerate(folder.records()):
        order = found[number, "reranked"]
        assert sorted(order) == sorted(found[number, "fused"][:30]), "what was fetched, in another order"
        assert all(order[answer["rank"] - 1] == answer["passage"] for answer in record["answers"])
        assert record["tokens"] > 0 and len(record["answers"]) > 0
    assert any(found[number, "reranked"] != found[number, "fused"][:30] for number in range(6))
    part = score(folder)["parts"]["main"]
    assert [row["rung"] for row in part["ladder"]][1:3] == ["retrieved", "reranked"]
    assert part["figures"]["reranked/gold@1"]["value"] >= 80.0 and "rerank wall ms p50" in part["cost"]
    assert folder.facts()["hash"] != plain.facts()["hash"]


def test_a_retrieval_run_reads_for_the_order_only(ask):
    folder, plain = ask("retrieval", RELEVANCE, 3), ask("retrieval", limit=3)
    found = orders(folder)
    assert all(sorted(found[n, "reranked"]) == sorted(found[n, "fused"]) for n in range(3))
    facts, without = folder.facts()["parts"]["main"], plain.facts()["parts"]["main"]
    assert {"reader", "calibration"} <= facts.keys() and "reader" not in without
    assert "reranked/gold@1" in score(folder)["parts"]["main"]["figures"]


def test_the_weights_are_part_of_the_run(ask, write_tiny_bert, tmp_path_factory):
    from ragqa.models.export import export_reranker

    place = tmp_path_factory.mktemp("reranker")
    hashes, prints = [], []
    for seed in range(2):
        write_tiny_bert(place / "slow", "BertForSequenceClassification", seed=seed, num_labels=1)
        export_reranker(str(place / "slow"), place / "fast", int8=False)
        folder = ask("open", [f"retrieve.reranker={place / 'fast'}", "retrieve.rerank_depth=5"], 2)
        hashes.append(folder.facts()["hash"])
        prints.append(folder.facts()["parts"]["main"]["reranker"])
        table = folder.table("hits.arrow").to_pandas()
        logits = table[(table["source"] == "reranked") & (table["question"] == 0)]["score"].to_numpy()
        assert len(logits) == 20 and (np.diff(logits) <= 0).all(), "as many as are read, if that is more"
    assert len(set(hashes)) == len(set(prints)) == 2


def test_a_cause_is_found_in_the_order_of_reading(make_run, record):
    """The answer's passage came second from fusion and third to the reader, of two that were read."""
    own = record("a", "Black Sea", passage="p1", rank=1)
    rankings = {"fused": [["p1", "p0", "p2"]], "reranked": [["p1", "p2", "p0"]]}
    causes = {
        name: score(make_run(name, [own], rankings["fused"], passages=2, **more))["parts"]["main"]["causes"]
        for name, more in (("fused", {}), ("reranked", {"reranked": rankings["reranked"]}))
    }
    assert [row["cause"] for row in causes["fused"]] == ["wrong passage"]
    assert [row["cause"] for row in causes["reranked"]] == ["not retrieved"]


def test_runs_with_a_reranker_are_compared_by_its_order_too(make_run, record):
    own = record("a", "Switzerland")
    one, other = (
        make_run(name, [own], [["p1", "p0"]], digest=name, reranked=[order])
        for name, order in (("one", ["p1", "p0"]), ("other", ["p0", "p1"]))
    )
    rows = {row["measure"]: row["difference"] for row in compare(one, other)["parts"]["main"]["rows"]}
    assert (rows["fused/gold@1"], rows["reranked/gold@1"]) == (0.0, 100.0)
    plain = make_run("plain", [own], [["p1", "p0"]], digest="plain")
    measures = {row["measure"] for row in compare(plain, other)["parts"]["main"]["rows"]}
    assert "fused/gold@1" in measures and "reranked/gold@1" not in measures
