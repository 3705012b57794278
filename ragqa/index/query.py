"""From a question to what BM25 is asked: the question's terms and, for those with synonyms, other ways to say them.

A `Concept` is what the question says in one word or phrase that has synonyms. Its score in a passage is

    count · max( Σ typed terms' scores,  max over its expansions: weight · Σ expansion's terms' scores )

An expansion counts only in passages that have all of its terms, anywhere, because BM25 knows no positions. Its weight
is

    weight = 0.8 · min(1, Σ idf of the typed terms / Σ idf of the expansion's)    idf = ln(1 + (N − n + ½) / (n + ½))

So a concept does not weigh more for having many, long or rare names, and the words that were typed count most. The
maximum is that of a disjunction max query (dis_max) without tie breaker. The scores of all other words are added as
usual, so a passage's score is never lower with synonyms than without.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ragqa.corpus.analyze import Analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.store.passages import encodable

MAX_TERMS = 256  # a question of 10,000 words is asked by its rarest
EXPANDED = 0.8

_T = TypeVar("_T")
Frequency = Callable[[str], int]
Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """Another way to say it: distinct terms that a passage must have all of, and what their scores count."""

    terms: Terms
    weight: float


@dataclass(frozen=True, slots=True)
class Concept:
    """The terms of one typed word or phrase, and how often each occurs in it. The question says it ``count`` times."""

    typed: Mapping[str, int]
    expansions: tuple[Expansion, ...]
    count: int

    @property
    def label(self) -> str:
        """All its names that the index knows, the typed one first: "un | unit nation"."""
        typed = " ".join(Counter(self.typed).elements())
        return " | ".join(filter(None, [typed, *(" ".join(expansion.terms) for expansion in self.expansions)]))


@dataclass(frozen=True, slots=True)
class Query:
    """``words`` and how often the question says them, and the concepts that it also says; only terms of the index."""

    words: Mapping[str, int]
    concepts: tuple[Concept, ...] = ()


class QueryBuilder:
    """Builds queries for texts that were analysed by some analyzers, with the synonyms of a corpus.

    A text is of one analyzer, so a question asks for its terms by each of them. What several make of it is asked for
    once: a term, and a phrase with synonyms, as often as the analyzer that has it most often.

    Entries of a rule are compared with the question by terms, so case, inflection and stop words do not count. Of
    entries that begin at the same word of the question the longest is taken; entries do not overlap. What another part
    of the question says already is no expansion, and an expansion belongs to the first concept that has it, so nothing
    is counted twice. Questions of more than 256 different words are not expanded; others get at most 256 more terms.
    """

    def __init__(self, analyzers: Sequence[Analyzer], synonyms: Synonyms | None = None) -> None:
        self._analyzers = analyzers
        self._others: dict[Terms, dict[Terms, None]] = {}
        for rule in () if synonyms is None else synonyms.rules:
            readings = zip(*map(self._readings, rule.found), strict=True)
            for found, *typed in zip(readings, *map(self._readings, rule.typed), strict=True):
                self._note(found, typed)
        self._longest = max(map(len, self._others), default=0)

    def _note(self, found: Sequence[Terms], typed: Sequence[Terms]) -> None:
        """A rule as one analyzer has it. Under another than the rules were checked by, entries may be empty."""
        for own in filter(None, typed):
            others = dict.fromkeys(terms for terms in found if terms and terms != own)
            self._others.setdefault(own, {}).update(others)

    def build(self, question: str, frequency: Frequency, passages: int) -> Query:
        """The query for an index of so many ``passages``; ``frequency`` says how many have a term.

        A word that occurs twice counts twice. Of more than 256 known words the rarest are asked.
        """
        readings = self._readings(question)
        words, phrases = _most(readings), Counter[Terms]()
        if self._others and len(words) <= MAX_TERMS:
            phrases = _most(map(self._phrases, readings))
        concepts = tuple(self._concepts(phrases, frequency, passages))
        for concept in concepts:
            words -= Counter({term: concept.count * count for term, count in concept.typed.items()})
        known = {term: found for term in words if (found := frequency(term))}
        rarest = sorted(known, key=known.__getitem__)[:MAX_TERMS] if len(known) > MAX_TERMS else known
        return Query({term: words[term] for term in rarest}, tuple(_of_the_index(concepts, frequency)))

    def _readings(self, text: str) -> list[Terms]:
        """A text's terms by each analyzer."""
        return [tuple(analyzer.tokens(encodable(text))) for analyzer in self._analyzers]

    def _phrases(self, tokens: Terms) -> Iterator[Terms]:
        """What of the question has synonyms, from left to right."""
        place = 0
        while place < len(tokens):
            lengths = range(min(self._longest, len(tokens) - place), 0, -1)
            phrases = (tokens[place : place + length] for length in lengths)
            phrase = next((phrase for phrase in phrases if phrase in self._others), ())
            if phrase:
                yield phrase
            place += max(1, len(phrase))

    def _concepts(self, phrases: Mapping[Terms, int], frequency: Frequency, passages: int) -> Iterator[Concept]:
        """Those of the phrases that the index knows other words for; ``typed`` holds unknown terms too."""
        taken, room = set(phrases), MAX_TERMS
        for phrase, count in phrases.items():
            expansions = []
            for other in self._others[phrase]:
                terms = tuple(dict.fromkeys(other))
                if other in taken or len(terms) > room or not all(map(frequency, terms)):
                    continue
                taken.add(other)
                room -= len(terms)
                typed, found = (sum(_idf(frequency(term), passages) for term in side) for side in (phrase, terms))
                expansions.append(Expansion(terms, EXPANDED * min(1.0, typed / found)))
            if expansions:
                yield Concept(Counter(phrase), tuple(expansions), count)


def _most(readings: Iterable[Iterable[_T]]) -> Counter[_T]:
    """What occurs in any of these, as often as in the one that has it most often."""
    found = Counter[_T]()
    for reading in readings:
        found |= Counter(reading)
    return found


def _of_the_index(concepts: Sequence[Concept], frequency: Frequency) -> Iterator[Concept]:
    for concept in concepts:
        typed = {term: count for term, count in concept.typed.items() if frequency(term)}
        yield Concept(typed, concept.expansions, concept.count)


def _idf(found: int, passages: int) -> float:
    """Positive also where deleted passages count in ``found`` and not in ``passages``."""
    return math.log(1.0 + (max(passages, found) - found + 0.5) / (found + 0.5))
