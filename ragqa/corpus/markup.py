"""From HTML to text: what a reader of the page sees, without navigation, scripts, page headers, footers and side
columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragqa.corpus.files import SourceFile, decoded, read_text_bytes
from ragqa.corpus.headings import Outline
from ragqa.corpus.limits import too_deep
from ragqa.errors import SourceError
from ragqa.types import Document

# fmt: off
_DROPPED = frozenset((
    "script", "style", "nav", "template", "noscript", "svg", "math", "iframe", "object", "select", "button", "textarea",
    "canvas", "audio", "video", "dialog",
))
_BANNERS = frozenset(("header", "footer", "aside"))  # of the page; those of an article belong to it
_CONTENT = frozenset(("article", "main", "section"))
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "main", "ol", "p", "pre", "section",
    "summary", "table", "ul",
))
# fmt: on
_CHUNK = 1 << 16
_LINES = frozenset(("br", "li"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CELLS = frozenset(("td", "th"))
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f\v\xa0]+")
_INVISIBLE = str.maketrans("", "", "\xad\u200b\ufeff")


def read_html(file: SourceFile) -> Iterator[Document]:
    """One document: paragraphs with a blank line between, table cells with " | ", title from title or h1, sections."""
    raw = read_text_bytes(file)
    charset = _CHARSET.search(raw, 0, 4096)
    page = read_page(decoded(file, raw, charset[1].decode("ascii") if charset else ""), file.limits.nesting)
    title = page.title or page.outline.first_title
    yield Document(file.name, "".join(page.parts), title, file.source, sections=tuple(page.outline.sections))


def read_page(text: str, nesting: int) -> Page:
    """The text of a page's elements; `SourceError` if more than ``nesting`` of them are open at once.

    libxml2 parses and reports each start, end and text to `Page`, so that no tree is built. For a given nesting this
    takes time linear in the text: finding the element that an end tag closes looks at all open elements.
    """
    from lxml import etree

    page = Page(nesting)
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True)
    raw = text.encode("utf-8", "replace")
    try:
        for at in range(0, len(raw), _CHUNK):
            parser.feed(raw[at : at + _CHUNK])
        parser.close()
    except etree.XMLSyntaxError:  # nothing in it, not even a word
        page.close()
    return page


class Page:
    """A target for lxml's parser; told of a page's elements, it has ``parts`` (the text), ``title`` and ``outline``."""

    def __init__(self, nesting: int) -> None:
        self.parts: list[str] = []
        self.outline = Outline()
        self.title = ""
        self._nesting = nesting
        self._depth = 0
        self._length = 0
        self._gap = ""  # between what was written and what comes: nothing, a blank, " | ", a line end or an empty line
        self._dropped = 0  # the depth of the outermost element that is being left out
        self._content = 0
        self._pre = 0
        self._rows = self._cells = 0  # so far in this table, in this row
        self._in_new_cell = False
        self._titles: list[str] | None = None
        self._level = 0
        self._heading: list[str] = []
        self._text: list[str] = []

    def start(self, tag: str, attributes: object) -> None:
        """Open an element."""
        self._flush()
        self._depth += 1
        if self._depth > self._nesting:
            raise SourceError(too_deep(self._nesting))
        if self._dropped:
            return
        if tag in _DROPPED or (tag in _BANNERS and not self._content):
            self._dropped = self._depth
        elif tag == "title":
            self._titles = [] if not self.title else None
        else:
            self._content += tag in _CONTENT
            self._pre += tag == "pre"
            self._separate(tag, opening=True)
            if tag in _HEADINGS:
                self._end_heading()
                self._level = _HEADINGS[tag]

    def end(self, tag: str) -> None:
        """Close an element."""
        self._flush()
        self._depth -= 1
        if self._dropped:
            if self._depth < self._dropped:
                self._dropped = 0
        elif tag == "title":
            self._end_title()
        else:
            if tag in _HEADINGS:
                self._end_heading()
            self._content = max(0, self._content - (tag in _CONTENT))
            self._pre = max(0, self._pre - (tag == "pre"))
            self._separate(tag, opening=False)

    def data(self, data: str) -> None:
        """Take a piece of text; libxml2 gives what stands between two tags in several."""
        if not self._dropped:
            self._text.append(data)

    def close(self) -> None:
        """Take the last text; a heading or title left open ends here."""
        self._flush()
        self._end_heading()
        self._end_title()

    def _flush(self) -> None:
        if not self._text:
            return
        data = "".join(self._text).translate(_INVISIBLE)
        self._text = []
        if self._titles is not None:
            self._titles.append(data)
        elif self._level:
            self._heading.append(data)
        elif self._pre:
            self._write(data if data.strip() else "")
        else:
            self._write_flowing(data)

    def _end_title(self) -> None:
        if self._titles is not None:
            self.title = " ".join("".join(self._titles).split())
            self._titles = None

    def _end_heading(self) -> None:
        level, text = self._level, " ".join("".join(self._heading).split())
        self._level, self._heading = 0, []
        if level and text:
            self._gap = "\n\n"
            self.outline.add(self._length + (2 if self.parts else 0), level, text)
            self._write(text)
            self._gap = "\n\n"

    def _separate(self, tag: str, *, opening: bool) -> None:
        if self._level and tag not in _HEADINGS:
            self._heading.append(" " if tag in _BLOCKS or tag in _LINES else "")
        elif tag in _BLOCKS:
            self._rows = 0 if tag == "table" else self._rows
            if not (opening and self._in_new_cell):
                self._gap = "\n\n"
        elif tag in _LINES:
            self._gap = self._gap if self._gap == "\n\n" else "\n"
        elif opening and tag == "tr":
            self._rows, self._cells = self._rows + 1, 0
            self._gap = "\n" if self._rows > 1 else self._gap
        elif opening and tag in _CELLS:
            self._cells, self._in_new_cell = self._cells + 1, True
            self._gap = " | " if self._cells > 1 else self._gap

    def _write_flowing(self, data: str) -> None:
        words = _BLANKS.sub(" ", data)
        if words.startswith(" "):
            self._gap = self._gap or " "
        self._write(words.strip(" "))
        if words.endswith(" ") and len(words) > 1:
            self._gap = self._gap or " "

    def _write(self, text: str) -> None:
        if not text:
            return
        if self.parts and self._gap:
            self.parts.append(self._gap)
            self._length += len(self._gap)
        self._gap, self._in_new_cell = "", False
        self.parts.append(text)
        self._length += len(text)
