"""Plain text and Markdown: the document is the file's text as it stands, so offsets and lines are the file's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragqa.corpus.files import SourceFile, read_text_of
from ragqa.corpus.headings import Outline
from ragqa.corpus.matter import front_matter
from ragqa.corpus.tables import is_reserved
from ragqa.types import Document, Section

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\r\n]*)")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=\s|$)")
_CANDIDATE = re.compile(r"(?m)^ {0,3}(?:#{1,6}(?:[ \t\r]|$)|`{3,}|~{3,})[^\n]*")
_MARKUP = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\n]{0,500}\)|(\*\*|__|`+|(?<!\w)[*_]|[*_](?!\w))|\\([!-/:-@\[-`{-~])")

_LONGEST_LINE = 2_000  # characters of a heading with its inline marks and the addresses of its links


def read_text(file: SourceFile) -> Iterator[Document]:
    """One document, without title."""
    yield Document(file.name, read_text_of(file), source=file.source, line=1)


def read_markdown(file: SourceFile) -> Iterator[Document]:
    """One document: title from the front matter or the first heading of the first level, sections from ATX headings.

    What the front matter says besides is meta (see `ragqa.corpus.matter`).
    """
    text = read_text_of(file)
    body, meta = front_matter(text)
    outline = markdown_outline(text, body)
    meta = {name: value for name, value in meta.items() if not is_reserved(name, value)}
    given = meta.pop("title", "")
    title = ("" if isinstance(given, (list, dict)) else str(given)) or outline.first_title
    sections = outline.sections
    if body and text[:body].strip() and not (sections and not text[body : sections[0].start].strip()):
        sections = [Section(body, ""), *sections]
    yield Document(file.name, text, title, file.source, meta, line=1, sections=tuple(sections))


def markdown_outline(text: str, start: int = 0) -> Outline:
    """The ATX headings from character ``start`` on, outside of code fences."""
    outline = Outline()
    fence = ""
    for line in _CANDIDATE.finditer(text, start):
        bar = _FENCE.match(line[0])
        if fence:
            if bar and bar[1].startswith(fence) and not bar[2].strip():
                fence = ""
        elif bar:
            fence = "" if bar[1][0] == "`" and "`" in bar[2] else bar[1]
        elif heading := _HEADING.match(line[0]):
            text = _unclosed(line[0][heading.end() :])
            if len(text) <= _LONGEST_LINE:
                outline.add(line.start(), len(heading[1]), plain(text))
    return outline


def _unclosed(heading: str) -> str:
    """Without the "#" that may also stand behind a heading."""
    heading = heading.strip()
    bare = heading.rstrip("#")
    return heading if bare[-1:].strip() else bare.rstrip()


def plain(text: str) -> str:
    """A line of Markdown without its inline marks."""
    return _MARKUP.sub(lambda mark: mark[1] or mark[3] or "", text).strip()
