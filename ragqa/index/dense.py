"""Dense search: vectors on disk in half precision, and their best rows by inner product with a question's vector."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ragqa.device import AUTO
from ragqa.errors import FingerprintMismatch, ModelError
from ragqa.index.ann import AUTO_ROWS, AnnScan
from ragqa.index.exact import Floats, Halfs, Mask, NumpyScan, Scan
from ragqa.index.facts import Allowed
from ragqa.index.gpu import faiss_installed, gpu_scan
from ragqa.index.ranking import Ranking, Rows, merge, stack, top_k
from ragqa.store.packed import mapped
from ragqa.store.reading import damaged, reading

KEEP_ROWS = 100_000  # up to so many rows float32 copies are kept (150 MB at 384 dimensions)
LARGE_ROWS = 100_000
WRITE_ROWS = 65_536

log = logging.getLogger("ragqa")


def write_vectors(path: Path, vectors: NDArray[np.float32]) -> None:
    """Write [n, dim] as float16, little-endian, C order, without a header; fsync is the caller's.

    Vectors that are not finite in float16 are a `ModelError`.
    """
    with path.open("wb") as file:
        append_vectors(file, vectors)


def append_vectors(file: BinaryIO, vectors: NDArray[np.float32] | NDArray[np.float16]) -> None:
    """As `write_vectors`, to the end of an open file."""
    for start in range(0, len(vectors), WRITE_ROWS):
        with np.errstate(over="ignore"):
            block = np.asarray(vectors[start : start + WRITE_ROWS]).astype("<f2")
        if not np.isfinite(block).all():
            raise ModelError("the encoder gave vectors that are not finite numbers: use another --encoder")
        file.write(block.tobytes())


def open_vectors(path: Path, rows: int, dim: int) -> NDArray[np.float16]:
    """The vectors of a segment, float16 [rows, dim], memory-mapped; a file of another size is an `IndexFormatError`."""
    with reading(path):
        size = path.stat().st_size
        if size != rows * dim * 2:
            raise damaged(path, f"{size} bytes instead of {rows * dim * 2}")
        return np.frombuffer(mapped(path), "<f2").reshape(rows, dim)


@dataclass(frozen=True, slots=True, eq=False)
class DenseSegment:
    """Rows ``first_row`` … of the index: their vectors, float16 [n, dim], and their FAISS index if they have one."""

    first_row: int
    vectors: NDArray[np.float16]
    ann_path: Path | None = None


class StoredVectors:
    """The vectors of all segments of an index, to be read."""

    def __init__(self, segments: Sequence[DenseSegment], dim: int) -> None:
        self.dim = dim
        self.segments = [segment for segment in segments if len(segment.vectors)]

    def vectors(self, rows: Rows) -> Halfs:
        """The vectors of these rows, float16 [len(rows), dim]. Rows may repeat; `IndexError` for other numbers."""
        found = np.empty((len(rows), self.dim), np.float16)
        firsts = np.array([segment.first_row for segment in self.segments], np.int64)
        owners = np.searchsorted(firsts, rows, side="right") - 1
        if len(rows) and owners.min() < 0:
            raise IndexError(f"row {int(np.min(rows))} has no vector")
        for owner in np.unique(owners):
            mine = owners == owner
            found[mine] = self.segments[owner].vectors[rows[mine] - firsts[owner]]
        return found


class DenseIndex(StoredVectors):
    """The vectors of all segments, to be searched on ``device``; ``spec`` is the setting that they were built with.

    A segment with a FAISS index is searched by it (if faiss is installed), any other exactly, on a GPU where there is
    one; with the spec "auto" a GPU that can hold all vectors comes before the FAISS index. Whatever proposes the
    rows, a score is the inner product of the question and the float16 vector, summed in float64 and rounded to float32:
    the same in every batch, engine and segmentation. Safe to search from several threads.
    """

    def __init__(self, segments: Sequence[DenseSegment], dim: int, spec: str, device: str = AUTO) -> None:
        super().__init__(segments, dim)
        rows = sum(len(segment.vectors) for segment in self.segments)
        self._scans = [_scan(segment, spec, device, keep=rows <= KEEP_ROWS) for segment in self.segments]
        slow = sum(len(scan.vectors) for scan in self._scans if isinstance(scan, NumpyScan))
        if slow > LARGE_ROWS and spec != "flat" and not faiss_installed():
            _advise("install faiss: pip install 'ragqa[cpu]'")
        elif slow > AUTO_ROWS and spec == "auto":
            _advise("index again with --dense hnsw")

    def search(self, vectors: NDArray[np.float32], k: int, allowed: Allowed) -> Ranking:
        """The best ``k`` rows of each question [n, dim] among those that are ``allowed``."""
        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise FingerprintMismatch(
                f"the encoder gives vectors of length {vectors.shape[-1]}, the index holds {self.dim}: "
                f"ask with the encoder it was built with"
            )
        found = [Ranking.empty(len(vectors))]
        for segment, scan in zip(self.segments, self._scans, strict=True):
            mask = allowed.mask[segment.first_row : segment.first_row + len(segment.vectors)]
            if k > 0 and mask.any():
                found.append(_search(segment, scan, vectors, k, None if mask.all() else mask))
        return merge(found, k)


def _scan(segment: DenseSegment, spec: str, device: str, keep: bool) -> Scan:
    ann = segment.ann_path if faiss_installed() else None
    scan = gpu_scan(segment.vectors, device) if ann is None or spec == "auto" else None
    if scan is None and ann is not None:
        return AnnScan(ann, segment.vectors, device)
    return scan or NumpyScan(segment.vectors, keep)


def _search(segment: DenseSegment, scan: Scan, questions: Floats, k: int, alive: Mask | None) -> Ranking:
    proposed = scan.propose(questions, k, alive)
    return stack(
        [
            top_k(_products(segment.vectors[columns], question)[None], columns + segment.first_row, k)
            for question, columns in zip(questions, proposed, strict=True)
        ]
    )


def _products(vectors: Halfs, question: Floats) -> Floats:
    """float32 [n]. Row by row, unlike a matrix product, whose rounding depends on its shape."""
    products: NDArray[np.float64] = np.multiply(vectors, question, dtype=np.float64)
    return np.asarray(products.sum(axis=1), np.float32)


@cache
def _advise(what: str) -> None:
    """Told once a process."""
    log.warning("dense search over more than %d passages is exact, and slow without a GPU: %s", LARGE_ROWS, what)
