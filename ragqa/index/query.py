"""Turns a question into a BM25 query: the question's terms and, for words with synonyms, the terms of their synonyms.

A `Concept` is a word or phrase of the question that has synonyms; an `Expansion` is one of these. Its score in a
passage is

    count · max( Σ typed terms' scores,  max over its expansions: weight · Σ expansion's terms' scores )

An expansion counts only in passages that have all of its terms; they may stand anywhere, because the index has no
positions. Its weight is

    weight = 0.8 · min(1, Σ idf of the typed terms / Σ idf of the expansion's)    idf = ln(1 + (N − n + ½) / (n + ½))

So a concept does not weigh more because its synonyms are many, long or rare, and the typed words count most. The
maximum is that of a disjunction max query (dis_max) without a tie breaker. The scores of all other words are added as
usual, so synonyms never lower a passage's score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ragqa.corpus.analyze import Analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.index.readings import Frequency, Readings, Terms, idf

MAX_TERMS = 256  # of longer questions the rarest terms are asked
EXPANDED = 0.8

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Expansion:
    """A synonym: its distinct terms, all of which a passage must have, and the weight of their scores."""

    terms: Terms
    weight: float


@dataclass(frozen=True, slots=True)
class Concept:
    """The terms of one typed word or phrase with synonyms, and how often each occurs in it. It stands ``count`` times
    in the question.
    """

    typed: Mapping[str, int]
    expansions: tuple[Expansion, ...]
    count: int

    @property
    def label(self) -> str:
        """The typed words and all synonyms that the index knows, in this order: "un | unit nation"."""
        typed = " ".join(Counter(self.typed).elements())
        return " | ".join(filter(None, [typed, *(" ".join(expansion.terms) for expansion in self.expansions)]))


@dataclass(frozen=True, slots=True)
class Query:
    """The question's ``words`` outside of concepts and how often each occurs, and its concepts; only terms of the
    index.
    """

    words: Mapping[str, float]
    concepts: tuple[Concept, ...] = ()


class QueryBuilder:
    """Builds queries for texts that were analysed by some analyzers, with the synonyms of a corpus.

    Every text was analysed by one of them, so a question is analysed by each (see `ragqa.index.readings`). A phrase
    with synonyms that several analyzers give is asked for once; it counts as often as in the analysis that has it most
    often.

    Entries of a rule are compared with the question by terms, so case, inflection and stop words are ignored. Of
    several entries that begin at the same word of the question the longest is taken; entries do not overlap. An
    expansion that another part of the question says already is left out, and one that belongs to several concepts
    counts for the first, so that nothing is counted twice. Questions of more than 256 different words are not expanded;
    others get at most 256 more terms.
    """

    def __init__(self, analyzers: Mapping[Analyzer, int], synonyms: Synonyms | None = None) -> None:
        self._readings = Readings(analyzers)
        self._others: dict[Terms, dict[Terms, None]] = {}
        for rule in () if synonyms is None else synonyms.rules:
            readings = zip(*map(self._readings.of, rule.found), strict=True)
            for found, *typed in zip(readings, *map(self._readings.of, rule.typed), strict=True):
                self._note(found, typed)
        self._longest = max(map(len, self._others), default=0)

    def _note(self, found: Sequence[Terms], typed: Sequence[Terms]) -> None:
        """Keep a rule as one analyzer reads it; another than the one that checked the rules may give empty entries."""
        for own in filter(None, typed):
            others = dict.fromkeys(terms for terms in found if terms and terms != own)
            self._others.setdefault(own, {}).update(others)

    def build(self, question: str, frequency: Frequency, passages: int) -> Query:
        """The query for an index of so many ``passages``; ``frequency`` gives the number of passages that have a term.

        A word that occurs twice counts twice. Of more than 256 words that the index knows, the 256 rarest are asked.
        """
        words, phrases = self._readings.words(question, frequency, passages), Counter[Terms]()
        if self._others and len(words) <= MAX_TERMS:
            phrases = _most(map(self._phrases, self._readings.of(question)))
        concepts = tuple(self._concepts(phrases, frequency, passages))
        for concept in concepts:
            for term, count in concept.typed.items():
                words[term] = words.get(term, 0.0) - concept.count * count
        known = {term: found for term, weight in words.items() if weight > 0.0 and (found := frequency(term))}
        rarest = sorted(known, key=known.__getitem__)[:MAX_TERMS] if len(known) > MAX_TERMS else known
        return Query({term: words[term] for term in rarest}, tuple(_of_the_index(concepts, frequency)))

    def known(self, words: Sequence[str], frequency: Frequency) -> list[bool]:
        """For each word whether a passage has it, in one of the forms that an analyzer gives it; words that analyzers
        leave out count as known.
        """
        return [any(all(map(frequency, terms)) for terms in self._readings.of(word)) for word in words]

    def _phrases(self, tokens: Terms) -> Iterator[Terms]:
        """The phrases of the question that have synonyms, from left to right."""
        place = 0
        while place < len(tokens):
            lengths = range(min(self._longest, len(tokens) - place), 0, -1)
            phrases = (tokens[place : place + length] for length in lengths)
            phrase = next((phrase for phrase in phrases if phrase in self._others), ())
            if phrase:
                yield phrase
            place += max(1, len(phrase))

    def _concepts(self, phrases: Mapping[Terms, int], frequency: Frequency, passages: int) -> Iterator[Concept]:
        """The concepts of those phrases that have a synonym in the index; ``typed`` may hold terms that it does not
        know.
        """
        taken, room = set(phrases), MAX_TERMS
        for phrase, count in phrases.items():
            expansions = []
            for other in self._others[phrase]:
                terms = tuple(dict.fromkeys(other))
                if other in taken or len(terms) > room or not all(map(frequency, terms)):
                    continue
                taken.add(other)
                room -= len(terms)
                typed, found = (sum(idf(frequency(term), passages) for term in side) for side in (phrase, terms))
                expansions.append(Expansion(terms, EXPANDED * min(1.0, typed / found)))
            if expansions:
                yield Concept(Counter(phrase), tuple(expansions), count)


def _most(readings: Iterable[Iterable[_T]]) -> Counter[_T]:
    """The union of several multisets: each item as often as in the one that has it most often."""
    found = Counter[_T]()
    for reading in readings:
        found |= Counter(reading)
    return found


def _of_the_index(concepts: Sequence[Concept], frequency: Frequency) -> Iterator[Concept]:
    for concept in concepts:
        typed = {term: count for term, count in concept.typed.items() if frequency(term)}
        yield Concept(typed, concept.expansions, concept.count)
