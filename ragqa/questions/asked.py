"""What a question asks for, by rules and word lists. Pure functions of texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragqa.normalized import plain
from ragqa.questions.chinese import CHINESE
from ragqa.questions.comparing import Sides, split
from ragqa.questions.english import ENGLISH
from ragqa.questions.french import FRENCH
from ragqa.questions.german import GERMAN
from ragqa.questions.kinds import Kind
from ragqa.questions.scopes import Scope, scopes
from ragqa.questions.spanish import SPANISH
from ragqa.questions.terms import terms
from ragqa.questions.words import Asking
from ragqa.wording import wording_of

_KNOWN = {one.language: one for one in (CHINESE, ENGLISH, FRENCH, GERMAN, SPANISH)}
_NONE = Asking("", ())
_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_EDGES = " \t\n.?!。？！¿¡"
LONGEST = 2_000  # characters of a question that are looked at

_TOLD = frozenset((Kind.LIST, Kind.DEFINITION, Kind.COMPARISON, Kind.PROCEDURE, Kind.REASON, Kind.YES_NO))
EXCERPTS = frozenset((Kind.REASON, Kind.PROCEDURE, Kind.DEFINITION, Kind.COMPARISON, Kind.LIST))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for: one of ``kinds``, or anything if there are none. ``choice`` says that it offers two
    things to choose from, one of which is then the answer; ``several``, that it asks for all of a kind. ``terms`` are
    its words but for those that only ask, as `ragqa.questions.terms` gives them, in ``language`` ("" where it is not
    known), ``scopes`` the versions, years and sections that it names, and ``names`` the other words that are written as
    a name or with digits, in lower case.
    """

    kinds: frozenset[Kind] = frozenset()
    choice: bool = False
    terms: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    language: str = ""
    several: bool = False
    scopes: frozenset[Scope] = frozenset()

    @property
    def wants_excerpt(self) -> bool:
        """Whether a sentence or more answers it better than a few words: "Is it open?" is answered by what says so, "Is
        it red or blue?" by one word.
        """
        return bool(self.kinds & EXCERPTS) or (Kind.YES_NO in self.kinds and not self.choice)

    def echoed(self, text: str) -> bool:
        """Whether a quotation says nothing but words of the question, unless these are offered to choose from."""
        if self.choice or not self.terms:
            return False
        found = terms(text, self.language)
        return bool(found) and self.terms.issuperset(found)

    def leans(self, sentence: str) -> bool:
        """Whether a sentence begins with a word that points to the one before."""
        leaning = asking_words(self.language).leaning
        return leaning is not None and leaning.match(sentence.lower()) is not None


ANYTHING = Asked()


@lru_cache(1_000)
def asked(question: str, language: str) -> Asked:
    """What a question asks for, by the words of a language, and of English where there is no list or no rule finds
    anything.
    """
    text = " ".join(plain(question[:LONGEST]).lower().strip(_EDGES).split())
    tables = [_KNOWN.get(language, _NONE), ENGLISH]
    offers = any(words.alternatives is not None and words.alternatives.search(text) for words in tables)
    telling = text
    for words in tables:
        telling = telling if words.interrogatives is None else words.interrogatives.sub(" ", telling)
    found = frozenset(terms(telling, language))
    kinds = _kinds(text, question, tables)
    several = Kind.LIST in kinds or any(words.plural is not None and words.plural.search(text) for words in tables)
    named, rest = scopes(question[:LONGEST])
    return Asked(kinds, offers, found, _names(rest, language), language, several, named)


def as_question(text: str, language: str) -> str:
    """Keywords as a question: a text of two words or more without a word that asks, without a question mark, and that
    no rule takes for a request ("list the signals"). Everything else as it is, as is a language without a form for it.
    """
    words = asking_words(language)
    low = " ".join(plain(text[:LONGEST]).lower().strip(_EDGES).split())
    asks = words.interrogatives is not None and words.interrogatives.search(low)
    if not words.question or asks or " " not in low or text.rstrip().endswith(("?", "？")):
        return text
    if next((kinds for pattern, kinds in words.rules if pattern.search(low)), frozenset()) & _TOLD:
        return text
    return words.question.replace("{}", text.strip().rstrip("."))


def compared(question: str, language: str) -> Sides | None:
    """A question for each of the two things that a question compares; None where it compares none."""
    tables = [_KNOWN.get(language, _NONE), ENGLISH]
    found = (split(question, words.comparing) for words in tables if words.comparing is not None)
    return next(filter(None, found), None)


def asking_words(language: str) -> Asking:
    """The words of a language; empty lists for one that has none."""
    return _KNOWN.get(language, _NONE)


def _names(question: str, language: str) -> frozenset[str]:
    """The words with digits or with a capital letter, in lower case, unless all letters are capitals or the language
    writes all nouns so. The first word has a capital anyway.
    """
    first, *others = _WORD.findall(question) or [""]
    capitals = wording_of(language).capitals and not question.isupper()
    told = [word for word in others if not word.islower() and (capitals or not word.isalpha())]
    told += [first] if not first.isalpha() or (capitals and first[1:] and not first[1:].islower()) else []
    return frozenset(word.lower() for word in told if word)


def _kinds(text: str, question: str, tables: Sequence[Asking]) -> frozenset[Kind]:
    ruled = (kinds for words in tables for pattern, kinds in words.rules if pattern.search(text))
    heads = (_of_head(_keywords(text, question, words), words) for words in tables)
    return next(ruled, frozenset()) or next(filter(None, heads), frozenset())


def _keywords(text: str, question: str, words: Asking) -> str:
    """The text without what `as_question` put before it, which has a small letter, as people's questions seldom do."""
    before = words.question.partition("{}")[0]
    return text.removeprefix(before) if before and question.startswith(before) else text


def _of_head(text: str, words: Asking) -> frozenset[Kind]:
    """What the noun asks for that stands first in a question of keywords."""
    if words.interrogatives is not None and words.interrogatives.search(text):
        return frozenset()
    found = [(match.start(), kinds) for pattern, kinds in words.heads if (match := pattern.search(text))]
    return min(found, key=lambda one: one[0])[1] if found else frozenset()
