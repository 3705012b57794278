"""The word table of a pair of models: outside their graphs, in 4 bits a number, mapped into memory by both.

``words.npy`` is a NumPy array of bytes, one row a token. A row holds, for each block of 32 numbers, the block's step as
a half-precision number, and then, for all blocks, 16 bytes of two 4-bit numbers each: number ``i`` of a block is
(low half of byte ``i``) − 8 steps, number ``16 + i`` its high half − 8 steps. (Blocks, step and rounding are those of
GGML's Q4_0, so a table that was kept in that form is kept to the last bit.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import ModelError
from ragqa.models.native import one_line, require_file

WORDS = "words.npy"
BLOCK = 32
LARGEST = 2 << 30  # bytes of a table
_STEP, _HALF = 2, BLOCK // 2  # bytes of a block's step, and of its numbers
_AT_ONCE = 8_192  # rows that are packed at once

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def pack(table: Floats) -> Bytes:
    """A table [tokens, dim] in 4 bits a number, [tokens, 18 bytes for each 32 numbers]; `ModelError` for other sizes.

    A block's step is its number of the largest size, divided by −8, so that number is kept best.
    """
    tokens, dim = table.shape
    if dim % BLOCK:
        raise ModelError(f"a word table of {dim} numbers a token cannot be packed in blocks of {BLOCK}")
    parts = [_pack(table[first : first + _AT_ONCE]) for first in range(0, tokens, _AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty((0, dim // BLOCK * (_STEP + _HALF)), np.uint8)


def _pack(table: Floats) -> Bytes:
    blocks = np.asarray(table, np.float32).reshape(len(table), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2)[..., None], axis=2)
    steps = (largest / np.float32(-8)).astype(np.float16)
    scale = steps.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.where(scale == 0, np.float32(0), blocks / scale)
    numbers = np.clip(np.rint(levels) + 8, 0, 15).astype(np.uint8)
    halves = numbers[..., :_HALF] | (numbers[..., _HALF:] << 4)
    rows = len(table)
    return np.concatenate([steps.view(np.uint8).reshape(rows, -1), halves.reshape(rows, -1)], axis=1)


class WordTable:
    """A packed table, of which only the rows that are asked for are read."""

    def __init__(self, packed: Bytes, path: Path) -> None:
        self._packed, self.path = packed, path
        self._blocks = packed.shape[1] // (_STEP + _HALF)

    @classmethod
    def open(cls, path: Path) -> WordTable:
        """Map a file; `ModelError` if it is missing or no such table."""
        require_file(path, LARGEST)
        with one_line(f"{path}: not a usable word table"):
            packed = np.load(path, mmap_mode="r", allow_pickle=False)
        width = packed.shape[1] if packed.ndim == 2 else 0
        if packed.dtype != np.uint8 or not packed.shape[0] or not width or width % (_STEP + _HALF):
            raise ModelError(f"{path}: not a usable word table ({packed.dtype} {packed.shape})")
        return cls(packed, path)

    def save(self) -> None:
        """Write it to its path."""
        np.save(self.path, self._packed, allow_pickle=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Tokens, and numbers a token."""
        return len(self._packed), self.dim

    def distance(self, table: Floats) -> float:
        """How far the rows of a table [tokens, dim] are from these at most, as shares of their lengths."""
        far = [0.0]
        for first in range(0, len(table), _AT_ONCE):
            own = table[first : first + _AT_ONCE]
            apart = np.linalg.norm(self.rows(np.arange(first, first + len(own))) - own, axis=1)
            far.append(float((apart / np.maximum(np.linalg.norm(own, axis=1), np.float32(1e-6))).max()))
        return max(far)

    @property
    def dim(self) -> int:
        """Numbers a token."""
        return int(self._blocks * BLOCK)

    def rows(self, ids: NDArray[np.int64]) -> Floats:
        """The vectors of tokens [n], float32 [n, dim]; `ModelError` for a token that has none."""
        if len(ids) and not 0 <= ids.min() <= ids.max() < len(self._packed):
            raise ModelError(f"{self.path}: has {len(self._packed):,} words, asked for number {ids.max()}")
        packed = self._packed[ids]
        steps = np.ascontiguousarray(packed[:, : _STEP * self._blocks]).view(np.float16).astype(np.float32)
        halves = packed[:, _STEP * self._blocks :].reshape(len(ids), self._blocks, _HALF)
        numbers = np.concatenate([halves & 15, halves >> 4], axis=2).astype(np.float32) - np.float32(8)
        return np.asarray(numbers * steps[..., None], np.float32).reshape(len(ids), self.dim)
