"""Nested JSON: each leaf is quoted with its key ("port: 8080"), and the keys above it are its heading path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ragqa.corpus.files import SourceFile
from ragqa.corpus.flow import LINE, Block, flow
from ragqa.corpus.tables import as_text, file_title, quote_cells
from ragqa.documents import Document

_DEEPEST = 6  # headings; what lies deeper is quoted with its path: "limits.memory.mb: 800"
_LONG = 200  # characters of a value that stands in a paragraph of its own
_NAMES = ("name", "title", "label", "key", "id")  # what an item of a list may be called by


def read_leaves(content: Any, file: SourceFile) -> Document:
    """One document; its title is what the content calls "title" or "name", otherwise the file's name."""
    facts = content if isinstance(content, Mapping) else {}
    title = next((as_text(facts[name]) for name in ("title", "name") if as_text(facts.get(name))), "")
    return flow(_blocks(content, 1)).document(file, title or file_title(file))


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """(name, leaf) of what a value holds: "author.name", "lines.2.price"; a list of plain values is one leaf."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from flat(f"{name}.{key}" if name else str(key), below)
    elif isinstance(value, list) and not _is_plain(value):
        for number, below in enumerate(value, 1):
            yield from flat(f"{name}.{number}" if name else str(number), below)
    else:
        yield name, value


def _blocks(value: Any, level: int) -> Iterator[Block]:
    if not _is_nested(value) or level > _DEEPEST:
        yield from _cells(flat("", value))
        return
    items = list(value.items() if isinstance(value, Mapping) else enumerate(value, 1))
    yield from _cells(leaf for key, below in items if not _is_nested(below) for leaf in flat(str(key), below))
    headed = False
    for key, below in items:
        if not _is_nested(below):
            continue
        if isinstance(value, list) and isinstance(below, Mapping) and not any(map(_is_nested, below.values())):
            if headed:
                yield Block("", level=level)
                headed = False
            yield from _cells(flat("", below))
        else:
            yield Block((_called(below) if isinstance(value, list) else "") or str(key), level=level)
            yield from _blocks(below, level + 1)
            headed = True


def _cells(leaves: Iterator[tuple[str, Any]]) -> Iterator[Block]:
    """Short leaves together in a paragraph, long ones each in one of its own."""
    named = [(" ".join(name.split()), as_text(value)) for name, value in leaves]
    if short := quote_cells([(name, text) for name, text in named if len(text) <= _LONG])[0]:
        yield Block(short)
    for name, text in named:
        if text and not name:  # nothing but a value, or a list of them
            yield Block(text)
        elif len(text) > _LONG:
            yield Block(f"{name}:")
            yield Block(text, LINE)


def _called(item: Any) -> str:
    if not isinstance(item, Mapping):
        return ""
    return next((as_text(item[name]) for name in _NAMES if as_text(item.get(name))), "")


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and not _is_plain(value))


def _is_plain(values: list[Any]) -> bool:
    return not any(isinstance(value, (Mapping, list)) for value in values)
