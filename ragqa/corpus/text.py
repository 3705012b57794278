"""Plain text and Markdown: the document is the file's text as it stands, so offsets and lines are the file's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from ragqa.corpus.encoding import decode
from ragqa.corpus.files import SourceFile, read_text_bytes
from ragqa.corpus.headings import Outline
from ragqa.types import Document, Section

_FRONT_MATTER = re.compile(r"(?s)(---|\+\+\+)[ \t]*\r?\n(.{0,65536}?)(?<=\n)\1[ \t]*(?:\r?\n|\Z)")
_YAML_LINE = re.compile(r"[ \t\r]|[-#}\]]|[\w\"'][^:\n]*:(?:\s|$)|$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\r\n]*)")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=\s|$)")
_CANDIDATE = re.compile(r"(?m)^ {0,3}(?:#{1,6}(?:[ \t\r]|$)|`{3,}|~{3,})[^\n]*")
_MARKUP = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\n]{0,500}\)|(\*\*|__|`+|(?<!\w)[*_]|[*_](?!\w))|\\([!-/:-@\[-`{-~])")

_LONGEST_TOML = 16_384  # characters: tomllib takes time and memory quadratic in the parts of a dotted key
_LONGEST_LINE = 2_000  # characters of a heading with its inline marks and the addresses of its links
_NESTED = ("", "[", "{", "|", ">", "&", "*", "#")

Scalar = str | int | float | bool


def read_text(file: SourceFile) -> Iterator[Document]:
    """One document, without title."""
    yield Document(file.name, decode(read_text_bytes(file)), source=file.source, line=1)


def read_markdown(file: SourceFile) -> Iterator[Document]:
    """One document: title from the front matter or the first heading of the first level, sections from ATX headings.

    The front matter (YAML between ``---``, TOML between ``+++``) is also meta, as far as its values are scalars.
    """
    text = decode(read_text_bytes(file))
    body, meta = front_matter(text)
    outline = markdown_outline(text, body)
    title = str(meta.pop("title", "")) or outline.first_title
    sections = outline.sections
    if body and text[:body].strip() and not (sections and not text[body : sections[0].start].strip()):
        sections = [Section(body, ""), *sections]
    yield Document(file.name, text, title, file.source, meta, line=1, sections=tuple(sections))


def front_matter(text: str) -> tuple[int, dict[str, Scalar]]:
    """Where the body begins, and the scalars of the front matter before it."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return 0, {}
    if match[1] == "+++":
        if len(match[2]) > _LONGEST_TOML:
            return 0, {}
        try:
            table = tomllib.loads(match[2])
        except (ValueError, RecursionError):  # no TOML, or nested or numbers longer than Python reads
            return 0, {}
        return match.end(), {key: value for key, value in table.items() if _is_scalar(value)}
    lines = match[2].split("\n")
    if not all(_YAML_LINE.match(line) for line in lines):
        return 0, {}  # a text between two rules
    pairs = (line.partition(":") for line in lines if line[:1].isalpha())
    values = ((key.strip(), rest.strip()) for key, _, rest in pairs)
    return match.end(), {key: _yaml(value) for key, value in values if value[:1] not in _NESTED}


def _is_scalar(value: object) -> bool:
    """Whether it can be metadata; an integer of more than 64 bits (TOML's 0xFFFF…) may be too long to be written."""
    return isinstance(value, (str, float)) or (isinstance(value, int) and value.bit_length() <= 64)


def _yaml(value: str) -> Scalar:
    if value[0] in "\"'" and value[-1] == value[0] and len(value) > 1:
        return value[1:-1]
    value = value.partition(" #")[0].rstrip()
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if re.fullmatch(r"[-+]?(?:0|[1-9]\d{0,17})", value):
        return int(value)
    return float(value) if re.fullmatch(r"[-+]?\d{1,18}\.\d{1,18}", value) else value


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
