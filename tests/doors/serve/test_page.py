"""The page at / in a real browser: ask, follow up, open the place, add files, and everything that may go wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest
from support.accessibility import AXE, violations
from support.asked_page import (
    DOCUMENTS,
    HAIFA,
    HOSTILE,
    LUGANO,
    MASTER,
    SYLT,
    USTER,
    Visitor,
    write_documents,
    write_pages,
)
from support.browser import BROWSER, DRIVER, Browser, running_driver
from support.served import CHUR, Running, holding, key, slowly, wait_for, write
from support.serving import drain, serving

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no Chromium with chromedriver is installed (Debian: chromium, chromium-driver)"
)
needs_axe = pytest.mark.skipif(AXE is None, reason="needs ragqa[dev] (axe-playwright-python)")
TEXTS = {document.id: document.text for document in DOCUMENTS}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with running_driver() as driver:
        session = Browser(driver, tmp_path_factory.mktemp("profile"))
        yield session
        session.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Three indexes, writable, with a queue of one."""
    folder = tmp_path_factory.mktemp("page")
    write_documents(folder / "towns")
    write(folder / "others", ("Ebnat", "a"))
    write_pages(folder / "pages", folder / "report.pdf")
    indexes = {name: folder / name for name in ("towns", "others", "pages")}
    config = {"writable": True, "queue": 1, "batch": 1, "file_bytes": 100_000}
    with (
        serving(indexes, config=config, hold=str(folder / "hold")) as (url, process),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        drain(process)
        yield Running(client, url, process, folder)


@pytest.fixture
def page(browser, service):
    """Somebody at the page; what the browser complains of at the end fails the test."""
    browser.complaints()
    browser.devtools("Emulation.setEmulatedMedia", {"features": []})
    visitor = Visitor(browser, service.url)
    yield visitor
    assert browser.complaints() == []  # neither errors nor anything that the policy forbids


@pytest.fixture
def troubled(browser, service):
    """Somebody at the page who meets errors, of which the browser tells too."""
    yield Visitor(browser, service.url)
    assert not [line for line in browser.complaints() if "Failed to load resource" not in line]


# ---- asking


def test_the_answer_is_marked_in_its_sentence_with_its_place_and_how_sure_it_is(page, service):
    page.visit()
    shown = page.ask(USTER)
    assert shown.startswith(USTER) and "such cases" in shown and "uster.txt" in shown and "Uster 😀" in shown
    answer = service.post("/v1/ask", {"question": USTER, "index": "towns"}).json()["answers"][0]
    quotation, before, after = page.mark(".best blockquote .sentence")
    first, last = answer["sentence"]["start"], answer["sentence"]["end"]
    text = answer["passage"]["text"]
    assert quotation == answer["text"] == MASTER
    assert before == text[first : answer["span"]["start"]] and after == text[answer["span"]["end"] : last]
    assert page.text("#status").startswith(f"Answer: {MASTER}. right in")


def test_a_follow_up_question_is_completed_and_those_before_stay(page):
    page.visit()
    page.ask(CHUR)
    shown = page.ask("And Davos?")
    assert shown.startswith("And Davos?") and "Understood as Who built the bridge of Davos?" in shown
    assert CHUR in page.text("#earlier")
    page.click("#earlier button")
    page.browser.wait("return document.querySelector('h2.question').innerText === arguments[0]", CHUR)
    assert "And Davos?" in page.text("#earlier")
    page.browser.run("history.back()")
    page.browser.wait("return document.querySelector('h2.question').innerText === 'And Davos?'")
    page.click("#new")
    assert page.text("#answers") == "" == page.text("#earlier") and page.address() == ""


def test_a_question_that_is_asked_before_the_page_knows_the_service_is_answered(page):
    slow = {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1}
    page.browser.devtools("Network.enable", {})
    page.browser.devtools("Network.emulateNetworkConditions", slow)
    try:
        page.visit()
        assert page.ask(USTER).startswith(USTER)
    finally:
        page.browser.devtools("Network.emulateNetworkConditions", slow | {"latency": 0})


def test_a_link_shows_the_question_again_and_says_if_the_documents_have_changed(page):
    page.visit()
    page.ask(USTER)
    address = page.address()
    fields = parse_qs(address[1:])
    assert fields["q"] == [USTER] and fields["i"] == ["towns"] and int(fields["g"][0]) > 0
    page.browser.open(f"{page.url}/{address}")
    assert USTER in page.exchange() and "have changed" not in page.text(".exchange")
    page.visit(q=USTER, i="towns", g=99_999)
    assert "The documents have changed since this link was made (generation 99999" in page.exchange()
    page.visit(q=USTER, i="towns", d="uster", s=41, e=46)
    assert page.mark("#reader .text")[0] == TEXTS["uster"][41:46]


def test_another_index_is_another_conversation(page):
    page.visit()
    page.browser.wait("return !document.getElementById('choice').hidden")
    page.browser.run(
        "const one = document.getElementById('index'); one.value = 'others'; one.dispatchEvent(new Event('change'));"
    )
    assert "Ebnat" in page.ask("Who built the bridge of Ebnat?")
    assert parse_qs(page.address()[1:])["i"] == ["others"]


def test_other_places_that_say_the_same_can_be_opened(page, service):
    page.visit()
    page.ask(SYLT)
    (support,) = service.post("/v1/ask", {"question": SYLT, "index": "towns"}).json()["answers"][0]["support"]
    assert "1 other place says the same" in page.text(".support summary") and "uster.txt" in page.text(".support")
    page.click(".support .item button")
    quotation, before, after = page.mark("#reader .text")
    span = support["document_span"]
    assert support["doc_id"] == "uster" and quotation == support["text"] == MASTER
    assert (before, after) == (TEXTS["uster"][: span["start"]], TEXTS["uster"][span["end"] :])


def test_why_is_told_on_demand(page):
    page.visit()
    page.ask(USTER)
    assert not page.text(".why")
    page.click(".acts button:nth-of-type(2)")
    page.browser.wait("return document.querySelector('.why h4') !== null")
    shown = page.text(".why")
    assert "uster" in shown and "Without this passage" in shown and "The score is" in shown
    assert page.browser.count(".acts [aria-expanded=true]") == 1


def test_where_nothing_is_found_that_is_said_with_the_nearest_passages(page):
    page.visit()
    shown = page.ask("Whither xylophones?")
    assert "I found nothing that answers this." in shown and "The nearest passages" in shown
    assert page.browser.count(".near .item") >= 1
    assert page.text("#status").startswith("Nothing in the documents")


def test_what_documents_say_never_becomes_markup(page):
    page.visit(q=LUGANO, i="towns", d="lugano", s=0, e=6)
    assert page.mark("#reader .text")[0] == "Lugano" and "everybody" in page.text(".exchange")
    assert HOSTILE in page.text("#reader .text") and page.text("#reader-title") == "<i>Lugano</i>"
    assert page.browser.count("main img, main b:not(.bars b), dialog img, dialog b, i.Lugano") == 0
    assert not page.browser.run("return window.broken")


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


# ---- documents


@pytest.mark.parametrize("question", [USTER, SYLT])
def test_a_document_opens_at_exactly_the_place(page, service, question):
    page.visit()
    page.ask(question)
    answer = service.post("/v1/ask", {"question": question, "index": "towns"}).json()["answers"][0]
    whole, span = TEXTS[answer["passage"]["doc_id"]], answer["document_span"]
    page.click(".acts .main")
    quotation, before, after = page.mark("#reader .text")
    assert quotation == whole[span["start"] : span["end"]]
    assert whole[: span["start"]].replace("\n", " ").endswith(before.replace("\n", " "))
    assert whole[span["end"] :].replace("\n", " ").startswith(after.replace("\n", " "))
    in_sight = page.browser.run(
        "const box = document.querySelector('#reader mark').getBoundingClientRect();"
        "return box.top >= 0 && box.bottom <= innerHeight && box.height > 0;"
    )
    assert in_sight
    if question == SYLT:
        line = whole[: span["start"]].count("\n") + 1
        assert f"line {line}" in page.text("#reader-place")
        for side, count in (("first-child", len(before)), ("last-child", len(after))):
            page.click(f"#reader-body .more:{side}")
            page.browser.wait("return document.querySelector('#reader .text').textContent.length > arguments[0]", count)
            again, grown, rest = page.mark("#reader .text")
            assert again == quotation and len(grown) + len(rest) > len(before) + len(after)
        assert grown.replace("\n", " ") in whole.replace("\n", " ")


def test_a_page_of_a_pdf_is_shown_as_it_looks_with_the_quotation_marked(page, service):
    page.visit(q=USTER, i="pages")
    page.exchange()
    page.click(".acts .main")
    page.browser.wait("return document.querySelector('#reader canvas') !== null")
    assert "page 2" in page.text("#reader-place") and page.mark("#reader .text")[0] == MASTER
    answer = service.post("/v1/ask", {"question": USTER, "index": "pages"}).json()["answers"][0]["document_span"]
    drawn = service.client.get("/v1/pictures/report.pdf%23page=2", params={"index": "pages", **answer})
    top, bottom = map(float, drawn.headers["ragqa-mark"].split())
    colours = """
      const canvas = document.querySelector("#reader canvas"), found = {};
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), width = 4 * canvas.width;
      const middle = Math.round(canvas.height * (arguments[0] + arguments[1]) / 2);
      for (const [name, row] of [["mark", middle], ["elsewhere", middle - Math.round(canvas.height / 8)]]) {
        const line = data.slice(row * width, (row + 1) * width);
        found[name] = line.some((_, at) => at % 4 === 0 && line[at] > 200 && line[at + 2] < 160);
      }
      const box = canvas.getBoundingClientRect();
      const place = box.top + box.height * (arguments[0] + arguments[1]) / 2;
      return [found.mark, found.elsewhere, place > 0 && place < innerHeight];
    """
    assert page.browser.run(colours, top, bottom) == [True, False, True]


def test_pictures_are_of_files_that_are_as_they_were(service):
    get = service.client.get
    document = "/v1/documents/report.pdf%23page=1?index=pages"
    picture = "/v1/pictures/report.pdf%23page=1?index=pages"
    assert get(document).json()["picture"] is True
    assert get(picture).headers["content-type"] == "image/png"
    assert get("/v1/documents/Chur?index=towns").json()["picture"] is False
    # a document that a caller gave could name any file of the machine
    given = {"id": "given", "text": get(document).json()["text"], "source": f"{service.folder / 'report.pdf'}#page=1"}
    service.post("/v1/documents", {"documents": [given], "index": "towns"})
    assert get("/v1/documents/given?index=towns").json()["picture"] is False
    assert service.problem(get("/v1/pictures/given?index=towns")) == (404, "picture-not-found")
    service.client.request("DELETE", "/v1/documents", json={"ids": ["given"], "index": "towns"})
    file = service.folder / "report.pdf"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole.replace(b"Ilse Brandt".hex().encode(), b"Ilse Brundt".hex().encode()))
        assert service.problem(get(picture)) == (404, "picture-not-found")
        file.unlink()
        assert service.problem(get(picture)) == (404, "picture-not-found")
        assert get(document).json()["picture"] is False
    finally:
        file.write_bytes(whole)


