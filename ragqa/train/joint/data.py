"""Questions and their retrieved passages → the windows of one joint step, with every place of the answers marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ragqa.documents import Passage
from ragqa.models.tokenize import Batch, IntArray, PairTokenizer, Tokens, Window, pad
from ragqa.train.joint.candidates import Candidates
from ragqa.train.reader.places import right_places, token_spans
from ragqa.types import Question

CACHED = 65_536


@dataclass(frozen=True, slots=True)
class JointBatch:
    """Windows [w, l]: which positions may begin or end a span (the passage, and 0 for "no answer"), the right spans
    [w, p, 2] (inclusive, padded with −1), and whose each is: question × k + place of the passage.
    """

    batch: Batch
    allowed: NDArray[np.bool_]
    spans: IntArray
    owner: IntArray


class JointWindows:
    """Cuts windows, titles before their passages if asked for; tokenizes every question and passage once, as long as
    they are remembered.
    """

    def __init__(
        self, questions: Sequence[Question], tokenizer: PairTokenizer, stride: int, *, titles: bool = False
    ) -> None:
        self._questions, self._tokenizer, self._stride, self._titles = questions, tokenizer, stride, titles
        self._asked = tokenizer.encode([question.text for question in questions])
        self._passage = lru_cache(CACHED)(self._tokenize)

    def step(self, numbers: Sequence[int], found: Candidates) -> JointBatch:
        """The windows of questions ``numbers`` and their candidates."""
        windows: list[Window] = []
        spans: list[IntArray] = []
        owner: list[int] = []
        k = found.rows.shape[1]
        for place, number in enumerate(numbers):
            for rank, row in enumerate(found.rows[place].tolist()):
                if row < 0:
                    continue
                passage = found.passages[row]
                tokens = self._passage(passage.id, passage.text)
                right = self._places(number, passage, tokens)
                asked = self._asked[number].ids
                if self._titles:
                    asked = self._tokenizer.about(asked, self._passage(f"{passage.id} above", passage.context).ids)
                cut = self._tokenizer.windows(asked, tokens.ids, self._stride)
                windows += cut
                spans += [_within(window, right) for window in cut]
                owner += [place * k + rank] * len(cut)
        return JointBatch(
            pad(windows, self._tokenizer.pad_id), _allowed(windows), _stack(spans), np.array(owner, np.int64)
        )

    def _places(self, number: int, passage: Passage, tokens: Tokens) -> IntArray:
        """Token spans [p, 2], inclusive, of every answer of the question that stands in the passage."""
        question = self._questions[number]
        found = right_places(passage.text, question.answers, pattern=question.pattern)
        return token_spans(tokens.offsets, found)

    def _tokenize(self, _: str, text: str) -> Tokens:
        return self._tokenizer.encode([text])[0]


def _within(window: Window, spans: IntArray) -> IntArray:
    inside = spans[(spans[:, 0] >= window.first) & (spans[:, 1] < window.first + window.size)]
    return inside - window.first + window.context


def _allowed(windows: Sequence[Window]) -> NDArray[np.bool_]:
    length = -(-max(len(window.ids) for window in windows) // 8) * 8
    allowed = np.zeros((len(windows), length), bool)
    for row, window in enumerate(windows):
        allowed[row, window.context : window.context + window.size] = True
    allowed[:, 0] = True
    return allowed


def _stack(spans: Sequence[IntArray]) -> IntArray:
    stacked = np.full((len(spans), max(1, *map(len, spans)), 2), -1, np.int64)
    for row, own in enumerate(spans):
        stacked[row, : len(own)] = own
    return stacked
