"""The report page in a real browser: at a desk, on a phone, on paper, without JavaScript, with hostile documents."""

from __future__ import annotations

import time

import pytest
from support.browser import Browser, needs_browser, running_driver
from support.large_report import HOSTILE, HOSTILE_ANSWER, hostile_row, make_comparison, make_questions, make_scores

from ragqa.eval.page.rendering import write_report

pytestmark = needs_browser


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    """A page on two runs of 1,000 questions; its address."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    questions = [make_questions(gain) for gain in (0.0, 3.0)]
    questions[1][3] |= hostile_row() | {"id": "q3"}
    questions[0][3] |= hostile_row() | {"id": "q3"}
    scores = [make_scores("base", 0.0), make_scores("new", 3.0)]
    write_report(path, scores, questions, make_comparison(), ["base", "new"])
    return path.as_uri()


@pytest.fixture(scope="session")
def driver():
    with running_driver() as address:
        yield address


@pytest.fixture(scope="session")
def browser(driver, tmp_path_factory):
    session = Browser(driver, tmp_path_factory.mktemp("profile"))
    yield session
    session.close()


# ---- what it looks like


@pytest.mark.parametrize("width", [1280, 768, 360])
def test_nothing_sticks_out(browser, page, width):
    browser.open(page, width)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    small = browser.run(
        "return [...document.querySelectorAll('.chart text')].filter("
        "  (text) => text.getBoundingClientRect().height < 12).length"
    )
    assert small == 0  # lettering does not shrink with the page


@pytest.mark.parametrize("width", [1280, 360])
def test_lettering_of_charts_does_not_collide(browser, page, width):
    browser.open(page, width)
    collisions = browser.run("""
      const found = [];
      for (const chart of document.querySelectorAll("svg.chart")) {
        const boxes = [...chart.querySelectorAll("text")].filter((text) => text.textContent).map((text) => {
          const box = text.getBoundingClientRect();
          return {text: text.textContent, left: box.left, right: box.right, top: box.top + 3, bottom: box.bottom - 3};
        });
        boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
          if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
            found.push(`${chart.querySelector("title").textContent}: ${a.text} / ${b.text}`);
        }));
      }
      return found;
    """)
    assert collisions == []


def test_the_browser_has_no_complaints(browser, page):
    browser.complaints()
    browser.open(page)
    assert browser.run("return document.querySelectorAll('#list-body > tr').length") == 50
    assert browser.complaints() == []  # neither errors nor anything that the policy forbids


def test_on_paper_there_are_charts_and_tables_without_controls(browser, page):
    browser.open(page)
    browser.devtools("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = "return [...document.querySelectorAll(arguments[0])].every((one) => one.offsetParent === null)"
        assert browser.run(hidden, "form, nav, .pager, .pager button")
        shown = "return [...document.querySelectorAll(arguments[0])].every((one) => one.getClientRects().length > 0)"
        assert browser.run(shown, "main .chart")
        assert browser.run(shown, "main .scroll table")
    finally:
        browser.devtools("Emulation.setEmulatedMedia", {"media": ""})


def test_light_and_dark_have_contrast(browser, page):
    script = """
      const luminance = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
          const share = part / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
          const color = getComputedStyle(one).backgroundColor;
          if (!color.endsWith(", 0)")) return color;
        }
        return getComputedStyle(document.body).backgroundColor;
      };
      const poor = new Set();
      for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        const drawn = element.closest("svg");
        if (!own || element.matches(":disabled, script, title, desc")) continue;
        if (element.offsetParent === null && !drawn) continue;
        const style = getComputedStyle(element);
        const [dark, light] = [luminance(drawn ? style.fill : style.color), luminance(behind(element))].sort();
        const contrast = (light + 0.05) / (dark + 0.05);
        if (contrast < 4.5) poor.add(`${element.tagName} ${element.className} ${contrast.toFixed(2)}`);
      }
      return [...poor];
    """
    for scheme in ("light", "dark"):
        browser.devtools(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        browser.open(page)
        browser.run("document.querySelector('.ask').click()")
        assert browser.run(script) == [], scheme
    browser.devtools("Emulation.setEmulatedMedia", {"features": []})


# ---- what it does


def test_without_javascript_all_but_the_questions_is_there(driver, page, tmp_path):
    browser = Browser(driver, tmp_path / "profile", scripts=False)
    try:
        browser.open(page)
        assert browser.count("main svg.chart") == 28
        assert browser.count("main .scroll table") > 8
        assert browser.count("#list-body > tr") == 0
        assert browser.count("noscript p") == 1
    finally:
        browser.close()


def test_filters_pages_and_order(browser, page):
    browser.open(page)
    rows = "return [...document.querySelectorAll('#list-body > tr .ask')].map((one) => one.textContent)"
    first = browser.run(rows)
    assert browser.status() == "Questions: 1–50 of 1,000"
    browser.run("document.querySelector(\"[data-turn='1']\").click()")
    assert browser.status() == "Questions: 51–100 of 1,000"
    assert not set(first) & set(browser.run(rows))

    expected = [row for row in make_questions(0.0) if row["cause"] == "not retrieved" and row["id"] != "q3"]
    browser.choose("cause", "not retrieved")
    assert browser.status() == f"Questions: 1–50 of {len(expected)} found among 1,000"
    assert browser.run(rows) == [row["question"] for row in expected[:50]]
    browser.choose("slice", '["answer type","name"]')
    expected = [row for row in expected if row["slices"]["answer type"] == "name"]
    assert browser.run(rows) == [row["question"] for row in expected[:50]]
    browser.choose("order", "unsurest")
    expected.sort(key=lambda row: row["score"])
    assert browser.run(rows) == [row["question"] for row in expected[:50]]

    browser.run("document.querySelector('[type=reset]').click()")
    assert browser.status() == "Questions: 1–50 of 1,000"
    browser.choose("order", "read")
    expected = sorted(make_questions(0.0), key=lambda row: -row["read"])  # ties stay as asked
    assert browser.run(rows) == [row["question"] for row in expected[:50]]
    browser.choose("search", "NO. 417?")
    assert len(browser.run(rows)) == 1
    browser.choose("search", "surely not there")
    assert browser.status() == "Questions: none found among 1,000"


def test_runs_that_disagree(browser, page):
    browser.open(page)
    pairs = list(zip(make_questions(0.0), make_questions(3.0), strict=True))
    better = sum(new["right"] and not old["right"] for place, (old, new) in enumerate(pairs) if place != 3)
    assert better > 5
    browser.choose("outcome", "differ")
    assert f"of {better} found" in browser.status()
    browser.choose("outcome", "only")
    assert "none" in browser.status()
    browser.choose("run", "1")
    assert f"of {better} found" in browser.status()


def test_a_question_opens_with_passage_ranks_and_gold(browser, page):
    browser.open(f"{page}#q-5")
    assert browser.run("return document.activeElement.getAttribute('aria-expanded')") == "true"
    row = make_questions(0.0)[5]
    detail = browser.run("return document.getElementById('detail-5').textContent")
    assert row["references"][0] in detail
    assert "Rank of the gold passage" in detail
    assert browser.run("return document.querySelector('#detail-5 mark').textContent") == row["answer"]
    assert browser.run("return document.querySelectorAll('#detail-5 .card').length") == 2
    browser.run("document.activeElement.click()")
    assert browser.count("#detail-5") == 0


def test_where_nothing_was_read_the_rank_is_shown(browser, tmp_path):
    """A run that only retrieves has not failed to answer."""
    silent = {"answer": None, "score": None, "right": None, "em": None, "f1": None, "cause": "", "passage": None}
    rows = [{**row, **silent, "gold": None, "references": []} for row in make_questions(0.0, 2)]
    rows[0]["ranks"], rows[1]["ranks"] = {"bm25": 4, "fused": 2}, {"bm25": None, "fused": None}
    write_report(tmp_path / "page.html", [make_scores("base", 0.0)], [rows], None, ["base"])
    browser.open(f"{(tmp_path / 'page.html').as_uri()}#q-0")
    shown = browser.run("return document.getElementById('questions').innerText")
    assert "Fused: rank 2" in shown and "Fused: not found" in shown and "No reference answer." in shown
    assert "no answer" not in shown


def test_an_example_leads_to_its_question(browser, page):
    browser.open(page)
    browser.choose("search", "surely not there")
    browser.run("document.querySelector('.examples a').click()")
    time.sleep(0.2)
    assert browser.count("#detail-0") == 1


def test_hostile_documents_are_only_text(browser, page):
    browser.complaints()
    browser.open(f"{page}#q-3")
    assert browser.run("return document.querySelector('#detail-3 mark').textContent") == HOSTILE_ANSWER
    assert browser.run("return document.querySelector('#detail-3 .text').textContent") == HOSTILE
    assert browser.run("return document.querySelector('#row-3 .ask').textContent") == HOSTILE + "?"
    assert browser.count("#questions script, #questions img, #questions b, #questions i") == 0
    assert browser.complaints() == []
    with pytest.raises(AssertionError, match="no such alert"):
        browser.send("GET", "/alert/text")


@pytest.mark.parametrize("width", [1280, 360])
def test_what_an_answer_is_made_of_opens_within_the_page(browser, tmp_path, width):
    figures = {"bm25": 7.25, "dense": 0.5, "score": 27.25, "prior": 0.6, "null": 0.125, "relevance": 1.95}
    outcome = {"text": HOSTILE, "rank": 1, "probability": 0.75, "given": True}
    feature = {"value": 3.0, "weight": 0.875, "product": 2.625}
    why = {
        "passages": [{"rank": rank, "gold": rank == 2, "read": True, **figures} for rank in range(1, 11)],
        "words": {"ranks": [1, 2], "shares": {"a" * 60: [2.25, None], "fox": [5.0, 3.0]}},
        "best": outcome,
        "without": outcome,
        "logits": [{"reader": 1, "start": 6.5, "end": 5.25, "null": -1.5, "margin": 13.25}],
        "score": {"bias": -1.5, "features": {"odds": feature}, "logit": 1.125, "probability": 0.755},
        "times": {"bm25": 1.25, "read": 40.0},
    }
    rows = [{**row, "why": why} for row in make_questions(0.0, 1)]
    write_report(tmp_path / "page.html", [make_scores("base", 0.0)], [rows], None, ["base"])
    browser.open(f"{(tmp_path / 'page.html').as_uri()}#q-0", width)
    assert "start 6.50" not in browser.run("return document.getElementById('detail-0').innerText")
    browser.run("document.querySelector('.why summary').click()")
    assert "start 6.50" in browser.run("return document.getElementById('detail-0').innerText")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return getComputedStyle(document.querySelector('.why td')).display") == "table-cell"
