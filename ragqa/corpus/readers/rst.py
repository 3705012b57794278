"""reStructuredText, as docutils and Sphinx understand it, line by line (`ragqa.corpus.readers.lines`).

Titles become headings, their order of appearance tells the level. Comments, targets, options of directives and marks
within lines go; what directives say stays, also of those that nobody knows. Descriptions of functions, options and the
like (``.. py:function:: f(x)``) are headings of what is indented below them. Nothing is included or run.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.lines import NOT_FOLLOWED, Lines, indent_of, lines_of
from ragqa.corpus.readers.rst_inline import Inline
from ragqa.corpus.readers.rst_tables import grid_rows, list_rows, simple_rows
from ragqa.documents import Document

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*\Z")
_SHORT = 4  # characters of an adornment that must be as long as its title
_EXPLICIT = re.compile(r"\s*\.\.(?:\s+|\Z)")
_DIRECTIVE = re.compile(r"(\s*\.\.\s+)(?:\|([^|]+)\|\s+)?([\w:.+-]+?)\s?::(?:\s+|\Z)")
_FOOTNOTE = re.compile(r"(\s*)\.\.\s+(\[[^\]]+\])\s*")
_TARGET = re.compile(r"(\s*)\.\.\s+_(`[^`]+`|(?:\\.|[^:\\])*):(?:\s+(.*))?\Z|\s*__\s+(.*)\Z")
_FIELD = re.compile(r"(\s*):((?:\\.|[^:`\\\n]){1,80}):(?:\s+|\Z)")
_GRID = re.compile(r"\s*\+-[-+]*-\+\s*\Z")
_SIMPLE = re.compile(r"\s*=+(?: +=+)+\s*\Z")
_OBJECT_LEVEL = 20  # below all titles; each blank of indentation is one more
# fmt: off
_CODE = frozenset("""
    code code-block sourcecode parsed-literal math prompt doctest testcode testoutput productionlist
""".split())
_SILENT = frozenset("""
    toctree include literalinclude contents sectnum raw figwidth default-role role highlight currentmodule
    module py:module py:currentmodule index tabularcolumns only image figure plot automodule autoclass
    autofunction autosummary meta unicode program testsetup testcleanup class rst-class container
""".split())  # whose arguments say nothing to a reader
_CHANGES = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_OBJECTS = frozenset("""
    function class method classmethod staticmethod attribute property data exception decorator module object
    option cmdoption envvar confval setting describe directive role macro member type struct union enum
    enumerator var option-list program-option opcode pdbcommand coroutinefunction coroutinemethod
    abstractmethod decoratormethod label variable constant config http get post put delete patch
