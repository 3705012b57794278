"""Where tokens begin and end in a text, put right where tokenizers say it wrongly.

* A token that stands for a blank alone ("▁", of SentencePiece) claims the width of the character after it. It has none.
* Of a letter with combining marks that the tokenizer's character map joins or drops, a token ends before the marks. It
  ends behind them, or where the next token begins.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ragqa.characters import char_class

IntArray = NDArray[np.int64]
BLANK = "▁"
_HANGING = frozenset(("Mn", "Mc", "Me", "Cf"))
_SCANNED = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))


def settled(text: str, offsets: IntArray, blank: NDArray[np.bool_]) -> IntArray:
    """Half-open offsets [n, 2] in a text, put right; ``blank`` [n] says which tokens stand for a blank alone."""
    starts, ends = offsets[:, 0], np.where(blank, offsets[:, 0], offsets[:, 1])
    if not text.isascii():
        runs = [match.span() for match in _marks(max(text) > "\uffff").finditer(text)]
        if runs:
            first, behind = np.array(runs, np.int64).T
            run = np.minimum(np.searchsorted(first, ends), len(first) - 1)
            following = _next_starts(starts, blank, len(text))
            wider = (first[run] == ends) & (ends > starts) & (following > ends)
            ends = np.where(wider, np.minimum(behind[run], following), ends)
    return np.stack([starts, ends], axis=1)


def _next_starts(starts: IntArray, blank: NDArray[np.bool_], length: int) -> IntArray:
    """For each token where the next one begins that has a width, ``length`` after the last."""
    solid = np.where(blank, length, starts)
    behind = np.append(solid[1:], length)
    return np.minimum.accumulate(behind[::-1])[::-1]


@cache
def _marks(every: bool) -> re.Pattern[str]:
    """Runs of combining marks and of format characters: of ``every`` plane, or up to U+FFFF, which is faster."""
    codes = (code for block in _SCANNED for code in block if every or code <= 0xFFFF)
    kinds = (chr(code) for code in codes if unicodedata.category(chr(code)) in _HANGING)
    return re.compile(f"[{char_class(kinds)}]+")
