"""The page at / in a real browser: documents are opened at their place and drawn, and files are added."""

from __future__ import annotations

import pytest
from support.asked_page import MASTER, SYLT, TEXTS, USTER
from support.browser import needs_browser

pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")
pytestmark = needs_browser


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
