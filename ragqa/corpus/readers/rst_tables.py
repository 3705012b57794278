"""Tables of reStructuredText: rows with the number of the line that each begins on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragqa.corpus.readers.lines import Row, separated

_RULER = re.compile(r"=+")
_GRID_RULER = re.compile(r"\+[-=+]+\+\Z")
_ITEM = re.compile(r"(\s*)\*\s+-(?:\s+|\Z)")
_CELL = re.compile(r"(\s*)-(?:\s+|\Z)")


def grid_rows(lines: Sequence[str]) -> tuple[list[Row], int]:
    """Rows of a grid, and how many of them are its header; a cell that spans columns is said once."""
    rows: list[Row] = []
    headers, current, first = 0, list[list[str]](), 0
    indent = len(lines[0]) - len(lines[0].lstrip())
    borders = [at for at, char in enumerate(lines[0].strip()) if char == "+"]
    for number, line in enumerate(lines):
        line = line[indent:].rstrip()
        if _GRID_RULER.match(line):
            if any(part for cell in current for part in cell):
                rows.append((first, [" ".join(filter(None, cell)) for cell in current]))
            headers = len(rows) if "=" in line else headers
            current, first = [], number + 1
            continue
        cells = _cut(line, borders)
        current = current or [[] for _ in cells]
        for at, cell in enumerate(cells):
            if at < len(current):
                current[at].append(cell)
            else:
                current.append([cell])
    return rows, headers if headers < len(rows) else 0


def _cut(line: str, borders: Sequence[int]) -> list[str]:
    """The cells of a line, where a "|" or "+" stands at a border of columns."""
    cells, start = [], 0
    for border in borders[1:]:
        if border >= len(line) or line[border] in "|+":
            cells.append(line[start + 1 : border].strip(" |-+") if start < len(line) else "")
            start = border
    return cells


def simple_rows(lines: Sequence[str]) -> tuple[list[Row], int]:
    """Rows of a simple table; a line whose first column is empty goes on with the row above."""
    starts = [found.start() for found in _RULER.finditer(lines[0])]
    rulers = dict.fromkeys(number for number, line in enumerate(lines) if line.strip() and not line.strip(" ="))
    last = next(reversed(rulers), -1)
    rows: list[Row] = []
    headers = 0
    for number, line in enumerate(lines[1:], 1):
        if number in rulers:
            headers = len(rows) if number != last else headers
        elif line.strip() and line.strip(" -"):
            ends = [*starts[1:], None]
            cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
            if rows and not cells[0] and any(cells):
                rows[-1] = (rows[-1][0], [f"{a} {b}".strip() for a, b in zip(rows[-1][1], cells, strict=True)])
            else:
                rows.append((number, cells))
    return rows, headers if headers < len(rows) else 0


def list_rows(lines: Sequence[str], start: int, end: int, is_csv: bool) -> list[Row]:
    """Rows of a ``list-table`` or ``csv-table`` in lines [start, end)."""
    if is_csv:
        stripped = [line.strip() for line in lines[start:end]]
        return [one for one in separated(stripped, start, ",") if any(one[1])]
    rows: list[Row] = []
    for number in range(start, end):
        line = lines[number]
        if _ITEM.match(line):
            rows.append((number, [_ITEM.sub("", line)]))
        elif rows and (cell := _CELL.match(line)) and cell[1]:
            rows[-1][1].append(line[cell.end() :])
        elif rows and line.strip():
            rows[-1][1][-1] += f" {line.strip()}"
    return rows
