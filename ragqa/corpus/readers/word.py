"""Word's .docx: what Word shows once all changes are accepted.

Insertions, content controls, results of fields, text boxes, tables in tables and notes are text; deletions, hidden
text, placeholders and the table of contents, which repeats the headings, are none. Headers and footers are said once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ragqa.corpus.damage import readable
from ragqa.corpus.files import SourceFile, open_zip
from ragqa.corpus.flow import LINE, PARAGRAPH, Block, flow
from ragqa.corpus.grid import LONGEST_REPEATED, Cell, table_block
from ragqa.corpus.package import Node, Package, child, fact, is_on, local, number
from ragqa.corpus.readers.word_styles import Numbers, Style, heading_level, read_styles
from ragqa.documents import Document
from ragqa.errors import SourceError

_SILENT = frozenset(("del", "moveFrom", "delText", "instrText", "delInstrText", "rt", "Fallback"))  # not shown
_SILENT |= {"rPr", "pPr", "tblPr", "trPr", "tcPr", "sdtPr", "sectPr"}  # facts, not text
_WHOLE = frozenset(("body", "tc", "hdr", "ftr", "footnote", "endnote", "txbxContent"))  # paragraphs end with them
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_SIGNS = {"tab": "\t", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_PAGE_WORDS = frozenset(("page", "of", "seite", "von", "p", "pg", "página", "de", "sur"))
_LONGEST_NAME = 100  # characters of a column's name
_SYMBOLS = dict(zip("abcdefghijklmnopqrstuvwxyz", "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))  # of the font Symbol
_SYMBOLS |= dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
_SYMBOLS |= {"\xb0": "°", "\xb1": "±", "\xb3": "≥", "\xa3": "≤", "\xb4": "×", "\xb9": "≠", "\xb7": "•", "\xae": "→"}
_FIRST_ROW = 0x20  # of a table's look: its first row is a header


def read_docx(file: SourceFile) -> Iterator[Document]:
    """One document: blank lines between paragraphs, list items and table rows a line each, sections from headings.

    The title is that of the properties, or the first heading of the first level.
    """
    with readable("Word file"), open_zip(file) as archive:
        package = Package(archive)
        name = package.first("", "officeDocument", "word/document.xml")
        body = child(package.xml(name), "body")
        if body is None:
            raise SourceError("not a readable Word file (it has no text part)")
        said = flow(_Reader(package, name).blocks(body))
        title = package.title()
    yield said.document(file, "" if title.lower().startswith("microsoft word - ") else title)


class _Reader:
    """Takes the blocks of a package, part after part."""

    def __init__(self, package: Package, name: str) -> None:
        def part(kind: str) -> Node | None:
            return package.xml(package.first(name, kind))

        self._blocks: list[Block] = []
        self._styles = read_styles(part("styles"))
        self._numbers = Numbers(part("numbering"))
        self._notes = {kind: _by_id(part(f"{kind}s")) for kind in _NOTES.values()}
        self._count = dict.fromkeys(_NOTES.values(), 0)
        self._edges = [
            root
            for kind in ("header", "footer")
            for found in package.related(name, kind)
            if (root := package.xml(found)) is not None
        ]
        self._fields: list[bool] = []  # of each open field whether its result has begun
        self._last = Style()
        self._before = ""  # the text of a paragraph whose end was deleted; it goes on in the next one

    def blocks(self, body: Node) -> list[Block]:
        """The body's, and those of headers and footers."""
        self._take(body)
        self._add_edges()
        return self._blocks

    def _add_edges(self) -> None:
        """What headers and footers say, once each, below all headings."""
        inside, self._blocks = self._blocks, []
        for root in self._edges:
            self._take(root)
        said = {block.text: block for block in self._blocks if not _is_page_number(block.text)}
        if said:
            inside.append(Block("", gap="", level=0))
        self._blocks = inside + [Block(text, columns=block.columns) for text, block in said.items()]

    def _take(self, parent: Node) -> None:
        """Paragraphs and tables, however they are wrapped."""
        for node in parent:
            name = local(node)
            if name == "p":
                self._add_paragraph(node)
            elif name == "tbl":
                self._add_table(node)
            elif name not in _SILENT and not _is_placeholder(node):
                self._take(node)
        if local(parent) in _WHOLE:
            self._add_text(self._before.strip(), Style(), None)
            self._before = ""

    def _add_paragraph(self, paragraph: Node) -> None:
        facts = child(paragraph, "pPr")
        style = self._styles.get(fact(child(facts, "pStyle")), self._styles[""])
        aside: list[tuple[str, Node]] = []
        text = "".join(self._texts(paragraph, aside))
        self._fields = [begun for begun in self._fields if begun]  # a code ends with its paragraph
        if style.name.startswith("toc "):
            text = ""
        if child(facts, "rPr", "del") is not None:
            self._before += text
        else:
            whole, self._before = self._before + text, ""
            self._add_text(whole.strip(), style, facts)
        for mark, part in aside:
            self._last = Style()
            if not mark:
                self._take(part)
            elif said := _one_line(self, part):
                self._blocks.append(Block(f"{mark} {said}"))

    def _add_text(self, text: str, style: Style, facts: Node | None) -> None:
        if not text:
            return
        listed = child(facts, "numPr")
        list_id = fact(child(listed, "numId"), default=style.list_id)
        level = number(fact(child(listed, "ilvl")), self._numbers.level(style) if style.list_id else 0)
        if label := self._numbers.next(list_id, level) if list_id not in ("", "0") else "":
            text = f"{label} {text}"
        heading = heading_level("", facts) if style.level is None else style.level
        if heading is not None:
            self._blocks.append(Block(" ".join(text.split()), level=heading))
        else:
            in_list = bool(style.name.startswith("list") or list_id not in ("", "0"))
            gap = LINE if in_list and self._last.name == "list" else PARAGRAPH
            self._blocks.append(Block(text, gap))
            style = Style("list" if in_list else "")
        self._last = style

    def _texts(self, parent: Node, aside: list[tuple[str, Node]]) -> Iterator[str]:
        """The texts of a paragraph, or of a part of it. Text boxes and notes, with their marks, are put ``aside``: they
        come after it.
        """
        for node in parent:
            name = local(node)
            if name == "t":
                yield node.text or "" if all(self._fields) else ""
            elif name in _SIGNS:
                yield _SIGNS[name] if all(self._fields) else ""
            elif name == "br":
                yield "\n" if fact(node, "type") != "page" else " "
            elif name == "fldChar":
                yield self._field(node)
            elif name == "sym":
                yield _symbol(node) if all(self._fields) else ""
            elif name in _NOTES:
                yield self._note(_NOTES[name], fact(node, "id"), aside)
            elif name == "txbxContent":
                aside.append(("", node))
            elif name not in _SILENT and not _is_hidden(node) and not _is_placeholder(node):
                yield from self._texts(node, aside)

    def _note(self, kind: str, name: str, aside: list[tuple[str, Node]]) -> str:
        """The mark of a note, which is said where it is first referred to."""
        note = self._notes[kind].pop(name, None)
        if note is None:
            return ""
        self._count[kind] += 1
        mark = f"[{self._count[kind]}]"
        aside.append((mark, note))
        return mark

    def _field(self, node: Node) -> str:
        """Begin or end a field, or its result; the chosen entry of a list to choose from."""
        kind = fact(node, "fldCharType")
        if kind == "begin":
            self._fields.append(False)
            choice = child(node, "ffData", "ddList")
            entries = [fact(one) for one in choice if local(one) == "listEntry"] if choice is not None else []
            chosen = number(fact(child(choice, "result")), 0)
            return entries[chosen] if chosen < len(entries) else ""
        if kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()
        return ""

    def _add_table(self, table: Node) -> None:
        rows = [row for row in _rows(table) if child(row, "trPr", "del") is None]
        cells = [list(_cells(row)) for row in rows]
        if sum(map(len, cells)) == 1 or any(self._is_layout(cell) for row in cells for cell in row):
            for cell in (cell for row in cells for cell in row):
                self._take(cell)
            return
        self._last = Style()
        grid, above = list[list[Cell]](), dict[int, str]()
        for row, inside in zip(rows, cells, strict=True):
            start = number(fact(child(row, "trPr", "gridBefore")), 0)
            line, said, place = [Cell("", start)] if 0 < start < 100 else [], dict[int, str](), start
            for cell in inside:
                merged, span = child(cell, "tcPr", "vMerge"), number(fact(child(cell, "tcPr", "gridSpan")), 1)
                continued = merged is not None and fact(merged, default="continue") == "continue"
                text = above.get(place, "") if continued else _one_line(self, cell)
                line.append(Cell(text, span))
                said[place] = text if len(text) <= LONGEST_REPEATED else ""
                place += span
            grid.append(line)
            above = said
        if block := table_block(grid, self._headers(table, rows, grid)):
            self._blocks.append(block)

    def _headers(self, table: Node, rows: list[Node], grid: list[list[Cell]]) -> int:
        """How many rows are the header's: those that are repeated on each page, or the first if it looks like one."""
        count = 0
        while count < len(rows) and is_on(child(rows[count], "trPr", "tblHeader")):
            count += 1
        look = child(table, "tblPr", "tblLook")
        bits = fact(look)
        first = is_on(look) and (fact(look, "firstRow") in ("1", "true") or _hex(bits) & _FIRST_ROW)
        short = bool(grid) and len(grid[0]) > 1 and all(len(cell.text) <= _LONGEST_NAME for cell in grid[0])
        return count or int(bool(first) and short)

    def _is_layout(self, cell: Node) -> bool:
        """Whether a cell holds a table or a heading: then its table only arranges the page."""
        for node in cell.iter():
            if local(node) == "tbl":
                return True
            if local(node) == "pStyle" and self._styles.get(fact(node), Style()).level is not None:
                return True
        return False


