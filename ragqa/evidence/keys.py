"""The values of a text that have a key: of "label: value" lines, of list items that begin with a label, of terms with
an indented definition below, and the cells of tables. Pure functions of texts.

The key of a line or an item is its label ("Fax: 01632 960001", "- Cats: 5 pounds", "port = 6379"); that of a cell are
the first cell of its row and the header of its column, in a row that is written as a line too ("Planet: Mars; Moons:
2."). One line alone with a colon in it is no field: at least two of them follow on one another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragqa.enumerations import cells, is_rule, tables
from ragqa.questions import Asked, asking_words, may_answer
from ragqa.questions.terms import terms
from ragqa.wording import Wording

Part = tuple[int, int]

WORDS = 6  # of a label
_MARKER = r"(?:(?:[-*+•‣◦·▪●]|\(?\d{1,3}[.)])[ \t]+)"
_LINE = re.compile(
    rf"^[ \t>]{{0,40}}(?:{_MARKER})?"
    r"(?P<label>[^\W_](?:[^\n:：|=\t]{0,48}[^\s:：|=])?|[*_`]{1,3}[^\n:：|=*`\t]{1,48}[*_`]{0,3})"
    r"(?:[ \t]*[:：](?:[*_`]{1,3})?(?:[ \t]+|(?<=：))|[ \t]*=[ \t]*|\t[ \t]*)(?=[^\s=>])"
    rf"|^[ \t>]{{0,40}}{_MARKER}(?P<term>[^\n:：|=\t]{{1,48}}?)[ \t]+[–—-][ \t]+(?=\S)",
    re.MULTILINE,
)
_TERM = re.compile(
    r"^(?P<label>[^\s|>][^\n|]{0,60}[^\s.!?;,|])[ \t]*\n(?:[ \t]*:)?(?=[ \t]+[^\s|>])[ \t]+", re.MULTILINE
)
_PLACEHOLDER = re.compile(r"(?<=\s)(?:[A-Z_]{2,}|<[^<>]*>|\[[^\[\]]*\])")  # --retries NUMBER
_DEFINED = re.compile(r"[^\n]*(?:\n(?:[ \t]*\n)*[ \t]+[^\s][^\n]*)*")
_PAIR = re.compile(r"(?:^|; )(?P<label>[^\W_][^\n:;|]{0,48}):[ ](?=\S)", re.MULTILINE)
_ITEM = re.compile(rf"[ \t>]*{_MARKER}")
_SEPARATOR = " > "
_BREAK = re.compile(r"[\W_]+")
_STEM = 3  # letters that a word and its stem share
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Field:
    """Characters [start, end) of a value, which begins with its label at ``first``, in the line or row ``row``; its key
    are the ``labels``, none for the header of a column. ``beside`` are the columns of the row that it begins.
    """

    first: int
    start: int
    end: int
    row: Part
    labels: tuple[str, ...]
    beside: tuple[str, ...] = ()


Named = tuple[Field, frozenset[str], frozenset[str]]  # with the words of the question in its key, and in its row too


class Fields:
    """Those of one text, in order; none overlap."""

    def __init__(self, found: Sequence[Field]) -> None:
        self.all = tuple(found)
        self._firsts = [field.first for field in self.all]

    def at(self, start: int, end: int) -> Field | None:
        """The field that characters [start, end) stand in, its label counted in."""
        number = bisect_right(self._firsts, start) - 1
        return self.all[number] if number >= 0 and end <= self.all[number].end else None

    def touched(self, start: int, end: int) -> Sequence[Field]:
        """Those that share characters with [start, end)."""
        return [field for field in self.all if field.first < end and start < field.end]


@lru_cache(maxsize=256)  # asked for every span of the passages that a question reads
def fields(text: str, heading: str = "") -> Fields:
    """The fields of a passage with this text below this heading path, whose end may name a table's columns."""
    if not any(sign in text for sign in (*":：|=\t–—", " - ", "\n ")):
        return Fields(())
    rows = [run for run in tables(text) if len(run) > 1] if "|" in text else []
    found = [field for run in rows for field in _of_table(text, run, heading.rpartition(_SEPARATOR)[2])]
    found += _of_pairs(text) if "; " in text else ()
    found += _of_terms(text) if "\n " in text or "\n\t" in text or "\n:" in text else ()
    found += _of_lines(text, [*((run[0][0], run[-1][1]) for run in rows), *(field.row for field in found)])
    return Fields(sorted(found, key=lambda field: field.first))


def _of_table(text: str, rows: Sequence[Part], columns: str) -> Iterator[Field]:
    """The cells of a table; its header stands above a rule of Markdown, or is told by the heading."""
    rule = next((place for place, row in enumerate(rows) if is_rule(text, *row)), 0)
    names = [name.strip() for name in columns.split("|")]
    if rule:
        names = [text[start:end] for start, end in cells(text, *rows[rule - 1])]
    for place, row in enumerate(rows):
        if is_rule(text, *row):
            continue
        own = cells(text, *row)
        said = [text[start:end] for start, end in own]
        named = names if len(names) == len(own) > 1 else [""] * len(own)
        is_head = place < rule or said == named
        for number, (start, end) in enumerate(own):
            labels = () if is_head else (said[0], named[number]) if number else (named[0],)
            beside = () if number or is_head else tuple(named)
            yield Field(start, start, end, row, tuple(filter(None, labels)), beside)


