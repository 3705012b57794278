"""PowerPoint's .pptx: a document for each slide, headed by its title.

Text of shapes, groups, tables, charts, diagrams and notes is read, in the order of the file; numbers, dates and footers
of slides are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ragqa.corpus.damage import readable
from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.flow import LINE, PARAGRAPH, Block, flow
from ragqa.corpus.grid import Cell, table_block
from ragqa.corpus.package import Node, Package, child, fact, local, number
from ragqa.documents import Document
from ragqa.errors import SourceError

_TITLES = frozenset(("title", "ctrTitle"))
_OF_THE_PAGE = frozenset(("sldNum", "dt", "ftr", "hdr", "sldImg"))
_DEEPEST = 50  # groups in groups


def read_pptx(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each slide with text, id and source ending in ``#slide=3``; the title is that of the properties,
    or of the first slide.
    """
    with readable("PowerPoint file"), open_zip(file) as archive:
        package = Package(archive)
        name = package.first("", "officeDocument", "ppt/presentation.xml")
        presentation = package.xml(name)
        if presentation is None:
            raise SourceError("not a readable PowerPoint file (it has no presentation part)")
        title = package.title()
        targets = package.by_id(name)
        for at, entry in enumerate(_children(child(presentation, "sldIdLst")), 1):
            slide = targets.get(_relation(entry), "")
            root = package.xml(slide)
            if root is None:
                yield Problem(f"{file.source}#slide={at}", "the slide is missing in the file")
                continue
            said = flow(_Slide(package, slide).blocks(root))
            title = title or said.title
            if said.text.strip():
                yield said.document(file, title, f"#slide={at}")


def _children(node: Node | None) -> list[Node]:
    return [] if node is None else list(node)


def _relation(node: Node) -> str:
    """The id of the part that an element refers to."""
    return next((value for key, value in node.attrib.items() if key.endswith("}id")), "")


def _all_text(node: Node | None) -> str:
    return "" if node is None else "".join(node.itertext())


class _Slide:
    def __init__(self, package: Package, name: str) -> None:
        self._package, self._name = package, name
        self._targets = package.by_id(name)

    def blocks(self, root: Node) -> Iterator[Block]:
        tree = child(root, "cSld", "spTree")
        shapes = list(self._shapes(tree, 0)) if tree is not None else []
        for shape in sorted(shapes, key=lambda one: _place(one) not in _TITLES):  # the title stands first
            yield from self._shape(shape)
        for notes in self._package.related(self._name, "notesSlide"):
            page = self._package.xml(notes)
            tree = child(page, "cSld", "spTree")
            said = [text for shape in (tree if tree is not None else ()) for text in self._said(shape)]
            if said:
                yield Block(f"Notes: {LINE.join(said)}")

    def _shapes(self, tree: Node, depth: int) -> Iterator[Node]:
        for node in tree:
            name = local(node)
            if name == "AlternateContent":
                choice = child(node, "Choice")
                yield from self._shapes(choice if choice is not None else (), depth + 1)
            elif name == "grpSp":
                if depth < _DEEPEST:
                    yield from self._shapes(node, depth + 1)
            elif name in ("sp", "graphicFrame", "pic", "cxnSp"):
                yield node

    def _shape(self, shape: Node) -> Iterator[Block]:
        place = _place(shape)
        if local(shape) == "graphicFrame":
            yield from self._graphic(shape)
        elif local(shape) == "pic":
            said = " ".join(fact(child(shape, "nvPicPr", "cNvPr"), "descr").split())
            if said:
                yield Block(f"Image: {said}")
        elif place in _TITLES:
            if said := " ".join(" ".join(self._said(shape)).split()):
                yield Block(said, level=1)
        else:
            lines = list(self._said(shape))
            mark = "- " if place in ("body", "obj") and len(lines) > 1 else ""
            for at, line in enumerate(lines):
                yield Block(f"{mark}{line}", LINE if at else PARAGRAPH)

    def _said(self, shape: Node) -> Iterator[str]:
        """The paragraphs of a shape."""
        body = child(shape, "txBody")
        if _place(shape) in _OF_THE_PAGE or body is None:
            return
        for paragraph in body:
            if local(paragraph) == "p" and (text := _paragraph(paragraph).strip()):
                yield text

    def _graphic(self, frame: Node) -> Iterator[Block]:
        data = child(frame, "graphic", "graphicData")
        for node in data if data is not None else ():
            if local(node) == "tbl":
                if block := _table(node):
                    yield block
            elif local(node) == "chart":
                yield from _chart(self._package.xml(self._targets.get(_relation(node), "")))
            elif local(node) == "relIds":
                part = next((value for key, value in node.attrib.items() if key.endswith("}dm")), "")
                yield from _diagram(self._package.xml(self._targets.get(part, "")))


def _place(shape: Node) -> str:
    """What kind of placeholder a shape fills; empty if none."""
    for head in ("nvSpPr", "nvGraphicFramePr", "nvPicPr"):
        holder = child(shape, head, "nvPr", "ph")
        if holder is not None:
            return fact(holder, "type", "obj")
    return ""


def _paragraph(node: Node) -> str:
    parts = []
    for part in node:
        name = local(part)
        if name in ("r", "fld"):
            parts.append(_all_text(child(part, "t")))
        elif name == "br":
            parts.append("\n")
        elif name in ("m", "AlternateContent"):
            parts.append("".join(_all_text(one) for one in part.iter() if local(one) == "t"))
    return "".join(parts)


def _table(table: Node) -> Block | None:
    rows = []
    for line in table:
        if local(line) == "tr":
            cells = []
            for cell in line:
                if local(cell) == "tc" and not (fact(cell, "hMerge") or fact(cell, "vMerge")):
                    body = child(cell, "txBody")
                    said = " ".join(_paragraph(one) for one in body if local(one) == "p") if body is not None else ""
                    spans = number(fact(cell, "gridSpan"), 1), number(fact(cell, "rowSpan"), 1)
                    cells.append(Cell(" ".join(said.split()), *spans))
            rows.append(cells)
    return table_block(rows, int(fact(child(table, "tblPr"), "firstRow") in ("1", "true")))


def _chart(root: Node | None) -> Iterator[Block]:
    """A chart's title, and of each series its name and values."""
    if root is None:
        return
    title = " ".join("".join(_all_text(one) for one in root.iter() if local(one) == "t").split())
    if title:
        yield Block(f"Chart: {title}")
    for series in root.iter():
        if local(series) == "ser":
            names, labels, values = (_points(child(series, part)) for part in ("tx", "cat", "val"))
            pairs = [f"{labels.get(at, str(at + 1))}: {value}" for at, value in values.items()]
            if pairs:
                yield Block(f"{' '.join(names.values()) or 'Series'}: {'; '.join(pairs)}.", LINE)


def _points(node: Node | None) -> dict[int, str]:
    found: dict[int, str] = {}
    for point in node.iter() if node is not None else ():
        if local(point) == "pt":
            found[number(fact(point, "idx"), len(found))] = _all_text(child(point, "v")).strip()
    return found


def _diagram(root: Node | None) -> Iterator[Block]:
    """The texts of a diagram, a line each."""
    first = True
    for node in root.iter() if root is not None else ():
        if local(node) == "p" and (text := _paragraph(node).strip()):
            yield Block(text, PARAGRAPH if first else LINE)
            first = False
