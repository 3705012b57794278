"""Marks within lines of reStructuredText."""

from __future__ import annotations

import re

from ragqa.corpus.readers.hidden import Hidden

_LITERAL = re.compile(r"``(.{1,1000}?)``(?!`)")
_ROLE = re.compile(r"(?<![\w:]):[\w:.+-]{1,60}:`((?:\\.|[^`\\]){1,1000})`|`((?:\\.|[^`\\]){1,1000})`:[\w:.+-]{1,60}:")
_LINK = re.compile(r"`((?:\\.|[^`\\]){1,1000})`(__?)?(?![\w`])")
_STRONG = re.compile(r"(?<![\w*\\])\*\*(?=\S)(.{1,1000}?)(?<=\S)(?<!\\)\*\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])(.{1,1000}?)(?<=[^\s\\])\*(?![\w*])")
_REFERENCE = re.compile(
    r"(?<![\w`./@:-])([A-Za-z0-9][A-Za-z0-9.+-]{0,80}(?:_[A-Za-z0-9]{1,80}){0,9})__?(?![\w`(=\[/*.-]|\.\w)"
)
_FOOTNOTE = re.compile(r"(?<!\w)\[((?:\d+|#[\w.-]*|\*|[\w.-]+))\]_(?!\w)")
_SUBSTITUTION = re.compile(r"(?<![\w|])\|([^\s|](?:[^|\n]{0,80}[^\s|])?)\|(?:__?)?(?![\w|])")
_EXPLICIT = re.compile(r"(.*?)\s*(?<!\\)<([^<>]*)>\s*\Z", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|www\.", re.IGNORECASE)


class Inline:
    """Takes marks from lines, and knows substitutions and the targets that lie outside of the text."""

    def __init__(self) -> None:
        self._substitutions: dict[str, str] = {}

    def define(self, name: str, said: str) -> None:
        """Remember what ``|name|`` stands for."""
        self._substitutions[name.strip().lower()] = said

    def target(self, name: str, place: str) -> str:
        """What is said of a target: its name and address if it lies outside; an inner one says nothing."""
        place = place.strip()
        return f"{name.strip('`')}: {place}".strip(": ") if _OUTSIDE.match(place) and not place.endswith("_") else ""

    def plain(self, text: str) -> str:
        """A title without marks."""
        return " ".join(self.line(text).split())

    def line(self, text: str) -> str:
        """A line without marks; what is literal stays as it is."""
        if not any(mark in text for mark in "`*_|\\"):
            return text.replace("\0", "")
        hidden = Hidden()
        hide = hidden.hide
        text = _LITERAL.sub(lambda found: hide(found[1]), text.replace("\0", ""))
        text = _ROLE.sub(lambda found: hide(_shown(found[1] or found[2])), text)
        text = _LINK.sub(lambda found: hide(_linked(found[1], bool(found[2]))), text)
        text = _ESCAPE.sub(lambda found: hide(found[1]) if found[1].strip() else "", text)
        text = _STRONG.sub(r"\1", text)
        text = _EMPHASIS.sub(r"\1", text)
        text = _FOOTNOTE.sub(r"[\1]", text)
        text = _SUBSTITUTION.sub(self._replaced, text)
        return hidden.shown(_REFERENCE.sub(r"\1", text))

    def _replaced(self, found: re.Match[str]) -> str:
        said = self._substitutions.get(found[1].lower())
        return found[0] if said is None else said


def _shown(text: str) -> str:
    """What a role shows: ``title <target>``, ``~package.name``, or the text."""
    explicit = _EXPLICIT.match(text)
    if explicit and explicit[1]:
        return _ESCAPE.sub(r"\1", explicit[1])
    text = text.removeprefix("!")
    return _ESCAPE.sub(r"\1", text[1:].rpartition(".")[2] if text.startswith("~") else text)


def _linked(text: str, is_link: bool) -> str:
    explicit = _EXPLICIT.match(text)
    if is_link and explicit:
        title, place = explicit[1], explicit[2]
        if not _OUTSIDE.match(place) or place.endswith("_"):
            return _ESCAPE.sub(r"\1", title or place)
        return f"{title} ({place})" if title and title != place else place
    return _ESCAPE.sub(r"\1", text)
