"""Jupyter notebooks: a document for each cell, with what it printed; headings hold for the cells below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ragqa.corpus.files import SourceFile, decoded, read_bytes
from ragqa.corpus.flow import flow
from ragqa.corpus.readers.markdown import structure
from ragqa.corpus.readers.markup import read_page
from ragqa.corpus.readers.records import parsed_json
from ragqa.corpus.tables import file_title
from ragqa.documents import Document, Section
from ragqa.errors import SourceError

_GAP = "\n\n"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def read_notebook(file: SourceFile) -> Iterator[Document]:
    """A document for each cell that is not empty, id and source ending in ``#cell=3``; the title is the notebook's, or
    its first heading of the first level, or the file's name.
    """
    content = parsed_json(decoded(file, read_bytes(file)), file.limits)
    cells = _cells(content)
    texts = [_text_of(cell, file) for cell in cells]
    heads = [_heading_text(cell, text) for cell, text in zip(cells, texts, strict=True)]
    outline = structure(_GAP.join(heads)).outline
    title = _title(content) or outline.first_title or file_title(file)
    for number, (text, own) in enumerate(zip(texts, _divided(outline.sections, heads), strict=True), 1):
        if text.strip():
            place = f"#cell={number}"
            yield Document(file.name + place, text, title, file.source + place, sections=own)


def _heading_text(cell: Mapping[str, Any], text: str) -> str:
    """What of a cell may have headings: Markdown, and the heading cells of format 3."""
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        return f"{'#' * (level if isinstance(level, int) and 0 < level < 7 else 1)} {text}"
    return text if cell.get("cell_type") == "markdown" else ""


def _divided(sections: Sequence[Section], heads: Sequence[str]) -> Iterator[tuple[Section, ...]]:
    """The sections of each cell, from those of all of them in one text: a cell begins under the heading before it."""
    at, start, heading = 0, 0, ""
    for head in heads:
        own = [Section(0, heading)] if heading else []
        while at < len(sections) and sections[at].start < start + len(head):
            section = sections[at]
            body = max(0, section.body - start) if section.body else 0
            own.append(Section(section.start - start, section.heading, body))
            heading, at = section.heading, at + 1
        yield tuple(own)
        start += len(head) + len(_GAP)


def _cells(content: Any) -> list[Mapping[str, Any]]:
    """The cells of a notebook in format 4, or of the worksheets of format 3."""
    if isinstance(content, Mapping):
        sheets = [content, *(sheet for sheet in _list(content.get("worksheets")) if isinstance(sheet, Mapping))]
        found = [cell for sheet in sheets for cell in _list(sheet.get("cells")) if isinstance(cell, Mapping)]
        if found or isinstance(content.get("cells"), list):
            return found
    raise SourceError("JSON, but not a notebook")


def _title(content: Mapping[str, Any]) -> str:
    facts = content.get("metadata")
    given = facts.get("title") if isinstance(facts, Mapping) else None
    return " ".join(given.split()) if isinstance(given, str) else ""


def _text_of(cell: Mapping[str, Any], file: SourceFile) -> str:
    said = [_joined(cell.get("source", cell.get("input", "")))]
    said += [_output(output, file) for output in _list(cell.get("outputs")) if isinstance(output, Mapping)]
    return "\n\n".join(part.strip("\n") for part in said if part.strip())


def _output(output: Mapping[str, Any], file: SourceFile) -> str:
    """The text of what a cell gave: of several forms of one result the plainest."""
    if "ename" in output:
        return f"{output.get('ename')}: {output.get('evalue', '')}"
    data = output.get("data", output)
    if not isinstance(data, Mapping):
        return ""
    for kind in ("text/plain", "text/markdown", "text", "text/latex"):
        if plain := _joined(data.get(kind, "")):
            return _CONTROL.sub("", plain)
    page = _joined(data.get("text/html", ""))
    return flow(read_page(page, file.limits.nesting).blocks).text if page else ""


def _joined(lines: Any) -> str:
    if isinstance(lines, list):
        return "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
