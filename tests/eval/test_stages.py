"""What decides a run's hash: versions of stages, which are raised when a stage gives something else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.golden_stages import GOLDEN, SUITE, differences, machine, outcomes

from ragqa.eval.runs import stages
from ragqa.eval.runs.prepared import Choice
from ragqa.eval.runs.runner import run
from ragqa.eval.runs.stages import VERSIONS, versions
from ragqa.eval.runs.suite import load_suite

RECORD = json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now(whole, indexes):
    return outcomes(whole, next(indexes.iterdir()))


@pytest.fixture(scope="module")
def alike():
    here, there = machine(), RECORD["machine"]
    return here["libraries"] == there["libraries"] and np.allclose(here["vector"], there["vector"], atol=2e-6)


@pytest.mark.parametrize("stage", VERSIONS)
def test_a_stage_that_gives_something_else_has_another_version(stage, now, alike):
    held = RECORD["stages"][stage]
    assert held["version"] == VERSIONS[stage], "its version was raised: python tests/support/golden_stages.py"
    found = differences(stage, held["outcome"], now[stage], alike)
    assert found == [], f"raise the version of {stage!r} in ragqa/eval/runs/stages.py (its docstring says when)"


def changed(stage, outcome):
    """As a small change of a stage might change what it gives."""
    if isinstance(outcome, str):
        return outcome[::-1]
    if stage == "search":
        worse = [[[passage, 1.01 * score] for passage, score in found] for found in outcome["fused"]]
        return {**outcome, "fused": worse}
    if stage == "records":
        return {**outcome, "fields": outcome["fields"][1:]}
    return [[[text, score * 0.99] for text, score in found] for found in outcome]


@pytest.mark.parametrize("stage", VERSIONS)
def test_a_small_change_is_seen(stage):
    outcome = RECORD["stages"][stage]["outcome"]
    assert differences(stage, outcome, outcome, True) == differences(stage, outcome, outcome, False) == []
    assert differences(stage, outcome, changed(stage, outcome), True)


@pytest.mark.parametrize("stage", ["reading", "answers"])
def test_another_processor_may_differ_a_little(stage):
    outcome = RECORD["stages"][stage]["outcome"]
    assert differences(stage, outcome, changed(stage, outcome), False) == []
    assert differences(stage, outcome, [found[1:] for found in outcome], False)


def test_each_task_has_the_versions_of_its_stages():
    assert versions("open") == VERSIONS
    assert not {"search", "documents", "matching"} & versions("reading").keys()
    assert not {"reading", "answers"} & versions("retrieval").keys()
    assert versions("retrieval", reads_for_order=True) == VERSIONS


def test_a_raised_version_is_another_run_and_a_release_is_not(tmp_path, indexes, monkeypatch):
    def facts(name):
        return run(load_suite(SUITE), tmp_path / name, indexes=indexes, choice=Choice(limit=1)).facts()

    first = facts("first")
    monkeypatch.setattr("ragqa.eval.runs.identity.__version__", "99.0")
    later = facts("later")
    assert (later["hash"], later["ragqa"]) == (first["hash"], "99.0")
    monkeypatch.setitem(stages.VERSIONS, "search", VERSIONS["search"] + 1)
    assert facts("raised")["hash"] != first["hash"]
