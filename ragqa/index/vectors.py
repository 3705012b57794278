"""Where the vectors of an index live: the seam behind `Snapshot.dense`, and the store that keeps them in files.

A store prepares the vectors of a new generation before CURRENT names that generation, so CURRENT stays the only commit
point: vectors that were prepared for a generation that never became current are never searched, and are swept later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ragqa.device import AUTO
from ragqa.errors import IndexFormatError, ModelError
from ragqa.index.ann import build_ann, wants_ann
from ragqa.index.dense import DenseIndex, DenseSegment, StoredVectors, append_vectors, open_vectors
from ragqa.index.facts import Allowed, Mask
from ragqa.index.ranking import Ranking, Rows
from ragqa.index.report import Progress
from ragqa.store.atomic import storing, sync_folder
from ragqa.store.layout import ANN, VECTORS, Layout, vector_files
from ragqa.store.manifest import FILES, EncoderFact, FileFact, Manifest, SegmentFact, VectorFact, VectorPart, durable
from ragqa.version import __version__

UNIT_TOLERANCE = 0.01

Vectors = NDArray[np.float32] | NDArray[np.float16]


class VectorReader(Protocol):
    """The vectors of one generation, opened to be read; safe to use from several threads."""

    def vectors(self, rows: Rows) -> NDArray[np.float16]:
        """The vectors of these rows, dead ones included, float16 [len(rows), dim]."""
        ...


class VectorIndex(VectorReader, Protocol):
    """The vectors of one generation, opened to be searched; safe to use from several threads."""

    @property
    def dim(self) -> int:
        """The length of a vector."""
        ...

    def search(self, vectors: NDArray[np.float32], k: int, allowed: Allowed) -> Ranking:
        """The best ``k`` rows of each question [n, dim] among those that are ``allowed``, by inner product.

        A store that is not on this machine can search by ``allowed.generation`` and ``allowed.where`` instead of the
        mask.
        """
        ...


class VectorWriter(Protocol):
    """Takes the vectors of a new segment, in the order of its rows."""

    def add(self, vectors: Vectors) -> None:
        """Append the vectors [n, dim] of the next passages; `ModelError` if they are not finite and of unit length."""
        ...

    def finish(self, rows: int, progress: Progress) -> VectorPart:
        """Return when the vectors of so many rows are stored durably; `ModelError` if there are more or fewer."""
        ...

    def close(self) -> None:
        """Let go of what is open. What was not finished is never searched."""
        ...


class VectorStore(Protocol):
    """Keeps the vectors of one index. The caller holds the writer's lock while it writes, prepares or sweeps.

    A vector is known by its segment and its place there; which row that is, a generation's manifest says.
    """

    def writer(self, folder: Path, encoder: EncoderFact, spec: str) -> VectorWriter:
        """A writer for a new segment, whose documents lie in ``folder``, which is called by the segment's id."""
        ...

    def prepare(
        self,
        generation: int,
        encoder: EncoderFact,
        segments: Sequence[SegmentFact],
        parts: Sequence[VectorPart],
        dead: Mask,
    ) -> VectorFact:
        """Make the parts of these segments, all of them finished, searchable as ``generation``; what the manifest is to
        say of them.

        ``dead`` [rows] are the rows that this generation must not find. Generations that are stored already stay
        searchable.
        """
        ...

    def open(self, manifest: Manifest) -> VectorIndex:
        """The vectors of this generation; `IndexFormatError` if they are damaged or not there."""
        ...

    def read(self, manifest: Manifest) -> VectorReader:
        """As `open`, without what only a search needs."""
        ...

    def sweep(self, keep: Sequence[VectorFact]) -> None:
        """Remove whatever belongs to none of these generations, the last of which has become current. What cannot be
        removed now is removed by a later sweep; nothing is raised.
        """
        ...


