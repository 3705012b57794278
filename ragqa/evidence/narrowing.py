"""Quotations that reach too far are cut to the part that answers. Pure functions of texts.

A short answer stands in one cell of a table, or in the value of one "label: value" line, unless the question asks for
several things. Of one that reaches further the part is kept whose key the question names. Where the form of what is
asked for is sure (a mail address, a link, a phone number, a port), nothing but that is kept of a line with one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ragqa.atoms import atoms
from ragqa.evidence.keys import Fields, held
from ragqa.questions import Asked, Kind, may_answer
from ragqa.wording import Wording

Part = tuple[int, int]

_LOOSE = " \t\r\n,;|"
_SENTENCE_END = re.compile(r"(?<=[^\W_]{3})[.。](?=\s|$)|(?<=\d)\.(?=\s|$)")
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d(?:[ \u00a0()/.\u2013-]{0,3}\d){4,18}(?![\w])")
_PORT = re.compile(r"(?<![\w.:-])\d{1,5}(?![\w:-]|\.\d)")
_LINK = re.compile(r"[A-Za-z][\w+.-]*://|www\.")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_SURE = frozenset((Kind.MAIL, Kind.LINK, Kind.PHONE, Kind.PORT))


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    labels: tuple[str, ...]
    is_value: bool


def narrowed(text: str, place: Part, found: Fields, asked: Asked, wording: Wording) -> Part:
    """Characters [start, end) of a passage, or the part of them that answers."""
    if asked.several:
        return place
    pieces = list(_pieces(text, place, found))
    if len(pieces) > 1:
        best = max(pieces, key=lambda piece: _worth(text, piece, asked, wording))
        place = best.start, best.end
    place = _without_label(place, found, asked)
    return _sure_form(text, place, asked) if asked.kinds and asked.kinds <= _SURE else place


def _without_label(place: Part, found: Fields, asked: Asked) -> Part:
    """Of "Floor: 1", asked for the floor, the value alone."""
    field = found.at(*place)
    if field is None or not field.first <= place[0] < field.start < place[1] or not asked.echoed(field.labels[-1]):
        return place
    return field.start, place[1]


def _worth(text: str, piece: _Piece, asked: Asked, wording: Wording) -> tuple[bool, int, bool, bool, int]:
    """What speaks for a piece, the more telling first."""
    said = text[piece.start : piece.end]
    named = len(held(piece.labels, asked))
    return may_answer(said, asked, wording), named, not asked.echoed(said), piece.is_value, -piece.start


def _pieces(text: str, place: Part, found: Fields) -> Iterator[_Piece]:
    """What a quotation has of each field that it touches, and of what stands before, between and behind them. Of a
    field whose label it has as well, the value alone, unless it has nothing else.
    """
    start, end = place
    touched = found.touched(start, end)
    if len(touched) == 1 and touched[0].first <= start and end <= touched[0].end:
        return
    at = start
    for field in touched:
        yield from _piece(text, at, min(end, field.first), (), is_value=False)
        is_label = end <= field.start
        first = max(start, field.first if is_label else field.start)
        yield from _piece(text, first, min(end, field.end), () if is_label else field.labels, is_value=not is_label)
        at = max(at, min(end, field.end))
    yield from _piece(text, at, end, (), is_value=False)


def _piece(text: str, start: int, end: int, labels: tuple[str, ...], *, is_value: bool) -> Iterator[_Piece]:
    said = text[start:end]
    start, end = start + len(said) - len(said.lstrip(_LOOSE)), end - len(said) + len(said.rstrip(_LOOSE))
    stops = [match.start() for match in _SENTENCE_END.finditer(text, start, end)] if start < end else []
    if len(stops) == 1 and stops[0] == end - 1:
        end -= 1
    if any(character.isalnum() for character in text[start:end]):
        yield _Piece(start, end, labels, is_value)


def _sure_form(text: str, place: Part, asked: Asked) -> Part:
    """The only part with the form that is asked for; all of it, if there is none or more than one."""
    parts = {part for kind in asked.kinds for part in _of_form(text, place, kind)}
    return parts.pop() if len(parts) == 1 else place


def _of_form(text: str, place: Part, kind: Kind) -> Iterator[Part]:
    start, end = place
    if kind in (Kind.MAIL, Kind.LINK):
        form = _MAIL if kind is Kind.MAIL else _LINK
        said = text[start:end]
        yield from ((start + first, start + last) for first, last in atoms(said) if form.match(said, first, last))
    else:
        form = _PHONE if kind is Kind.PHONE else _PORT
        yield from (match.span() for match in form.finditer(text, start, end))
