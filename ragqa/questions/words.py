"""The words of a language by which one tells what a question asks for, and what a quotation is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ragqa.normalized import plain
from ragqa.questions.comparing import Comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Replaced, Stating

Rule = tuple[re.Pattern[str], frozenset[Kind]]
# the inside of a character class: letters, and the signs over and under them
LETTERS = r"\w\u0300-\u036f\u0900-\u0963\u0e31-\u0e4e"


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """The words of one language.

    Of ``rules`` the first whose pattern is found in a question (in lower case, without marks at its ends) says what it
    asks for. ``heads`` does so for questions without one of the ``interrogatives`` ("default port redis"), where it
    finds the noun that is asked for. ``amounts`` are words that stand for a number ("half", "several"), ``periods``
    units of time, ``moments`` words of a date beside months ("monday", "century", "spring"). Each of these is a pattern
    of whole words, or None where the language has no list. ``alternatives`` finds the word between two things to choose
    from, ``leaning`` a word at the beginning of a sentence that points to the sentence before ("it", "however").
    ``plural`` finds that several things are asked for. ``question`` makes keywords, which take the place of "{}", a
    question; ``forms`` are other questions for those in which a pattern is found, the first that is. ``polite`` is what
    is replaced in a question before it is read ("tell me the price": "what is the price"). ``stating`` are the words by
    which a sentence says yes or no, ``comparing`` how two things are compared. ``marks`` are small words that hardly
    any question of the language does without, and that few other languages have; without ``blanks`` between words they
    may stand anywhere. ``named`` says that a person who is asked for is mostly given by a name, with a capital letter.
    """

    language: str
    rules: tuple[Rule, ...]
    heads: tuple[Rule, ...] = ()
    interrogatives: re.Pattern[str] | None = None
    amounts: re.Pattern[str] | None = None
    periods: re.Pattern[str] | None = None
    moments: re.Pattern[str] | None = None
    alternatives: re.Pattern[str] | None = None
    leaning: re.Pattern[str] | None = None
    plural: re.Pattern[str] | None = None
    question: str = ""
    forms: tuple[tuple[re.Pattern[str], str], ...] = ()
    polite: Replaced = ()
    stating: Stating | None = None
    comparing: Comparing | None = None
    marks: frozenset[str] = frozenset()
    blanks: bool = True
    named: bool = False


def rules(*pairs: tuple[str, Kind | Iterable[Kind]]) -> tuple[Rule, ...]:
    """Rules from patterns and kinds, in order."""
    return tuple(
        (re.compile(plain(pattern)), frozenset((kinds,) if isinstance(kinds, Kind) else kinds))
        for pattern, kinds in pairs
    )


def one_of(words: str) -> str:
    """A pattern of one of the words (blanks between them; each may be a pattern, with "_" for a blank) as a whole."""
    return rf"(?<![{LETTERS}])(?:{'|'.join(words.split()).replace('_', ' ')})(?![{LETTERS}])"


def whole_words(words: str) -> re.Pattern[str]:
    """One of the words (blanks between them; each may be a pattern) as a whole word."""
    return re.compile(plain(one_of(words)))


def parts(words: Sequence[str] | str) -> re.Pattern[str]:
    """One of the words anywhere, for languages without blanks."""
    return re.compile(plain("|".join(words.split() if isinstance(words, str) else words)))


def small(words: str) -> frozenset[str]:
    """Small words, with blanks between them, in the form in which questions are read."""
    return frozenset(plain(words).split())
