"""From HTML to text: what a reader of the page sees, without navigation, scripts, page headers, footers and side
columns, and without what repeats on most pages of a site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile

from ragqa.corpus.boilerplate import without_repeated
from ragqa.corpus.files import Problem, SourceFile, decoded, read_text_bytes
from ragqa.corpus.flow import LINE, PARAGRAPH, Block, flow
from ragqa.corpus.grid import Cell, table_block
from ragqa.corpus.html_tree import Element, parse
from ragqa.documents import Document

# fmt: off
_DROPPED = frozenset((
    "script", "style", "template", "noscript", "svg", "iframe", "object", "select", "button", "textarea", "canvas",
    "audio", "video", "dialog", "annotation", "annotation-xml",
))
_CONTENT = frozenset(("article", "main", "section"))  # their headers, footers and side columns belong to them
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "main", "nav", "ol", "p", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))
# fmt: on
_ROLES = {"navigation": "nav", "banner": "header", "contentinfo": "footer", "complementary": "aside", "main": "main"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol", "menu", "a"))
_FRESH = frozenset(("dd", "li"))  # a block that begins with them goes on in their line
_PERMALINKS = frozenset(("¶", "#", "§", "🔗", "\uf0c1"))
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f\v\xa0]+")
_DIGITS = re.compile(r"[-+−]?\d{1,4}", re.ASCII)
_LONGEST_RAISED = 5  # characters that `_DIGITS` finds, at most
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def read_html(file: SourceFile) -> Iterator[Document | Problem]:
    """One document: paragraphs with a blank line between, table cells with " | ", title from title or h1, sections.

    What repeats on most pages of its folder is left out, which is told as a remark.
    """
    page = page_of(file)
    blocks, repeated = without_repeated(file, page.blocks, lambda other: page_of(other).blocks)
    if repeated:
        yield Problem(file.source, "left out: what repeats on most pages of its folder", unread=False, remark=True)
    yield flow(blocks).document(file, page.title)


def page_of(file: SourceFile) -> Page:
    """A file's title and blocks."""
    raw = read_text_bytes(file)
    charset = _CHARSET.search(raw, 0, 4096)
    return read_page(decoded(file, raw, charset[1].decode("ascii") if charset else ""), file.limits.nesting)


def read_page(text: str, nesting: int) -> Page:
    """The title and blocks of a page; `SourceError` if more than ``nesting`` elements are inside one another."""
    root = parse(text, nesting)
    page = Page(root.h1)
    page.read(root)
    return page


