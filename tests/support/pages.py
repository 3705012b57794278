"""Pages of Markdown taken apart: code blocks, links, headings and comments, as far as the tests of the documentation
need them.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"( *)```+ *([\w-]*) *$")
_COMMENT = re.compile(r"<!-- *(.*?) *-->")
_HEADING = re.compile(r"#{1,6} +(.*?) *#* *$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`([^`\n]+)`")
_SEPARATORS = {"&&", "||", "|", ";", "&"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code. ``line`` is that of its first line of code, from 1. ``note`` is the comment on the line
    before the fence. ``prints`` is the text of a block of ``text`` that follows with nothing but blank lines between.
    """

    language: str
    code: str
    line: int
    note: str
    prints: str | None = None


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found: list[tuple[Block, int, int]] = []  # with the lines of the fences
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence is None:
            number += 1
            continue
        start, indent = number, len(fence[1])
        number += 1
        while not re.fullmatch(r" *```+ *", lines[number]):
            number += 1
        code = "\n".join(line[indent:] for line in lines[start + 1 : number])
        note = _COMMENT.fullmatch(lines[start - 1].strip()) if start else None
        found.append((Block(fence[2], code, start + 2, note[1] if note else ""), start, number))
        number += 1
    return [_with_output(found, place, lines) for place in range(len(found))]


def _with_output(found: list[tuple[Block, int, int]], place: int, lines: list[str]) -> Block:
    block, _, end = found[place]
    if place + 1 == len(found):
        return block
    following, start, _ = found[place + 1]
    if following.language != "text" or any(line.strip() for line in lines[end + 1 : start]):
        return block
    return Block(block.language, block.code, block.line, block.note, following.code)


def needs(path: Path) -> list[str]:
    """What the comment ``<!-- needs: a, b -->`` of a page names: paths relative to the root of the project."""
    notes = [note for note in _COMMENT.findall(path.read_text(encoding="utf-8")) if note.startswith("needs:")]
    return [name.strip() for note in notes for name in note.removeprefix("needs:").split(",")]


def runs_shell(path: Path) -> bool:
    """Whether the page has the comment ``<!-- shell: run -->``: its blocks of bash are run, not only looked at."""
    return "shell: run" in _COMMENT.findall(path.read_text(encoding="utf-8"))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of each line that stands outside of code blocks and comments."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if _FENCE.match(line) or (fenced and re.fullmatch(r" *```+ *", line)):
            fenced = not fenced
        elif not fenced:
            yield number, _COMMENT.sub("", line)


def links(path: Path) -> Iterator[tuple[int, str]]:
    """(line, target) of each link that leads to a file or to a place on the page."""
    for number, line in prose(path):
        for target in _LINK.findall(_INLINE.sub("", line)):
            if not re.match(r"[a-z]+:", target):
                yield number, target


def anchors(path: Path) -> set[str]:
    """The names under which GitHub and MyST let the headings of a page be linked to."""
    seen: Counter[str] = Counter()
    found = set()
    for _, line in prose(path):
        if heading := _HEADING.match(line):
            name = re.sub(r"[^\w\- ]", "", _LINK.sub("", heading[1]).lower()).replace(" ", "-")
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return found


def inline_commands(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, words) of each ``ragqa …`` that is quoted within a sentence."""
    for number, line in prose(path):
        for code in _INLINE.findall(line):
            if re.match(r"ragqa [a-z]", code):
                yield number, code.split()


def commands(block: Block) -> Iterator[tuple[int, list[str]]]:
    """(line, words) of each ``ragqa …`` of a block of shell commands, without prompts, pipes and redirections.

    In a block of ``console`` only lines that begin with ``$`` are commands; the others are what was printed.
    """
    code = block.code.replace("\\\n", "  ")
    for offset, line in enumerate(code.splitlines()):
        if block.language == "console":
            if not line.startswith("$ "):
                continue
            line = line.removeprefix("$ ")
        yield from ((block.line + offset, words) for words in _split(line) if words[:1] == ["ragqa"])


def _split(line: str) -> Iterator[list[str]]:
    """The simple commands of a line: words between separators, without what is redirected."""
    lexer = shlex.shlex(re.sub(r"(?<=\s)\d(?=>)", "", line), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    skip = False
    for word in lexer:
        if word in _SEPARATORS:
            yield words
            words = []
        elif word in (">", ">>", "<"):
            skip = True
        elif skip:
            skip = False
        else:
            words.append(word)
    yield words
