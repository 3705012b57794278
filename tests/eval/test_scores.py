"""Scores of runs made by hand, worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from ragqa.cli.figures import print_scores
from ragqa.eval.measure.scores import score
from ragqa.eval.page.rows import browse


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


def test_the_best_answer_counts_whatever_its_score(make_run, record):
    none = {"answerable": False, "references": [], "positives": {}, "in_corpus": None, "gold": None}
    records = [record("a", "Switzerland", score=0.01), record("b", "Rhine"), record("c"), record("d", **none)]
    figures = score(make_run("run", records, [["p0"]] * 4))["parts"]["main"]["figures"]
    for name in ("open/top_em", "open/top_f1"):
        assert (figures[name]["value"], figures[name]["n"]) == (pytest.approx(100 / 3), 3), name
    assert figures["open/has_answer_em"]["value"] == 0.0


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
    threshold = figures["open/threshold_best"]
    assert 0.4 < threshold["value"] <= 0.8
    assert threshold["low"] < threshold["high"]  # it is another one of other questions
    assert figures["gold/em"]["n"] == 1


def test_a_slice_is_the_figure_of_its_questions(make_run, record):
    records = [record(f"who {n}" if n % 3 else f"when {n}", "Switzerland" if n < 30 else "Rhine") for n in range(60)]
    part = score(make_run("run", records, [["p0"]] * 60))["parts"]["main"]
    rows = {row["value"]: row for row in part["slices"]["question word"]}
    assert {value: row["n"] for value, row in rows.items()} == {"when": 20, "who": 40}
    for row in rows.values():
        assert row["em"]["value"] == 50.0 and row["em"]["n"] == row["n"]
        spread = 1.96 * 50 / row["n"] ** 0.5
        assert row["em"]["low"] == pytest.approx(50 - spread, abs=4)
        assert row["em"]["high"] == pytest.approx(50 + spread, abs=4)


def test_causes_where_the_paragraph_is_given(make_run, record):
    records = [
        record("a", "Switzerland", read=1, gold=None),
        record("b", "Rhine", read=1, gold=None),
        record("c", "Rhine", score=0.01, read=1, gold=None),
        record("d", "in Switzerland", read=1, gold=None),
        record("e", "Rhine", read=1, gold=None, answerable=False, references=[], positives={}),
    ]
    for own in records:
        del own["in_corpus"]
    part = score(make_run("run", records, [[]] * 5, task="reading"))["parts"]["main"]
    assert {row["cause"]: row["examples"] for row in part["causes"]} == {
        "other mention of an equal type": ["id-b"],
        "abstained wrongly": ["id-c"],
        "boundary off: ends alike": ["id-d"],
        "answered the unanswerable": ["id-e"],
    }
    assert part["ladder"] == []


def test_passages_may_be_read_deeper_than_ranks_are_kept(make_run, record):
    """Depth 2, but the fourth passage is quoted: whether it holds the answer is told by its text."""
    records = [record("a", "Rhine", passage="p0", rank=4, read=4), record("b", "mayor", passage="p2", rank=4, read=4)]
    for own in records:
        own["positives"] = {"d-p1": 1}
    run = make_run("run", records, [["p1", "p3"], ["p1", "p3"]], depth=2, ks=[1])
    causes = {row["cause"]: row["examples"] for row in score(run)["parts"]["main"]["causes"]}
    assert causes == {"other mention of an equal type": ["id-a"], "wrong passage": ["id-b"]}


def test_questions_that_find_nothing(make_run, record):
    """A search for words alone may come back empty, for every question."""
    part = score(make_run("run", [record("a"), record("b")], [[], []]))["parts"]["main"]
    assert [row["value"] for row in part["ladder"]] == [100.0, 0.0, 0.0, 0.0]
    assert [row["cause"] for row in part["causes"]] == ["not retrieved"]
    assert part["figures"]["fused/answer@3"]["value"] == 0.0


def test_questions_without_references_or_judgements(make_run, record):
    bare = {"references": [], "positives": {}, "answerable": False, "in_corpus": None}
    records = [record("a", **bare), record("b", **bare)]
    part = score(make_run("run", records, [["p0"], ["p1"]], task="retrieval"))["parts"]["main"]
    assert part["n"] == 2 and part["figures"] == {}


def test_ranking_measures_are_cut_at_k(make_run, record):
    records = [record("a", positives={"d-p0": 1, "d-p1": 1})]
    figures = score(make_run("run", records, [["p2", "p0", "p3", "p1"]]))["parts"]["main"]["figures"]
    expected = {"mrr@1": 0, "mrr@3": 1 / 2, "mrr": 1 / 2, "map@1": 0, "map@3": 1 / 4, "map": (1 / 2 + 2 / 4) / 2}
    assert {name: figures[f"fused/{name}"]["value"] for name in expected} == pytest.approx(expected)


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


def test_report(make_run, record, tmp_path):
    one, other = many(make_run, record, "one", 120, "h1"), many(make_run, record, "other", 160, "h2")
    from ragqa.eval.page.publish import report

    page = report([one, other], tmp_path / "report.html", questions=20).read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "open/em@1" in page or "EM" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page


def test_scores_hold_no_nan(four):
    for figure in score(four)["parts"]["main"]["figures"].values():
        assert not np.isnan(figure["value"])


def test_browse_says_what_stage_found_the_answer(make_run, record):
    none = {"answerable": False, "references": [], "positives": {}, "in_corpus": None, "gold": None}
    records = [record("a", "Switzerland"), record("b", "Switzerland", positives={}), record("c", **none)]
    rows = browse(make_run("one", records, [["p3", "p0"], ["p1", "p3", "p0"], ["p1"]]))
    assert [row["ranks"] for row in rows] == [{"fused": 2}, {"fused": 2}, {}]
    assert rows[2]["answer"] == ""


def test_browse_where_no_answer_was_asked_for(make_run, record):
    own = record("a", gold=None)
    del own["answers"], own["gold"]
    (row,) = browse(make_run("one", [own], [["p1", "p0"]], task="retrieval"))
    assert row["answer"] is None and row["passage"] is None and row["ranks"] == {"fused": 2}


def test_scores_on_a_terminal(make_run, record, capsys):
    records = [record(f"who {n}" if n % 3 else f"when {n}", "Switzerland" if n < 30 else "Rhine") for n in range(60)]
    print_scores(score(make_run("run", records, [["p1", "p0"]] * 60)))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["question", "word:", "when", "20", "50.0"] in [line[:5] for line in lines]
    assert next(line for line in lines if line[:1] == ["fused"]) == ["fused", "0.0", "0.0", "0.500", "0.500"]
    assert ["retrieved", "100.0", "0.0"] in lines and ["open/em@1", "50.0"] in [line[:2] for line in lines]
