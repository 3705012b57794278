"""Stand-ins for models, for tests of code that uses ragqa. They have no weights and no randomness, and their results
can be computed by hand.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.documents import Passage
from ragqa.types import Span

_WORD = re.compile(r"\w+")


class HashEncoder:
    """An `Encoder` that counts words: each adds 1 at the place that its hash says, and the sum is brought to length 1.

    Texts that share no word (and whose words do not collide) have product 0, texts of the same words product 1; case
    and order do not count. A text without words is the first unit vector. Passages are encoded with title and heading.
    Another ``name`` is another encoder, with other places.
    """

    def __init__(self, dim: int = 64, name: str = "hash") -> None:
        self._dim, self._name = dim, name

    @property
    def fingerprint(self) -> str:
        """Name and dimensions."""
        return f"{self._name}-{self._dim}"

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._dim

    def place(self, word: str) -> int:
        """The dimension in which a word counts."""
        digest = hashlib.blake2b(f"{self._name} {word.lower()}".encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self._dim

    def encode_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """One row a question."""
        vectors = np.zeros((len(questions), self._dim), np.float32)
        for row, question in zip(vectors, questions, strict=True):
            for word in _WORD.findall(question):
                row[self.place(word)] += 1.0
            if not row.any():
                row[0] = 1.0
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def encode_passages(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """One row a passage."""
        return self.encode_questions([passage.retrieval_text for passage in passages])


class WordReader:
    """A `Reader` whose spans are the words of a passage that the question does not have, the longest first; the more
    words both share, the surer it is.
    """

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        """Three words at most, and the null option."""
        return [self._spans(question, passage) for question, passage in zip(questions, passages, strict=True)]

    def _spans(self, question: str, passage: Passage) -> list[Span]:
        asked = {word.lower() for word in _WORD.findall(question)}
        words = list(_WORD.finditer(passage.text))
        shared = sum(word[0].lower() in asked for word in words)
        new = sorted((w for w in words if w[0].lower() not in asked), key=lambda w: (w.start() - w.end(), w.start()))
        best = [Span(w.start(), w.end(), -0.5 - 0.7 * n - 1.0 / (1 + shared)) for n, w in enumerate(new[:3])]
        return sorted([*best, Span(0, 0, -1.5 - shared)], key=lambda span: -span.score)
