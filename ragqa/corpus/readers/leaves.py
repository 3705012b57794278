"""Nested JSON: each leaf is quoted with its key ("port: 8080"), and the keys above it are its heading path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.flow import LINE, Flow
from ragqa.corpus.tables import as_text, file_title, quote_cells
from ragqa.types import Document

_DEEPEST = 6  # headings; what lies deeper is quoted with its path: "limits.memory.mb: 800"
_LONG = 200  # characters of a value that stands in a paragraph of its own
_NAMES = ("name", "title", "label", "key", "id")  # what an item of a list may be called by


def read_leaves(content: Any, file: SourceFile) -> Document:
    """One document; its title is what the content calls "title" or "name", otherwise the file's name."""
    flow = Flow(file)
    _write(flow, content, 1)
    title = next((as_text(content.get(name)) for name in ("title", "name") if as_text(content.get(name))), "")
    return flow.document(title or file_title(file))


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """(name, leaf) of what a value holds: "author.name", "lines.2.price"; a list of plain values is one leaf."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from flat(f"{name}.{key}" if name else str(key), below)
    elif isinstance(value, list) and not _is_plain(value):
        for number, below in enumerate(value, 1):
            yield from flat(f"{name}.{number}", below)
    else:
        yield name, value


def _write(flow: Flow, value: Any, level: int) -> None:
    if level > _DEEPEST:
        _cells(flow, list(flat("", value)))
        return
    items = list(value.items() if isinstance(value, Mapping) else enumerate(value, 1))
    _cells(flow, [leaf for key, below in items if not _is_nested(below) for leaf in flat(str(key), below)])
    for key, below in items:
        if not _is_nested(below):
            continue
        if isinstance(value, Mapping):
            flow.heading(level, str(key))
            _write(flow, below, level + 1)
        elif isinstance(below, Mapping) and not any(map(_is_nested, below.values())):
            _cells(flow, [leaf for name, leaf_value in below.items() for leaf in flat(str(name), leaf_value)])
        else:
            flow.heading(level, _called(below) or str(key))
            _write(flow, below, level + 1)


def _cells(flow: Flow, leaves: list[tuple[str, Any]]) -> None:
    """Short leaves together in a paragraph, long ones each in one of its own."""
    named = [(" ".join(name.split()), as_text(value)) for name, value in leaves]
    flow.write(quote_cells([(name, text) for name, text in named if len(text) <= _LONG])[0])
    for name, text in named:
        if len(text) > _LONG:
            flow.write(f"{name}:")
            flow.write(text, LINE)


def _called(item: Any) -> str:
    return next((as_text(item[name]) for name in _NAMES if as_text(item.get(name))), "") if _is_map(item) else ""


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_nested(value: Any) -> bool:
    return _is_map(value) or (isinstance(value, list) and not _is_plain(value))


def _is_plain(values: list[Any]) -> bool:
    return not any(isinstance(value, (Mapping, list)) for value in values)
