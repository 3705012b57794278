"""Stored answers of FAQ files. The reader does not read them; they are given whole, with odds that say how well their
question matches the one that was asked.

How well two questions match is a heuristic; calibration turns it into a probability:

    match = 0.75 · cosine + 0.25 · overlap        log-odds = 12 · (match − 0.6) / (1 − 0.6), at least −12

``cosine`` is the dense score: of such a passage retrievers see the question alone. It counts as 0 where it is negative,
and where the dense search ran and did not find the passage. ``overlap`` is Dice's coefficient of both questions' terms,
with repeats, 2 · |shared| / (|one| + |other|); without a dense search the match is the overlap alone. So equal
questions have log-odds of 12, the most that a passage may have by default (`ragqa.evidence.masses`), and a match of 0.6
means a probability of one half.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ragqa.corpus.analyze import Analyzer
from ragqa.protocols import Reader
from ragqa.store.passages import encodable
from ragqa.types import Hit, Span

COSINE_SHARE = 0.75
EVEN = 0.6
SUREST = 12.0


class StoredAnswers:
    """Gives the spans of stored answers, and lets a reader read all other passages.

    ``dense`` says whether the hits come from a search that looked for nearby vectors too.
    """

    def __init__(self, analyzer: Analyzer, dense: bool) -> None:
        self._analyzer, self._dense = analyzer, dense

    def read(self, reader: Reader, questions: Sequence[str], hits: Sequence[Hit]) -> list[list[Span]]:
        """For each pair (questions[i], hits[i]) its spans, as `Reader.read` gives them for the passage.

        A stored answer has two: the whole of it, and the null option.
        """
        spans: list[list[Span]] = [[] for _ in hits]
        texts = [place for place, hit in enumerate(hits) if not hit.passage.is_faq]
        if texts:
            found = reader.read([questions[place] for place in texts], [hits[place].passage for place in texts])
            for place, own in zip(texts, found, strict=True):
                spans[place] = own
        for place, (question, hit) in enumerate(zip(questions, hits, strict=True)):
            if hit.passage.is_faq:
                spans[place] = whole(len(hit.passage.text), log_odds(self.match(question, hit)))
        return spans

    def match(self, question: str, hit: Hit) -> float:
        """From 0 to 1: how well the question matches the stored one."""
        analyzer = self._analyzer.of(hit.passage.meta)
        words = overlap(*(analyzer.tokens(encodable(text)) for text in (question, hit.passage.title)))
        cosine = hit.sources.get("dense", 0.0 if self._dense and hit.sources else None)
        if cosine is None:
            return words
        return COSINE_SHARE * min(1.0, max(0.0, cosine)) + (1.0 - COSINE_SHARE) * words


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Dice's coefficient of two bags of terms, in [0, 1]; 0 where either is empty."""
    if not one or not other:
        return 0.0
    return 2.0 * (Counter(one) & Counter(other)).total() / (len(one) + len(other))


def log_odds(match: float) -> float:
    """The log-odds that the stored answer is the right one; they rise linearly with the match, from −12 to 12."""
    return min(SUREST, max(-SUREST, SUREST * (match - EVEN) / (1.0 - EVEN)))


def whole(length: int, odds: float) -> list[Span]:
    """All characters of a passage with these log-odds, and the null option, best first."""
    yes, no = (-math.log1p(math.exp(-sign * odds)) for sign in (1.0, -1.0))
    return sorted([Span(0, length, yes), Span(0, 0, no)], key=lambda span: -span.score)
