"""Versions, years and sections: which of them a question names, and whether a passage belongs to one.

They are soft filters. Of two passages that answer a question about version 3.2, the one in the manual of 3.2 is
preferred to the one in the manual of 4.0, even if that mentions "3.2". A version that is named holds for its parts
("3.2" for "3.2.1"). Pure functions of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ragqa.documents import Passage
from ragqa.normalized import plain

ScopeKind = Literal["version", "year", "section"]
ELSEWHERE = 0.5  # of a mention in a document, or under a heading, of another version or section
LONGEST = 400  # characters of a title, a heading, a source or a value of metadata that are looked at

_VERSION_WORD = "version|versions|release|ver|v|versión|ausgabe|版本"
_SECTION_WORD = (
    "section|sections|sec|chapter|clause|article|paragraph|abschnitt|kapitel|artikel|absatz|chapitre|sección|capítulo|"
    "artículo|apartado"
)
_NUMBER = r"\d{1,4}(?:\.\d{1,4}){0,3}"
_OPEN, _CLOSED = r"(?<![\w.])", r"(?!\w|\.\d)"
_NAMED: dict[ScopeKind, re.Pattern[str]] = {
    "version": re.compile(
        rf"(?<!\w)(?:{_VERSION_WORD})\.?\s?v?({_NUMBER}){_CLOSED}|{_OPEN}v?(\d{{1,4}}(?:\.\d{{1,4}}){{2,3}}){_CLOSED}",
        re.IGNORECASE,
    ),
    "year": re.compile(r"(?<![\w.,/-])((?:1[5-9]|20)\d\d)(?![\w/-]|[.,]\d)"),
    "section": re.compile(
        rf"(?<!\w)(?:{_SECTION_WORD})\.?\s(\d{{1,3}}(?:\.\d{{1,3}}){{0,3}}){_CLOSED}"
        rf"|§\s?(\d{{1,3}}(?:\.\d{{1,3}}){{0,3}}){_CLOSED}|第\s?(\d{{1,3}})\s?[章节節条條]",
        re.IGNORECASE,
    ),
}
_DOTTED = re.compile(r"(?<![\d.])v?(\d{1,4}(?:\.\d{1,4}){1,3})(?!\d|\.\d)", re.IGNORECASE)
_DATED = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d)(?!\d)")
_LEADING = re.compile(r"^§?\s?(\d{1,3}(?:\.\d{1,3}){0,3})(?:[.)]?\s|\.?$)")


@dataclass(frozen=True, slots=True)
class Scope:
    """A version, a year or a section, by its number."""

    kind: ScopeKind
    value: str

    def holds(self, other: Scope) -> bool:
        """Whether another is the same or a part of it."""
        return self.kind == other.kind and (other.value == self.value or other.value.startswith(f"{self.value}."))

    def belongs(self, passage: Passage) -> float:
        """1 for a passage whose title, heading, source or metadata name it, or that does so itself; `ELSEWHERE` if they
        name another version or section; else 0.
        """
        marks = [mark for mark in marked(passage) if mark.kind == self.kind]
        if any(self.holds(mark) for mark in marks):
            return 1.0
        if not self._said(plain(passage.text)):
            return 0.0
        return ELSEWHERE if marks and self.kind != "year" else 1.0

    def _said(self, text: str) -> bool:
        if self.kind == "section":
            return any(self.holds(Scope(self.kind, value)) for value, _ in _found(_NAMED["section"], text))
        return _mention(self.value).search(text) is not None


def scopes(question: str) -> tuple[frozenset[Scope], str]:
    """What a question names, and the question with blanks in its place."""
    found, rest = set[Scope](), question
    for kind, pattern in _NAMED.items():
        for value, (start, end) in _found(pattern, rest):
            found.add(Scope(kind, value))
            rest = rest[:start] + " " * (end - start) + rest[end:]
    return frozenset(found), rest


def marked(passage: Passage) -> frozenset[Scope]:
    """What title, headings, source and metadata of a passage name."""
    meta = "\n".join(f"{key} {value}"[:LONGEST] for key, value in passage.meta.items() if not key.startswith("ragqa."))
    return _marks(passage.title[:LONGEST], passage.heading[:LONGEST], passage.source[-LONGEST:], meta)


@lru_cache(5_000)
def _marks(title: str, heading: str, source: str, meta: str) -> frozenset[Scope]:
    found = set[Scope]()
    parts = heading.split(" > ")
    for part in parts:
        if leading := _LEADING.match(part):
            found.add(Scope("section", leading[1]))
    headings = "\n".join(_LEADING.sub(" ", part, count=1) for part in parts)
    text = "\n".join((title, headings, source, meta))
    for kind, pattern in (*_NAMED.items(), ("version", _DOTTED), ("year", _DATED)):
        found |= {Scope(kind, value) for value, _ in _found(pattern, text)}
    return frozenset(found)


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for match in pattern.finditer(text):
        yield next(filter(None, match.groups())), match.span()


@lru_cache(500)
def _mention(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\d.]){re.escape(value)}(?!\d|\.\d)")
