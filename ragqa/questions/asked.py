"""What a question asks for, by rules and word lists. Pure functions of texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragqa.normalized import plain
from ragqa.questions.comparing import Sides, split
from ragqa.questions.english import ENGLISH
from ragqa.questions.kinds import Kind
from ragqa.questions.scopes import Scope, scopes
from ragqa.questions.terms import terms
from ragqa.questions.tongues import asking_words, tables_of
from ragqa.questions.words import Asking
from ragqa.wording import wording_of

_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_EDGES = " \t\n.?!。？！¿¡؟;।"
LONGEST = 2_000  # characters of a question that are looked at

_TOLD = frozenset((Kind.LIST, Kind.DEFINITION, Kind.COMPARISON, Kind.PROCEDURE, Kind.REASON, Kind.YES_NO))
EXCERPTS = frozenset((Kind.REASON, Kind.PROCEDURE, Kind.DEFINITION, Kind.COMPARISON, Kind.LIST))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for: one of ``kinds``, or anything if there are none. ``choice`` says that it offers two
    things to choose from, one of which is then the answer; ``several``, that it asks for all of a kind. ``terms`` are
    its words but for those that only ask, as `terms_of` gives them, ``scopes`` the versions, years and sections that it
    names, and ``names`` the other words that are written as a name or with digits, in lower case. ``language`` is that
    of the documents, "" where it is not known.
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
        found = self.terms_of(text)
        return bool(found) and self.terms.issuperset(found)

    def terms_of(self, text: str) -> list[str]:
        """The words that tell what a text of the documents is about, in the form in which ``terms`` are."""
        return _terms(text, self.language)

    def leans(self, sentence: str) -> bool:
        """Whether a sentence begins with a word that points to the one before."""
        leaning = asking_words(self.language).leaning
        return leaning is not None and leaning.match(sentence.lower()) is not None


ANYTHING = Asked()


@lru_cache(1_000)
def asked(question: str, language: str) -> Asked:
    """What a question about documents in ``language`` asks for, by the words of the language that it is in."""
    text = _plainly(question)
    tables = tables_of(text, language)
    direct = _directly(text, tables)
    offers = any(words.alternatives is not None and words.alternatives.search(text) for words in tables)
    kinds = _kinds(direct, question, tables) or _kinds_compared(question, tables)
    several = Kind.LIST in kinds or any(words.plural is not None and words.plural.search(direct) for words in tables)
    telling = text
    for words in (asking_words(language), ENGLISH):
        telling = telling if words.interrogatives is None else words.interrogatives.sub(" ", telling)
    found = frozenset(_terms(telling, language))
    named, rest = scopes(question[:LONGEST])
    return Asked(kinds, offers, found, _names(rest, language), language, several, named)


def as_question(text: str, language: str) -> str:
    """Keywords as a question: a text of two words or more without a word that asks, without a question mark, and that
    no rule takes for a request ("list the signals"). What a polite request asks for is asked directly ("tell me the
    price": "what is the price?"). Everything else as it is, as is a language without a form for it.
    """
    words, low = asking_words(language), _plainly(text)
    if (
        not words.question
        or " " not in low
        or text.rstrip().endswith(("?", "？"))
        or words not in tables_of(low, language)
    ):
        return text
    if (direct := _directly(text.strip().rstrip("."), (words,))) != text.strip().rstrip("."):
        return f"{direct}?"
    asks = words.interrogatives is not None and words.interrogatives.search(low)
    if asks or next((kinds for pattern, kinds in words.rules if pattern.search(low)), frozenset()) & _TOLD:
        return text
    form = words.question if _of_head(low, words) else _form(low, words)
    return form.replace("{}", text.strip().rstrip("."))


def compared(question: str, language: str) -> Sides | None:
    """A question for each of the two things that a question compares; None where it compares none."""
    return _compared(question, tables_of(_plainly(question), language))


def _compared(question: str, tables: Sequence[Asking]) -> Sides | None:
    found = (split(question, words.comparing) for words in tables if words.comparing is not None)
    return next(filter(None, found), None)


def _kinds_compared(question: str, tables: Sequence[Asking]) -> frozenset[Kind]:
    return frozenset() if _compared(question, tables) is None else frozenset((Kind.COMPARISON,))


def _plainly(question: str) -> str:
    """The beginning of a question in lower case, without marks at its ends."""
    return " ".join(plain(question[:LONGEST]).lower().strip(_EDGES).split())


def _directly(text: str, tables: Sequence[Asking]) -> str:
    """A question without what only makes it polite."""
    for pattern, by in (pair for words in tables for pair in words.polite):
        text = pattern.sub(by, text, count=1)
    return text


def _form(text: str, words: Asking) -> str:
    """The question that keywords become, with "{}" in their place."""
    return next((form for pattern, form in words.forms if pattern.search(text)), words.question)


def _terms(text: str, language: str) -> list[str]:
    """The words that tell what a text is about, stemmed as answers are compared."""
    return terms(text, wording_of(language).language)


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
