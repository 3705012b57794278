"""A service with a page to try, and a person at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from support.browser import Browser
from support.pdf import write_pdf
from support.served import CONFIG, town

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.pdf import read_pdf
from ragqa.documents import Document
from ragqa.index.writer import update, upsert
from ragqa.testing import HashEncoder

MASTER = "Konstantinopolitanski"
USTER = "Who finished the tower of Uster?"
SYLT = "Who finished the lighthouse of Sylt?"
HAIFA = "מי בנה את המגדל של חיפה?"
LUGANO = "Lugano painted everybody onerror?"
HOSTILE = '<img/src=x/onerror="window.broken=1"><b>everybody</b>'
_LINES = "".join(f"Line {number} 😀 of the long chronicle of the island tells of nothing.\n" for number in range(400))
DOCUMENTS = (
    town("Chur", "a"),
    town("Davos", "a"),
    Document("uster", f"😀😀 The 🚀 tower of Uster was finished by {MASTER} 👩‍🚀.", "Uster 😀", "a/uster.txt"),
    Document("sylt", f"{_LINES}The lighthouse of Sylt was finished by {MASTER}.\n{_LINES}", "Sylt", "sylt.txt", line=1),
    Document("haifa", "המגדל של חיפה נבנה על ידי אדריכלים.", "חיפה", "haifa.txt"),
    Document("lugano", f"Lugano painted {HOSTILE}.", "<i>Lugano</i>", "lugano.txt"),
)
TEXTS = {document.id: document.text for document in DOCUMENTS}


def write_documents(place: Path) -> None:
    upsert(place, CONFIG, HashEncoder(), DOCUMENTS)


def write_pages(place: Path, file: Path) -> list[Document]:
    """An index of a PDF of two pages, as `ragqa index` makes it; its documents."""
    second = ((72, 240, "The tower of Uster was finished"), (72, 220, f"by {MASTER} in 1900."))
    write_pdf(file, [(72, 700, "The bridge of Zug was built by Ilse Brandt.")], second)
    documents = [one for one in read_pdf(SourceFile(file, file.name)) if isinstance(one, Document)]
    update(place, CONFIG, HashEncoder(), documents)
    return documents


@dataclass
class Visitor:
    """Somebody who looks at the page of a service."""

    browser: Browser
    url: str

    def visit(self, width: int = 1280, height: int = 900, **address: object) -> None:
        hash_ = f"#{urlencode(address)}" if address else ""
        self.browser.open(f"{self.url}/{hash_}", width, height)

    def ask(self, question: str) -> str:
        """Type a question and press Enter; the text of the exchange."""
        self.browser.run("document.querySelector('.exchange')?.classList.add('before')")
        self.browser.run("document.getElementById('question').focus()")
        self.browser.press(question, "Enter")
        return self.exchange(".exchange:not(.before)")

    def exchange(self, selector: str = ".exchange") -> str:
        self.browser.wait("return document.querySelector(arguments[0]) !== null", selector)
        return self.text(selector)

    def text(self, selector: str) -> str:
        return self.browser.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def click(self, selector: str) -> None:
        self.browser.run("document.querySelector(arguments[0]).click()", selector)

    def trouble(self) -> str:
        self.browser.wait("return !document.getElementById('trouble').hidden")
        return self.text("#trouble p")

    def mark(self, place: str) -> list[Any]:
        """Of the mark in a part of the page: its text, what stands before it, and what behind it."""
        self.browser.wait("return document.querySelector(arguments[0] + ' mark') !== null", place)
        return self.browser.run(
            """
            const mark = document.querySelector(arguments[0] + " mark");
            const range = document.createRange();
            range.selectNodeContents(mark.parentElement);
            range.setEndBefore(mark);
            const before = range.toString();
            range.selectNodeContents(mark.parentElement);
            range.setStartAfter(mark);
            return [mark.textContent, before, range.toString()];
            """,
            place,
        )

    def address(self) -> str:
        return self.browser.run("return location.hash")
