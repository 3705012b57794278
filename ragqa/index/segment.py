"""Writing one segment aside: documents and passages, their vectors, and a FAISS index where it pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import ModelError
from ragqa.index.dense import append_vectors, build_ann, open_vectors, wants_ann
from ragqa.index.report import Progress
from ragqa.store.atomic import sha256, storing, sync_file, sync_folder
from ragqa.store.layout import ANN, VECTORS, segment_files
from ragqa.store.manifest import EncoderFact, FileFact, SegmentFact
from ragqa.store.passages import PassageWriter
from ragqa.types import Document, Passage

UNIT_TOLERANCE = 0.01


class DenseWriter:
    """Fills ``dense-<encoder>/`` of a segment's folder."""

    def __init__(self, folder: Path, encoder: EncoderFact, spec: str) -> None:
        self.folder = folder
        self._encoder, self._spec = encoder, spec
        self._dense = folder / f"dense-{encoder.fingerprint}"
        self._vectors = 0
        with storing(folder):
            self._dense.mkdir()
            self._file = (self._dense / VECTORS).open("wb")

    def add(self, vectors: NDArray[np.float32] | NDArray[np.float16]) -> None:
        """Append the vectors [n, dim] of the next passages; `ModelError` if they are not finite and of unit length."""
        if vectors.ndim != 2 or vectors.shape[1] != self._encoder.dim:
            raise ModelError(f"the encoder gave an array of shape {vectors.shape}, expected (n, {self._encoder.dim})")
        with storing(self.folder):
            append_vectors(self._file, vectors)
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
        if (np.abs(lengths - 1.0) > UNIT_TOLERANCE).any():
            raise ModelError("the encoder gave vectors that are not of unit length: use another --encoder")
        self._vectors += len(vectors)

    def finish(self, rows: int, progress: Progress) -> bool:
        """Complete the files of so many rows; making them durable is the caller's. Whether there is a FAISS index."""
        if self._vectors != rows:
            raise ModelError(f"the encoder gave {self._vectors} vectors for {rows} passages")
        with storing(self.folder):
            self._file.close()
            vectors = open_vectors(self._dense / VECTORS, rows, self._encoder.dim)
            ann = wants_ann(self._spec, rows, self._encoder.dim) and build_ann(
                vectors, self._spec, self._dense / ANN, progress
            )
            sync_folder(self._dense)
        return ann

    def close(self) -> None:
        """Let go of the file as it is."""
        self._file.close()


class SegmentWriter:
    """Fills an empty folder. Passages and vectors come in the same order, but not at the same time."""

    def __init__(self, folder: Path, encoder: EncoderFact, spec: str) -> None:
        self.folder = folder
        self._fingerprint = encoder.fingerprint
        self._dense = DenseWriter(folder, encoder, spec)
        with storing(folder):
            self._passages = PassageWriter(folder)

    @property
    def rows(self) -> int:
        """How many passages were added."""
        return self._passages.rows

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Append a storable document and its passages."""
        with storing(self.folder):
            self._passages.add(document, passages)

    def add_vectors(self, vectors: NDArray[np.float32] | NDArray[np.float16]) -> None:
        """Append the vectors of the next passages; see `DenseWriter.add`."""
        self._dense.add(vectors)

    def finish(self, first_row: int, progress: Progress) -> SegmentFact:
        """Complete the files and wait until they are on the disk."""
        rows = self._passages.rows
        with storing(self.folder):
            self._passages.finish()
            ann = self._dense.finish(rows, progress)
            facts = {name: durable(self.folder / name) for name in segment_files(self._fingerprint, ann)}
            sync_folder(self.folder)
        return SegmentFact(self.folder.name, first_row, rows, self._passages.documents, ann, facts)

    def abandon(self) -> None:
        """Let go of the files as they are."""
        self._passages.abandon()
        self._dense.close()


@contextmanager
def segment_writer(folder: Path, encoder: EncoderFact, spec: str) -> Iterator[SegmentWriter]:
    """A `SegmentWriter` that holds no file open afterwards."""
    writer = SegmentWriter(folder, encoder, spec)
    try:
        yield writer
    finally:
        writer.abandon()


def durable(path: Path) -> FileFact:
    """Wait until a complete file is on the disk; its size and hash."""
    sync_file(path)
    return FileFact(path.stat().st_size, sha256(path))
