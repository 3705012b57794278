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

    These bring a quantity to one form (`ragqa.evidence.quantities`). ``bounds`` are words beside a number that bound
    it, with a sign for each meaning; ``bound_links`` stand beside these and say nothing ("at", "than");
    ``alternatives`` before a bound behind a number mean that the number is included ("or more"); ``ranging`` stand
    between the ends of a range. ``units`` are words behind a number with one form for each unit, ``unit_pairs`` two
    words that are one; ``fractions`` are names of parts with their denominators ("thirds"), ``ordinal_words`` those of
    places with their numbers.

    The rest is for comparing whole sentences (`ragqa.evidence.statements`). ``negations`` deny what follows;
    ``orders`` (first, last) and ``directions`` tell things apart as numbers do.
    ``pronouns`` stand for what was named before; ``openers`` begin a sentence and are no names.

    ``joined`` says that no blanks part its words, or particles stand against them (`ragqa.evidence.unspaced`). In such
    a language ``bounds_behind`` stand behind a number and its unit (以上), ``kept`` are words that only hold a numeral,
    a negation or a pronoun (其他), ``fillers`` say nothing by themselves (的), and ``negations_last`` says that a
    negation stands behind what it denies.
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
    negations: frozenset[str] = frozenset()
    bounds: Mapping[str, str] = field(default_factory=dict)
    bound_links: frozenset[str] = frozenset()
    alternatives: frozenset[str] = frozenset()
    ranging: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    unit_pairs: Mapping[str, str] = field(default_factory=dict)
    fractions: Mapping[str, int] = field(default_factory=dict)
    ordinal_words: Mapping[str, int] = field(default_factory=dict)
    orders: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    pronouns: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()
    joined: bool = False
    bounds_behind: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()
    negations_last: bool = False


def in_order(words: str, first: int, step: int = 1) -> dict[str, int]:
    """Words with blanks between them, numbered from ``first`` by ``step``; "_" stands for a number without a word."""
    return {word: first + step * place for place, word in enumerate(words.split()) if word != "_"}


def forms(text: str) -> dict[str, str]:
    """``"km kilometre kilometres, g gram"``: each word of a group with the group's first word."""
    groups = [group.split() for group in text.split(",")]
    return {word: group[0] for group in groups for word in group}


def words(text: str) -> frozenset[str]:
    """Words with blanks between them, as a set."""
    return frozenset(text.split())