""".split())
# fmt: on
_TITLED = frozenset(("list-table", "csv-table", "table", "rubric", "topic", "sidebar"))
_INCLUDING = frozenset(("include", "literalinclude", "file", "url"))  # directives and options that name other files
_SAYING = frozenset(("alt", "caption", "title", "deprecated", "name"))  # options of directives that say something


@dataclass(slots=True)
class _Block:
    """A description whose indented content is being read: it ends at a line indented no further than ``indent``."""

    indent: int
    level: int


def read_rst(file: SourceFile) -> Iterator[Document]:
    """One document; its title is the first title of the highest level."""
    reader = _Reader(lines_of(file))
    lines = reader.read()
    if reader.included:
        file.remarks.append(NOT_FOLLOWED)
    yield lines.document(file)


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.expandtabs(8) for line in lines]
        self._out = Lines()
        self._inline = Inline()
        self._styles: list[tuple[str, bool]] = []
        self._blocks: list[_Block] = []
        self.included = False
        self._literal = -1  # the indentation of a paragraph that ended in "::"
        self._no_table = 0  # before this line no further table begins
        self._rulers = [  # lines that may end a simple table
            at for at, line in enumerate(self._lines) if _SIMPLE.match(line) and not self._line(at + 1).strip()
        ]

    def read(self) -> Lines:
        for line in self._lines:
            if (found := _DIRECTIVE.match(line)) and found[2]:
                self._inline.define(found[2], line[found.end() :].strip())
        at = 0
        while at < len(self._lines):
            at = self._step(at)
        self._close(-1)
        return self._out

    def _step(self, at: int) -> int:
        """Read what begins on a line; the line after it."""
        line = self._lines[at]
        if not line.strip():
            return self._out.write("")
        indent = indent_of(line)
        self._close(indent)
        if self._literal >= 0:
            if indent > self._literal:
                return self._verbatim(at, self._literal)
            self._literal = -1
        if end := self._title(at):
            return end
        if end := self._table(at):
            return end
        if _EXPLICIT.match(line) or line.startswith("__ "):
            return self._explicit(at, indent)
        return self._text(at, line)

    def _close(self, indent: int) -> None:
        """End the descriptions that a line of this indentation is not part of."""
        while self._blocks and indent <= self._blocks[-1].indent:
            block = self._blocks.pop()
            self._out.heading(len(self._out.text), block.level, "")

    # titles

    def _title(self, at: int) -> int:
        line, below = self._lines[at], self._line(at + 1)
        if at and self._out.text[at - 1].strip():
            return 0
        over = _ADORNMENT.match(line)
        if over and below.strip() and not _ADORNMENT.match(below):
            under = _ADORNMENT.match(self._line(at + 2))
            if under and under[1] == over[1] and indent_of(line) == 0:
                return self._heading(at, below.strip(), (over[1], True), 3)
        under = _ADORNMENT.match(below)
        if under and not over and indent_of(line) == 0 and indent_of(below) == 0:
            long = len(below.strip())
            if (long >= _SHORT or long >= len(line.strip())) and not _EXPLICIT.match(line):
                return self._heading(at, line.strip(), (under[1], False), 2)
        return 0

    def _heading(self, at: int, title: str, style: tuple[str, bool], height: int) -> int:
        if style not in self._styles:
            self._styles.append(style)
        text = self._inline.plain(title)
        self._out.heading(at, self._styles.index(style) + 1, text, at + height)
        lines = [""] * height
        lines[height - 2] = text
        return self._out.write(*lines)

    def _line(self, at: int) -> str:
        return self._lines[at] if at < len(self._lines) else ""

    # text

    def _text(self, at: int, line: str) -> int:
        if line.rstrip().endswith("::"):
            self._literal = indent_of(line)
            line = line.rstrip()[:-1] if line.strip() != "::" else ""
            line = line[:-2] if line.endswith(" :") else line
        field = _FIELD.match(line)
        if field:
            line = f"{field[1]}{field[2]}: {line[field.end() :]}"
        elif line.lstrip().startswith("| "):
            line = line.replace("| ", "", 1)
        return self._out.write(self._inline.line(line))

    def _verbatim(self, at: int, indent: int) -> int:
        """Lines that are indented further, as they stand; they belong to what announces them."""
        end = self._indented(at, indent)
        before = self._out.paragraph_before(at)
        self._out.write(*self._lines[at:end])
        self._out.keep(before, end)
        self._literal = -1
        return end

    def _indented(self, at: int, indent: int) -> int:
        """The end of the lines from ``at`` on that are indented further, without the empty ones at their end."""
        end = at
        while at < len(self._lines) and (not self._lines[at].strip() or indent_of(self._lines[at]) > indent):
            at += 1
            end = at if self._lines[at - 1].strip() else end
        return end

    # explicit markup

    def _explicit(self, at: int, indent: int) -> int:
        line = self._lines[at]
        if directive := _DIRECTIVE.match(line):
            return self._directive(at, indent, directive)
        if footnote := _FOOTNOTE.match(line):
            return self._out.write(self._inline.line(f"{footnote[1]}{footnote[2]} {line[footnote.end() :]}"))
        if target := _TARGET.match(line):
            end = at + 1 if target[2] is None else max(at + 1, self._indented(at + 1, indent))
            place = "".join([target[3] or target[4] or "", *(more.strip() for more in self._lines[at + 1 : end])])
            self._out.write(f"{' ' * indent}{self._inline.target(target[2] or '', place)}".rstrip())
            return self._out.blank(end)
        return self._out.blank(max(at + 1, self._indented(at + 1, indent)))  # a comment

    def _directive(self, at: int, indent: int, directive: re.Match[str]) -> int:
        name, said = directive[3].lower(), self._lines[at][directive.end() :].strip()
        bare = name.rpartition(":")[2]
        self.included |= name in _INCLUDING
        if directive[2]:
            return self._out.blank(max(at + 1, self._indented(at + 1, indent)))
        if self._is_object(name):
            return self._object(at, indent, said)
        self._out.write(f"{' ' * indent}{self._inline.line(_argument(name, bare, said))}".rstrip())
        content = self._options(at + 1, indent)
        if name in ("toctree", "raw", "meta", "index"):
            return self._out.blank(max(content, self._indented(content, indent)))
        if name in _CODE:
            return self._code(content, indent)
        if bare in ("list-table", "csv-table"):
            end = self._indented(content, indent)
            headers = self._header_rows(at + 1, content)
            rows = list_rows(self._lines, content, end, bare == "csv-table")
            return self._out.table(rows, headers, end, self._inline.line)
        return content

    def _code(self, at: int, indent: int) -> int:
        first = next((number for number in range(at, len(self._lines)) if self._lines[number].strip()), at)
        self._out.blank(first)
        return self._verbatim(first, indent) if indent_of(self._line(first)) > indent else first

    @staticmethod
    def _is_object(name: str) -> bool:
        domain, _, bare = name.rpartition(":")
        return bare in _OBJECTS and (bool(domain) or name not in _SILENT)

    def _object(self, at: int, indent: int, said: str) -> int:
        """A description: its names are headings of what is indented below, and stand in the text as they are called."""
        level = _OBJECT_LEVEL + min(indent, 40)
        names = [self._inline.plain(said)]
        end = at + 1
        while end < len(self._lines) and self._is_signature(end, indent, bool(said)):
            names.append(self._inline.plain(self._lines[end].strip()))
            end += 1
        called = next((name for name in names if name), "")
        self._out.heading(at, level, called.split("(")[0].strip() or called)
        self._out.write(*(f"{' ' * indent}{name}" for name in names))
        self._blocks.append(_Block(indent, level))
        return self._options(end, indent)

    def _is_signature(self, at: int, indent: int, said: bool) -> bool:
        """Whether a line of the directive's head is another signature, and neither an option nor the content."""
        line = self._lines[at]
        return said and bool(line.strip()) and indent_of(line) > indent and not _FIELD.match(line)

    def _options(self, at: int, indent: int) -> int:
        """Pass over the options of a directive, but for those that say something."""
        while at < len(self._lines):
            option = _FIELD.match(self._lines[at])
            if not option or indent_of(self._lines[at]) <= indent:
                break
            self.included |= option[2] in _INCLUDING
            said = self._lines[at][option.end() :] if option[2] in _SAYING else ""
            self._out.write(self._inline.line(f"{' ' * (indent + 2)}{said}") if said else "")
            at += 1
        return at

    def _header_rows(self, at: int, end: int) -> int:
        for line in self._lines[at:end]:
            option = _FIELD.match(line)
            if option and option[2] == "header-rows":
                return int(line[option.end() :].strip() or 0) if line[option.end() :].strip().isdecimal() else 0
        return 0

    # tables

    def _table(self, at: int) -> int:
        if at < self._no_table:
            return 0
        line = self._lines[at]
        if _GRID.match(line):
            end = at
            while end < len(self._lines) and self._lines[end].strip()[:1] in ("+", "|"):
                end += 1
            rows, headers = grid_rows(self._lines[at:end])
        elif _SIMPLE.match(line):
            end = self._simple_end(at)
            rows, headers = simple_rows(self._lines[at:end])
        else:
            return 0
        if not rows:
            self._no_table = end
            return 0
        numbered = [(at + number, cells) for number, cells in rows]
        return self._out.table(numbered, headers, end, self._inline.line)

    def _simple_end(self, at: int) -> int:
        """The line after a simple table, which ends at a ruler that an empty line follows."""
        end = bisect_right(self._rulers, at)
        return self._rulers[end] + 1 if end < len(self._rulers) else at + 1


def _argument(name: str, bare: str, said: str) -> str:
    """What a reader sees of a directive's name and argument."""
    if name in _SILENT or name in _CODE or bare == "glossary":
        return ""
    if name in _CHANGES:
        return f"{_CHANGES[name]} {said}:"
    if bare in _TITLED:
        return said
    return f"{bare.replace('-', ' ').capitalize()}: {said}".rstrip()
