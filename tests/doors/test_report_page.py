"""The report page in a real browser: at a desk, on a phone, on paper, without JavaScript, with hostile documents."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from ragqa.eval.rendering import write_report

QUESTIONS = 1000
CAUSES = (
    "not retrieved",
    "wrong passage",
    "boundary off: overlaps",
    "other mention of an equal type",
    "retrieved but not read",
    "abstained wrongly",
)
TEXT = """the a river city treaty of in during after mountain parliament was signed built by king engine theory first
second between north old trade museum church war steam light oxygen empire population dynasty"""
WORDS = TEXT.split()
HOSTILE = (
    "<script>alert(1)</script> </script><img src=x onerror=alert(2)> <!-- \u2028 \"quoted\" 'single' &amp; ${x} "
    "\u202eright to left\u202c שלום עולם 🦊👩‍👩‍👧 the answer <b>42</b> ends here"
)
HOSTILE_ANSWER = "<b>42</b>"


# ---- made-up runs


def figure(value, n, spread=3.0):
    return {"value": value, "low": value - spread, "high": value + spread, "n": n}


def make_figures(gain, n, graded):
    found = {}
    for place, source in enumerate(("bm25", "dense", "fused")):
        for k in (1, 5, 10, 20, 50, 100):
            share = 97 - 60 / (1 + place * 0.4 + k**0.7) + gain / 4
            found[f"{source}/gold@{k}"] = figure(share, n)
            found[f"{source}/recall@{k}"] = figure(share / 100, n, 0.01)
            found[f"{source}/ndcg@{k}"] = figure(share / 120, n, 0.01)
            if graded:
                found[f"{source}/answer@{k}"] = figure(min(99, share + 2), n)
        found[f"{source}/mrr"] = figure(0.7, n, 0.01)
        found[f"{source}/map"] = figure(0.69, n, 0.01)
    if graded:
        for k in (1, 3, 5):
            found[f"open/em@{k}"] = figure(44 + 3 * k + gain, n)
            found[f"open/f1@{k}"] = figure(53 + 3 * k + gain, n)
        found |= {f"open/{name}": figure(60 + gain, n) for name in ("answered", "has_answer_em", "has_answer_f1")}
        found["open/passages_read"] = figure(7.4, n, 0.2)
        found |= {"gold/em": figure(70 + gain, n), "gold/f1": figure(79 + gain, n)}
        found |= {f"open/{name}": figure(0.12, n, 0.01) for name in ("ece", "brier", "auroc", "aurc")}
        found |= {f"open/coverage_at_precision_{level}": figure(120 - level, n) for level in (80, 90, 95)}
    return found


def make_part(gain, n=QUESTIONS):
    rungs = zip(
        ("in the corpus", "retrieved", "read on the gold passage", "answered end to end"),
        (98.5, 88 + gain, 66 + gain, 47 + gain),
        strict=True,
    )
    ladder, before = [], 100.0
    for rung, value in rungs:
        ladder.append({"rung": rung, **figure(value, n), "lost": before - value})
        before = value
    types = {"date": 9, "name": 3, "number": 5, "phrase": -6}
    kinds = {
        "question word": ("how", "how many", "other", "what", "when", "where", "which", "who", "why"),
        "answer type": ("date", "name", "number", "phrase"),
        "answer words": ("≤ 1", "2", "3", "4–5", "> 5"),
    }
    return {
        "n": n,
        "figures": make_figures(gain, n, True),
        "ladder": ladder,
        "causes": [
            {
                "cause": cause,
                "n": 160 - 22 * place,
                "share": 29 - 4.0 * place,
                "examples": [f"q{place}", f"q{place + 7}"],
            }
            for place, cause in enumerate(CAUSES)
        ],
        "slices": {
            name: [
                {
                    "value": value,
                    "n": n // (place + 3),
                    "em": figure(48 + gain + types.get(value, -2 * place), n, 2 + place),
                    "f1": figure(58 + gain + types.get(value, -2 * place), n, 2 + place),
                }
                for place, value in enumerate(values)
            ]
            for name, values in kinds.items()
        },
        "curves": {
            "risk_coverage": [[k / 200, max(0, (0.5 - gain / 100) * (k / 200) ** 1.4)] for k in range(1, 201)],
            "reliability": [[k / 15, (k / 15) ** 1.4 + gain / 100, n // 15] for k in range(15)],
            "em_by_read": [[k, (47 + gain) * (1 - 0.8**k)] for k in range(1, 51)],
            "em_by_ms": [[20 * 1.02**k, (47 + gain) * k / 200] for k in range(1, 201)],
        },
        "cost": {
            **{
                f"{stage} {clock} ms p{share}": 3.21 * share / 50 * (1 + place)
                for clock in ("wall", "cpu")
                for place, stage in enumerate(("bm25", "encode", "dense", "fuse", "read", "total"))
                for share in (50, 95, 99)
            },
            "questions per second": 12.4,
            "passages read, mean": 7.42,
            "tokens read, mean": 1204.5,
            "index MB": 61.3,
            "peak memory MB, whole run": 1840.0,
            "seconds, whole run": 851.7,
        },
    }


def make_scores(name, gain, parts=("main",)):
    about = {"hash": f"{name}-3f9c21ab77d0", "suite": "squad-open", "task": "open", "name": name}
    return {"run": about, "parts": {part: make_part(gain) for part in parts}}


def make_questions(gain, n=QUESTIONS, part="main"):
    rows = []
    for place in range(n):
        rng = random.Random(f"{part}-{place}")  # the same questions and passages in every run
        passage = " ".join(rng.choices(WORDS, k=120)).capitalize() + "."
        words = passage.split()
        start = len(" ".join(words[:40])) + 1
        answer = " ".join(words[40:43])
        good = rng.random() < 0.47 + gain / 100
        rows.append(
            {
                "id": f"q{place}",
                "part": part,
                "question": " ".join(["Which", *rng.choices(WORDS, k=8)]) + f" no. {place}?",
                "references": [answer if good else " ".join(rng.choices(WORDS, k=2))],
                "answer": answer,
                "score": rng.random(),
                "right": good,
                "em": 100.0 * good,
                "f1": 100.0 if good else 40.0 * rng.random(),
                "cause": "" if good else rng.choice(CAUSES),
                "passage": {"title": "A title", "text": passage, "start": start, "end": start + len(answer)},
                "gold": {"title": "Gold", "text": passage if good else passage[::-1]},
                "ranks": {"bm25": rng.choice((1, 2, 5, None)), "dense": 1 + place % 9, "fused": 1 + place % 4},
                "read": 1 + place % 20,
                "slices": {"question word": "which", "answer type": rng.choice(("name", "phrase"))},
            }
        )
    return rows


def make_comparison(parts=("main",)):
    def row(measure, a, b, spread, p):
        ends = {"difference": b - a, "low": b - a - spread, "high": b - a + spread}
        return {"measure": measure, "n": QUESTIONS, "a": a, "b": b, **ends, "p": p, "p_holm": min(1.0, 6 * p)}

    rows = [
        row("open/em@1", 47.0, 50.0, 1.2, 0.0001),
        row("open/f1@1", 56.0, 58.9, 1.1, 0.0001),
        row("gold/em", 70.0, 70.4, 0.9, 0.34),
        row("fused/gold@20", 91.0, 90.2, 0.9, 0.08),
        row("fused/ndcg@10", 0.71, 0.722, 0.008, 0.004),
    ]
    names = [{"name": "base", "hash": "a"}, {"name": "new", "hash": "b"}]
    return {"runs": names, "parts": {part: {"n": QUESTIONS, "missing": 0, "rows": rows} for part in parts}}


def hostile_row():
    row = make_questions(0.0, 1)[0]
    start = HOSTILE.index(HOSTILE_ANSWER)
    return row | {
        "id": "<script>alert(3)</script>",
        "question": f"{HOSTILE}?",
        "references": [HOSTILE],
        "answer": HOSTILE_ANSWER,
        "cause": "</option><script>alert(4)</script>",
        "passage": {"title": HOSTILE, "text": HOSTILE, "start": start, "end": start + len(HOSTILE_ANSWER)},
        "slices": {"<i>kind</i>": "</select><script>alert(5)</script>"},
    }


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


# ---- a browser, driven by the WebDriver protocol

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no Chromium with chromedriver is installed (Debian: chromium, chromium-driver)"
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
)


class Browser:
    """One session of a browser."""

    def __init__(self, address, profile, *, scripts=True):
        preferences = {} if scripts else {"profile.managed_default_content_settings.javascript": 2}
        options = {"binary": BROWSER, "args": [*FLAGS, f"--user-data-dir={profile}"], "prefs": preferences}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.root = f"{address}/session"
        self.root += "/" + self.send("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def send(self, method, path, content=None):
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.root + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def open(self, address, width=1280, height=900):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", size)
        self.send("POST", "/url", {"url": "about:blank"})
        self.send("POST", "/url", {"url": address})
        deadline = time.monotonic() + 30
        while self.run("return document.readyState") != "complete":  # under load the driver returns before that
            assert time.monotonic() < deadline, f"{address} is still loading"
            time.sleep(0.02)

    def run(self, script, *arguments):
        return self.send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, parameters):
        return self.send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def count(self, selector):
        return len(self.send("POST", "/elements", {"using": "css selector", "value": selector}))

    def complaints(self):
        return [entry["message"] for entry in self.send("POST", "/se/log", {"type": "browser"})]

    def choose(self, field, value):
        self.run(
            "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
            "field.dispatchEvent(new Event('input', {bubbles: true}));",
            field,
            value,
        )

    def status(self):
        return self.run("return document.getElementById('status').textContent")

    def close(self):
        self.send("DELETE", "")


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([DRIVER, f"--port={port}", "--silent"], stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


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
