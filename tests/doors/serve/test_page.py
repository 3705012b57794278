"""The page at / in a real browser: what its scripts compute, and that everybody can use it."""

from __future__ import annotations

import pytest
from support.accessibility import AXE, violations
from support.asked_page import HAIFA, TEXTS
from support.browser import needs_browser
from support.served import CHUR

pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")
pytestmark = needs_browser
needs_axe = pytest.mark.skipif(AXE is None, reason="needs ragqa[dev] (axe-playwright-python)")


# ---- the parts that compute


IMPORTED = (
    "const done = arguments[arguments.length - 1]; import('/page/' + arguments[0]).then((m) => done(%s), String);"
)


def computed(page, module, expression, *arguments):
    return page.browser.later(IMPORTED % expression, module, *arguments)


@pytest.mark.parametrize("text", ["", "plain", "😀a😀😀b", "a\u0301👩‍🚀é", "מגדל 😀"])
def test_offsets_are_code_points(page, text):
    page.visit()
    points = range(len(text) + 1)
    cuts = [[text[:a], text[a:b], text[b:]] for a in points for b in points if a <= b]
    pairs = [[a, b] for a in points for b in points if a <= b]
    assert computed(page, "codepoints.js", "arguments[2].map((two) => m.cut(arguments[1], two))", text, pairs) == cuts
    assert computed(page, "codepoints.js", "m.length(arguments[1])", text) == len(text)
    beyond = computed(page, "codepoints.js", "m.cut(arguments[1], [0, 99])", text)
    assert beyond == ["", text, ""]


def test_wrapped_lines_flow_and_lists_do_not(page):
    page.visit()
    long = "This line was wrapped by an editor that breaks lines here"
    for text, expected in (
        (f"{long}\nand goes on.", f"{long} and goes on."),
        (f"{long}\n\nand goes on.", f"{long}\n\nand goes on."),
        (f"{long}\n- one\n- two", f"{long}\n- one\n- two"),
        (f"| {long} |\n| cell |", f"| {long} |\n| cell |"),
        ("A verse\nand another", "A verse\nand another"),
    ):
        assert computed(page, "flow.js", "m.flowing(arguments[1])", text) == expected


def test_scores_are_told_as_cases(page):
    page.visit()
    scores = [0.0, 0.049, 0.05, 0.26, 0.949, 0.95, 0.99, 1.0]
    found = computed(page, "sure.js", "arguments[1].map((score) => Object.values(m.cases(score)).join(' '))", scores)
    assert found == ["fewer 1 20"] * 2 + ["about 1 10", "about 3 10", "about 9 10", "more 19 20"] + ["more 99 100"] * 2


def test_places_are_told_from_sources(page):
    page.visit()
    told = {
        "a/report.pdf#page=3": ["a/report.pdf", [["page", "3"]]],
        "faq.csv:12": ["faq.csv", [["line", "12"]]],
        "prices.xlsx#sheet=Q1%20%23:7": ["prices.xlsx", [["sheet", "Q1 #"], ["row", "7"]]],
        "C#.txt": ["C#.txt", []],
        "odd#sheet=%E0%A4%A": ["odd", [["sheet", "%E0%A4%A"]]],
    }
    found = computed(page, "place.js", "arguments[1].map((source) => Object.values(m.placeOf(source)))", list(told))
    assert found == list(told.values())
    lines = computed(page, "place.js", "m.placeOf('a.md', 9).parts")
    assert lines == [["line", "9"]]


# ---- keyboard


def test_everything_can_be_done_from_the_keyboard(page):
    focused = "return document.activeElement.%s"
    page.visit()
    page.browser.press(CHUR, "Enter")  # the question has the focus
    page.exchange()
    page.browser.wait(focused % "matches('.best')")
    page.browser.press("j")
    assert page.browser.run(focused % "matches('.item:not(.best)')")
    page.browser.press("k")
    assert page.browser.run(focused % "matches('.best')")
    page.browser.press("Enter")
    page.browser.wait("return document.querySelector('#reader[open] mark') !== null")
    page.browser.press("j")  # belongs to the document
    page.browser.press("Escape")
    page.browser.wait("return !document.getElementById('reader').open")
    page.browser.press("/")
    assert page.browser.run(focused % "id") == "question"
    page.browser.press("/j")
    assert page.browser.run(focused % "value") == "/j"
    page.browser.press("Escape")
    assert page.browser.run(focused % "matches('.item')")


# ---- for everybody


@needs_axe
@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)], ids=["light", "dark", "phone"]
)
def test_nothing_hinders_anybody(page, scheme, width):
    page.browser.devtools("Emulation.setEmulatedMedia", {"features": _still(scheme)})
    page.visit(width, 800)
    page.browser.wait("return document.getElementById('about').innerText !== ''")
    assert violations(page.browser) == []
    for question in (CHUR, "Whither xylophones?"):
        page.ask(question)
        assert violations(page.browser) == []
        assert page.browser.run("return document.documentElement.scrollWidth") <= width
    page.ask(CHUR)
    page.click(".acts button:nth-of-type(2)")
    page.browser.wait("return document.querySelector('.why h4') !== null")
    assert violations(page.browser) == []
    page.click(".acts .main")
    page.mark("#reader .text")
    assert violations(page.browser) == []
    page.browser.press("Escape")
    page.click("#add")
    assert violations(page.browser) == []


def _still(scheme):
    values = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    return [{"name": name, "value": value} for name, value in values.items()]


def test_text_from_right_to_left_stands_so(page):
    page.visit()
    page.ask(HAIFA)
    right = "return [...document.querySelectorAll(arguments[0])].map((one) => getComputedStyle(one).direction)"
    assert page.browser.run(right, "h2.question, .best blockquote") == ["rtl", "rtl"]
    page.click(".acts .main")
    assert page.mark("#reader .text")[0] in TEXTS["haifa"]
    assert page.browser.run(right, "#reader .text") == ["rtl"]
    assert page.browser.run("return document.documentElement.scrollWidth") <= 1280


def test_the_page_is_its_own_and_needs_no_key(keyed_service):
    get = keyed_service.client.get
    page = get("/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "//" not in page.text.split("<body>")[0]
    assert page.headers.get_list("content-security-policy") == [policy]
    part = get("/page/app.js")
    assert part.headers["content-type"].startswith("text/javascript")
    again = get("/page/app.js", headers={"If-None-Match": part.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    for path in ("/page/", "/page/none.js", "/page/..%2fapp.py", "/page/%2e%2e/app.py", "/page/words.js/x"):
        assert keyed_service.problem(get(path)) == (404, "not-found"), path
    assert keyed_service.problem(keyed_service.client.post("/")) == (405, "method-not-allowed")
