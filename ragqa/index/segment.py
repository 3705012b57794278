"""Writing one segment aside: documents and passages, and their vectors into the store that is to hold these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ragqa.documents import FORMS, Document, Passage
from ragqa.index.report import Progress
from ragqa.index.vectors import Vectors, VectorStore, VectorWriter
from ragqa.store.atomic import storing, sync_folder
from ragqa.store.layout import DOCUMENTS, PASSAGES
from ragqa.store.manifest import EncoderFact, SegmentFact, VectorPart, durable
from ragqa.store.passages import PassageWriter


@dataclass(frozen=True, slots=True)
class Written:
    """A complete, durable segment: what the manifest says of its documents, and of its vectors."""

    segment: SegmentFact
    vectors: VectorPart


class SegmentWriter:
    """Fills an empty folder. Passages and vectors come in the same order, but not at the same time."""

    def __init__(self, folder: Path, vectors: VectorWriter) -> None:
        self.folder, self._vectors = folder, vectors
        with storing(folder):
            self._passages = PassageWriter(folder)

    @property
    def rows(self) -> int:
        """How many passages were added."""
        return self._passages.rows

    def add(self, document: Document, passages: Sequence[Passage], sha: str = "") -> None:
        """Append a storable document and its passages; see `PassageWriter.add`."""
        with storing(self.folder):
            self._passages.add(document, passages, sha)

    def add_vectors(self, vectors: Vectors) -> None:
        """Append the vectors of the next passages; see `VectorWriter.add`."""
        self._vectors.add(vectors)

    def finish(self, first_row: int, progress: Progress, forms: str | None = FORMS) -> Written:
        """Complete the files and wait until they are on the disk. ``forms`` are those of its vectors (see
        `SegmentFact`).
        """
        rows = self._passages.rows
        with storing(self.folder):
            self._passages.finish()
        part = self._vectors.finish(rows, progress)
        with storing(self.folder):
            facts = {name: durable(self.folder / name) for name in (DOCUMENTS, PASSAGES)}
            sync_folder(self.folder)
        return Written(SegmentFact(self.folder.name, first_row, rows, self._passages.documents, facts, forms), part)

    def abandon(self) -> None:
        """Let go of the files as they are."""
        self._passages.abandon()
        self._vectors.close()


@contextmanager
def segment_writer(folder: Path, store: VectorStore, encoder: EncoderFact, spec: str) -> Iterator[SegmentWriter]:
    """A `SegmentWriter` that holds no file open afterwards."""
    writer = SegmentWriter(folder, store.writer(folder, encoder, spec))
    try:
        yield writer
    finally:
        writer.abandon()
