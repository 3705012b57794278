"""The share of a question's words that stand in a passage, or near a quotation.

A word counts by how few of the question's hits have it: log(1 + hits / (1 + hits with it)), so that what all of them
have says little. A word that none has counts most, and lowers the share of every passage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

from ragqa.normalized import plain
from ragqa.questions import Asked
from ragqa.sentences import sentence_at
from ragqa.types import Hit, Span


class Overlap:
    """Of one question and its hits; nothing is computed before it is asked for."""

    def __init__(self, asked: Asked, hits: Sequence[Hit]) -> None:
        self._asked, self._hits = asked, hits
        self._near: dict[tuple[int, int, int], float] = {}

    def near(self, index: int, span: Span) -> float:
        """Of a span of the hit ``index``: the share, from 0 to 1, that stands in the sentence around it, its title or
        its headings; of a stored answer in its question. 1 for a question without words.
        """
        passage = self._hits[index].passage
        if passage.is_faq:
            return self.within(index)
        place = (index, *sentence_at(passage.text, passage.sentence_ends, span.start, span.end))
        if place not in self._near:
            words = self._asked.terms_of(f"{passage.context}\n{passage.text[place[1] : place[2]]}")
            self._near[place] = self._share(self._asked.terms.intersection(words))
        return self._near[place]

    def within(self, index: int) -> float:
        """The share that stands in the passage of the hit ``index``, its title or its headings."""
        return self._share(self._held[index])

    def named(self, index: int) -> float:
        """The share of the question's names that stand in the passage of the hit ``index``, its title, its headings or
        its source, and of the versions, years and sections that it names those that the passage belongs to
        (`ragqa.questions.scopes`); 1 for a question without any.
        """
        names, scopes, passage = self._asked.names, self._asked.scopes, self._hits[index].passage
        if not names and not scopes:
            return 1.0
        text = plain(f"{passage.source}\n{passage.context}\n{passage.text}").lower() if names else ""
        found = sum(name in text for name in names) + math.fsum(scope.belongs(passage) for scope in scopes)
        return found / (len(names) + len(scopes))

    @cached_property
    def _held(self) -> list[frozenset[str]]:
        """The words of the question that each hit has."""
        wanted, terms_of = self._asked.terms, self._asked.terms_of
        return [wanted.intersection(terms_of(hit.passage.retrieval_text)) for hit in self._hits]

    @cached_property
    def _weights(self) -> dict[str, float]:
        hits = len(self._hits)
        return {term: math.log1p(hits / (1 + sum(term in held for held in self._held))) for term in self._asked.terms}

    def _share(self, held: frozenset[str]) -> float:
        total = math.fsum(self._weights.values())
        return math.fsum(self._weights[term] for term in held) / total if total else 1.0
