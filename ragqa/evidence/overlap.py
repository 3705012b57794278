"""The share of a question's words that stand in a passage, or near a quotation.

A word counts by how few of the question's hits have it: log(1 + hits / (1 + hits with it)), so that what all of them
have says little. A word that none has counts most, and lowers the share of every passage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cached_property

from ragqa.normalized import plain
from ragqa.questions import Asked
from ragqa.questions.scopes import ELSEWHERE
from ragqa.sentences import sentence_at
from ragqa.types import Hit, Span
from ragqa.wording import wording_of

_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_STEM = 3  # letters that a word and its stem share
_FILE = re.compile(r"[^/\\]*$")
_INSIDE = r"(?<=[\w,;)] ){}(?!\w)"  # behind other words of a sentence, where only names have a capital


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
        (`ragqa.questions.scopes`); 1 for a question without any. A name that only the text mentions counts `ELSEWHERE`
        where another hit's title, headings or file name have it: of two countries' pages the one that is asked for.
        """
        names, scopes = self._mentions, self._asked.scopes
        if not names and not scopes:
            return 1.0
        passage = self._hits[index].passage
        label, text = (plain(said).lower() for said in (f"{passage.source}\n{passage.context}", passage.text))
        found = math.fsum(1.0 if name in label else mention * (name in text) for name, mention in names.items())
        found += math.fsum(scope.belongs(passage) for scope in scopes)
        return found / (len(names) + len(scopes))

    @cached_property
    def _mentions(self) -> dict[str, float]:
        """What a mention of each name in a text counts."""
        return {name: ELSEWHERE if name in self._labelled else 1.0 for name in sorted(self._names)}

    @cached_property
    def _labelled(self) -> frozenset[str]:
        """The words of the hits' titles, headings and file names, in lower case."""
        return frozenset(word for hit in self._hits for word in _WORD.findall(_label(hit).lower()))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of the question, those too that it writes with a small letter: words of a hit's title, headings or
        file name that the hits write with a capital letter alone, inside sentences too.
        """
        asked = self._asked
        if not wording_of(asked.language).capitals:
            return asked.names
        begins = {term[:_STEM] for term in asked.terms}
        alike = (word for word in self._labelled if word[:_STEM] in begins)
        known = [word for word in alike if asked.terms.issuperset(asked.terms_of(word) or " ")]
        texts = [plain(hit.passage.text) for hit in self._hits] if known else []
        return asked.names | {word for word in known if _is_name(word, texts)}

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


def _label(hit: Hit) -> str:
    """Title, headings and file name, without what is no text."""
    source = _FILE.search(hit.passage.source)
    name = source[0].partition(".")[0].replace("_", " ") if source else ""
    return plain(f"{hit.passage.context}\n{name}")


def _is_name(word: str, texts: Sequence[str]) -> bool:
    """Whether the texts have a word with a capital letter alone, inside sentences too."""
    small = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    inside = re.compile(_INSIDE.format(re.escape(word[0].upper() + word[1:])))
    return any(map(inside.search, texts)) and not any(map(small.search, texts))
