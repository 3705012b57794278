"""Tables of AsciiDoc: rows with the number of the line that each begins on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragqa.characters import compiled
from ragqa.corpus.readers.lines import Row, separated

_CELL = compiled(r"(?:(?:^|(?<=\s))(\d+(?:\.\d+)?[*+]|\.\d+\+)?[<^>]?(?:\.[<^>])?[adehlmsv]?)?(?<!\\)\|")
_COLUMNS = compiled(r"cols\s*=\s*\"?([^\"\]]*)")
_MOST = 1000  # columns


def rows_of(lines: Sequence[str], start: int, end: int, options: str, delimiter: str) -> tuple[list[Row], int]:
    """Rows in lines [start, end), and how many of them are the header."""
    if delimiter[0] in ",:" or "format=csv" in options or 'format="csv"' in options:
        return _separated(lines, start, end, ":" if delimiter[0] == ":" else ",", options)
    cells: list[tuple[int, str]] = []
    widest = 0
    for number in range(start, end):
        line = lines[number].rstrip()
        found = list(_CELL.finditer(line))
        if not found:
            if cells and line.strip():
                cells[-1] = (cells[-1][0], f"{cells[-1][1]} {line.strip()}")
            continue
        before = line[: found[0].start()].strip()
        if before and cells:
            cells[-1] = (cells[-1][0], f"{cells[-1][1]} {before}")
        own: list[tuple[int, str]] = []
        for mark, following in zip(found, [*found[1:], None], strict=True):
            text = line[mark.end() : following.start() if following else None].strip().replace("\\|", "|")
            own += [(number, cell) for cell in _cells(text, mark[1] or "")]
        widest = widest or len(own)
        cells += own
    width = _width(options) or widest or 1
    rows = [cells[at : at + width] for at in range(0, len(cells), width)]
    merged: list[Row] = []
    for one in rows:
        if merged and one[0][0] <= merged[-1][0]:  # two rows on one line
            merged[-1][1].extend(text for _, text in one)
        else:
            merged.append((one[0][0], [text for _, text in one]))
    return merged, _headers(lines, start, merged, options)


def _cells(text: str, span: str) -> list[str]:
    """A cell as often as ``3*`` says; of one that spans columns (``2+``) the others are empty."""
    number = _small(span.rstrip("*+").split(".")[0])
    return [text] * number if span.endswith("*") else [text, *[""] * (number - 1)]


def _width(options: str) -> int:
    found = _COLUMNS.search(options)
    if not found:
        return 0
    width = 0
    for part in re.split(r"[,;]", found[1].strip()):
        number, star, _ = part.strip().partition("*")
        width += _small(number) if star else 1
    return min(width, _MOST)


def _small(number: str) -> int:
    return min(int(number), _MOST) if number.isascii() and number.isdecimal() and len(number) < 5 else 1


def _headers(lines: Sequence[str], start: int, rows: list[Row], options: str) -> int:
    if len(rows) < 2 or "noheader" in options:
        return 0
    first = rows[0][0]
    implicit = first == start and rows[1][0] > first + 1 and not lines[first + 1].strip()
    return int(implicit or "header" in options)


def _separated(lines: Sequence[str], start: int, end: int, delimiter: str, options: str) -> tuple[list[Row], int]:
    rows = [one for one in separated(lines[start:end], start, delimiter) if any(map(str.strip, one[1]))]
    return rows, _headers(lines, start, rows, options)
