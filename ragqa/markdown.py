"""What a text in Markdown says to its readers: which of its characters are marks and no words.

Marks are: those of emphasis, code, headings and quotations, the addresses of links, anchors, references of notes,
comments, tags of HTML and of templates, entities, and the line below a table's header. Programs stay as they are.

Where a browser would part what stands before and behind a tag ("Oslo<br>Norway", two cells, two items), a blank is
read in its place, as between two elements of one kind that touch ("<span>(a)</span><span>premises</span>").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5

_INLINE = (
    "abbr|a|bdi|bdo|big|b|cite|code|del|dfn|em|font|ins|i|kbd|mark|q|samp|small|span|strong|sub|sup|s|tt|u|var|wbr"
)
_PARTING = (  # elements that begin a line of their own, or a cell, or are no text
    "article|aside|audio|blockquote|br|caption|center|colgroup|col|dd|details|div|dl|dt|figcaption|figure|footer|"
    "h[1-6]|header|hr|iframe|img|input|li|main|nav|ol|picture|pre|p|section|source|summary|svg|table|tbody|td|tfoot|th|"
    "thead|tr|ul|video"
)
_TARGET = r"\((?:[^()\n]|\([^()\n]{0,200}\)){0,1000}\)|\[[^\[\]\n]{0,200}\]"
_WRAP = r"\n(?![ \t]*\n)"  # the end of a line, but of no paragraph
_RULE = r"[ \t]*:?-{1,100}:?[ \t]*"  # below the name of a column
_MARK = re.compile(
    r"(?P<fence>^[ \t>]{0,12}(?P<bar>`{3,}|~{3,})[^`\n]*$)"
    r"|(?P<ticks>`{1,3})"
    r"|(?P<escape>\\)(?=[!-/:-@\[-`{-~])."
    r"|(?P<gone>"
    r"<!--[\s\S]{0,1000}?-->|\{%[^%\n]{0,500}%\}|\{\{[^{}\n]{0,200}\}\}"
    rf"|</?(?i:{_INLINE}|{_PARTING})(?:[\s/](?:[^<>\n]|{_WRAP}){{0,1000}})?>"
    r"|[ \t]*\{:?[ \t]*[#.][^{}\n]{0,200}\}"
    r"|\[\^[^\[\]\n]{1,50}\](?!:)"
    r"|^ {0,3}\[[^\[\]\n]{1,200}\]:[ \t]+\S+[^\n]*$"
    r"|^ {0,3}(?:\#{1,6}(?=[ \t]|$)[ \t]*|>[ \t]?(?:>[ \t]?){0,5})"
    rf"|^[ \t]*(?:\|{_RULE}(?:\|{_RULE})*\|?|{_RULE}(?:\|{_RULE})+\|?)$"
    r"|~~"
    r")"
    r"|\[\[(?:[^\[\]|\n]{0,200}\|)?(?P<page>[^\[\]|\n]{1,200})\]\]"
    rf"|!?\[(?P<label>(?:[^\[\]\n]|{_WRAP}|\[[^\[\]\n]{{0,200}}\]){{0,500}})\](?:{_TARGET})"
    r"|<(?P<link>(?:https?|mailto|ftp):[^<>\s]{1,500})>"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<emphasis>\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w))"
    r"|\n[ \t]*(?P<blank>\n)",
    re.MULTILINE,
)

_PARTS = re.compile(rf"</?(?i:{_PARTING})(?:[\s/][^<>]*)?>|</([A-Za-z]+)\s*><(?i:\1)[\s>]")
_OPEN = 20  # runs of emphasis inside one another
_LONGEST_RUN = 10_000  # characters of marks that touch

Span = tuple[int, int]
Piece = tuple[int, int, str]  # characters [start, end) of a text, and what is read in their place


def marks(text: str) -> list[Span]:
    """Characters [start, end) of the text that are marks, ascending; none overlap."""
    found: list[Span] = []
    last = 0
    for start, end in sorted(_marks(text)):
        if end > last and start < end:
            found.append((max(start, last), end))
            last = end
    return found


def unmarked(text: str) -> list[Piece]:
    """The `marks`, those that touch as one, and what is read in their place: the characters that entities stand for, a
    blank if they part words, or nothing.
    """
    runs: list[Piece] = []
    for start, end in marks(text):
        said = unescape(text[start:end]) if text[start] == "&" else ""
        if runs and runs[-1][1] == start and end - runs[-1][0] <= _LONGEST_RUN:
            runs[-1] = (runs[-1][0], end, runs[-1][2] + said)
        elif not runs or runs[-1][1] < start:  # what such a run is longer by counts as text
            runs.append((start, end, said))
    return [(start, end, said or _between(text, start, end)) for start, end, said in runs]


def _between(text: str, start: int, end: int) -> str:
    """A blank if marks there stand between two words without one, and a browser would part these; else nothing."""
    around = text[start - 1 : start], text[end : end + 1]
    parts = all(around) and not any(map(str.isspace, around)) and _PARTS.search(text, start, end) is not None
    return " " if parts else ""


def plain(text: str) -> str:
    """A line of Markdown without its marks."""
    kept, at = [], 0
    for start, end, said in unmarked(text):
        kept += [text[at:start], said]
        at = end
    return "".join([*kept, text[at:]]).strip()


def _marks(text: str) -> Iterator[Span]:
    """The marks in the order in which they are found: those around a label come before those in it."""
    place = 0
    skips: dict[int, int] = {}  # from the end of a label to the end of its link
    opened: list[tuple[str, int]] = []  # runs of emphasis that may still be closed
    while (match := _MARK.search(text, place)) is not None:
        start, end = match.span()
        ahead = next((at for at in skips if place <= at <= start), None)
        if ahead is not None:
            place = skips.pop(ahead)
            continue
        place = end
        kind = match.lastgroup
        if kind == "gone" or (kind == "entity" and (match[0][1] == "#" or match[0][1:] in html5)):
            yield start, end
        elif kind == "fence":
            close = _closing_fence(text, match["bar"], end)
            yield from ((start, end), close)
            place = close[1]
        elif kind == "escape":
            yield start, start + 1
        elif kind == "ticks":
            code = _code(text, start, end)
            yield from code
            place = code[-1][1] if code else end
        elif kind in ("page", "label", "link"):
            inside = match.span(kind)
            yield from ((start, inside[0]), (inside[1], end))
            if kind != "link":
                place = inside[0]
                skips[inside[1]] = end
        elif kind == "blank":
            opened.clear()
            place = match.start("blank")
        else:
            yield from _emphasis(text, match, opened)


def _code(text: str, start: int, end: int) -> list[Span]:
    """The marks around code in a line, if it is closed in its paragraph."""
    close = text.find(text[start:end], end)
    return [(start, end), (close, close + end - start)] if close >= 0 and "\n\n" not in text[end:close] else []


def _closing_fence(text: str, bar: str, place: int) -> Span:
    """The line that closes a program; the end of the text if none does."""
    close = re.compile(rf"^[ \t>]{{0,12}}{re.escape(bar)}[^\n]*", re.MULTILINE).search(text, place + 1)
    return close.span() if close else (len(text), len(text))


def _emphasis(text: str, match: re.Match[str], opened: list[tuple[str, int]]) -> Iterator[Span]:
    """Both runs of a pair when the second is found; one that stands alone is none."""
    start, end = match.span()
    run = match[0]
    may_close = start > 0 and not text[start - 1].isspace()
    may_open = end < len(text) and not text[end].isspace()
    at = next((at for at in range(len(opened) - 1, -1, -1) if opened[at][0] == run), None) if may_close else None
    if at is not None:
        first = opened[at][1]
        del opened[at:]
        yield from ((first, first + len(run)), (start, end))
    elif may_open:
        opened.append((run, start))
        del opened[:-_OPEN]