def test_files_are_added_with_progress_and_answer(page, service, tmp_path):
    good, bad = tmp_path / "zug.md", tmp_path / "zug.exe"
    good.write_text("The bridge of Zug was built by Ilse Brandt.", encoding="utf-8")
    bad.write_text("nothing", encoding="utf-8")
    page.visit()
    page.browser.wait("return !document.getElementById('add').hidden")
    page.click("#add")
    page.browser.upload("#adding-choice", good)
    page.browser.wait("return document.querySelector('#adding-files .done') !== null")
    assert "1 document added" in page.text("#adding-files") and "into towns" in page.text("#adding")
    page.browser.press("Escape")
    assert page.ask("Who built the bridge of Zug?").startswith("Who built the bridge of Zug?")
    page.browser.run(
        """
        const files = new DataTransfer();
        files.items.add(new File(["The bridge of Thun was built by Ilse Brandt."], "thun.txt"));
        document.dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true}));
        """
    )
    page.browser.wait("return document.querySelectorAll('#adding-files .done').length === 2")
    assert service.client.get("/v1/documents/thun.txt?index=towns").json()["source"] == "thun.txt"
    gone = {"ids": ["zug.md", "thun.txt"], "index": "towns"}
    assert service.client.request("DELETE", "/v1/documents", json=gone).json()["deleted"] == 2