class Page:
    """The ``title`` and ``blocks`` of an element that it is told to `read`."""

    def __init__(self, h1: int = 0) -> None:
        self.blocks: list[Block] = []
        self.title = ""
        self._h1 = h1  # of the whole page
        self._content = 0
        self._parts: list[str] = []  # of the block that is being put together
        self._gap = ""  # before what comes next: nothing, a blank, a line end, or an empty line (a new block)
        self._fresh = False

    def read(self, element: Element) -> None:
        """Take all that is in an element. It goes down without recursion, however deep that is."""
        stack = [(element, iter(self._shown(element)))]
        while stack:
            element, rest = stack[-1]
            item = next(rest, None)
            if item is None:
                stack.pop()
                self._close(element)
            elif isinstance(item, str):
                self._write_flowing(item)
            elif self._open(item):
                stack.append((item, iter(self._shown(item))))
        self._end_block()

    def _open(self, element: Element) -> bool:
        """Begin an element; whether it is to be gone into, as it is neither left out nor taken whole."""
        tag = _ROLES.get(element.facts.get("role", ""), element.tag)
        if tag in _DROPPED or self._is_aside(element, tag) or _is_permalink(element):
            return False
        if tag == "title":
            self.title = self.title or said(element)
        elif tag in _HEADINGS:
            self._end_block()
            if text := said(element):
                self.blocks.append(Block(text, level=_HEADINGS[tag]))
        elif tag in ("pre", "listing", "xmp"):
            self._end_block()
            if (text := _raw(element).strip("\r\n")).strip():
                self.blocks.append(Block(text, follows=True))
        elif tag == "table" and not _arranges(element):
            self._add_table(element)
        elif tag == "sup" and _DIGITS.fullmatch(text := _beginning(element)):
            self._write(text.translate(_RAISED))
        else:
            self._content += tag in _CONTENT
            self._separate(tag)
            return True
        return False

    def _close(self, element: Element) -> None:
        tag = element.tag
        self._content -= _ROLES.get(element.facts.get("role", ""), tag) in _CONTENT
        if tag in _BLOCKS:
            self._gap = PARAGRAPH if tag not in ("dt", "dd") else LINE
        elif tag == "li":
            self._gap = self._gap if self._gap == PARAGRAPH else LINE

    def _is_aside(self, element: Element, tag: str) -> bool:
        """Whether a nav, header, footer or aside is of the site, and not of the text: it has no prose, for example.

        An end tag may be missing, so one with the page's own content in it is never left out.
        """
        if tag == "nav":
            return not (element.prose or element.holds("main", "article", "h1", "pre"))
        if self._content or tag not in ("header", "footer", "aside"):
            return False
        own = element.holds("main", "article") or (element.h1 > 0 and element.h1 == self._h1)
        return not (own or (element.prose and tag != "footer"))

    def _shown(self, element: Element) -> list[Element | str]:
        """What is in an element; of a nav that goes on into the text, without the links that it begins with."""
        if element.tag != "nav":
            return element.inside

        def is_link(item: Element | str) -> bool:
            return isinstance(item, str) or item.tag in _LISTS or not (item.words or item.bits)

        return list(dropwhile(is_link, element.inside))

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            if tag == "dd":
                self._gap = LINE
            elif not self._fresh:
                self._gap = PARAGRAPH
            self._fresh = tag == "dd"
        elif tag in ("br", "li"):
            self._gap = self._gap if self._gap == PARAGRAPH else LINE
            self._fresh = tag == "li"

    def _add_table(self, table: Element) -> None:
        self._end_block()
        rows, headers = list[list[Cell]](), 0
        for row in _rows(table):
            cells = [cell for cell in row.inside if isinstance(cell, Element) and cell.tag in ("td", "th")]
            heads = sum(cell.tag == "th" for cell in cells)
            if headers == len(rows) and (heads == len(cells) or (heads > 1 and not rows)):
                headers += 1
            rows.append([Cell(said(cell), _number(cell, "colspan"), _number(cell, "rowspan")) for cell in cells])
        captions = [item for item in table.inside if isinstance(item, Element) and item.tag == "caption"]
        self.blocks += [Block(text) for text in map(said, captions) if text]
        if block := table_block(rows, headers):
            self.blocks.append(block)

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
        if self._gap == PARAGRAPH:
            self._end_block()
        elif self._parts and self._gap:
            self._parts.append(self._gap)
        self._gap, self._fresh = "", False
        self._parts.append(text)

    def _end_block(self) -> None:
        if self._parts:
            self.blocks.append(Block("".join(self._parts)))
        self._parts, self._gap, self._fresh = [], "", False


def said(element: Element) -> str:
    """All that is said in an element, in one line."""
    page = Page()
    page.read(element)
    return " ".join(" ".join(block.text for block in page.blocks).split())


def _is_permalink(element: Element) -> bool:
    match element.inside:
        case [str(text)]:
            return element.tag == "a" and text.strip() in _PERMALINKS
    return False


def _arranges(table: Element) -> bool:
    """Whether a table only arranges a page: it has one cell, or tables, headings or programs in its cells."""
    rows = _rows(table)
    single = len(rows) <= 1
    return (
        table.holds("table", *_HEADINGS)
        or (single and table.holds("pre"))
        or (single and sum(isinstance(cell, Element) for row in rows for cell in row.inside) <= 1)
    )


def _rows(table: Element) -> list[Element]:
    """The rows of a table, the header's first."""
    parts = [item for item in table.inside if isinstance(item, Element)]
    parts.sort(key=lambda part: {"thead": 0, "tfoot": 2}.get(part.tag, 1))
    rows = [[part] if part.tag == "tr" else part.inside for part in parts]
    return [row for group in rows for row in group if isinstance(row, Element) and row.tag == "tr"]


def _number(cell: Element, fact: str) -> int:
    value = cell.facts.get(fact, "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _raw(element: Element) -> str:
    """The text of an element as it stands, white space included."""
    return "".join(_texts(element))


def _beginning(element: Element) -> str:
    """The text of an element without blanks around it, of a long one only enough to tell that it is long."""
    text = ""
    for part in _texts(element):
        text = (text + part).lstrip()
        if len(text.rstrip()) > _LONGEST_RAISED:
            break
    return text.strip()


def _texts(element: Element) -> Iterator[str]:
    stack: list[Iterator[Element | str]] = [iter(element.inside)]
    while stack:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
        elif isinstance(item, str):
            yield item
        elif item.tag == "br":
            yield LINE
        elif item.tag not in _DROPPED:
            stack.append(iter(item.inside))
