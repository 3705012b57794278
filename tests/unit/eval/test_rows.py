"""The questions of a report as the page gets them, and what its own script shows of one."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from support.small_report import HOSTILE, make_row

from ragqa.eval.page.browsing import browsing_data, embedded_json
from ragqa.eval.page.rendering import PAGE


def test_runs_are_joined_by_part_and_id_and_passages_kept_once():
    other = make_row("q2", passage=None, gold=None, answer="")
    data = browsing_data(
        [[make_row("q1"), other], [make_row("q1", right=False), make_row("q1", part="extra")]], ["a", "b"]
    )
    assert data["runs"] == ["a", "b"]
    assert data["parts"] == ["main", "extra"]
    assert data["texts"] == [["Animals", "a fox"]]
    assert [(row["part"], row["id"]) for row in data["rows"]] == [("main", "q1"), ("main", "q2"), ("extra", "q1")]
    first, second, third = data["rows"]
    assert [run["right"] for run in first["runs"]] == [True, False]
    assert first["runs"][0]["passage"] == [0, 2, 5]
    assert second["runs"][0]["passage"] is None
    assert second["runs"][1] is None
    assert third["runs"][0] is None


def make_why(**changes):
    passages = [
        {
            "rank": 1,
            "gold": False,
            "read": True,
            "bm25": 7.25,
            "dense": 0.5,
            "score": 27.25,
            "prior": 0.6,
            "null": 0.125,
        },
        {"rank": 4, "gold": True, "read": False, "bm25": 3.0, "dense": None, "score": 11.0, "prior": 0.1, "null": None},
    ]
    why = {
        "passages": [{**own, "relevance": 1.95 if own["read"] else None} for own in passages],
        "words": {"ranks": [1, 4], "shares": {HOSTILE: [2.25, None], "fox": [5.0, 3.0]}},
        "best": {"text": HOSTILE, "rank": 1, "probability": 0.75, "given": True},
        "without": {"text": "a dog", "rank": 2, "probability": 0.25, "given": False},
        "logits": [{"reader": 1, "start": 6.5, "end": 5.25, "null": -1.5, "margin": 13.25}],
        "score": {
            "bias": -1.5,
            "features": {"odds": {"value": 3.0, "weight": 0.875, "product": 2.625}},
            "logit": 1.125,
            "probability": 0.755,
        },
        "times": {"bm25": 1.25, "read": 40.0},
    }
    return why | changes


SHOWN = """
class Node {
  constructor(tag) { this.tag = tag; this.kids = []; this.said = ""; }
  setAttribute() {}
  append(...kids) { this.kids.push(...kids); }
  set textContent(text) { this.said = String(text); }
  get lines() {
    const inside = this.kids.map((kid) => (kid instanceof Node ? kid.lines : [String(kid)]));
    return this.tag === "tr" ? [inside.flat().join("|")] : [...(this.kids.length ? [] : [this.said]), ...inside.flat()];
  }
}
const document = { createElement: (tag) => new Node(tag) };
"""


def shown_of(row):
    """The lines of a question's detail, as the page's own script puts them, a row of a table being a line."""
    data = embedded_json(browsing_data([[row]], ["base"]))
    script = f"{SHOWN}{(PAGE / 'question.js').read_text(encoding='utf-8')}"
    script += f"const data = {data}; console.log(JSON.stringify(behind(data).detail(data.rows[0]).lines));"
    done = subprocess.run(["node", "-"], input=script, capture_output=True, check=True, timeout=30, encoding="utf-8")
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node is installed")
def test_what_an_answer_is_made_of_is_shown():
    lines = shown_of(make_row(why=make_why()))
    hostile = HOSTILE.replace("\ud800", "\ufffd")
    for line in (
        "Word|Passage 1|Passage 4, gold",
        "fox|5.00|3.00",
        "Passage|BM25|Dense|Score|Prior|No answer|Relevance",
        "1, quoted|7.25|0.500|27.250|0.600|0.125|1.95",
        "4, gold, not read|3.00|–|11.000|0.100|–|–",
        "start 6.50 + end 5.25 − null -1.50 = margin 13.25",
        "Feature|Value|Weight|Product",
        "bias|||-1.500",
        "odds|3.000|0.875|2.625",
        "sum|||1.125",
        "Without its passage: a dog (0.250, passage 2, not given)",
        "Time in ms: bm25 1.3, read 40.0",
    ):
        assert line in lines, line
    assert lines.index("fox|5.00|3.00") < next(n for n, line in enumerate(lines) if line.endswith("|2.25|–"))
    assert any(hostile in line.replace("\ud800", "\ufffd") for line in lines)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node is installed")
def test_where_there_is_nothing_to_show():
    nothing = {"passages": [], "words": {"ranks": [], "shares": {}}, "logits": []}
    lines = shown_of(make_row(why=make_why(**nothing, best=None, without=None, score=None)))
    assert "No passage was found." in lines and not any("margin" in line or "Feature" in line for line in lines)
    assert "Without its passage: no answer" in shown_of(make_row(why=make_why(without=None)))
    assert not any("made of" in line for line in shown_of(make_row()))


def test_only_explained_questions_have_a_why():
    data = browsing_data([[make_row("q1", why=None), make_row("q2", why=make_why())]], ["a"])
    assert ["why" in row["runs"][0] for row in data["rows"]] == [False, True]
