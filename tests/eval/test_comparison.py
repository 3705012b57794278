"""Runs against runs and baselines: what differs is found, what does not differ is not, what is missing is counted."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval.measure.baseline import accept, check
from ragqa.eval.measure.comparison import Judged, Side, compare, compare_sides
from ragqa.eval.measure.scores import score


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


def test_a_missing_question_counts_only_where_the_measure_applies(make_run, record):
    none = {"answerable": False, "references": [], "positives": {}, "in_corpus": None, "gold": None}
    records = [record(str(n), "Switzerland") for n in range(6)] + [record(str(n), **none) for n in range(6, 10)]
    whole = make_run("whole", records, [["p0"]] * 10)
    part = make_run("part", records[:8], [["p0"]] * 8, digest="h2")
    rows = {row["measure"]: row for row in compare(whole, part)["parts"]["main"]["rows"]}
    figures = score(whole)["parts"]["main"]["figures"]
    for measure, row in rows.items():
        assert (row["a"], row["n"]) == (pytest.approx(figures[measure]["value"]), figures[measure]["n"]), measure
    assert rows["open/no_answer_accuracy"]["b"] == 50.0 and rows["open/has_answer_em"]["b"] == 100.0


@pytest.mark.parametrize("choice", [{"limit": 5}, {"sample": 5}])
def test_what_a_quick_look_did_not_ask_is_left_out(make_run, record, choice):
    records = [record(str(n), "Switzerland" if n < 7 else "Rhine") for n in range(10)]
    whole = make_run("whole", records, [["p0"]] * 10)
    look = make_run("look", records[3:8], [["p0"]] * 5, digest="h2", **choice)
    for one, other in ((whole, look), (look, whole)):
        part = compare(one, other)["parts"]["main"]
        row = next(row for row in part["rows"] if row["measure"] == "open/em@1")
        assert (part["n"], part["missing"], part["left_out"]) == (5, 0, 5)
        assert (row["n"], row["a"], row["b"], row["p"]) == (5, 80.0, 80.0, 1.0)


def test_runs_of_other_questions_are_not_compared(make_run, record):
    """Parts of one name, as most suites' main, are not enough."""
    one = make_run("one", [record(f"a{n}", "Switzerland") for n in range(5)], [["p0"]] * 5)
    other = make_run("other", [record(f"b{n}", "Switzerland") for n in range(5)], [["p0"]] * 5, suite="elsewhere")
    with pytest.raises(ConfigError, match=r"one \(hand\) and other \(elsewhere\) have no question in common"):
        compare(one, other)


SQUAD = 10_570


def side(name, rights):
    values = {"open/em@1": 100.0 * rights, "open/answered": np.full(len(rights), 100.0)}
    return Side(name, name, "squad-open", {"main": Judged(tuple(f"q{n}" for n in range(len(rights))), values)})


def em_of(one, other, seed=0):
    return next(
        row for row in compare_sides(one, other, seed=seed)["parts"]["main"]["rows"] if "em@1" in row["measure"]
    )


def test_compare_sees_nothing_where_nothing_differs():
    """Two runs as good as each other, resampled 100 times with their labels shuffled: p ≥ 0.05 in 93 at least."""
    rng = np.random.default_rng(31)
    one, other = rng.random(500) < 0.65, rng.random(500) < 0.65
    ps = []
    for seed in range(100):
        drawn, swapped = rng.integers(0, 500, 500), rng.random(500) < 0.5
        a, b = np.where(swapped, one[drawn], other[drawn]), np.where(swapped, other[drawn], one[drawn])
        ps.append(em_of(side("one", a), side("other", b), seed)["p"])
    assert sum(p >= 0.05 for p in ps) >= 93
    assert 0.35 < np.mean(ps) < 0.65


def test_compare_finds_two_points_at_the_size_of_squad():
    """Planted: of 10,570 questions 500 gained and 289 lost."""
    rng = np.random.default_rng(32)
    one = rng.random(SQUAD) < 0.65
    other, order = one.copy(), rng.permutation(SQUAD)
    other[order[~one[order]][:500]] = True
    other[order[one[order]][:289]] = False
    row = em_of(side("one", one), side("other", other))
    assert row["n"] == SQUAD and row["difference"] == pytest.approx(2.0, abs=0.01)
    assert 0 < row["low"] < 2.0 < row["high"] and row["p_holm"] < 0.001


def test_what_a_baseline_rounds_is_no_difference(make_run, record, tmp_path):
    """F1 of 2/3 is kept as 66.8: the same run again is not worse."""
    records = [record(str(n), "Switzerland and", references=["Switzerland or"]) for n in range(60)]
    for own in records:
        own["answers"][0]["text"] = own["gold"]["text"] = "Switzerland and Rhine"
        own["references"] = ["Switzerland and Danube"]
    run = make_run("run", records, [["p0"]] * 60)
    assert score(run)["parts"]["main"]["figures"]["open/f1@1"]["value"] == pytest.approx(200 / 3)
    accept(run, tmp_path)
    result = check(run, tmp_path)
    assert result["worse"] == [] and all(row["difference"] == 0 for row in result["parts"]["main"]["rows"])


def test_answering_less_often_is_not_worse(make_run, record, tmp_path):
    """Of wrong answers, half are kept back."""
    often = [record(str(n), "Switzerland" if n < 20 else "Rhine") for n in range(60)]
    rarely = [*often[:40], *(record(str(n), "Rhine", score=0.001) for n in range(40, 60))]
    accept(make_run("often", often, [["p0"]] * 60), tmp_path)
    result = check(make_run("rarely", rarely, [["p0"]] * 60, digest="h2"), tmp_path)
    row = next(row for row in result["parts"]["main"]["rows"] if row["measure"] == "open/answered")
    assert row["difference"] < 0 and row["p_holm"] < 0.05 and result["worse"] == []


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
