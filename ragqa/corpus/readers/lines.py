"""Text that keeps the lines of its file: markup goes, and a line that holds nothing else is left empty.

So the line of each passage is that of the file, although its characters are not.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from ragqa.corpus.files import SourceFile, read_text_of
from ragqa.corpus.grid import BAR, LONGEST_COLUMNS
from ragqa.corpus.headings import Outline
from ragqa.documents import Document, Meta, Table

NOT_FOLLOWED = "names other files to be included, which is not followed"  # a remark
Row = tuple[int, list[str]]  # the number of the line that it begins on, and its cells


def lines_of(file: SourceFile) -> list[str]:
    """The lines of a text file, without their ends."""
    return read_text_of(file).replace("\r\n", "\n").replace("\r", "\n").split("\n")


@dataclass(frozen=True, slots=True)
class _Heading:
    line: int
    level: int
    text: str
    body: int  # the line that its text begins on


@dataclass(slots=True)
class Lines:
    """The text of a document, line by line. Lines are numbered from 0.

    Each of `together` are lines [first, last) that are not to be cut, each of `tables` the lines [first, last) of rows,
    the lines before ``body`` being the header.
    """

    text: list[str] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)
    tables: list[tuple[int, int, int]] = field(default_factory=list)
    _headings: list[_Heading] = field(default_factory=list)

    def heading(self, line: int, level: int, text: str, body: int | None = None) -> None:
        """A heading on a line. The lines from it to ``body`` are left out of the passages; without ``body`` none are.

        One without text ends the sections of its level and below.
        """
        self._headings.append(_Heading(line, level, text, line if body is None else body))

    def keep(self, first: int, last: int) -> None:
        """Lines [first, last) belong together, and with those that overlap them."""
        if self.together and first < self.together[-1][1]:
            first = self.together.pop()[0]
        self.together.append((first, last))

    def paragraph_before(self, line: int) -> int:
        """The line on which the paragraph begins that ends before a line.

        If it reaches into the lines that were last told to `keep` together, the last of these is given: `keep` joins
        the two anyway.
        """
        least = self._headings[-1].body if self._headings else 0
        least = max(least, self.together[-1][1] - 1) if self.together else least
        while line > least and not self.text[line - 1].strip():
            line -= 1
        while line > least and self.text[line - 1].strip():
            line -= 1
        return line

    def write(self, *lines: str) -> int:
        """Add lines; the number of the next one."""
        self.text += lines
        return len(self.text)

    def blank(self, until: int) -> int:
        """Add empty lines before line ``until``; the number of the next one."""
        return self.write(*[""] * (until - len(self.text)))

    def table(self, rows: Sequence[Row], headers: int, end: int, inline: Callable[[str], str]) -> int:
        """Write rows, each on its line, of which the first ``headers`` are the header, and empty lines before ``end``.
        ``inline`` takes the marks from each cell.
        """
        body = rows[0][0] if rows else 0
        for number, (line, cells) in enumerate(rows):
            self.blank(line)
            self.write(row([inline(cell) for cell in cells]))
            body = len(self.text) if number < headers else body
        self.blank(end)
        if rows:
            self.tables.append((rows[0][0], body, len(self.text)))
        return len(self.text)

    def document(self, file: SourceFile, title: str = "", meta: Meta | None = None) -> Document:
        """The document; without a title it has the first heading of the first level."""
        places = [0, *accumulate(len(line) + 1 for line in self.text)]
        end = max(0, places[-1] - 1)

        def at(line: int) -> int:
            return min(places[min(line, len(self.text))], end)

        outline = Outline()
        for one in self._headings:
            if one.body > one.line:
                outline.add(at(one.line), one.level, one.text, at(one.body))
            else:  # begins at the end of the line before, so that its own line is not taken for a heading line
                outline.add(max(0, at(one.line) - 1), one.level, one.text)
        tables = [Table(at(first), at(body), at(last), self._columns(first, body)) for first, body, last in self.tables]
        return Document(
            file.name,
            "\n".join(self.text),
            title or outline.first_title,
            file.source,
            meta or {},
            line=1,
            sections=tuple(outline.sections),
            tables=tuple(tables),
            together=tuple((at(first), at(last)) for first, last in self.together if first < last),
        )

    def _columns(self, first: int, body: int) -> str:
        names = " ".join(filter(None, self.text[first:body]))
        return names if len(names) <= LONGEST_COLUMNS else ""


def separated(lines: Sequence[str], start: int, delimiter: str) -> Iterator[Row]:
    """The rows of a CSV table in lines, the first of which has the number ``start``, as far as they can be read."""
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        number = start + rows.line_num
        try:
            yield number, next(rows)
        except (StopIteration, csv.Error):
            return


def row(cells: Sequence[str]) -> str:
    """The cells of a table's row on a line, each without line ends."""
    return BAR.join(" ".join(cell.split()) for cell in cells)


def indent_of(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip(" \t"))