def _one_line(reader: _Reader, part: Node) -> str:
    """What a cell or note says, in one line."""
    outer, reader._blocks = reader._blocks, []
    reader._take(part)
    inner, reader._blocks = reader._blocks, outer
    return " ".join(" ".join(block.text for block in inner).split())


def _by_id(root: Node | None) -> dict[str, Node]:
    """The notes that say something, by their ids."""
    notes = [node for node in root if fact(node, "type", "normal") == "normal"] if root is not None else []
    return {fact(node, "id"): node for node in notes}


def _rows(table: Node) -> Iterator[Node]:
    for node in table:
        if local(node) == "tr":
            yield node
        elif local(node) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _rows(node)


def _cells(row: Node) -> Iterator[Node]:
    for node in row:
        if local(node) == "tc":
            yield node
        elif local(node) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _cells(node)


def _is_hidden(node: Node) -> bool:
    return local(node) == "r" and is_on(child(node, "rPr", "vanish"))


def _is_placeholder(node: Node) -> bool:
    return local(node) == "sdt" and is_on(child(node, "sdtPr", "showingPlcHdr"))


def _symbol(node: Node) -> str:
    """A sign of a font that has signs where others have letters; nothing for one that is not known."""
    code = _hex(fact(node, "char"))
    sign = chr(code & 0xFF if 0xF000 <= code < 0xF100 else min(code, 0x10FFFF))
    if fact(node, "font") == "Symbol":
        return _SYMBOLS.get(sign, sign if sign.isdigit() or sign in "()+=.,%" else "")
    return sign if not 0xF000 <= code < 0xF100 and sign.isprintable() else ""


def _is_page_number(text: str) -> bool:
    words = [word.strip(".,-–—|/()[]").lower() for word in text.split()]
    return all(not word or word.isdigit() or word in _PAGE_WORDS for word in words)


def _hex(text: str) -> int:
    return int(text, 16) if 0 < len(text) <= 8 and all(sign in "0123456789abcdefABCDEF" for sign in text) else 0
