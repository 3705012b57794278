"""Readers as teachers, whose spans are imitated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ragqa.device import AUTO
from ragqa.errors import ModelError
from ragqa.models.catalog import load_reader
from ragqa.models.reader import SpanReader
from ragqa.models.tokenize import PairTokenizer, Window

PROBE = ("Who wrote Ulysses, and when?", "James Joyce's “Ulysses” (1922), naïve café 東京.")
Floats = NDArray[np.float32]


class Teachers:
    """One reader or several, whose distributions are averaged. They read the same windows as the student."""

    def __init__(self, readers: Sequence[SpanReader], temperature: float) -> None:
        self.readers, self.temperature = readers, temperature

    @classmethod
    def load(
        cls,
        names: Sequence[str],
        tokenizer: PairTokenizer,
        temperature: float,
        *,
        titles: bool = False,
        device: str = AUTO,
    ) -> Teachers:
        """Load readers by name onto a device; one that cuts text otherwise than ``tokenizer``, or shorter, is a
        `ModelError`, and where there are ``titles`` in the windows one that has not learnt with them.
        """
        readers = []
        for name in names:
            reader = load_reader(name, device=device)
            if not same_tokens(reader.tokenizer, tokenizer):
                raise ModelError(
                    f"loss.teacher {name}: its tokenizer is not the base's, so its spans cannot be imitated"
                )
            if reader.tokenizer.max_length < tokenizer.max_length:
                raise ModelError(
                    f"loss.teacher {name} reads {reader.tokenizer.max_length} tokens at most: lower data.max_length"
                )
            if titles and not reader.titles:
                raise ModelError(f"loss.teacher {name} has not learnt with titles: set data.titles to 0")
            readers.append(reader)
        return cls(readers, temperature)

    def distributions(self, windows: Sequence[Window], length: int) -> tuple[Floats, Floats]:
        """Probabilities [n, length] of starts and of ends at the temperature, over passage and position 0."""
        both = np.zeros((2, len(windows), length), np.float32)
        for reader in self.readers:
            for row, (window, outputs) in enumerate(zip(windows, reader.runtime.run(windows), strict=True)):
                places = np.r_[0, window.context : window.context + window.size]
                for side, logits in enumerate(outputs):
                    both[side, row, places] += _softmax(logits[places] / self.temperature) / len(self.readers)
        return both[0], both[1]


def same_tokens(one: PairTokenizer, other: PairTokenizer) -> bool:
    """Whether two tokenizers have the same vocabulary and tokenize a probe in the same way."""
    if one.tokenizer.get_vocab() != other.tokenizer.get_vocab():
        return False
    return bool(one.tokenizer.encode(*PROBE).ids == other.tokenizer.encode(*PROBE).ids)


def _softmax(logits: Floats) -> Floats:
    odds = np.exp(logits - logits.max())
    return np.asarray(odds / odds.sum(), np.float32)
