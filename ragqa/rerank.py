"""Ordering passages by what the reader says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ragqa.evidence.calibration import Weights
from ragqa.evidence.masses import log_priors, null_probability, relevance
from ragqa.faq import StoredAnswers
from ragqa.models.reranker import by_score
from ragqa.protocols import Reader
from ragqa.types import Hit


class RelevanceReranker:
    """A `Reranker` that orders by log prior + relevance · v, which is the mass that evidence gives to a passage as a
    whole.

    So search counts as much as it does for answers (see `ragqa.evidence.masses`); priors are over all hits given. It
    adds no source to hits, because evidence counts what the reader says already. Every hit is read. A `Remembering`
    reader that is given to the pipeline too reads each passage only once.
    """

    def __init__(self, reader: Reader, stored: StoredAnswers, weights: Weights | None = None) -> None:
        self.reader, self.stored, self.weights = reader, stored, weights or Weights()

    def rerank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], k: int) -> list[list[Hit]]:
        """At most ``k`` of each question's hits, best first; the mass's logarithm becomes their score."""
        asked = [question for question, found in zip(questions, hits, strict=True) for _ in found]
        spans = iter(self.stored.read(self.reader, asked, [hit for found in hits for hit in found]))
        weights = self.weights
        reranked = []
        for found in hits:
            voices = [relevance(null_probability(next(spans)), weights.cap) for _ in found]
            masses = [
                prior + weights.relevance * voice
                for prior, voice in zip(log_priors(found, weights), voices, strict=True)
            ]
            reranked.append(by_score([replace(hit, score=mass) for hit, mass in zip(found, masses, strict=True)])[:k])
        return reranked
