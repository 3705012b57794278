"""Markdown: the document is the file's text as it stands, so offsets and lines are the file's own.

A parser tells where headings, tables and programs are. What the marks of emphasis, links and the like mean to readers
of the text is told by `ragqa.markdown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ragqa.corpus.files import SourceFile, read_text_of
from ragqa.corpus.flow import last_sentence
from ragqa.corpus.grid import BAR, LONGEST_COLUMNS
from ragqa.corpus.headings import Outline
from ragqa.corpus.matter import front_matter
from ragqa.corpus.tables import is_reserved
from ragqa.documents import Document, Section, Table
from ragqa.markdown import plain

_LINE_END = re.compile(r"\r\n?|\n")
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # blanks to Markdown, line ends to Python
_ATTRIBUTES = re.compile(r"[ \t]*\{:?[ \t]*[#.][^{}\n]*\}[ \t]*$")  # {#anchor}, {.class}
_LONGEST_LINE = 2_000  # characters of a heading with its inline marks and the addresses of its links
_HTML_HEADING = re.compile(  # what stands in code or in a comment is none
    r"`{1,3}[^`]{1,1000}`|<!--[\s\S]{0,10000}?-->"
    rf"|<h(?P<level>[1-6])(?:\s[^<>]{{0,1000}})?>(?P<said>[\s\S]{{0,{_LONGEST_LINE}}}?)</h(?P=level)\s{{0,9}}>",
    re.IGNORECASE,
)


def read_markdown(file: SourceFile) -> Iterator[Document]:
    """One document: title from the front matter or the first heading of the first level, sections from its headings.

    What the front matter says besides is meta (see `ragqa.corpus.matter`); none of it is text.
    """
    text = read_text_of(file)
    body, meta = front_matter(text)
    found = structure(text, body)
    meta = {name: value for name, value in meta.items() if not is_reserved(name, value)}
    given = meta.pop("title", "")
    title = ("" if isinstance(given, (list, dict)) else str(given)) or found.outline.first_title
    sections = [Section(0, "", body), *found.outline.sections] if body else found.outline.sections
    yield Document(
        file.name,
        text,
        title,
        file.source,
        meta,
        line=1,
        sections=tuple(sections),
        tables=tuple(found.tables),
        together=tuple(found.together),
    )


@dataclass(slots=True)
class Structure:
    """Headings, tables, and programs with the sentences that announce them."""

    outline: Outline = field(default_factory=Outline)
    tables: list[Table] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)


def structure(text: str, start: int = 0) -> Structure:
    """What a Markdown text from character ``start`` on consists of, in characters of the whole text."""
    found = Structure()
    starts = [start, *(match.end() for match in _LINE_END.finditer(text, start)), len(text)]
    tokens = _parser().parse(text[start:])
    before = start, start  # the paragraph whose last sentence announces a program, if one follows
    at = 0
    while at < len(tokens):
        token = tokens[at]
        first, last = (starts[min(line, len(starts) - 1)] for line in token.map or (0, 0))
        if token.type == "heading_open" and token.level == 0:
            heading = _heading(tokens[at + 1].content)
            if len(heading) <= _LONGEST_LINE:
                found.outline.add(first, int(token.tag[1]), plain(heading), last)
            before = last, last
        elif token.type == "table_open":
            end = _matching(tokens, at)
            found.tables.append(_table(tokens[at:end], first, last, starts))
            before = last, last
            at = end
        elif token.type in ("fence", "code_block"):
            said = before[0] + last_sentence(text[slice(*before)])
            if found.together and found.together[-1][1] > said:
                said = first
            found.together.append((said if text[said:first].strip() else first, last))
            before = last, last
        elif token.type in ("paragraph_open", "html_block"):
            _html_headings(found.outline, text, first, last, token.level)
            before = first, last
        at += 1
    return found


def _html_headings(outline: Outline, text: str, first: int, last: int, level: int) -> None:
    """Add the headings that are written as tags of HTML, unless a quotation or a list is around them."""
    for match in _HTML_HEADING.finditer(text, first, last if level == 0 else first):
        if match["level"]:
            outline.add(match.start(), int(match["level"]), plain(match["said"]), match.end())


def _heading(content: str) -> str:
    return _ATTRIBUTES.sub("", content)


def _matching(tokens: Sequence[Any], at: int) -> int:
    return next((end for end in range(at, len(tokens)) if tokens[end].type == "table_close"), len(tokens))


def _table(tokens: Sequence[Any], first: int, last: int, starts: Sequence[int]) -> Table:
    """Names of columns from the header, rows from the table's body; what has no body is all header."""
    names, body, in_head = list[str](), last, False
    for place, token in enumerate(tokens):
        if token.type in ("thead_open", "thead_close"):
            in_head = token.type == "thead_open"
        elif token.type == "th_open" and in_head:
            names.append(plain(tokens[place + 1].content))
        elif token.type == "tbody_open" and token.map:
            body = starts[min(token.map[0], len(starts) - 1)]
    columns = BAR.join(names)
    return Table(first, body, last, columns if len(columns) <= LONGEST_COLUMNS and columns.strip(" |") else "")


class _Parser:
    """markdown-it, of which only the rules for blocks are used."""

    def __init__(self) -> None:
        from markdown_it import MarkdownIt

        self._parser = MarkdownIt("commonmark").enable("table")
        self._parser.core.ruler.enableOnly(["normalize", "block"])

    def parse(self, text: str) -> list[Any]:
        """The tokens of a text."""
        return self._parser.parse(_BREAKS.sub(" ", text))


@cache
def _parser() -> _Parser:
    return _Parser()
