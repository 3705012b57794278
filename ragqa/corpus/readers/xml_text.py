"""XML: text by its elements. No word of a vocabulary has to be known, but those of JATS, DocBook, TEI and DITA are.

* An element with text of its own beside other elements is a paragraph; what stands in it is part of its line.
* A title (``title``, ``head``, ``question`` …) heads what its parent holds; in texts so does an attribute ``title`` or
  ``name`` of an element without one.
* Lists, definitions, tables and listings are told by their names. A term and its definition stand together.
* Elements that hold only a short text are quoted with their names ("price: 5.95"), in files of data with attributes.
  An element of nothing but several attributes with words is a record of them anywhere.
* A reference without words says the title of what it points to, if that is in the file, or the name of the place.

Entities are read if the file itself declares them as plain text, or if HTML knows them; nothing outside the file is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ragqa.corpus.files import SourceFile, decoded, read_text_bytes
from ragqa.corpus.flow import LINE, PARAGRAPH, Block, flow
from ragqa.corpus.grid import Cell, table_block
from ragqa.corpus.package import Node, local, number
from ragqa.corpus.readers.markup import read_page
from ragqa.corpus.readers.xml_line import Line
from ragqa.corpus.readers.xml_tree import name_of, parsed
from ragqa.corpus.readers.xml_words import (
    BLOCKS,
    CAPTIONED,
    CELLS,
    DOCUMENTS,
    ENTRIES,
    LISTINGS,
    LISTS,
    ROWS,
    SILENT,
    TABLES,
    TERMS,
    TEXTS,
    TITLES,
    VERBATIM,
)
from ragqa.corpus.tables import file_title, quote_cells
from ragqa.documents import Document

_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:p|br|div|a|b|i|em|strong|ul|ol|li|h[1-6]|span|table)\b[^<>]*>", re.IGNORECASE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_ITEM_LINE = re.compile(r"\s*\n\s*(?=(?:[-*•–]|\d{1,3}[.)])\s)")
_LONG = 200  # characters of a leaf that is quoted without its name
_DEEPEST = 12  # headings
_WORDS = re.compile(r"[^\W\d_]{2} [^\W\d_]{2}")
_PROSE = [f"{{*}}{name}" for name in ("para", "simpara", "section", "sec", "chapter")]
_STANDING = LISTS | TABLES | VERBATIM
_NESTING = 200  # elements of HTML in one another, within a text


def read_xml(file: SourceFile) -> Iterator[Document]:
    """One document; its title is the first title in it."""
    raw = read_text_bytes(file)
    declared = _ENCODING.search(raw, 0, 512)
    text = decoded(file, raw, declared[1].decode("ascii") if declared else "")
    root, entities = parsed(text)
    if name_of(root) == "html":
        page = read_page(text, file.limits.nesting)
        yield flow(page.blocks).document(file, page.title)
        return
    reader = _Reader(root, entities)
    said = flow(reader.element(root, 1))
    yield said.document(file, reader.title or file_title(file))


class _Reader:
    def __init__(self, root: Node, entities: dict[str, str]) -> None:
        self._line = Line(root, entities)
        self._is_data = name_of(root) not in DOCUMENTS and next(root.iter(*_PROSE), None) is None
        self.title = ""

    def element(self, node: Node, level: int) -> Iterator[Block]:
        """The blocks of an element that is neither a leaf nor within a line."""
        name = name_of(node)
        if name in SILENT:
            return
        if name in VERBATIM or _is_listing(node):
            if (text := self._line.text(node).strip("\r\n")).strip():
                yield Block(text, follows=True)
        elif name in TABLES and (block := self._table(node)):
            for child in node:
                if name_of(child) in TITLES or name_of(child) == "caption":
                    yield from self._texts(self._line.said(child))
            yield block
        elif name in LISTS:
            yield from self._list(node, level)
        elif name in ENTRIES:
            yield from self._entry(node, level)
        elif self._is_mixed(node):
            yield from self._paragraph(node, level)
        else:
            yield from self._container(node, level)

    def _is_mixed(self, node: Node) -> bool:
        """Whether text stands directly in it."""
        if (node.text or "").strip() or not len(node):
            return True
        return any((child.tail or "").strip() for child in node)

    def _container(self, node: Node, level: int) -> Iterator[Block]:
        children = list(node)
        title, called, heads = self._heading(node, children)
        cells = self._attributes(node) if self._is_data else []
        if heads and level <= _DEEPEST:
            yield Block(called, level=level)
        for child in children:
            if child is title and (heads or not called):
                continue
            if self._is_leaf(child):
                if record := self._record(child):
                    yield from self._cells(cells)
                    yield from self._cells(record)
                    cells = []
                    continue
                cells += self._leaf(child)
                if cells and cells[-1][0]:
                    continue
                text = cells.pop()[1] if cells else ""
                yield from self._cells(cells)
                cells = []
                yield from self._texts(text)
            else:
                yield from self._cells(cells)
                cells = []
                yield from self.element(child, level + heads)
        yield from self._cells(cells)
        if heads and level <= _DEEPEST:
            yield Block("", level=level)

    def _heading(self, node: Node, children: list[Node]) -> tuple[Node | None, str, bool]:
        """The title among the children, what the element is called, and whether that heads what is in it."""
        title = next((one for one in children if name_of(one) in TITLES), None)
        called = self._line.said(title) if title is not None else ""
        is_root = node.getparent() is None
        if title is None and not self._is_data:
            called = " ".join((node.get("title") or node.get("name") or "").split())
        if not self._is_data or is_root:
            self.title = self.title or called
        heads = bool(called) and name_of(node) not in CAPTIONED and len(children) > (title is not None)
        if heads or not self._is_data or is_root or self._is_record(node):
            return title, called, heads
        return None, node.get("name") or node.get("id") or local(node), True

    def _is_record(self, node: Node) -> bool:
        """Whether it holds nothing but leaves, as others beside it do."""
        beside = (node.getprevious(), node.getnext())
        return any(one is not None and one.tag == node.tag for one in beside) and all(map(self._is_leaf, node))

    def _is_leaf(self, node: Node) -> bool:
        """Whether it holds no elements; references to entities in it stand for text."""
        name = name_of(node)
        return name not in VERBATIM and name not in SILENT and not any(map(name_of, node)) and not _is_listing(node)

    def _record(self, node: Node) -> list[tuple[str, str]]:
        """The attributes of a leaf without text, if they are several and say something in words."""
        facts = [] if len(node) or (node.text or "").strip() else self._attributes(node)
        return facts if len(facts) > 1 and any(_WORDS.search(value) for _, value in facts) else []

    def _leaf(self, node: Node) -> list[tuple[str, str]]:
        """Name and text of a leaf, and its attributes; without name if the text is for itself."""
        text = self._line.text(node).strip()
        name = name_of(node)
        facts = self._attributes(node) if self._is_data else []
        if not text:
            return facts
        if name == "focus":
            self.title = self.title or " ".join(text.split())
        if name in TEXTS or len(text) > _LONG or name in TITLES:
            return [*facts, ("", text)]
        return [(local(node), " ".join(text.split())), *facts]

    @staticmethod
    def _attributes(node: Node) -> list[tuple[str, str]]:
        return [
            (key.rpartition("}")[2], " ".join(value.split()))
            for key, value in node.attrib.items()
            if "XMLSchema-instance" not in key and value.strip()
        ]

    @staticmethod
    def _cells(cells: list[tuple[str, str]]) -> Iterator[Block]:
        if text := quote_cells(cells)[0]:
            yield Block(text)

    def _texts(self, text: str) -> Iterator[Block]:
        """The paragraphs of a leaf's text; HTML in it is read as such."""
        if _MARKUP.search(text):
            yield from read_page(text, _NESTING).blocks
            return
        for paragraph in _PARAGRAPHS.split(text):
            if said := _flowing(paragraph).strip():
                yield Block(said)

    def _paragraph(self, node: Node, level: int) -> Iterator[Block]:
        """Text with elements in it; lists and the like in it are blocks of their own."""
        parts = [node.text or ""]
        for child in node:
            tail = child.tail or ""
            if _is_block(child):
                yield from self._texts("".join(parts))
                parts = []
                yield from self.element(child, level)
            elif said := _PARAGRAPHS.sub(" ", self._line.text(child)):
                parts.append(said)
            elif parts[-1][-1:].isspace():
                tail = tail.lstrip()  # two line ends around nothing end no paragraph
            parts.append(tail)
        yield from self._texts("".join(parts))

    def _list(self, node: Node, level: int) -> Iterator[Block]:
        children = [child for child in node if name_of(child)]
        pairs = name_of(node) == "list" and any(name_of(child) == "label" for child in children)
        first, term = True, ""
        for child in children:
            if name_of(child) in TITLES:
                yield Block(self._line.said(child))
                continue
            if pairs and name_of(child) == "label":
                term = self._line.said(child)
                continue
            mark = f"{term}: " if term else "- "
            term = ""
            for block in self.element(child, level):
                plain = block.level is None and not block.is_table and not block.follows
                text = f"{mark}{block.text}" if plain else block.text
                mark = "" if plain else mark
                yield replace(block, text=text, gap=PARAGRAPH if first else LINE)
                first = False

    def _entry(self, node: Node, level: int) -> Iterator[Block]:
        """A term and its definition: "term: definition", and what else is said of it."""
        terms = ", ".join(self._line.said(child) for child in node if name_of(child) in TERMS)
        gap = PARAGRAPH
        for child in node:
            if name_of(child) in TERMS:
                continue
            for block in self.element(child, level):
                plain = block.level is None and not block.is_table and not block.follows
                yield Block(f"{terms}: {block.text}", gap) if plain and terms else block
                terms, gap = "" if plain else terms, LINE
        if terms:
            yield Block(terms)

    def _table(self, table: Node) -> Block | None:
        rows: list[list[Cell]] = []
        headers = 0
        for line in table.iter():
            if name_of(line) not in ROWS:
                continue
            cells = [one for one in line if name_of(one) in CELLS]
            parent = name_of(line.getparent())
            is_head = parent == "thead" or line.get("role") == "label" or name_of(line) == "sthead"
            is_head |= bool(cells) and all(name_of(cell) == "th" for cell in cells)
            headers += is_head and headers == len(rows)
            rows.append([self._cell(cell) for cell in cells])
        return table_block(rows, headers) if rows else None

    def _cell(self, cell: Node) -> Cell:
        columns = number(cell.get("colspan", "") or cell.get("cols", ""), 1)
        more = number(cell.get("morerows", ""), 0)
        return Cell(self._line.said(cell), columns, number(cell.get("rowspan", "") or cell.get("rows", ""), 1) + more)


def _is_block(node: Node) -> bool:
    """Whether an element within a text stands for itself: it is no note, or has lists, tables or programs in it."""
    name = name_of(node)
    if name in BLOCKS and name != "note" and (len(node) or name in VERBATIM or name in ("p", "para")):
        return True
    return _is_listing(node) or any(name_of(one) in _STANDING for one in node.iterdescendants())


def _is_listing(node: Node) -> bool:
    """Whether an example is a program, not a text about one: lines stand directly in it."""
    return name_of(node) in LISTINGS and "\n" in (node.text or "").strip()


def _flowing(text: str) -> str:
    """Text with one blank for white space, but for lines that begin like items of a list."""
    return "\n".join(" ".join(line.split()) for line in _ITEM_LINE.split(text))
