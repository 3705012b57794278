"""Names of measures and runs, and numbers, as a report writes them."""

from __future__ import annotations

from support.small_report import make_scores

from ragqa.eval.page.words import interval, label, name_runs, number, probability, quantity, with_unit


def test_measures_have_names():
    assert label("open/em@1") == "Exact match"
    assert label("open/f1@3") == "F1, best of 3"
    assert label("bm25/gold@5") == "BM25: gold passage in the first 5"
    assert label("dense/ndcg@10") == "Dense: nDCG at 10"
    assert label("open/coverage_at_precision_80") == "Coverage at 80\u202f% precision"
    assert label("open/something_new") == "something_new"


def test_numbers():
    assert number("open/em@1", 47.25, sign=True) == "+47.2"
    assert number("open/em@1", -0.04, sign=True) == number("open/em@1", -0.0) == "0.0"
    assert number("bm25/mrr", -0.5) == "−0.500"
    assert number("open/em@1", float("nan")) == number("open/em@1", None) == "–"
    assert with_unit("open/em@1", 50.0) == "50.0\u202f%"
    assert with_unit("open/ece", 0.05) == "0.050"
    assert with_unit("open/passages_read", 7.25) == "7.2"
    assert interval("open/em@1", {"low": -1.0, "high": 2.0}, sign=True) == "−1.0 to +2.0"
    assert [probability(p) for p in (0.0004, 0.05, None)] == ["<\u202f0.001", "0.050", "–"]
    assert [quantity(value) for value in (12345.6, 187.0, 18.54, 0.421, None)] == ["12,346", "187", "18.5", "0.42", "–"]


def test_runs_of_one_name_are_told_apart():
    scores = [make_scores(digest=digest) for digest in ("abc", "def")]
    assert [run.name for run in name_runs(scores, ["x", "y"])] == ["x", "y"]
    assert [run.name for run in name_runs(scores, ["x", "x"])] == ["x (abc)", "x (def)"]
    assert len({run.name for run in name_runs([scores[0]] * 2, ["x", "x"])}) == 2
