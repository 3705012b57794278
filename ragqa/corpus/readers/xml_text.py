"""XML: text by its elements. No word of a vocabulary has to be known, but those of JATS, DocBook, TEI and DITA are.

* An element with text of its own beside other elements is a paragraph; what stands in it is part of its line.
* A title (``title``, ``head``, ``question`` …) heads what its parent holds.
* Lists, definitions, tables and listings are told by their names. A term and its definition stand together.
* Elements that hold only a short text are quoted with their names ("price: 5.95"), in files of data with attributes.

Entities are read if the file itself declares them as plain text, or if HTML knows them; nothing outside the file is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.entities import html5
from typing import Any

from ragqa.corpus.files import SourceFile, decoded, read_text_bytes
from ragqa.corpus.flow import LINE, PARAGRAPH, Block, flow
from ragqa.corpus.grid import Cell, table_block
from ragqa.corpus.package import Node, local, number
from ragqa.corpus.readers.markup import read_page
from ragqa.corpus.readers.xml_words import (
    BLOCKS,
    CAPTIONED,
    CELLS,
    DOCUMENTS,
    ENTRIES,
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
from ragqa.errors import SourceError
from ragqa.types import Document

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>")
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_MENDED = re.compile(r"Entity '[^']*' not defined|Namespace prefix")  # which a parser can pass over
_SEVERAL = "Extra content at the end"  # of a fragment with several roots
_FRAGMENT = "<fragment>"
_MARKUP = re.compile(r"</?(?:p|br|div|a|b|i|em|strong|ul|ol|li|h[1-6]|span|table)\b[^<>]*>", re.IGNORECASE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_ITEM_LINE = re.compile(r"\s*\n\s*(?=(?:[-*•–]|\d{1,3}[.)])\s)")
_LONG = 200  # characters of a leaf that is quoted without its name
_DEEPEST = 12  # headings
_LONGEST_ENTITY = 1_000  # characters
_NESTING = 200  # elements of HTML in one another, within a text
_UNKNOWN_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,30});")


def read_xml(file: SourceFile) -> Iterator[Document]:
    """One document; its title is the first title in it."""
    raw = read_text_bytes(file)
    declared = _ENCODING.search(raw, 0, 512)
    text = decoded(file, raw, declared[1].decode("ascii") if declared else "")
    root, entities = _parsed(_DECLARATION.sub("", text))
    if _name(root) == "html":
        page = read_page(text, file.limits.nesting)
        yield flow(page.blocks).document(file, page.title)
        return
    reader = _Reader(entities, is_data=_name(root) not in DOCUMENTS)
    said = flow(reader.element(root, 1))
    yield said.document(file, reader.title or file_title(file))


def _parsed(text: str) -> tuple[Node, dict[str, str]]:
    from lxml import etree

    raw = text.encode("utf-8", "replace")
    options: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "encoding": "utf-8"}
    options |= {"remove_comments": True, "remove_pis": True}
    try:
        root = etree.fromstring(raw, etree.XMLParser(**options))
    except etree.XMLSyntaxError as error:
        if _SEVERAL in str(error) and "<!DOCTYPE" not in text and not text.startswith(_FRAGMENT):
            return _parsed(f"{_FRAGMENT}{text}</fragment>")
        if not _MENDED.search(str(error)):
            raise SourceError(f"not XML ({' '.join(str(error).split())[:200]})") from error
        parser = etree.XMLParser(**options, recover=True)
        root = etree.fromstring(_UNKNOWN_ENTITY.sub(_known, raw), parser)
        faults = [entry.message for entry in parser.error_log if not _MENDED.search(entry.message)]
        if root is None or faults:
            raise SourceError(f"not XML ({' '.join(faults)[:200]})") from error
    declared = root.getroottree().docinfo.internalDTD
    entities = {
        entity.name: entity.content
        for entity in (declared.iterentities() if declared is not None else ())
        if entity.content and len(entity.content) <= _LONGEST_ENTITY and not set("<&") & set(entity.content)
    }
    return root, entities


def _known(found: re.Match[bytes]) -> bytes:
    """The character that HTML knows by this name; the five of XML stay as they are."""
    name = found[1].decode("ascii")
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return found[0]
    return html5[f"{name};"].encode() if f"{name};" in html5 else found[0]


class _Reader:
    def __init__(self, entities: dict[str, str], *, is_data: bool) -> None:
        self._entities, self._is_data = entities, is_data
        self.title = ""

    def element(self, node: Node, level: int) -> Iterator[Block]:
        """The blocks of an element that is neither a leaf nor within a line."""
        name = _name(node)
        if name in SILENT:
            return
        if name in VERBATIM:
            if (text := self._inline(node).strip("\r\n")).strip():
                yield Block(text, follows=True)
        elif name in TABLES and (block := self._table(node)):
            for child in node:
                if _name(child) in TITLES or _name(child) == "caption":
                    yield from self._texts(self._said(child))
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
        name, children = _name(node), list(node)
        title = next((one for one in children if _name(one) in TITLES), None)
        called = self._said(title) if title is not None else ""
        if not self._is_data or node.getparent() is None:
            self.title = self.title or called
        heads = bool(called) and name not in CAPTIONED and len(children) > 1
        if not heads and self._is_data and node.getparent() is not None and not self._is_record(node):
            called = node.get("name") or node.get("id") or local(node)
            heads, title = True, None
        cells = self._attributes(node) if self._is_data else []
        if heads and level <= _DEEPEST:
            yield Block(called, level=level)
        for child in children:
            if child is title and (heads or not called):
                continue
            if self._is_leaf(child):
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

    def _is_record(self, node: Node) -> bool:
        """Whether it holds nothing but leaves, as others beside it do."""
        beside = (node.getprevious(), node.getnext())
        return any(one is not None and one.tag == node.tag for one in beside) and all(map(self._is_leaf, node))

    def _is_leaf(self, node: Node) -> bool:
        """Whether it holds no elements; references to entities in it stand for text."""
        return _name(node) not in VERBATIM and _name(node) not in SILENT and not any(map(_name, node))

    def _leaf(self, node: Node) -> list[tuple[str, str]]:
        """Name and text of a leaf, and its attributes; without name if the text is for itself."""
        text = self._inline(node).strip()
        name = _name(node)
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
            name = _name(child)
            if name in BLOCKS and name not in ("note",) and (len(child) or name in VERBATIM or name in ("p", "para")):
                yield from self._texts("".join(parts))
                parts = []
                yield from self.element(child, level)
            else:
                parts.append(_PARAGRAPHS.sub(" ", self._inline(child)))
            parts.append(child.tail or "")
        yield from self._texts("".join(parts))

    def _inline(self, node: Node) -> str:
        name = _name(node)
        if not name:  # a reference to an entity
            return self._entity(node)
        if name in SILENT:
            return ""
        parts = [node.text or ""]
        for child in node:
            parts += [self._inline(child), child.tail or ""]
        return "".join(parts)

    def _entity(self, node: Node) -> str:
        name = str(getattr(node, "name", "") or "")
        return self._entities.get(name, html5.get(f"{name};", name))

    def _said(self, node: Node) -> str:
        """All text of an element on one line."""
        return " ".join(self._inline(node).split())

    def _list(self, node: Node, level: int) -> Iterator[Block]:
        children = [child for child in node if _name(child)]
        pairs = _name(node) == "list" and any(_name(child) == "label" for child in children)
        first, term = True, ""
        for child in children:
            if _name(child) in TITLES:
                yield Block(self._said(child))
                continue
            if pairs and _name(child) == "label":
                term = self._said(child)
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
        terms = ", ".join(self._said(child) for child in node if _name(child) in TERMS)
        gap = PARAGRAPH
        for child in node:
            if _name(child) in TERMS:
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
            if _name(line) not in ROWS:
                continue
            cells = [one for one in line if _name(one) in CELLS]
            parent = _name(line.getparent())
            is_head = parent == "thead" or line.get("role") == "label" or _name(line) == "sthead"
            is_head |= bool(cells) and all(_name(cell) == "th" for cell in cells)
            headers += is_head and headers == len(rows)
            rows.append([self._cell(cell) for cell in cells])
        return table_block(rows, headers) if rows else None

    def _cell(self, cell: Node) -> Cell:
        columns = number(cell.get("colspan", "") or cell.get("cols", ""), 1)
        more = number(cell.get("morerows", ""), 0)
        return Cell(self._said(cell), columns, number(cell.get("rowspan", "") or cell.get("rows", ""), 1) + more)


def _name(node: Node) -> str:
    return local(node).lower()


def _flowing(text: str) -> str:
    """Text with one blank for white space, but for lines that begin like items of a list."""
    return "\n".join(" ".join(line.split()) for line in _ITEM_LINE.split(text))
