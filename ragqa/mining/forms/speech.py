"""What a language has to say about its questions, and how fingers slip on a keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

Rng = np.random.Generator
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


class Speech(Protocol):
    """The forms that a question of one language can take. Every choice is drawn from ``rng``."""

    def keywords(self, rng: Rng, question: str) -> str:
        """The question without the words that only ask, as one types it into a search box."""
        ...

    def typing_errors(self, rng: Rng, question: str) -> str:
        """The question with one or two slips."""
        ...

    def asked(self, text: str) -> str:
        """Keywords as a question of their own ("Height of the tower?")."""
        ...

    def has_enough(self, text: str) -> bool:
        """Whether something is left to be asked."""
        ...

    def lookalikes(self, rng: Rng, question: str, paragraph: str, names: Sequence[str]) -> list[str]:
        """The question with one thing changed to what the paragraph does not hold, so that it has no answer there; one
        for each thing that can be changed. ``names`` are those of the whole article.
        """
        ...


def slip(rng: Rng, word: str) -> str:
    """A word of at least four letters, with two of them exchanged, one left out, doubled, or replaced by a neighbour on
    the keyboard; its first letter stays.
    """
    at, kind = int(rng.integers(1, len(word) - 1)), int(rng.integers(4))
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    row = next((row for row in _ROWS if word[at].lower() in row), _ROWS[0])
    place = max(0, row.find(word[at].lower())) + (1 if rng.random() < 0.5 else -1)
    return word[:at] + row[max(0, min(len(row) - 1, place))] + word[at + 1 :]


def other_year(rng: Rng, year: str) -> str:
    """A year near another one."""
    return str(int(year) + int(rng.choice([-30, -12, -7, -3, -1, 1, 2, 4, 9, 15])))
