"""Texts of LibreOffice (.odt): what is shown, without deletions; notes stand where they are referred to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ragqa.corpus.damage import readable
from ragqa.corpus.files import SourceFile, open_zip
from ragqa.corpus.flow import LINE, PARAGRAPH, Block, flow
from ragqa.corpus.grid import Cell, table_block
from ragqa.corpus.package import Node, Package, child, fact, local, number, text_of
from ragqa.documents import Document
from ragqa.errors import SourceError

_SILENT = frozenset((
    "tracked-changes", "annotation", "annotation-end", "forms", "sequence-decls", "variable-decls", "user-field-decls",
    "table-of-content", "alphabetical-index", "illustration-index", "note-citation", "desc", "title",
))  # fmt: skip
_SIGNS = {"tab": "\t", "line-break": "\n"}
_MOST_BLANKS = 1_000


def read_odt(file: SourceFile) -> Iterator[Document]:
    """One document; its title is that of the properties, a paragraph in the style Title, or the first heading."""
    with readable("OpenDocument text"), open_zip(file) as archive:
        package = Package(archive)
        body = body_of(package, "text")
        title = text_of(child(package.xml("meta.xml"), "meta", "title"))
        reader = _Reader()
        said = flow(reader.blocks(body))
    yield said.document(file, title or reader.title)


def body_of(package: Package, kind: str) -> Node:
    """The part of this kind ("text", "spreadsheet") that a file of OpenDocument has; `SourceError` if it has none."""
    parts = package.xml("META-INF/manifest.xml")
    if parts is not None and any(local(node) == "encryption-data" for node in parts.iter()):
        raise SourceError("encrypted; save it without a password")
    body = child(package.xml("content.xml"), "body", kind)
    if body is None:
        raise SourceError(f"not a readable OpenDocument file (it has no {kind} part)")
    return body


class _Reader:
    def __init__(self) -> None:
        self.title = ""

    def blocks(self, parent: Node, depth: int = 0) -> Iterator[Block]:
        for node in parent:
            name = local(node)
            if name in _SILENT or not name:
                continue
            if name == "h":
                if text := " ".join(said_in(node).split()):
                    yield Block(text, level=number(fact(node, "outline-level"), 1))
                yield from self._boxes(node)
            elif name == "p":
                yield from self._paragraph(node)
            elif name == "list":
                yield from self._list(node, depth)
            elif name == "table":
                yield from self._table(node)
            else:  # sections, frames, text boxes and whatever else holds paragraphs
                yield from self.blocks(node, depth)

    def _paragraph(self, node: Node) -> Iterator[Block]:
        text = said_in(node).strip()
        if text:
            if fact(node, "style-name") == "Title" and not self.title:
                self.title = " ".join(text.split())
            yield Block(text)
        yield from self._boxes(node)

    def _boxes(self, node: Node) -> Iterator[Block]:
        """Text boxes and notes that are anchored in a paragraph."""
        for inner in node:
            if local(inner) in ("text-box", "note-body"):
                yield from self.blocks(inner)
            elif local(inner) not in _SILENT:
                yield from self._boxes(inner)

    def _list(self, node: Node, depth: int) -> Iterator[Block]:
        first = depth == 0
        for item in node:
            mark = f"{'  ' * depth}- "
            for block in self.blocks(item, depth + 1):
                if block.level is None and not block.is_table and mark and not block.text.lstrip().startswith("- "):
                    block = replace(block, text=f"{mark}{block.text}")
                    mark = ""
                yield replace(block, gap=PARAGRAPH if first else LINE)
                first = False

    def _table(self, table: Node) -> Iterator[Block]:
        rows: list[list[Cell]] = []
        headers = 0
        for line in rows_of(table):
            headers += local(line.getparent()) == "table-header-rows"
            rows.append([self._cell(cell) for cell in line if local(cell) == "table-cell"])
        if block := table_block(rows, headers):
            yield block

    def _cell(self, cell: Node) -> Cell:
        said = " ".join(block.text for block in self.blocks(cell))
        return Cell(
            " ".join(said.split()),
            number(fact(cell, "number-columns-spanned"), 1),
            number(fact(cell, "number-rows-spanned"), 1),
        )


def rows_of(table: Node) -> Iterator[Node]:
    """The rows of a table, not those of tables in it."""
    for node in table:
        if local(node) == "table-row":
            yield node
        elif local(node) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from rows_of(node)


def said_in(node: Node) -> str:
    """What a paragraph says itself, without boxes, notes and comments."""
    parts = [_flowing(node.text)]
    for part in node:
        name = local(part)
        if name == "s":
            parts.append(" " * min(number(fact(part, "c"), 1), _MOST_BLANKS))
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
        elif name not in _SILENT and name not in ("text-box", "note", "frame", ""):
            parts.append(said_in(part))
        parts.append(_flowing(part.tail))
    return "".join(parts)


def _flowing(text: str | None) -> str:
    """White space in the file is one blank."""
    if not text:
        return ""
    said = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{said}{' ' * (bool(said) and text[-1].isspace())}"
