"""The order of the documentation, read from docs/index.md: its headings are chapters, and the tables below them name
the pages. The navigation of the site (docs/conf.py) and llms.txt are made from it: ``python docs/contents.py`` writes
llms.txt anew.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "index.md"
SHORT = ROOT / "llms.txt"
SUMMARY = (
    "ragqa answers questions over your own documents with the exact words, the place where they stand, and a score "
    "that says how likely the answer is right. It is extractive: no language model writes text. It runs offline on a "
    "CPU, as a command line, a Python library, a service over HTTP and tools for agents (MCP)."
)

_HEADING = re.compile(r"## +(.+)")
_ROW = re.compile(r"\| \[([^\]]+)\]\(([^)#]+)\) \| (.+?) \|")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its ``path`` is relative to the root of the project; ``about`` is one line without links."""

    title: str
    path: str
    about: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with its pages, in their order."""

    title: str
    pages: tuple[Page, ...]


def chapters(text: str) -> list[Chapter]:
    """The chapters that the text of docs/index.md has; a heading without a table is none."""
    found: list[tuple[str, list[Page]]] = []
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            found.append((heading[1], []))
        elif (row := _ROW.fullmatch(line)) and found:
            path = posixpath.normpath(posixpath.join("docs", row[2]))
            found[-1][1].append(Page(row[1], path, _LINK.sub(r"\1", row[3])))
    return [Chapter(title, tuple(pages)) for title, pages in found if pages]


def toctrees(found: list[Chapter]) -> str:
    """The chapters as hidden directives for Sphinx, in MyST's Markdown."""
    blocks = []
    for chapter in found:
        entries = [f"{page.title} </{page.path.rpartition('.')[0]}>" for page in chapter.pages]
        blocks.append("\n".join(["```{toctree}", ":hidden:", f":caption: {chapter.title}", "", *entries, "```"]))
    return "\n\n".join(["", *blocks, ""])


def llms_txt(found: list[Chapter], folder: str = "") -> str:
    """What llms.txt says; its links lead to the pages as they are written, below ``folder``."""
    lines = ["# ragqa", "", f"> {SUMMARY}"]
    for chapter in found:
        rows = [f"- [{page.title}]({folder}{page.path}): {page.about}" for page in chapter.pages]
        lines += ["", f"## {chapter.title}", "", *rows]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    SHORT.write_text(llms_txt(chapters(INDEX.read_text(encoding="utf-8"))), encoding="utf-8")
