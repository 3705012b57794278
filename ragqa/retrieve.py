"""The hybrid retriever: BM25 and dense rankings, fused, then one fetch of the passages, and a better order for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from ragqa.config import DENSE_SCALE, RetrieveConfig, check_number
from ragqa.copies import fold
from ragqa.crowds import crowded, late_last
from ragqa.errors import ConfigError, FingerprintMismatch
from ragqa.filters import Where
from ragqa.index.fuse import fuse, lookup
from ragqa.index.ranking import Ranking
from ragqa.index.snapshot import Snapshot
from ragqa.protocols import Encoder, Reranker
from ragqa.spelling import MOST, doubted, meant, replaced, variants
from ragqa.timing import Stopwatch
from ragqa.types import Hit

RESPELLED = 20  # passages among whose words the one is looked for that was meant


@dataclass(frozen=True, slots=True)
class Rankings:
    """What each source found for the same questions, and the two joined; a source that is not in use is empty."""

    bm25: Ranking
    dense: Ranking
    fused: Ranking

    def of(self, question: int) -> Rankings:
        """Those of one question."""
        own = slice(question, question + 1)
        return Rankings(*(Ranking(one.rows[own], one.scores[own]) for one in (self.bm25, self.dense, self.fused)))


class HybridRetriever:
    """Finds passages in one generation of an index, with a reranker if one is given."""

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        config: RetrieveConfig | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.snapshot, self.encoder = snapshot, encoder
        self.config = (config or RetrieveConfig()).scaled(getattr(encoder, "dense_scale", DENSE_SCALE))
        self.reranker = reranker
        built_with = snapshot.manifest.encoder.fingerprint
        if encoder.fingerprint != built_with:
            raise FingerprintMismatch(
                f"{snapshot.directory} was built with the encoder {built_with}, not with {encoder.fingerprint}: "
                f"ask with the same --encoder, or index again with this one"
            )

    def retrieve(
        self,
        questions: Sequence[str],
        k: int,
        where: Where | None = None,
        watch: Stopwatch | None = None,
        *,
        apart: bool = False,
    ) -> list[list[Hit]]:
        """At most ``k`` hits a question, best first; a ``k`` below 1 or beyond a million is a `ConfigError`.

        With ``apart`` copies take one place together and crowds few (see `fetch`).
        """
        check_number(k, "k", int)
        if k < 1:
            raise ConfigError(f"k is {k}: at least 1")
        watch, wanted = watch or Stopwatch(), self.reach(k)
        deep = max(wanted, self.config.depth) if apart else wanted
        hits = self.fetch(self.rank(questions, deep, where, watch), wanted, questions if apart else ())
        watch.lap("fetch")
        return self.rerank(questions, hits, k, watch)

    def respelled(self, question: str, where: Where | None = None) -> str:
        """The question with the words that were probably meant in the place of mistyped ones (`ragqa.spelling`); as it
        is where each of its words stands in a passage or is one that the encoder knows. The words that are meant come
        from what BM25 finds with the rest of the question and all known words that are one step away.
        """
        places = self._mistyped(question)
        if not places or len(places) > MOST:
            return question
        words = [question[start:end] for start, end in places]
        lexical = self.snapshot.lexical
        near = [" ".join(compress(others, lexical.known(others))) for others in map(variants, words)]
        found = lexical.search([replaced(question, places, near)], RESPELLED, self.snapshot.allowed(where)).rows[0]
        texts = [passage.retrieval_text for passage in self.snapshot.passages(np.unique(found[found >= 0]))]
        return replaced(question, places, [meant(word, texts) or word for word in words])

    def _mistyped(self, question: str) -> list[tuple[int, int]]:
        """Characters [start, end) of the words that neither a passage has nor the encoder knows."""
        places = list(doubted(question))
        known = self.snapshot.lexical.known([question[start:end] for start, end in places])
        is_word = getattr(self.encoder, "is_word", lambda text: False)
        return [
            (start, end)
            for (start, end), is_known in zip(places, known, strict=True)
            if not is_known and not is_word(question[start:end])
        ]

    def reach(self, k: int) -> int:
        """How many of the fused passages are looked at to find the best ``k``."""
        return k if self.reranker is None else max(k, self.config.rerank_depth)

    def rerank(
        self, questions: Sequence[str], hits: list[list[Hit]], k: int, watch: Stopwatch | None = None
    ) -> list[list[Hit]]:
        """The best ``k`` of what was fetched; without a reranker the first."""
        if self.reranker is None:
            return [found[:k] for found in hits]
        hits = self.reranker.rerank(questions, hits, k)
        if watch is not None:
            watch.lap("rerank")
        return hits

    def rank(
        self,
        questions: Sequence[str],
        k: int,
        where: Where | None = None,
        watch: Stopwatch | None = None,
    ) -> Rankings:
        """The rankings of both sources, at least ``depth`` deep, and the best ``k`` of them joined."""
        config, watch = self.config, watch or Stopwatch()
        depth = max(k, config.depth)
        bm25 = dense = Ranking.empty(len(questions))
        if not questions:
            return Rankings(bm25, dense, dense)
        allowed = self.snapshot.allowed(where)
        if config.fusion != "dense":
            bm25 = self.snapshot.lexical.search(questions, depth, allowed)
            watch.lap("bm25")
        if config.fusion != "bm25":
            vectors = self.encoder.encode_questions(questions)
            watch.lap("encode")
            dense = self.snapshot.dense.search(vectors, depth, allowed)
            watch.lap("dense")
        fused = fuse(bm25, dense, config, k)
        watch.lap("fuse")
        return Rankings(bm25, dense, fused)

    def words(self, question: str, hits: Sequence[Hit]) -> list[dict[str, float]]:
        """For each hit that was found for the question, what its words give to it: of those that it has, the shares of
        its BM25 score (see `LexicalIndex.contributions`). Empty where BM25 did not find it.
        """
        rows = [hit.row for hit in hits if hit.row >= 0 and "bm25" in hit.sources]
        parts = self.snapshot.lexical.contributions(question, rows)
        shares = {
            row: {label: float(scores[place]) for label, scores in parts.items() if scores[place]}
            for place, row in enumerate(rows)
        }
        return [shares.get(hit.row, {}) for hit in hits]

    def fetch(self, rankings: Rankings, k: int, apart_for: Sequence[str] = ()) -> list[list[Hit]]:
        """The passages of the best ``k`` fused rows of each question, with the scores that both sources gave them.

        With the questions that they are read ``apart_for``, passages with the same words take one place together, that
        of the best of them, which has the others as its copies; and of passages that say nearly the same, those beyond
        the third come after all others (`ragqa.crowds`). As many rows more are fetched, as far as the rankings go.
        """
        hits = self._fetch(rankings, 0, k)
        if not apart_for:
            return hits
        both = zip(apart_for, hits, strict=True)
        return [self._apart(rankings.of(place), found, k, question) for place, (question, found) in enumerate(both)]

    def _apart(self, rankings: Rankings, found: list[Hit], k: int, question: str) -> list[Hit]:
        """For one question, of which the best ``k`` are ``found`` already."""
        deepest = rankings.fused.rows.shape[1]
        while True:
            kept = fold(found)
            late = crowded(kept, question)
            missing = k - late.count(False)
            if missing <= 0 or len(found) >= deepest:
                break
            (more,) = self._fetch(rankings, len(found), missing)
            if not more:
                break
            found = [*found, *more]
        return late_last(kept, late)[:k]

    def _fetch(self, rankings: Rankings, first: int, count: int) -> list[list[Hit]]:
        """The passages of ``count`` fused rows of each question, from the one with the number ``first`` on."""
        wanted = slice(first, first + count)
        fused = Ranking(rankings.fused.rows[:, wanted], rankings.fused.scores[:, wanted])
        bm25_scores, dense_scores = lookup(rankings.bm25, fused.rows), lookup(rankings.dense, fused.rows)
        rows, positions = np.unique(fused.rows[fused.rows >= 0], return_inverse=True)
        passages = self.snapshot.passages(rows)
        position = iter(positions)
        hits: list[list[Hit]] = []
        for question in range(len(fused)):
            found = []
            for place in range(int((fused.rows[question] >= 0).sum())):
                both = {"bm25": float(bm25_scores[question, place]), "dense": float(dense_scores[question, place])}
                sources = {name: score for name, score in both.items() if not np.isnan(score)}
                passage = passages[int(next(position))]
                row, score = int(fused.rows[question, place]), float(fused.scores[question, place])
                found.append(Hit(passage, score, first + place + 1, sources, row))
            hits.append(found)
        return hits
