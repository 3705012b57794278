"""Marks within lines of AsciiDoc, and the attributes that stand for texts."""

from __future__ import annotations

import re

from ragqa.characters import compiled
from ragqa.corpus.readers.hidden import Hidden

_PASS = compiled(r"\+\+\+(.{1,1000}?)\+\+\+|pass:\w*\[((?:\\\]|[^\]]){0,500})\]|(?<!\w)`\+(.{1,1000}?)\+`(?!\w)")
_CODE = compiled(r"``(.{1,1000}?)``|(?<![\w`])`([^`\s](?:[^`]{0,1000}[^`\s])?)`(?!\w)")
_ATTRIBUTE = compiled(r"(\\?)\{([\w-]+)\}")
_LINK = compiled(
    r"(?:link:)?((?:https?|ftp|irc|mailto):[^\s\[\]<>]{1,1000})\[((?:\\\]|[^\]]){0,500})\]|link:([^\s\[\]]{0,300})\[((?:\\\]|[^\]]){0,500})\]"
)
_REFERENCE = compiled(r"<<([^>,]{1,300}?)(?:,\s*([^>]{1,300}))?>>|xref:([^\s\[\]]{0,300})\[((?:\\\]|[^\]]){0,500})\]")
_MACRO = compiled(r"(?<!\w)(kbd|btn|menu|footnote(?:ref)?|image|icon|stem|latexmath|asciimath|indexterm2?|anchor):"
                    r"([^\s\[\]:]{0,300})\[((?:\\\]|[^\]]){0,500})\]")  # fmt: skip
_INDEX = compiled(r"\(\(\((.{1,300}?)\)\)\)|\(\(([^()]{1,300})\)\)")
_ANCHOR = compiled(r"\[\[\[?[^\]\[]{0,200}\]?\]\]")
_ROLE = compiled(r"\[[^\]\[\n]{0,80}\](?=[*_`#+]{1,2}\S)")
_MARKS = tuple(
    compiled(pattern)
    for pattern in (
        r"\*\*(?=\S)(.{1,1000}?)(?<=\S)\*\*",
        r"__(?=\S)(.{1,1000}?)(?<=\S)__",
        r"##(?=\S)(.{1,1000}?)(?<=\S)##",
        r"(?<![\w*\\])\*(?=[^\s*])(.{1,1000}?)(?<=[^\s*])\*(?![\w*])",
        r"(?<![\w_\\])_(?=[^\s_])(.{1,1000}?)(?<=[^\s_])_(?![\w_])",
        r"(?<![\w#\\])#(?=[^\s#])([^#]{1,1000}?)(?<=[^\s#])#(?![\w#])",
        r"(?<![\w+\\])\+(?=[^\s+])([^+]{1,1000}?)(?<=[^\s+])\+(?![\w+])",
    )
)
_ESCAPE = compiled(r"\\(?=[*_`#+{<(\[])")
_KNOWN = {"nbsp": "\xa0", "sp": " ", "empty": "", "blank": "", "zwsp": "", "amp": "&", "lt": "<", "gt": ">",
          "plus": "+", "vbar": "|", "brvbar": "¦", "startsb": "[", "endsb": "]", "caret": "^", "asterisk": "*",
          "tilde": "~", "backslash": "\\", "backtick": "`", "apos": "'", "quot": '"', "deg": "°", "cpp": "C++",
          "two-colons": "::", "two-semicolons": ";;", "ldquo": "“", "rdquo": "”", "lsquo": "‘",
          "rsquo": "’"}  # fmt: skip


class Inline:
    """Takes marks from lines. ``attributes`` grow as the document sets them."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}

    def plain(self, text: str) -> str:
        """A title without marks."""
        return " ".join(self.line(text).split())

    def line(self, text: str) -> str:
        """A line without marks; what is passed through stays as it is."""
        text = text.replace("\0", "")
        hidden = Hidden()
        hide = hidden.hide
        text = _PASS.sub(lambda found: hide(found[1] or found[2] or found[3] or ""), text)
        text = _CODE.sub(lambda found: hide(self._named(found[1] or found[2])), text)
        text = self._named(text)
        text = _LINK.sub(lambda found: hide(_linked(*found.groups(default=""))), text)
        text = _REFERENCE.sub(lambda found: _referred(*found.groups(default="")), text)
        text = _MACRO.sub(_shown, text)
        text = _INDEX.sub(lambda found: found[2] or "", _ANCHOR.sub("", text))
        text = _ROLE.sub("", text)
        for mark in _MARKS:
            text = mark.sub(r"\1", text)
        return hidden.shown(_ESCAPE.sub("", text))

    def _named(self, text: str) -> str:
        return _ATTRIBUTE.sub(self._attribute, text) if "{" in text else text

    def _attribute(self, found: re.Match[str]) -> str:
        name = found[2].lower()
        if found[1]:
            return found[0][1:]
        return self.attributes.get(name, _KNOWN.get(name, found[0]))


def _linked(address: str, said: str, place: str, text: str) -> str:
    """A link's words, and its address if that lies outside."""
    words = (said if address else text).split(",")[0].strip('"^ ') or (address or place)
    return f"{words} ({address})" if address and words != address else words


def _referred(anchor: str, said: str, place: str, text: str) -> str:
    return (said or text or anchor or place).strip()


def _shown(found: re.Match[str]) -> str:
    name, place, said = found[1], found[2], found[3].replace("\\]", "]")
    if name == "menu":
        return " > ".join(filter(None, (place, *(part.strip() for part in said.split(">")))))
    if name.startswith("footnote"):
        return f" ({said})" if said else ""
    if name in ("anchor", "indexterm"):
        return ""
    return said.split(",")[0].strip('" ') if name in ("image", "icon") else said
