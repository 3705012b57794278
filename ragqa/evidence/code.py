"""Where a text quotes code: blocks between fences as in Markdown, and indented ones. Pure functions of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ragqa.items import Item, items

Part = tuple[int, int]

_FENCE = re.compile(r"^[ \t>]{0,12}(?P<bar>`{3,}|~{3,})[^`\n]*$", re.MULTILINE)
_INDENTED = re.compile(r"(?:\A|(?<=\n\n))(?:(?: {4}|\t)[ \t]*[^\s][^\n]*(?:\n(?:[ \t]*\n)*(?= {4}|\t)|\n?))+")


def code_blocks(text: str) -> list[Part]:
    """Characters [start, end) of each block, its fences counted in, in order; one that nothing closes reaches to the
    text's end. What is indented behind an item of a list is its next paragraph, and code only if a colon announces it.
    """
    fenced = list(_fenced(text))
    if "\n    " not in text and "\n\t" not in text and not text.startswith(("    ", "\t")):
        return fenced
    listed = items(text)
    taken = [*fenced, *((item.start, item.end) for item in listed)]
    found = (match.span() for match in _INDENTED.finditer(text))
    free = [
        (start, end)
        for start, end in found
        if not any(first < end and start < last for first, last in taken) and not _continues(text, start, listed)
    ]
    whole = ((start, start + len(text[start:end].rstrip())) for start, end in free)
    return sorted([*fenced, *whole])


def _continues(text: str, start: int, listed: Sequence[Item]) -> bool:
    """Whether an item of a list goes on there."""
    before = text[:start].rstrip()
    return any(item.end == len(before) for item in listed) and not before.endswith((":", "："))


def _fenced(text: str) -> Iterator[Part]:
    at = 0
    while opened := _FENCE.search(text, at):
        closing = re.compile(rf"^[ \t>]{{0,12}}{re.escape(opened['bar'])}[`~]*[ \t]*$", re.MULTILINE)
        closed = closing.search(text, opened.end())
        at = closed.end() if closed else len(text)
        yield opened.start(), at