def test_a_file_that_is_not_taken_says_why(troubled, tmp_path):
    page = troubled
    (tmp_path / "zug.exe").write_text("nothing", encoding="utf-8")
    (tmp_path / "zug.txt").write_bytes(b" " * 100_001)
    page.visit()
    page.browser.wait("return !document.getElementById('add').hidden")
    page.browser.upload("#adding-choice", tmp_path / "zug.exe", tmp_path / "zug.txt")
    page.browser.wait("return document.querySelectorAll('#adding-files .failed').length === 2")
    shown = page.text("#adding-files")
    assert "files of this ending are not read" in shown.lower() and "more than this service takes" in shown


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


# ---- trouble


def test_without_a_key_one_is_asked_for_and_kept_in_the_tab_alone(browser, keyed_service):
    page = Visitor(browser, keyed_service.url)
    page.visit(q=CHUR, i="towns")
    page.browser.wait("return document.getElementById('signing').open")
    page.browser.press("wrong", "Enter")
    page.browser.wait("return document.getElementById('signing-wrong').innerText !== ''")
    token = key(keyed_service)["Authorization"].split()[1]
    page.browser.press(token, "Enter")
    assert CHUR in page.exchange()
    stored = (
        "return [sessionStorage.length, localStorage.length, document.cookie, location.href.includes(arguments[0])]"
    )
    assert page.browser.run(stored, token) == [1, 0, "", False]
    assert page.browser.run("return document.getElementById('add').hidden")  # the service is read-only
    asks = key(keyed_service, "ask")["Authorization"].split()[1]
    page.browser.run("sessionStorage.setItem('ragqa-key', arguments[0])", asks)
    page.click(".acts .main")
    page.browser.wait("return document.querySelector('#reader .note[role=alert]') !== null")
    assert "does not allow this" in page.text("#reader-body") and page.mark("#reader .text")[0]
    page.browser.run("sessionStorage.clear()")
    browser.complaints()