class FileStore:
    """Vectors in files beside the documents of each segment: half precision, and a FAISS index where that pays.

    ``device`` is where vectors are searched; it also decides whether an approximate index pays.
    """

    def __init__(self, layout: Layout, device: str = AUTO) -> None:
        self._layout, self._device = layout, device

    def writer(self, folder: Path, encoder: EncoderFact, spec: str) -> VectorWriter:
        """A writer of ``dense-<encoder>/`` in the segment's folder."""
        return FileWriter(folder, encoder, spec, self._device)

    def prepare(
        self,
        generation: int,
        encoder: EncoderFact,
        segments: Sequence[SegmentFact],
        parts: Sequence[VectorPart],
        dead: Mask,
    ) -> VectorFact:
        """Nothing is left to do: the files are durable, and dead rows are masked in each search."""
        return VectorFact(encoder, tuple(parts), FILES)

    def open(self, manifest: Manifest) -> DenseIndex:
        """The memory-mapped files of all segments, and their FAISS indexes."""
        return DenseIndex(self._segments(manifest), manifest.encoder.dim, manifest.config.dense, self._device)

    def read(self, manifest: Manifest) -> StoredVectors:
        """The memory-mapped files of all segments."""
        return StoredVectors(self._segments(manifest), manifest.encoder.dim)

    def _segments(self, manifest: Manifest) -> list[DenseSegment]:
        segments = []
        for segment, part in zip(manifest.segments, manifest.vectors.parts, strict=True):
            folder = self._layout.segment(segment.id) / f"dense-{manifest.encoder.fingerprint}"
            vectors = open_vectors(folder / VECTORS, segment.rows, manifest.encoder.dim)
            segments.append(DenseSegment(segment.first_row, vectors, folder / ANN if part.ann else None))
        return segments

    def sweep(self, keep: Sequence[VectorFact]) -> None:
        """Nothing is left to do: the files go with the folders of their segments."""


class FileWriter:
    """Fills ``dense-<encoder>/`` of a segment's folder."""

    def __init__(self, folder: Path, encoder: EncoderFact, spec: str, device: str = AUTO) -> None:
        self.folder = folder
        self._encoder, self._spec, self._device = encoder, spec, device
        self._dense = folder / f"dense-{encoder.fingerprint}"
        self._vectors = 0
        with storing(folder):
            self._dense.mkdir()
            self._file = (self._dense / VECTORS).open("wb")

    def add(self, vectors: Vectors) -> None:
        """Append the vectors [n, dim] of the next passages; `ModelError` if they are not finite and of unit length."""
        with storing(self.folder):
            append_vectors(self._file, vectors)
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
        if (np.abs(lengths - 1.0) > UNIT_TOLERANCE).any():
            raise ModelError("the encoder gave vectors that are not of unit length: use another --encoder")
        self._vectors += len(vectors)

    def finish(self, rows: int, progress: Progress) -> VectorPart:
        """Complete the file, build a FAISS index where one is wanted, and wait until both are on the disk."""
        if self._vectors != rows:
            raise ModelError(f"the encoder gave {self._vectors} vectors for {rows} passages")
        with storing(self.folder):
            self._file.close()
            fact = durable(self._dense / VECTORS)
        return complete(self.folder, self._encoder, fact, self._spec, self._device, progress)

    def close(self) -> None:
        """Let go of the file as it is."""
        self._file.close()


def complete(
    folder: Path, encoder: EncoderFact, vectors: FileFact, spec: str, device: str, progress: Progress
) -> VectorPart:
    """Build a FAISS index over the file of ``vectors`` in a segment's folder where one is wanted; all of it is durable
    on return.
    """
    dense = folder / f"dense-{encoder.fingerprint}"
    rows = vectors.bytes // (2 * encoder.dim)
    with storing(folder):
        opened = open_vectors(dense / VECTORS, rows, encoder.dim)
        ann = wants_ann(spec, rows, encoder.dim, device) and build_ann(opened, spec, dense / ANN, progress)
        names = vector_files(encoder.fingerprint, ann)
        files = {names[0]: vectors} | {name: durable(folder / name) for name in names[1:]}
        sync_folder(dense)
    return VectorPart(ann, files)


STORES: dict[str, Callable[[Layout, str], VectorStore]] = {FILES: FileStore}


def vector_store(layout: Layout, name: str = FILES, device: str = AUTO) -> VectorStore:
    """The store of this name for an index; `IndexFormatError` where this version of ragqa has no such store."""
    if name not in STORES:
        raise IndexFormatError(f"{layout.root}: its vectors live in {name!r}, which ragqa {__version__} cannot read")
    return STORES[name](layout, device)
