"""The report as a file: what it holds, that it is whole and closed, and that documents stay text in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.errors import StorageError
from ragqa.eval import rendering
from ragqa.eval.page.browsing import browsing_data, embedded_json
from ragqa.eval.page.words import interval, label, name_runs, number, probability, quantity, with_unit
from ragqa.eval.rendering import PAGE, render, write_report

HOSTILE = (
    "<script>alert(1)</script> </script><!-- \u2028\u2029 \"q\" 'q' &amp; \u202eabc\u202c שלום 🦊 ]]> $title {x} \ud800"
)
VOID = {"meta", "br", "hr", "input", "img", "link"}


class Page(HTMLParser):
    """Elements with their attributes, the text of each kind of element, and whether all are closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts, self.script_texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        kind = self.texts if not self.open or self.open[-1] not in ("script", "style") else self.script_texts
        kind.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def figure(value, n=50):
    return {"value": value, "low": value - 2, "high": value + 2, "n": n}


def make_scores(name="base", digest="abc123", parts=("main",), word="who", **changes):
    part = {
        "n": 50,
        "figures": {"open/em@1": figure(47.25), "open/ece": figure(0.125), "fused/gold@1": figure(60.0)},
        "ladder": [
            {"rung": "in the corpus", **figure(90.0), "lost": 10.0},
            {"rung": "answered end to end", **figure(47.0), "lost": 43.0},
        ],
        "causes": [{"cause": "not retrieved", "n": 12, "share": 48.0, "examples": ["q1", "gone"]}],
        "slices": {"question word": [{"value": word, "n": 20, "em": figure(40.0), "f1": figure(50.0)}]},
        "curves": {
            "risk_coverage": [[0.5, 0.1], [1.0, 0.5]],
            "reliability": [[0.2, 0.1, 25], [0.8, 0.7, 25]],
            "em_by_read": [[1.0, 30.0], [2.0, 47.0]],
            "em_by_ms": [[5.0, 10.0], [500.0, 47.0]],
        },
        "cost": {"read wall ms p50": 12.5, "read wall ms p95": 40.0, "index MB": 61.34},
    }
    return {
        "run": {"hash": digest, "suite": "hand", "task": "open", "name": name},
        "parts": dict.fromkeys(parts, part | changes),
    }


def make_row(name="q1", **changes):
    return {
        "id": name,
        "part": "main",
        "question": f"What is {name}?",
        "references": ["fox"],
        "answer": "fox",
        "score": 0.75,
        "right": True,
        "em": 100.0,
        "f1": 100.0,
        "cause": "",
        "passage": {"title": "Animals", "text": "a fox", "start": 2, "end": 5},
        "gold": {"title": "Animals", "text": "a fox"},
        "ranks": {"bm25": None, "fused": 1},
        "read": 3,
        "slices": {"question word": "what"},
        **changes,
    }


COMPARISON = {
    "runs": [{"name": "base", "hash": "a"}, {"name": "new", "hash": "b"}],
    "parts": {
        "main": {
            "n": 50,
            "missing": 3,
            "rows": [
                {"measure": "open/em@1", "a": 47.0, "b": 49.0, "difference": 2.0, "low": 0.5, "high": 3.5, "p": 0.004,
                 "p_holm": 0.012},
                {"measure": "fused/mrr", "a": 0.7, "b": 0.65, "difference": -0.05, "low": -0.1, "high": 0.01, "p": 0.3,
                 "p_holm": 0.6},
            ],
        }
    },
}  # fmt: skip


def page_of(scores=None, questions=None, comparison=None, names=None):
    scores = [make_scores()] if scores is None else scores
    names = [own["run"]["name"] for own in scores] if names is None else names
    return Page(render(scores, [[make_row()]] * len(scores) if questions is None else questions, comparison, names))


