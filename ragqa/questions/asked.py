"""What a question asks for, by rules and word lists. Pure functions of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragqa.normalized import plain
from ragqa.questions.chinese import CHINESE
from ragqa.questions.english import ENGLISH
from ragqa.questions.french import FRENCH
from ragqa.questions.german import GERMAN
from ragqa.questions.kinds import Kind
from ragqa.questions.spanish import SPANISH
from ragqa.questions.terms import terms
from ragqa.questions.words import Asking

_KNOWN = {one.language: one for one in (CHINESE, ENGLISH, FRENCH, GERMAN, SPANISH)}
_NONE = Asking("", ())
_EDGES = " \t\n.?!。？！¿¡"
LONGEST = 2_000  # characters of a question that are looked at

EXCERPTS = frozenset((Kind.REASON, Kind.PROCEDURE, Kind.DEFINITION, Kind.COMPARISON))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for: one of ``kinds``, or anything if there are none. ``choice`` says that it offers two
    things to choose from, one of which is then the answer. ``terms`` are its words but for those that only ask, as
    `ragqa.questions.terms` gives them, in ``language`` ("" where it is not known).
    """

    kinds: frozenset[Kind] = frozenset()
    choice: bool = False
    terms: frozenset[str] = frozenset()
    language: str = ""

    @property
    def wants_excerpt(self) -> bool:
        """Whether a sentence or more answers it better than a few words."""
        return bool(self.kinds & EXCERPTS)

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
    return Asked(_kinds(text, tables), offers, frozenset(terms(telling, language)), language)


def asking_words(language: str) -> Asking:
    """The words of a language; empty lists for one that has none."""
    return _KNOWN.get(language, _NONE)


def _kinds(text: str, tables: Sequence[Asking]) -> frozenset[Kind]:
    ruled = (kinds for words in tables for pattern, kinds in words.rules if pattern.search(text))
    return next(ruled, frozenset()) or next(filter(None, (_of_head(text, words) for words in tables)), frozenset())


def _of_head(text: str, words: Asking) -> frozenset[Kind]:
    """What the noun asks for that stands first in a question of keywords."""
    if words.interrogatives is not None and words.interrogatives.search(text):
        return frozenset()
    found = [(match.start(), kinds) for pattern, kinds in words.heads if (match := pattern.search(text))]
    return min(found, key=lambda one: one[0])[1] if found else frozenset()
