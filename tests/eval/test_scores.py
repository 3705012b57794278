"""Scores of runs made by hand, worked out on paper."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval.baseline import accept, check
from ragqa.eval.browsing import browse
from ragqa.eval.comparison import compare
from ragqa.eval.scores import score


@pytest.fixture
def four(make_run, record):
    """Right; wrong passage; not retrieved; abstained (its answer is below the threshold)."""
    records = [
        record("a", "Switzerland"),
        record("b", "Black Sea", passage="p1", rank=1, score=0.5),
        record("c", "mayor", passage="p2", rank=2, score=0.3),
        record("d", "Rhine", score=0.01),
    ]
    rankings = [["p0", "p1"], ["p1", "p0"], ["p1", "p2"], ["p0"]]
    return make_run("four", records, rankings)


def test_figures(four):
    figures = score(four)["parts"]["main"]["figures"]
    expected = {
        "open/em@1": 25.0,
        "open/answered": 75.0,
        "open/has_answer_em": 25.0,
        "gold/em": 100.0,
        "fused/gold@1": 50.0,
        "fused/gold@3": 75.0,
        "fused/answer@1": 50.0,
        "fused/mrr": (1 + 0.5 + 0 + 1) / 4,
        "open/passages_read": 2.0,
        "open/brier": (0.1**2 + 0.5**2 + 0.3**2 + 0.01**2) / 4,
        "open/auroc": 1.0,
    }
    for name, value in expected.items():
        assert figures[name]["value"] == pytest.approx(value), name
        assert figures[name]["n"] == 4
        assert figures[name]["low"] <= value <= figures[name]["high"]
    assert "open/no_answer_accuracy" not in figures  # there is no question without an answer


def test_ladder(four):
    ladder = score(four)["parts"]["main"]["ladder"]
    assert [row["rung"] for row in ladder] == [
        "in the corpus",
        "retrieved",
        "read on the gold passage",
        "answered end to end",
    ]
    assert [row["value"] for row in ladder] == [100.0, 75.0, 75.0, 25.0]
    assert [row["lost"] for row in ladder] == [0.0, 25.0, 0.0, 50.0]


def test_causes(four):
    causes = {row["cause"]: (row["n"], row["examples"]) for row in score(four)["parts"]["main"]["causes"]}
    assert causes == {
        "wrong passage": (1, ["id-b"]),
        "not retrieved": (1, ["id-c"]),
        "abstained wrongly": (1, ["id-d"]),
    }


def test_curves(four):
    curves = score(four)["parts"]["main"]["curves"]
    assert curves["risk_coverage"] == [[0.25, 0.0], [0.5, 0.5], [0.75, pytest.approx(2 / 3)], [1.0, 0.75]]
    assert curves["em_by_read"] == [[2.0, 25.0]]


def test_unanswerable_questions(make_run, record):
    none = {"answerable": False, "references": [], "positives": {}, "in_corpus": None, "gold": None}
    records = [record("a", **none), record("b", "Rhine", score=0.4, **none), record("c", "Switzerland", score=0.8)]
    figures = score(make_run("none", records, [["p1"], ["p1"], ["p0"]]))["parts"]["main"]["figures"]
    assert figures["open/em@1"]["value"] == pytest.approx(200 / 3)
    assert figures["open/no_answer_accuracy"] == {"value": 50.0, "low": 0.0, "high": 100.0, "n": 2}
    assert figures["open/has_answer_em"]["n"] == 1
    assert figures["open/em_best"]["value"] == 100.0  # a threshold between 0.4 and 0.8
    assert 0.4 < figures["open/threshold_best"]["value"] <= 0.8
    assert figures["gold/em"]["n"] == 1


def test_browse(four):
    rows = browse(four)
    assert [row["right"] for row in rows] == [True, False, False, False]
    assert rows[1]["cause"] == "wrong passage" and rows[1]["ranks"] == {"fused": 2}
    assert rows[2]["ranks"] == {"fused": None}
    assert rows[3]["answer"] == "" and rows[3]["passage"] is None
    passage = rows[1]["passage"]
    assert passage["text"][passage["start"] : passage["end"]] == "Black Sea"
    assert [row["id"] for row in browse(four, 2)] == [row["id"] for row in browse(four, 2)]
    assert len(browse(four, 2)) == 2


def many(make_run, record, name, right, digest):
    """A run of which the first ``right`` answers are right."""
    records = [record(str(n), "Switzerland" if n < right else "Rhine") for n in range(200)]
    return make_run(name, records, [["p0"]] * 200, digest=digest)


def test_a_run_does_not_differ_from_itself(make_run, record):
    run = many(make_run, record, "one", 120, "h1")
    comparison = compare(run, run)
    assert comparison["parts"]["main"]["missing"] == 0
    for row in comparison["parts"]["main"]["rows"]:
        assert row["difference"] == 0.0 and row["p"] == 1.0


def test_a_difference_is_found(make_run, record):
    one, other = many(make_run, record, "one", 120, "h1"), many(make_run, record, "other", 160, "h2")
    rows = {row["measure"]: row for row in compare(one, other)["parts"]["main"]["rows"]}
    em = rows["open/em@1"]
    assert (em["a"], em["b"], em["difference"]) == (60.0, 80.0, pytest.approx(20.0))
    assert em["low"] > 0 and em["p"] < em["p_holm"] < 0.01
    assert rows["gold/em"]["p_holm"] == 1.0


def test_missing_questions_are_wrong_and_counted(make_run, record):
    records = [record(str(n), "Switzerland") for n in range(10)]
    whole = make_run("whole", records, [["p0"]] * 10)
    half = make_run("half", records[:5], [["p0"]] * 5, digest="h2")
    part = compare(whole, half)["parts"]["main"]
    row = next(row for row in part["rows"] if row["measure"] == "open/em@1")
    assert (part["missing"], row["n"], row["a"], row["b"]) == (5, 10, 100.0, 50.0)


def test_baseline(make_run, record, tmp_path):
    good, bad = many(make_run, record, "good", 160, "h1"), many(make_run, record, "bad", 120, "h2")
    accept(good, tmp_path / "baselines")
    same = check(good, tmp_path / "baselines")
    assert same["worse"] == []
    assert all(row["difference"] == 0 for row in same["parts"]["main"]["rows"])  # nothing is lost by packing
    worse = check(bad, tmp_path / "baselines")["worse"]
    assert "open/em@1" in {row["measure"] for row in worse}
    accept(bad, tmp_path / "baselines")
    assert check(good, tmp_path / "baselines")["worse"] == []  # better is not worse


def test_a_baseline_of_other_questions_is_refused(make_run, record, tmp_path):
    records = [record(str(n), "Switzerland") for n in range(10)]
    accept(make_run("whole", records, [["p0"]] * 10), tmp_path)
    with pytest.raises(ConfigError, match="other questions"):
        check(make_run("half", records[:5], [["p0"]] * 5, digest="h2"), tmp_path)


def test_no_baseline_and_a_broken_one(make_run, record, tmp_path):
    run = make_run("one", [record("a", "Switzerland")], [["p0"]])
    with pytest.raises(SourceError, match="there is no baseline"):
        check(run, tmp_path)
    path = accept(run, tmp_path)
    text = path.read_text()
    for broken in ("", "[]", re.sub('"e[A-Za-z]', '"xx', text), text[:-40]):
        path.write_text(broken)
        with pytest.raises(SourceError, match="not a usable baseline"):
            check(run, tmp_path)


def test_report(make_run, record, tmp_path):
    one, other = many(make_run, record, "one", 120, "h1"), many(make_run, record, "other", 160, "h2")
    from ragqa.eval.publish import report

    page = report([one, other], tmp_path / "report.html", questions=20).read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "open/em@1" in page or "EM" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page


def test_scores_hold_no_nan(four):
    for figure in score(four)["parts"]["main"]["figures"].values():
        assert not np.isnan(figure["value"])
