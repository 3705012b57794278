"""Stand-ins for models, for tests of what is built on ragqa: no weights, no randomness, arithmetic to be checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.types import Passage

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
