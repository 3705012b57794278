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
from support.small_report import HOSTILE, figure, make_row, make_scores

from ragqa.errors import StorageError
from ragqa.eval.page import rendering
from ragqa.eval.page.browsing import embedded_json
from ragqa.eval.page.rendering import PAGE, render, write_report

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
