"""What is enumerated otherwise than in a list: the parts of "a, b and c", and the cells of a table's column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Part = tuple[int, int]

_JOINT = "(?:and|or|und|oder|et|ou|y|o)"
_BETWEEN = re.compile(rf",\s{{1,4}}(?:{_JOINT}\s)?|(?<=\S)\s{{1,4}}{_JOINT}\s|[、，]|(?<=\S)(?:和|及|以及)(?=\S)")
_RULE = re.compile(r"[\s|:+=-]+")
WORDS = 8  # that a part of a series has at most
MOST = 100  # items that are told apart


def series(text: str, start: int, end: int) -> list[Part]:
    """The parts of characters [start, end) that commas and one "and" or "or" between the last two part: "a, b and c".
    None if there are fewer than three, or one that is long, empty or begins with a digit, as in a date or a sum.
    """
    cuts = [match.span() for match in _BETWEEN.finditer(text, start, end)][:MOST]
    edges = [start, *(place for cut in cuts for place in cut), end]
    parts = [(edges[at], edges[at + 1]) for at in range(0, len(edges), 2)]
    words = [text[first:last].split() for first, last in parts]
    if len(parts) < 3 or any(not own or len(own) > WORDS or own[0][0].isdigit() for own in words):
        return []
    return [_stripped(text, first, last) for first, last in parts]


def column(text: str, at: int) -> list[Part]:
    """The cells of the column of a table that the character ``at`` stands in, without the header above a rule of
    Markdown and empty cells; none if ``at`` is in no table of two rows or more. A table is a run of lines with equally
    many cells, parted by bars ("a | b").
    """
    rows = table(text, at)
    cut_rows = [_cells(text, *row) for row in rows]
    own = next((cut for row, cut in zip(rows, cut_rows, strict=True) if row[0] <= at <= row[1]), [])
    number = next((number for number, (first, last) in enumerate(own) if first <= at <= last), None)
    if len(rows) < 2 or number is None:
        return []
    rules = [place for place, row in enumerate(rows) if is_rule(text, *row)]
    body = cut_rows[rules[0] + 1 :] if rules else cut_rows
    found = (_stripped(text, *cut[number]) for cut in body)
    return [(first, last) for first, last in found if first < last]


def table(text: str, at: int) -> list[Part]:
    """The lines of the table that the character ``at`` stands in, none if it stands in no table."""
    return next((rows for rows in tables(text) if rows[0][0] <= at <= rows[-1][1]), [])


def tables(text: str) -> Iterator[list[Part]]:
    """The lines of each table: those that follow on one another and have equally many cells."""
    run, width = list[Part](), 0
    for line in _lines_of(text):
        own = _width(text, line)
        if run and own != width:
            yield run
            run = []
        if own:
            run.append(line)
        width = own
    if run:
        yield run


def cells(text: str, start: int, end: int) -> list[Part]:
    """The cells of a row, without the white space around them."""
    return [_stripped(text, *cut) for cut in _cells(text, start, end)]


def is_rule(text: str, start: int, end: int) -> bool:
    """Whether a line is the one below a table's header in Markdown."""
    return _RULE.fullmatch(text, start, end) is not None


def _lines_of(text: str) -> Iterator[Part]:
    start = 0
    while start <= len(text):
        found = text.find("\n", start)
        end = len(text) if found < 0 else found
        yield start, end
        start = end + 1


def _width(text: str, line: Part) -> int:
    """How many cells a line has, 0 without a bar."""
    return len(_cells(text, *line)) if text.count("|", *line) else 0


def _cells(text: str, start: int, end: int) -> list[Part]:
    """The cells of a row, between its bars."""
    start, end = _stripped(text, start, end)
    if text.startswith("|", start, end):
        start, end = start + 1, end - (end > start + 1 and text[end - 1] == "|")
    cuts = [start - 1, *(at for at in range(start, end) if text[at] == "|"), end]
    return [(first + 1, last) for first, last in pairwise(cuts)]


def _stripped(text: str, start: int, end: int) -> Part:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