def data_of(text):
    (content,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(content)


# ---- what it says


def test_one_run():
    page = page_of()
    for words in (
        "hand", "abc123", "Exact match", "47.2 %", "45.2–49.2", "Calibration error (ECE)", "0.125", "In the corpus",
        "−43.0", "Not retrieved", "By question word", "who", "Gold passage among the first k", "Fused",
        "Milliseconds a question", "12.5", "Index MB", "61.3",
    ):  # fmt: skip
        assert words in page.text, words
    assert "Differences between runs" not in page.text
    assert len([one for one in page.all("svg") if one.get("role") == "img"]) == 8


def test_two_runs_are_compared():
    page = page_of([make_scores(), make_scores("new", "def456")], comparison=COMPARISON)
    for words in (
        "Differences between runs", "new less base", "+2.0", "+0.5 to +3.5", "0.012", "−0.050", "In percentage points",
        "In fractions", "3 of them only one run has",
    ):  # fmt: skip
        assert words in page.text, words
    assert len(page.all("figure")) == 10


def test_what_a_quick_look_left_out_is_said():
    comparison = {**COMPARISON, "parts": {"main": {**COMPARISON["parts"]["main"], "missing": 0, "left_out": 1200}}}
    page = page_of([make_scores(), make_scores("new", "def456")], comparison=comparison)
    assert "1,200 more, which only one run was asked, are left out" in page.text
    assert "only one run has" not in page.text


def test_a_number_of_passages_that_is_always_the_same_is_no_chart():
    scores = make_scores()
    for part in scores["parts"].values():
        part["curves"]["em_by_read"] = [[1.0, 47.0]]
    page = page_of([scores])
    assert "Exact match against passages read" not in page.text
    assert "Exact match against milliseconds" in page.text


def test_several_parts_have_an_overview_and_sections():
    page = page_of([make_scores(parts=("amazon", "reddit"))])
    assert "Overview" in page.text
    sections = [one for one in page.all("section") if one.get("class") == "part"]
    assert [one["id"] for one in sections] == ["part-1", "part-2"]
    assert {"#part-1", "#part-2", "#questions"} <= {one["href"] for one in page.all("a")}


def test_a_retrieval_suite_has_no_empty_sections():
    scores = make_scores(ladder=[], causes=[], slices={}, curves={})
    for part in scores["parts"].values():
        part["figures"] = {f"bm25/{name}": figure(0.5) for name in ("ndcg@1", "ndcg@10", "map", "mrr")}
    page = page_of([scores], [[make_row(right=None, em=None, f1=None, answer="", score=None, passage=None, gold=None)]])
    assert "Where answers are lost" not in page.text
    assert "Key figures" not in page.text
    assert "Over the whole ranking" in page.text
    assert "MAP" in page.text


def test_runs_with_different_parts_and_figures():
    one, other = make_scores(parts=("main",)), make_scores("new", "x", parts=("main", "extra"), word="why")
    other["parts"]["main"]["figures"] = {"gold/f1": figure(81.0)}
    page = page_of([one, other])
    assert "–" in page.text
    assert "81.0" in page.text
    assert "extra" in page.text


def test_no_questions_to_browse():
    text = render([make_scores()], [[]], None, ["base"])
    assert "No questions were kept for browsing" in text
    assert "#questions" not in [one.get("href") for one in Page(text).all("a")]


def test_examples_lead_to_questions_that_can_be_browsed():
    page = page_of()
    assert "#q-0" in [one["href"] for one in page.all("a")]
    assert "What is q1?" in page.text
    assert "gone" in page.text  # not among those to browse: only its id


def test_unequal_lists_are_a_mistake():
    with pytest.raises(ValueError, match="1 scores, 0 lists"):
        render([make_scores()], [], None, ["base"])


# ---- tables and pictures for everyone


def test_tables_have_heads_and_ids_are_unique():
    page = page_of([make_scores(), make_scores("new", "def456")], comparison=COMPARISON)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(one.get("scope") in ("row", "col", "rowgroup") for one in page.all("th"))
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    for _, one in page.elements:
        for name in (one.get("aria-labelledby") or "").split():
            assert name in ids


# ---- closed to the network, and to documents


def test_nothing_is_loaded():
    page = page_of([make_scores(), make_scores("new", "def456")], comparison=COMPARISON)
    for tag, attributes in page.elements:
        assert (
            tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
            or attributes.get("id") == "controls"
        )
        assert not {"src", "srcset", "style", "xlink:href"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")
    for name in ("style.css", "question.js", "page.js"):
        content = (PAGE / name).read_text(encoding="utf-8")
        assert not re.search(
            r"url\(|@import|https?:|</script|</style|innerHTML|insertAdjacent|document\.write|eval\(", content
        )


def test_the_policy_forbids_all_but_its_own_script_and_style():
    text = render([make_scores()], [[make_row()]], None, ["base"])
    (policy,) = [one["content"] for one in Page(text).all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_hostile_words_stay_words(tmp_path):
    row = make_row(HOSTILE, part=HOSTILE, question=HOSTILE, answer=HOSTILE, references=[HOSTILE], cause=HOSTILE)
    row |= {"passage": {"title": HOSTILE, "text": HOSTILE, "start": 0, "end": 8}, "slices": {HOSTILE: HOSTILE}}
    scores = make_scores(HOSTILE, HOSTILE, parts=(HOSTILE,), word=HOSTILE)
    scores["run"] |= {"suite": HOSTILE, "task": HOSTILE}
    part = scores["parts"][HOSTILE]
    part["figures"] |= {f"{HOSTILE}/{HOSTILE}": figure(1.0)}
    part["causes"] = [{"cause": HOSTILE, "n": 1, "share": 100.0, "examples": [HOSTILE, f"{HOSTILE}2"]}]
    part["ladder"][0]["rung"] = HOSTILE
    part["slices"] = {HOSTILE: part["slices"]["question word"]}
    part["cost"] |= {f"{HOSTILE} wall ms p50": 1.0, HOSTILE: 2.0}
    comparison = {"parts": {HOSTILE: COMPARISON["parts"]["main"]}}
    write_report(tmp_path / "page.html", [scores, scores], [[row], [row]], comparison, [HOSTILE, HOSTILE])
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(Page(text).all("script")) == len(page_of().all("script")) == 2
    assert "<script>alert" not in text
    assert "<!--" not in text
    (own,) = data_of(text)["rows"]
    assert own["question"] == own["runs"][0]["answer"] == HOSTILE
    assert data_of(text)["texts"][0] == [HOSTILE, HOSTILE]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda own: st.lists(own) | st.dictionaries(st.text(), own),
    )
)
def test_embedded_json_is_the_same_json_and_ends_nothing(value):
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029\ud800-\udfff]", text)
    text.encode("utf-8")


