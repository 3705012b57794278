"""From the cells of a table to lines of text, in which each cell keeps its column: "Red | Mill Lane |  | 1934"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ragqa.corpus.flow import Block

BAR = " | "
LONGEST_REPEATED = 200  # characters of a cell that is said in each row it spans
_WIDEST = 1000  # columns that a cell may span; HTML allows as many
LONGEST_COLUMNS = 300  # characters of all names; they stand with every passage of the table


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, and how many columns and rows it spans."""

    text: str
    columns: int = 1
    rows: int = 1


def table_block(rows: Sequence[Sequence[Cell]], headers: int) -> Block | None:
    """The table as a block, a line each row; the first ``headers`` rows are its header. None if no cell says anything.

    A cell that spans rows is said in each of them, unless it is long. One that spans columns is said once, and leaves
    the others empty, so that those after it keep their column.
    """
    grid = _grid(rows)
    names = _columns(grid[:headers]) if 0 < headers < len(grid) else ""
    lines = [BAR.join(row) for row in grid]
    header = sum(len(line) + 1 for line in lines[:headers] if _says(line)) if names else 0
    lines = [line for line in lines if _says(line)]
    text = "\n".join(lines)
    if not text:
        return None
    return Block(text, is_table=True, columns=names, header=min(header, len(text)))


def _says(line: str) -> bool:
    return bool(line.strip(" |"))


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The text of each cell of each row, with as many more for spans as there are cells at most."""
    spare = 10 * sum(map(len, rows)) + _WIDEST
    above: dict[int, tuple[int, str]] = {}  # column: how many more rows a cell of a row before spans, and its text
    grid = []
    for row in rows:
        line: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        gap = 0  # columns that the cell before spans beyond its own; left out at the end of a row
        for cell in row:
            line += [""] * gap
            while spare > 0 and len(line) in above:
                spare -= 1
                line.append(_continued(above, below, len(line)))
            if cell.rows > 1:
                below[len(line)] = (cell.rows - 1, cell.text if len(cell.text) <= LONGEST_REPEATED else "")
            line.append(cell.text)
            gap = min(cell.columns - 1, spare) if 1 < cell.columns <= _WIDEST else 0
            spare -= gap
        while spare > 0 and len(line) + gap in above:
            line += [""] * gap
            spare, gap = spare - 1, 0
            line.append(_continued(above, below, len(line)))
        grid.append(line)
        above = below
    return grid


def _continued(above: dict[int, tuple[int, str]], below: dict[int, tuple[int, str]], column: int) -> str:
    rows, text = above.pop(column)
    if rows > 1:
        below[column] = (rows - 1, text)
    return text


def _columns(header: Sequence[Sequence[str]]) -> str:
    """The columns' names; those of several rows are joined, if they differ."""
    width = max(map(len, header), default=0)
    names = []
    for column in range(width):
        parts = dict.fromkeys(row[column] for row in header if column < len(row) and row[column])
        names.append(" ".join(parts))
    said = BAR.join(names)
    return said if _says(said) and len(said) <= LONGEST_COLUMNS else ""
