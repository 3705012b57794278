"""The page at / in a real browser: asking, following up, links, and whatever may go wrong meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest
from support.asked_page import HOSTILE, LUGANO, MASTER, SYLT, TEXTS, USTER, Visitor
from support.browser import needs_browser
from support.served import CHUR, holding, key, slowly, wait_for, write
from support.serving import serving

pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")
pytestmark = needs_browser


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


def test_corrected_words_can_be_searched_for_as_typed(page):
    typed = USTER.replace("finished", "finishd")
    page.visit()
    assert f"Searched for {USTER}" in page.ask(typed)
    page.browser.run("document.querySelector('.exchange').classList.add('before')")
    page.click(".as-typed")
    shown = page.exchange(".exchange:not(.before)")
    assert shown.startswith(typed) and "Searched for" not in shown and not page.browser.count(".as-typed")
    assert parse_qs(page.address()[1:]) | {"q": [typed], "t": ["1"]} == parse_qs(page.address()[1:])
    page.browser.open(f"{page.url}/{page.address()}")
    assert "Searched for" not in page.exchange(), "a link asks so too"


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


def test_how_far_a_question_has_come_is_told(page, service):
    page.visit()
    page.browser.wait("return document.getElementById('about').innerText !== ''")
    with holding(service):
        page.browser.press("Who slowly built the bridge of Chur?", "Enter")
        page.browser.wait("return document.getElementById('status').textContent.startsWith('Reading the best of')")
        seen = page.browser.run("return document.getElementById('status').getBoundingClientRect().width")
        assert seen > 100, "everybody sees it meanwhile"
    assert page.exchange().startswith("Who slowly")


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
