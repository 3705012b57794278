"""The page at / in a real browser: what people say of answers goes into the log of questions, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.accessibility import AXE, violations
from support.asked_page import MASTER, SYLT, TEXTS, USTER, Visitor, write_documents
from support.browser import needs_browser
from support.served import CHUR
from support.serving import serving

from ragqa.serve.questionlog import labelled, read_log

pytest.importorskip("fastapi", reason="needs ragqa[serve]")
pytestmark = needs_browser
needs_axe = pytest.mark.skipif(AXE is None, reason="needs ragqa[dev] (axe-playwright-python)")

# marks characters of an element as a mouse does; offsets are UTF-16 units of its text
MARK = """
const element = document.querySelector(arguments[0]), ends = [arguments[1], arguments[2]].map((unit) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() && unit > texts.currentNode.length) unit -= texts.currentNode.length;
  return [texts.currentNode, unit];
});
document.getSelection().setBaseAndExtent(...ends[0], ...ends[1]);
"""


@dataclass
class Judged:
    """A service that keeps a log of questions."""

    url: str
    log: Path

    def verdicts(self, question):
        return [one for one in read_log(self.log) if one.verdict is not None and one.question == question]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    write_documents(folder / "towns")
    with serving({"towns": folder / "towns"}, questions=str(folder / "asked.jsonl")) as (url, _):
        yield Judged(url, folder / "asked.jsonl")


@pytest.fixture
def visitor(browser, judged):
    browser.complaints()
    yield Visitor(browser, judged.url)
    assert browser.complaints() == []


def wait_for_text(page, selector, text):
    page.browser.wait("return document.querySelector(arguments[0]).innerText.includes(arguments[1])", selector, text)


def mark(page, text, start, end):
    """Mark characters [start, end) of the text that the opened document shows, in code points."""
    page.mark("#reader .text")
    shown = page.browser.run("return document.querySelector('#reader .text').textContent")
    offset = shown.replace("\n", " ").index(text.replace("\n", " "))
    units = [len(shown[: offset + point].encode("utf-16-le")) // 2 for point in (start, end)]
    page.browser.run(MARK, "#reader .text", *units)
    page.browser.wait("return document.getElementById('marking').open")


def test_thumbs_say_of_which_answer_at_which_place(visitor, judged):
    page = visitor
    page.visit()
    page.ask(USTER)
    page.click(".best .thumb")
    wait_for_text(page, ".best .told", "Noted")
    pressed = "return [...document.querySelectorAll('.best .thumb')].map((one) => one.getAttribute('aria-pressed'))"
    assert page.browser.run(pressed) == ["true", "false"]
    page.click(".best .thumb")  # said already
    page.click(".best .thumb.down")
    page.browser.wait(f"return ({pressed.removeprefix('return ')})[1] === 'true'")
    assert page.browser.run(pressed) == ["false", "true"]
    right, wrong = judged.verdicts(USTER)
    assert (right.verdict, wrong.verdict) == ("right", "wrong") and right.answer == wrong.answer == MASTER
    assert TEXTS["uster"][right.start : right.end] == MASTER and right.document == "uster" and right.index == "towns"
    # what was said stays where the exchange is shown again
    page.ask(CHUR)
    page.click("#earlier button")
    page.browser.wait("return document.querySelector('h2.question').innerText === arguments[0]", USTER)
    assert page.browser.run(pressed) == ["false", "true"] and "Nothing there answers it" in page.text(".best")


def test_after_a_wrong_answer_the_right_one_is_marked_in_its_document(visitor, judged):
    page = visitor
    page.visit()
    page.ask(SYLT)
    page.click(".best .thumb.down")
    page.browser.wait("return document.querySelector('.best [role=group]:not([hidden])') !== null")
    page.click(".best [role=group] button")
    page.browser.wait("return document.activeElement.id === 'marking-answer'")
    assert SYLT in page.text("#marking label")
    line = "Line 399 😀 of the long chronicle"
    mark(page, line, line.index("of") - 1, len(line))  # with the space before, which is no part of an answer
    assert page.browser.run("return document.getElementById('marking-answer').value") == "of the long chronicle"
    page.click("#marking [type=submit]")
    wait_for_text(page, "#marking-said", "with its place")
    said = judged.verdicts(SYLT)[-1]
    assert (said.verdict, said.answer, said.document) == ("right", "of the long chronicle", "sylt")
    assert TEXTS["sylt"][said.start : said.end] == said.answer and TEXTS["sylt"][: said.start].count("\n") == 399


def test_marks_may_go_over_lines_and_the_quotation(visitor, judged):
    page = visitor
    page.visit()
    page.ask(SYLT)
    page.click(".acts .main")
    text = f"The lighthouse of Sylt was finished by {MASTER}.\nLine 0"
    mark(page, text, text.index("finished"), len(text))
    page.click("#marking [type=submit]")
    wait_for_text(page, "#marking-said", "with its place")
    said = judged.verdicts(SYLT)[-1]
    assert said.answer == f"finished by {MASTER}.\nLine 0" == TEXTS["sylt"][said.start : said.end]


def test_the_right_answer_can_be_typed_from_the_keyboard_alone(visitor, judged):
    page = visitor
    page.visit()
    page.ask(CHUR)
    page.browser.press("Enter")  # opens the best answer, which has the focus
    page.mark("#reader .text")
    page.browser.run("document.querySelector('#marking summary').focus()")
    page.browser.press("Enter", "Tab", "in the year 1900", "Tab", "Enter")
    wait_for_text(page, "#marking-said", "with its place")
    page.browser.run("document.getElementById('marking-answer').focus()")
    page.browser.press("somebody else", "Tab", "Enter")
    wait_for_text(page, "#marking-said", "does not stand in the text")
    page.browser.press("Enter")
    wait_for_text(page, "#marking-said", "or type it")
    placed, typed = judged.verdicts(CHUR)
    assert (placed.answer, placed.document) == ("in the year 1900", "Chur")
    assert TEXTS["Chur"][placed.start : placed.end] == placed.answer
    assert (typed.answer, typed.document, typed.end) == ("somebody else", "", 0)


def test_where_nothing_answers_that_is_said(visitor, judged):
    page = visitor
    page.visit()
    question = "Whither xylophones?"
    page.ask(question)
    assert "mark the answer in it" in page.text(".nothing")
    page.click(".nothing .acts button")
    wait_for_text(page, ".nothing .told", "Noted")
    assert page.browser.count(".nothing [aria-pressed=true]") == 1
    (said,) = judged.verdicts(question)
    assert said.verdict == "none" and {"question": question, "answers": []} in labelled(list(read_log(judged.log)))


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_what_judges_hinders_nobody(visitor, scheme, width):
    page = visitor
    page.browser.devtools(
        "Emulation.setEmulatedMedia",
        {
            "features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]
        },
    )
    page.visit(width, 800)
    page.ask("Whither xylophones?")
    assert violations(page.browser) == []
    page.ask(USTER)
    page.click(".best .thumb.down")
    wait_for_text(page, ".best .told", "Noted")
    assert violations(page.browser) == []
    assert page.browser.run("return document.documentElement.scrollWidth") <= width
    page.click(".best [role=group] button")
    page.browser.wait("return document.activeElement.id === 'marking-answer'")
    page.click("#marking [type=submit]")
    wait_for_text(page, "#marking-said", "or type it")
    assert violations(page.browser) == []
    page.browser.devtools("Emulation.setEmulatedMedia", {"features": []})


def test_a_verdict_that_is_not_taken_says_why(browser, judged):
    page = Visitor(browser, judged.url)
    page.visit()
    page.ask(USTER)
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.devtools("Network.enable", {})
    browser.devtools("Network.emulateNetworkConditions", {"offline": True, **offline})
    try:
        page.click(".best .thumb")
        wait_for_text(page, ".best .told", "cannot be reached")
        assert browser.count(".best .thumb[aria-pressed=true]") == 0
    finally:
        browser.devtools("Network.emulateNetworkConditions", {"offline": False, **offline})
    browser.complaints()


def test_without_a_log_nobody_is_asked(page):
    page.visit()
    page.ask(USTER)
    assert page.browser.count(".thumb, .told") == 0
    page.click(".acts .main")
    page.mark("#reader .text")
    assert page.browser.run("return document.getElementById('marking').hidden")
