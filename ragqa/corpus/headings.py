"""From headings to sections. A section begins at its heading line; the splitter leaves that line out of the
passages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ragqa.documents import Document, Section

SEPARATOR = " > "
LONGEST_HEADING = 300  # characters
_LINE = re.compile(r"[^\r\n]*")
_MARKED = re.compile(r" {0,3}#{1,6}(?:\s|$)")


@dataclass(slots=True)
class Outline:
    """Collects headings in text order."""

    sections: list[Section] = field(default_factory=list)
    first_title: str = ""
    _path: list[tuple[int, str]] = field(default_factory=list)

    def add(self, start: int, level: int, text: str, body: int = 0) -> None:
        """Add a heading at character ``start``, below which the text begins at ``body``; its path is that of the
        headings of lower levels above it.

        A text that is too long for a heading is ignored, because it would be stored with every passage below it.
        """
        text = " ".join(text.split())
        if len(text) > LONGEST_HEADING:
            return
        if level <= 1 and text and not self.first_title:
            self.first_title = text
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, text))
        self.sections.append(Section(start, SEPARATOR.join(part for _, part in self._path if part), body))


def body_start(text: str, section: Section) -> int:
    """Where a section's text begins: where it says so, or after its heading line. A heading line is marked by "#" or
    says the end of the path.
    """
    if section.body > section.start:
        return min(section.body, len(text))
    line = _LINE.match(text, section.start)
    if line is None:
        return section.start
    said = " ".join(line[0].split())
    ends_path = said and f"{SEPARATOR}{section.heading}".endswith(SEPARATOR + said)
    return line.end() if ends_path or _MARKED.match(line[0]) else section.start


def heading_of(document: Document, section: Section) -> str:
    """The section's path without the document's title in front."""
    if section.heading == document.title:
        return ""
    return section.heading.removeprefix(document.title + SEPARATOR) if document.title else section.heading
