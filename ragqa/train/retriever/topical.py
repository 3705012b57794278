"""Batches by subject: neighbouring passages with all their questions, each passage in a batch encoded once.

A passage that answers five questions is then encoded once for the five, and what a question has to tell apart is the
right passage from others of the same article (topic-aware sampling, Hofstätter et al. 2021), as well as from the rest
of the batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch

from ragqa.errors import TrainingError
from ragqa.mining.pairs import Pairing
from ragqa.train.retriever.batches import DrawnPairing
from ragqa.train.retriever.towers import ANCHOR, POSITIVE, TextCollator


def draw_topical(
    pairings: Sequence[Pairing], batches: int, size: int, negatives: int, run: int, seed: int
) -> list[list[DrawnPairing]]:
    """``batches`` batches of ``size`` questions each: ``run`` passages of one article, then ``run`` of another.

    A question stands with one of its positives, drawn anew in each pass, and the first ``negatives`` of its own
    negatives. Every question comes once before any comes again; articles, their passages and the runs are in random
    order. Fewer than two passages in all are a `TrainingError`: there would be nothing to choose from.
    """
    if len({candidate.retrieval_text for pairing in pairings for candidate in pairing.positives}) < 2:
        raise TrainingError("data.topical needs at least two passages with questions: give more data")
    stream = _passes(np.random.default_rng(seed), pairings, negatives, run)
    return [list(islice(stream, size)) for _ in range(batches)]


def _passes(rng: np.random.Generator, pairings: Sequence[Pairing], negatives: int, run: int) -> Iterator[DrawnPairing]:
    while True:
        articles: dict[str, dict[str, list[DrawnPairing]]] = defaultdict(lambda: defaultdict(list))
        for pairing in pairings:
            positive = pairing.positives[rng.integers(len(pairing.positives))]
            article = positive.title.partition(" > ")[0] or positive.id
            draw = DrawnPairing(pairing, positive, pairing.negatives[:negatives])
            articles[article][positive.retrieval_text].append(draw)
        runs = []
        for passages in articles.values():
            draws = list(passages.values())
            order = rng.permutation(len(draws))
            runs += [[draws[place] for place in order[first : first + run]] for first in range(0, len(order), run)]
        for place in rng.permutation(len(runs)):
            for draws in runs[place]:
                yield from draws


def known_positives(pairings: Sequence[Pairing]) -> dict[str, tuple[str, ...]]:
    """All texts that answer a question, by its text: the same question may stand on several passages."""
    known: dict[str, dict[str, None]] = defaultdict(dict)
    for pairing in pairings:
        known[pairing.question].update(dict.fromkeys(candidate.retrieval_text for candidate in pairing.positives))
    return {question: tuple(texts) for question, texts in known.items()}


class TopicalCollator:
    """Rows → the questions, the batch's different passages (as one column), and which of these answer which question.

    ``label`` is [questions, passages], 1.0 where a passage is known to answer. Of several processes each is given the
    rows of all, and makes of them its own questions, its own part of the passages (the last ones are filled up with
    the first one's text, so that all parts have the same size), and the labels of its questions with all passages.
    """

    def __init__(
        self, texts: TextCollator, known: Mapping[str, Sequence[str]], rank: int = 0, processes: int = 1
    ) -> None:
        self._texts, self._known, self._rank, self._processes = texts, known, rank, processes
        self.valid_label_columns = texts.valid_label_columns

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """One batch."""
        places: dict[str, int] = {}
        for row in rows:
            for name, text in row.items():
                if name != ANCHOR:
                    places.setdefault(text, len(places))
        asked = self._own([row[ANCHOR] for row in rows])
        label = torch.zeros(len(asked), len(places))
        for number, question in enumerate(asked):
            label[number, [places[text] for text in self._known[question] if text in places]] = 1.0
        texts = list(places)
        texts += [texts[0]] * (-len(texts) % self._processes)
        questions = self._texts([{ANCHOR: question} for question in asked])
        # An empty anchor, which is dropped again: the collator warns of a first column that is not the anchor.
        passages = self._texts([{ANCHOR: "", POSITIVE: text} for text in self._own(texts)])
        return (
            questions
            | {name: value for name, value in passages.items() if name.startswith(POSITIVE)}
            | {"label": label}
        )

    def _own(self, texts: Sequence[str]) -> Sequence[str]:
        share = len(texts) // self._processes
        return texts[self._rank * share : (self._rank + 1) * share]