def test_a_service_that_is_busy_or_gone_is_told_in_plain_words(troubled, service):
    page = troubled
    page.visit()
    page.browser.wait("return document.getElementById('about').innerText !== ''")
    with ThreadPoolExecutor(2) as pool, holding(service):
        for number, state in ((1, "ragqa_queue_running 1"), (2, "ragqa_queue_waiting 1")):
            pool.submit(service.post, "/v1/ask", slowly(number, index="towns"))
            wait_for(service, state)
        page.browser.press(CHUR, "Enter")
        assert page.trouble() == "Many questions are waiting. Try again in a moment."
    page.click("#trouble button")
    assert CHUR in page.exchange()
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.browser.devtools("Network.enable", {})
    page.browser.devtools("Network.emulateNetworkConditions", {"offline": True, **offline})
    page.browser.press("/", USTER, "Enter")
    assert "cannot be reached" in page.trouble()
    page.browser.devtools("Network.emulateNetworkConditions", {"offline": False, **offline})
    page.click("#trouble button")
    page.browser.wait("return document.querySelector('h2.question').innerText === arguments[0]", USTER)
    page.browser.press("/", "It breaks.", "Enter")
    shown = page.trouble()
    assert "Something went wrong in the service. Its log says what, under the id" in shown and "secret" not in shown


def test_a_service_that_was_killed_and_a_session_that_is_over(browser, tmp_path):
    write(tmp_path / "towns", ("Chur", "a"), ("Davos", "a"))
    with serving({"towns": tmp_path / "towns"}, config={"session_seconds": 1.0}) as (url, process):
        page = Visitor(browser, url)
        page.visit()
        page.ask(CHUR)
        browser.later("setTimeout(arguments[arguments.length - 1], 1100)")
        assert "The conversation before was forgotten" in page.ask("And Davos?")
        process.kill()
        process.wait()
        browser.press("/", CHUR, "Enter")
        assert "cannot be reached" in page.trouble() and "And Davos?" in page.text("#answers")
    browser.complaints()


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
