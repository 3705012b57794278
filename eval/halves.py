"""The two halves of a data set's titles: one is learnt from or fitted on, the other is measured."""

from __future__ import annotations

import hashlib


def in_first_half(title: str) -> bool:
    """Whether the title belongs to the half that is learnt from; decided by its hash, so the same everywhere."""
    return hashlib.sha256(title.encode()).digest()[0] % 2 == 0
