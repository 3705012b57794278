"""The words of a language by which answers are compared: months, numbers, and those that do not tell answers apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """The words of a language that decide whether two answers say the same. All are in lower case and as they stand
    once punctuation is gone.

    ``articles`` are left out; ``loose`` words may stand around an answer without changing it ("in 1937");
    ``months`` have numbers from 1; ``numbers`` are words with the digits for them; ``ordinals`` are endings that make
    a number ordinal ("3rd"). ``capitals`` says that a capital letter tells a name, as it does not in German.
    ``deleted`` are characters that go wherever they stand; without any, punctuation of every
    script goes where a word begins or ends, so that 1.5 and 15 stay different.
    """

    language: str
    articles: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    months: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    ordinals: tuple[str, ...] = ()
    deleted: str = ""
    capitals: bool = True


def in_order(words: str, first: int) -> dict[str, int]:
    """Words with blanks between them, numbered."""
    return {word: number for number, word in enumerate(words.split(), first)}


def words(text: str) -> frozenset[str]:
    """Words with blanks between them, as a set."""
    return frozenset(text.split())
