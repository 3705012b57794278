"""Rows without a text of their own → documents that quote their cells: tables, triples, and FAQ files.

What a file holds is told by its columns, whatever their case and order:

* question, answer: each row is a stored answer. Its document is the answer, headed by the question, which alone is what
  retrievers see (`Passage.retrieval_text`); it is given whole (`ragqa.faq`).
* subject, relation, object: each row is a triple, quoted as a sentence: "Marie Curie discovered polonium."
* anything else is a table: "Planet: Mars; Moons: 2; Discovery: 1877." All columns count, an ``id`` or ``title`` too, as
  in tables these are cells like others.

Cells are quoted as they stand, without outer white space, so an answer's offsets point into the cell; empty ones are
left out. Tables and triples are headed by the file's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ragqa.corpus.files import Problem, SourceFile
from ragqa.documents import FAQ, KIND, Document

Cells = Sequence[tuple[str, Any]]  # column and value, in the file's order
RowReader = Callable[[Cells, SourceFile, int], Document | Problem]

RESERVED = "ragqa."  # metadata of such names are set by ragqa alone
LONGEST_FACT = 100  # characters; longer cells are not metadata
_STOPS = (".", "!", "?", "…", "。", "！", "？")
_FAQ = ("question", "answer")
_TRIPLE = ("subject", "relation", "object")


def is_special(columns: Iterable[str]) -> bool:
    """Whether these are the columns of a FAQ file or of triples."""
    return row_reader(list(columns)) is not read_table_row


def row_reader(columns: Sequence[str]) -> RowReader:
    """What makes documents of the rows of a file with these columns, none of them "text"."""
    names = {column.strip().lower() for column in columns}
    if names.issuperset(_FAQ):
        return read_faq_row
    return read_triple if names.issuperset(_TRIPLE) else read_table_row


def read_table_row(cells: Cells, file: SourceFile, number: int) -> Document | Problem:
    """A row that quotes its cells; those of up to 100 characters are its metadata too."""
    named = [(" ".join(name.split()), value) for name, value in cells]
    text, _ = quote_cells([(name, as_text(value)) for name, value in named])
    return Document(f"{file.name}:{number}", text, file_title(file), f"{file.source}:{number}", _facts(named))


def quote_cells(cells: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[int, int]]]:
    """(name, value) pairs as "name: value; name: value.", and the characters [start, end) of each value that is there.

    Pairs without name or value are left out.
    """
    text, places = "", []
    for name, value in cells:
        if name and value:
            text += f"{'; ' if text else ''}{name}: "
            places.append((len(text), len(text) + len(value)))
            text += value
    return _stopped(text), places


def read_triple(cells: Cells, file: SourceFile, number: int) -> Document | Problem:
    """Subject, relation and object as a sentence; other columns are metadata."""
    source, own, rest = f"{file.source}:{number}", *_own(cells, _TRIPLE)
    if missing := [name for name in _TRIPLE if not own[name]]:
        return Problem(source, f"a triple without {' and '.join(missing)}", unread=False)
    text = _stopped(" ".join(own[name] for name in _TRIPLE))
    facts = _facts([*own.items(), *_without_id(rest)])
    return Document(_identity(rest, file, number), text, file_title(file), source, facts, whole=True)


def read_faq_row(cells: Cells, file: SourceFile, number: int) -> Document | Problem:
    """A stored answer, headed by its question; other columns are metadata."""
    source, own, rest = f"{file.source}:{number}", *_own(cells, _FAQ)
    if missing := [name for name in _FAQ if not own[name]]:
        return Problem(source, f"no {' and no '.join(missing)}", unread=False)
    question, facts = " ".join(own["question"].split()), _facts(_without_id(rest)) | {KIND: FAQ}
    return Document(_identity(rest, file, number), own["answer"], question, source, facts, whole=True)


def is_reserved(name: str, value: Any) -> bool:
    """Whether a file that gives such metadata would say what ragqa alone says."""
    return name.startswith(RESERVED) or (isinstance(value, Mapping) and f"{name}." == RESERVED)


def as_text(value: Any) -> str:
    """What a cell says, a list of plain values with commas between; empty for nothing, not a number, and what is nested
    deeper.
    """
    if isinstance(value, list):
        return ", ".join(filter(None, (as_text(one) for one in value if not isinstance(one, list))))
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def file_title(file: SourceFile) -> str:
    """The file's name without its endings, in words."""
    name = PurePath(file.name).name
    return " ".join(name.split(".")[0].replace("_", " ").replace("-", " ").split()) or name


def _own(cells: Cells, names: Sequence[str]) -> tuple[dict[str, str], list[tuple[str, Any]]]:
    """The cells of these columns as text, empty where they are missing; and all others."""
    own, rest = dict.fromkeys(names, ""), []
    for name, value in cells:
        key = name.strip().lower()
        if key in own:
            own[key] = own[key] or as_text(value)
        else:
            rest.append((name.strip(), value))
    return own, rest


def _identity(cells: Cells, file: SourceFile, number: int) -> str:
    """The row's own id, otherwise its place."""
    given = next((as_text(value) for name, value in cells if name.lower() == "id"), "")
    return given or f"{file.name}:{number}"


def _without_id(cells: Cells) -> Cells:
    return [(name, value) for name, value in cells if name.lower() != "id"]


def _facts(cells: Cells) -> dict[str, str | int | float | bool]:
    facts: dict[str, str | int | float | bool] = {}
    for name, value in cells:
        text = as_text(value)
        if name and text and len(text) <= LONGEST_FACT and not name.startswith(RESERVED):
            facts[name] = text if isinstance(value, str) else value
    return facts


def _stopped(text: str) -> str:
    return text if not text or text.endswith(_STOPS) else f"{text}."