def test_numbers_that_are_none_are_null():
    assert embedded_json({"a": [float("nan"), float("inf"), 0.12345678]}) == '{"a":[null,null,0.123457]}'


# ---- the questions to browse


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


# ---- words and numbers


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


# ---- the file


def test_it_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    output = tmp_path / "new" / "report.html"
    write_report(output, [make_scores()], [[make_row()]], None, ["base"])
    before = output.read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")
    assert [path.name for path in output.parent.iterdir()] == ["report.html"]

    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(rendering, "replace_file", full)
    with pytest.raises(StorageError, match="the disk is full"):
        write_report(output, [make_scores("other")], [[make_row()]], None, ["other"])
    assert output.read_bytes() == before


def test_a_folder_is_no_place_for_it(tmp_path):
    with pytest.raises(StorageError, match="is a folder"):
        write_report(tmp_path, [make_scores()], [[make_row()]], None, ["base"])
    assert list(tmp_path.iterdir()) == []


def test_the_same_runs_give_the_same_page():
    pages = {render([make_scores()], [[make_row()]], None, ["base"]) for _ in range(2)}
    assert len(pages) == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="no node is installed")
@pytest.mark.parametrize("name", ["question.js", "page.js"])
def test_the_script_is_javascript(name):
    subprocess.run(["node", "--check", str(PAGE / name)], check=True, timeout=30)
