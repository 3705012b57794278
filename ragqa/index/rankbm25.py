"""BM25 by the package rank-bm25: a `LexicalIndex` that is made in memory when an index is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.corpus.analyze import Analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.documents import LANGUAGE, Passage
from ragqa.index.facts import Allowed, Mask
from ragqa.index.query import QueryBuilder
from ragqa.index.ranking import Ranking, Scores, stack, top_k
from ragqa.index.readings import idf
from ragqa.store.passages import encodable


class RankBM25Index:
    """The package rank-bm25 (BM25Okapi, k1 = 1.5, b = 0.75), in memory: slow, exact, for small corpora.

    ``rows[i]`` is the row of ``passages[i]``. Its statistics cover these passages only.
    """

    def __init__(
        self,
        rows: NDArray[np.int64],
        passages: Sequence[Passage],
        analyzer: Analyzer,
        synonyms: Synonyms | None = None,
    ) -> None:
        from rank_bm25 import BM25Okapi

        languages = Counter(passage.meta.get(LANGUAGE) for passage in passages)
        self._builder = QueryBuilder(analyzer.among(languages.__getitem__), synonyms)
        self.analyzer, self._passage_rows = analyzer, np.asarray(rows, np.int64)
        tokens = [analyzer.of(passage.meta).tokens(encodable(passage.retrieval_text)) for passage in passages]
        self._frequency = Counter(term for own in tokens for term in set(own))
        self._passages = len(tokens)
        self._bm25: Any = BM25Okapi(tokens) if self._frequency else None

    def search(self, questions: Sequence[str], k: int, allowed: Allowed) -> Ranking:
        """See `LexicalIndex.search`."""
        mask = allowed.mask[self._passage_rows]
        return stack([top_k(self._scores(question, mask)[None], self._passage_rows, k) for question in questions])

    def contributions(self, question: str, rows: Sequence[int]) -> dict[str, NDArray[np.float32]]:
        """See `LexicalIndex.contributions`."""
        places = np.searchsorted(self._passage_rows, np.asarray(rows, np.int64))
        found: dict[str, NDArray[np.float64]] = {}
        for label, scores in self._parts(question) if len(places) else ():
            found[label] = found.get(label, 0.0) + _or_zero(scores[places])
        return {label: scores.astype(np.float32) for label, scores in found.items()}

    def known(self, words: Sequence[str]) -> list[bool]:
        """See `LexicalIndex.known`."""
        return self._builder.known(words, self._frequency.__getitem__)

    def rarity(self, terms: Sequence[str]) -> list[float]:
        """See `LexicalIndex.rarity`."""
        return [idf(self._frequency[term], self._passages) for term in terms]

    def _scores(self, question: str, mask: Mask) -> Scores:
        """The score of each passage, −inf for passages that are no hit."""
        total, hit = np.zeros(len(mask)), np.zeros(len(mask), bool)
        for _, scores in self._parts(question):
            total += _or_zero(scores)
            hit |= scores > -np.inf
        return np.where(mask & hit, total, -np.inf).astype(np.float32)

    def _parts(self, question: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """The name of each part of the question and its score in each passage, −inf where a passage
        does not have it.
        """
        query = self._builder.build(question, self._frequency.__getitem__, self._passages)
        for term, count in query.words.items():
            yield term, self._sum({term: count}, any)
        for concept in query.concepts:
            best = self._sum(concept.typed, any)
            for expansion in concept.expansions:
                best = np.maximum(best, expansion.weight * self._sum(dict.fromkeys(expansion.terms, 1), all))
            yield concept.label, concept.count * best

    def _sum(self, terms: Mapping[str, float], needed: Callable[[Iterable[bool]], bool]) -> NDArray[np.float64]:
        """Σ count · score of the terms in each passage, −inf where it does not have ``needed`` (any or all) of them."""
        total = np.zeros(self._passages)
        for term, count in terms.items():
            total = total + count * self._bm25.get_scores([term])
        held = [needed(term in own for term in terms) for own in self._bm25.doc_freqs]
        return np.where(held, total, -np.inf)


def _or_zero(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(scores > -np.inf, scores, 0.0)