def _of_pairs(text: str) -> Iterator[Field]:
    """The cells of rows that are written as a line, "name: value; name: value.", as those of files of tables are."""
    pairs = list(_PAIR.finditer(text))
    at = 0
    while at < len(pairs):
        line_end = text.find("\n", pairs[at].start())
        line_end = len(text) if line_end < 0 else line_end
        own = [match for match in pairs[at:] if match.end() <= line_end]
        at += len(own)
        if len(own) < 2 or own[0][0].startswith(";"):
            continue
        ends = [*(match.start() for match in own[1:]), line_end - text.endswith(".", own[-1].end(), line_end)]
        entity = text[own[0].end() : ends[0]]
        for number, (match, end) in enumerate(zip(own, ends, strict=True)):
            labels = (entity, match["label"]) if number else (match["label"],)
            beside = () if number else tuple(one["label"] for one in own)
            yield Field(match.start("label"), match.end(), end, (match.start("label"), end), labels, beside)


def _of_terms(text: str) -> Iterator[Field]:
    """The definitions that stand indented below their terms, one after the other."""
    run: list[Field] = []
    for match in _TERM.finditer(text):
        label = _PLACEHOLDER.sub("", match["label"]).strip()
        if len(label.split()) > WORDS or _ITEM.match(label) or (run and match.start() < run[-1].end):
            continue
        defined = _DEFINED.match(text, match.end())
        end = defined.end() if defined else len(text)
        if run and text[run[-1].end : match.start()].strip():
            yield from run if len(run) > 1 else ()
            run = []
        run.append(Field(match.start(), match.end(), end, (match.start(), end), (label,)))
    yield from run if len(run) > 1 else ()


def _of_lines(text: str, without: Sequence[Part]) -> Iterator[Field]:
    """The values of the lines and items that follow on one another, each with the lines that continue it."""
    own = [(match, (match["label"] or match["term"]).strip(" \t*_`")) for match in _LINE.finditer(text)]
    own = [
        (match, label)
        for match, label in own
        if len(label.split()) <= WORDS and not any(first <= match.start() < last for first, last in without)
    ]
    run: list[Field] = []
    begins = [match.start() for match, _ in own]
    for (match, label), until in zip(own, [*begins[1:], len(text)], strict=False):
        end = _value_end(text, match.end(), until)
        if run and text[run[-1].end : match.start()].strip():
            yield from run if len(run) > 1 else ()
            run = []
        run.append(Field(match.start(), match.end(), end, (match.start(), end), (label,)))
    yield from run if len(run) > 1 else ()


def _value_end(text: str, start: int, until: int) -> int:
    """Where a value ends, before ``until``: with its paragraph, or before the next item of a list."""
    end = until
    at = text.find("\n", start, until)
    while at >= 0:
        line_end = text.find("\n", at + 1, until)
        line = text[at + 1 : line_end if line_end >= 0 else until]
        if not line.strip() or _ITEM.match(line) or "|" in line:
            end = at
            break
        at = line_end
    return start + len(text[start:end].rstrip())


def held(labels: Sequence[str], asked: Asked) -> frozenset[str]:
    """The words of the question that a key has."""
    return frozenset().union(*(own for label in labels for own in _readings(label, asked.language))) & asked.terms


def named_keys(text: str, found: Fields, asked: Asked, wording: Wording) -> list[Named]:
    """The fields whose key the question names, and whose value can be an answer."""
    begins = {term[:_STEM] for term in asked.terms}
    alike = (field for field in found.all if any(_begins_like(label, begins) for label in field.labels))
    return [
        (field, held(field.labels, asked), held((*field.labels, text[slice(*field.row)]), asked))
        for field in alike
        if _is_asked_for(field.labels, asked) and may_answer(text[field.start : field.end], asked, wording)
    ]


def is_of_other_key(text: str, place: Part, found: Fields, named: Sequence[Named], asked: Asked) -> bool:
    """Whether another key, of those that the question names, has a word of the question that neither a quotation's own
    key has nor what stands with it in its line or row, and its line or row has all others that this one has.
    """
    field = found.at(*place) if named else None
    if field is None:
        return False
    around = text[field.row[0] : place[0]], text[place[1] : field.row[1]]
    own = held((*field.labels, *field.beside, *around), asked)
    return any(own < row and not key <= own for other, key, row in named if other is not field)


def _begins_like(label: str, begins: Container[str]) -> bool:
    """Whether a word of a label may be one that begins so; it need not be looked up otherwise."""
    return not label.isascii() or any(word[:_STEM] in begins for word in _BREAK.split(label.lower()))


def _is_asked_for(labels: Sequence[str], asked: Asked) -> bool:
    """Whether the question has all words of one of the labels: "number" alone asks for no "Fax number". With a label
    that only says what kind of thing is asked for ("Date", of the date of birth), it must have no other words.
    """
    every = held(labels, asked) == asked.terms
    known = (label for label in labels if any(own and own <= asked.terms for own in _readings(label, asked.language)))
    return any(every or not _is_kind(label.lower(), asked.language) for label in known)


def _is_kind(label: str, language: str) -> bool:
    tables = (asking_words(language), asking_words(_ENGLISH))
    return any(pattern.fullmatch(label) for words in tables for pattern, _ in words.heads)


@lru_cache(maxsize=5_000)
def _readings(label: str, language: str) -> tuple[frozenset[str], ...]:
    """The words of a label: "E-mail" has "e" and "mail", or "email"."""
    ways = {label, label.replace("-", "")}
    return tuple(frozenset(terms(way, language)) for way in sorted(ways))
