"""AsciiDoc, line by line (`ragqa.corpus.readers.lines`).

Titles become headings; attributes of the document are put where they are named, and are its metadata where they stand
in its head; block attributes, comments and marks within lines go. Both branches of conditions are kept. Includes are
not followed, which is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.asciidoc_inline import Inline
from ragqa.corpus.readers.asciidoc_tables import rows_of
from ragqa.corpus.readers.lines import NOT_FOLLOWED, Lines, lines_of
from ragqa.corpus.tables import is_reserved
from ragqa.documents import Document

_TITLE = re.compile(r"(={1,6}|#{1,6})\s+(\S.*?)(?:\s+\1)?\s*\Z")
_UNDERLINE = re.compile(r"([=\-~^+])\1+\s*\Z")
_UNDERLINES = "=-~^+"
_ATTRIBUTE = re.compile(r":(!?)([\w-]+)(!?):(?:\s+(.*))?\Z")
_BLOCK_ATTRIBUTES = re.compile(r"\[(?:\[.*\]|[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\s*\Z")
_BLOCK_TITLE = re.compile(r"\.([^\s.].*)\Z")
_DELIMITER = re.compile(r"(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|`{3,})\w*\s*\Z")
_TABLE = re.compile(r"[|,:!]={3,}\s*\Z")
_CONDITION = re.compile(r"(?:ifdef|ifndef|ifeval|endif)::\S*?\[(.*)\]\s*\Z")
_BLOCK_MACRO = re.compile(r"(image|video|audio|toc|include|link|gist)::([^\s\[]*)\[(.*)\]\s*\Z")
_ITEM = re.compile(r"(\s*)(\*{1,6}|-|\.{1,6}|•)\s+(?=\S)")
_TERM = re.compile(r"(\s*)(\S.*?)(:{2,4}|;;)(?:\s+(.*)|\s*)\Z")
_ADMONITIONS = frozenset(("NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"))
_VERBATIM = "-.`"
_LONGEST_VALUE = 1_000  # characters of an attribute; one that names itself twice doubles with each line


def read_asciidoc(file: SourceFile) -> Iterator[Document]:
    """One document, with the title and the attributes of its head."""
    reader = _Reader(lines_of(file))
    lines = reader.read()
    if reader.included:
        file.remarks.append(NOT_FOLLOWED)
    meta = {name: value for name, value in reader.meta.items() if not is_reserved(name, value)}
    yield lines.document(file, reader.title, meta)


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._out = Lines()
        self._inline = Inline()
        self._style: list[str] = []  # the block attributes that wait for their block, and the line that has them
        self._options = ""
        self._head = True
        self._looked_at = 0  # up to this line terms have been looked at, which share the paragraph that follows them
        self.included = False
        self.title = ""
        self.meta: dict[str, str] = {}

    def read(self) -> Lines:
        at = 0
        while at < len(self._lines):
            at = self._step(at)
        return self._out

    def _step(self, at: int) -> int:
        """Read what begins on a line; the line after it."""
        line = self._lines[at].rstrip()
        if not line:
            self._head = self._head and not self.title
            return self._out.write("")
        for read in (self._comment, self._title, self._attribute, self._macro, self._block, self._before_block):
            if end := read(at, line):
                return end
        self._head = self._head and bool(self.title)
        return self._text(at, line)

    def _line(self, at: int) -> str:
        return self._lines[at].rstrip() if 0 <= at < len(self._lines) else ""

    def _comment(self, at: int, line: str) -> int:
        if line.startswith("////"):
            end = self._closing(at, line)
            return self._out.blank(end)
        return self._out.write("") if line.startswith("//") and not line.startswith("///") else 0

    def _closing(self, at: int, delimiter: str) -> int:
        """The line after the one that closes a block; the end if none does."""
        for end in range(at + 1, len(self._lines)):
            if self._lines[end].rstrip() == delimiter:
                return end + 1
        return len(self._lines)

    def _title(self, at: int, line: str) -> int:
        if found := _TITLE.match(line):
            return self._heading(at, len(found[1]), found[2], 1)
        under = _UNDERLINE.match(self._line(at + 1))
        alone = not (at and self._out.text[at - 1]) or _BLOCK_ATTRIBUTES.match(self._line(at - 1))
        if under and alone and line[0].isalnum() and abs(len(under[0].rstrip()) - len(line)) < 2:
            return self._heading(at, _UNDERLINES.index(under[1]) + 1, line, 2)
        return 0

    def _heading(self, at: int, level: int, title: str, height: int) -> int:
        text = self._inline.plain(title)
        discrete = any(name in ("discrete", "float") for name in self._style)
        self._style = []
        if not self.title and level == 1 and self._head:
            self.title = text
        if not discrete:
            self._out.heading(at, level, text, at + height)
        return self._out.write(text, *[""] * (height - 1))

    def _attribute(self, at: int, line: str) -> int:
        found = _ATTRIBUTE.match(line)
        if not found:
            return 0
        name, value, end = found[2].lower(), found[4] or "", at + 1
        while value.endswith(" \\") and self._line(end):
            value = f"{value[:-2]} {self._line(end).strip()}"
            end += 1
        value = self._inline.line(value.strip())[:_LONGEST_VALUE]
        if not (found[1] or found[3]):
            self._inline.attributes[name] = value
            if self._head and value and len(value) <= 100:
                self.meta[name] = value
        return self._out.blank(end)

    def _macro(self, at: int, line: str) -> int:
        if condition := _CONDITION.match(line):
            if inner := _ATTRIBUTE.match(condition[1]):
                self._inline.attributes.setdefault(inner[2].lower(), self._inline.line(inner[4] or "")[:_LONGEST_VALUE])
                return self._out.write("")
            return self._out.write("" if line.startswith(("ifeval", "endif")) else self._inline.line(condition[1]))
        if macro := _BLOCK_MACRO.match(line):
            self.included |= macro[1] == "include"
            said = macro[3].split(",")[0].strip('" ') if macro[1] in ("image", "link") else ""
            return self._out.write(self._inline.line(said))
        return 0

    def _before_block(self, at: int, line: str) -> int:
        """Attributes and the title of the block that follows."""
        if _BLOCK_ATTRIBUTES.match(line) and not line.startswith("[["):
            parts = [part.strip().strip('"') for part in line.strip("[] ").split(",")]
            self._style = [part.split("%")[0].split("#")[0].split(".")[0] for part in parts]
            said = ""
            if self._style[0] in _ADMONITIONS:
                said = f"{self._style[0]}:"
            elif self._style[0] in ("quote", "verse") and len(parts) > 1:
                said = f"— {', '.join(filter(None, parts[1:]))}:"
            self._options = line
            return self._out.write(self._inline.line(said))
        if line.startswith("[["):
            return self._out.write("") if line.endswith("]]") else 0
        if found := _BLOCK_TITLE.match(line):
            return self._out.write(self._inline.line(found[1]))
        return 0

    def _block(self, at: int, line: str) -> int:
        if _TABLE.match(line):
            return self._table(at, line)
        found = _DELIMITER.match(line)
        if not found:
            return 0
        delimiter, self._style = found[1], []
        if delimiter[0] in _VERBATIM and delimiter != "--":
            end = self._closing(at, delimiter if delimiter[0] == "`" else line)
            before = self._out.paragraph_before(at)
            closed = end - 1 if end > at + 1 and self._line(end - 1)[:3] == delimiter[:3] else end
            self._out.write("", *map(self._line, range(at + 1, closed)))
            self._out.keep(before, end)
            return self._out.blank(end)
        if delimiter[0] == "+":
            end = self._closing(at, line)
            self._out.write("", *map(self._line, range(at + 1, end - 1)))
            return self._out.blank(end)
        return self._out.write("")

    def _table(self, at: int, line: str) -> int:
        end = self._closing(at, line)
        rows, headers = rows_of(
            self._lines, at + 1, end - 1, self._options if self._line(at - 1)[:1] in "[." else "", line
        )
        self._options, self._style = "", []
        return self._out.table(rows, headers, end, self._inline.line)

    def _text(self, at: int, line: str) -> int:
        if line == "+":
            return self._out.write("")
        if (term := _TERM.match(line)) and not line.lstrip().startswith(("http", "//")):
            return self._term(at, term)
        if item := _ITEM.match(line):
            line = f"{item[1]}{'  ' * (len(item[2]) - 1)}- {line[item.end() :]}"
        line = line[:-2] if line.endswith(" +") else line
        return self._out.write(self._inline.line(line))

    def _term(self, at: int, term: re.Match[str]) -> int:
        """A term of a definition list and the paragraph that says what it is belong together."""
        self._out.write(self._inline.line(f"{term[1]}{term[2]}: {term[4] or ''}").rstrip())
        if not term[4] and at >= self._looked_at:
            said = at + 1
            while said < len(self._lines) and (not self._line(said).strip() or _TERM.match(self._line(said))):
                said += 1
            self._looked_at = said
            if said < len(self._lines) and self._is_said(said):
                while self._line(said).strip():
                    said += 1
                self._out.keep(at, said)
        return at + 1

    def _is_said(self, at: int) -> bool:
        line = self._line(at)
        return not (_TITLE.match(line) or _DELIMITER.match(line) or _TABLE.match(line))
