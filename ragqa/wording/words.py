"""The words of a language by which answers are compared: months, numbers, and those that do not tell answers apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """The words of a language that decide whether two answers say the same. All are in lower case and as they stand
    once punctuation is gone.

    ``articles`` are left out. ``loose`` words may stand around an answer without changing it ("in 1937"); ``titles``
    may stand before a name; ``qualifiers`` before a name make it another one ("West Virginia"). ``months`` have numbers
    from 1; ``numbers`` are words with their numbers, ``scales`` those that multiply ("million"), ``joining``
    those that may stand in a number ("two hundred and one"); ``ordinals`` are endings that make a number ordinal
    ("3rd"). ``signs`` are written out in words ("&": "and"). ``grouping`` is the mark between thousands, if it is
    nothing else. ``capitals`` says that a capital letter tells a name, as it does not in German.
    """

    language: str
    articles: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    qualifiers: frozenset[str] = frozenset()
    months: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    joining: frozenset[str] = frozenset()
    ordinals: tuple[str, ...] = ()
    signs: Mapping[str, str] = field(default_factory=dict)
    grouping: str = ""
    capitals: bool = True


def in_order(words: str, first: int, step: int = 1) -> dict[str, int]:
    """Words with blanks between them, numbered from ``first`` by ``step``; "_" stands for a number without a word."""
    return {word: first + step * place for place, word in enumerate(words.split()) if word != "_"}


def words(text: str) -> frozenset[str]:
    """Words with blanks between them, as a set."""
    return frozenset(text.split())
