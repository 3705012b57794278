"""Splits, stores and encodes new documents into a segment."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.corpus.analyze import AUTO, language_of
from ragqa.corpus.split import split
from ragqa.documents import FORMS, LANGUAGE, Document, Passage
from ragqa.errors import IndexFormatError, ModelError
from ragqa.index.report import Progress
from ragqa.index.segment import SegmentWriter, Written, segment_writer
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import VectorReader, VectorStore
from ragqa.protocols import Encoder
from ragqa.store.checking import check_files
from ragqa.store.layout import ANN
from ragqa.store.manifest import EncoderFact
from ragqa.store.transaction import Transaction

LOG = logging.getLogger("ragqa.index")
ENCODE_PASSAGES = 256  # at a time: seconds of work, so that one sees how far it is


class Intake:
    """Splits, stores and encodes new documents as they come. If none come, nothing is written."""

    def __init__(
        self,
        change: Transaction,
        config: IndexConfig,
        encoder: Encoder,
        fact: EncoderFact,
        store: VectorStore,
        stack: ExitStack,
        progress: Progress,
        base: Snapshot | None = None,
    ) -> None:
        self.encoded = 0
        self.progress = progress
        self._change, self._config, self._encoder, self._fact, self._stack = change, config, encoder, fact, stack
        self._store = store
        self._before = None if base is None else Before(base, store)
        self._writer: SegmentWriter | None = None
        self._pending: list[tuple[Passage, int]] = []

    def add(self, document: Document, was: int | None = None) -> None:
        """Add one document, of which the language is noted if each is to be analysed by its own.

        ``was`` is its number in the generation before: what its passages have in common with that is not encoded again.
        """
        if self._config.language == AUTO:
            found = language_of(f"{document.title}\n{document.text}")
            document = replace(document, meta={**document.meta, LANGUAGE: found})
        if self._writer is None:
            writer = segment_writer(self._change.new_segment(), self._store, self._fact, self._config.dense)
            self._writer = self._stack.enter_context(writer)
        passages = split(document, self._config.split)
        self._writer.add(document, passages)
        known = {} if was is None or self._before is None else self._before.rows(was)
        self._pending += [(passage, known.get(passage.retrieval_text, -1)) for passage in passages]
        while len(self._pending) >= ENCODE_PASSAGES:
            self._encode(self._writer)

    def finish(self, first_row: int) -> Written | None:
        """The durable segment of all documents that were added; None if there were none."""
        if self._writer is None:
            return None
        total = self.encoded + len(self._pending)
        while self._pending:
            self._encode(self._writer, total)
        return self._writer.finish(first_row, self.progress)

    def _encode(self, writer: SegmentWriter, total: int | None = None) -> None:
        now, self._pending = self._pending[:ENCODE_PASSAGES], self._pending[ENCODE_PASSAGES:]
        rows = np.array([row for _, row in now], np.int64)
        vectors = encoded(self._encoder, self._fact.dim, [passage for passage, row in now if row < 0])
        self.encoded += len(vectors)
        if self._before is not None and len(vectors) < len(now):
            both = np.empty((len(now), self._fact.dim), np.float32)
            both[rows < 0], both[rows >= 0] = vectors, self._before.vectors(rows[rows >= 0])
            vectors = both
        writer.add_vectors(vectors)
        self.progress("encoding passages", self.encoded, total)


def encoded(encoder: Encoder, dim: int, passages: Sequence[Passage]) -> NDArray[np.float32]:
    """The vectors of passages, [n, dim]; `ModelError` if the encoder gives an array of another shape."""
    if not passages:
        return np.empty((0, dim), np.float32)
    vectors = np.asarray(encoder.encode_passages(passages))
    if len(vectors) != len(passages):
        raise ModelError(f"the encoder gave {len(vectors)} vectors for {len(passages)} passages")
    if vectors.shape != (len(passages), dim):
        raise ModelError(f"the encoder gave an array of shape {vectors.shape}, expected (n, {dim})")
    return vectors


class Before:
    """The vectors of a generation whose encoder is the same, to be taken over: of each segment from the first document
    on whose passages are looked up, unless the file of its vectors is damaged.
    """

    def __init__(self, base: Snapshot, store: VectorStore) -> None:
        self._base, self._store = base, store
        self._whole: dict[str, bool] = {}

    def rows(self, number: int) -> dict[str, int]:
        """The rows of a document's passages by what their vectors were made from; of equal ones one. None of a segment
        whose texts the encoder saw in other forms than it would see them now.
        """
        segment = self._base.segment_of(number)
        if segment.forms != FORMS or not self._is_whole(segment.id):
            return {}
        rows, passages = self._base.passages_of(number)
        return {passage.retrieval_text: row for passage, row in zip(passages, rows, strict=True)}

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """The vectors of these rows."""
        return self._reader.vectors(rows)

    @cached_property
    def _reader(self) -> VectorReader:
        return self._store.read(self._base.manifest)

    def _is_whole(self, segment: str) -> bool:
        """Whether the segment's vectors are as they were written. A copy of damaged ones would get a hash that fits."""
        if segment not in self._whole:
            files = self._base.files(("vectors",))
            try:
                check_files({path: fact for path, fact in files.items() if segment in path.parts and path.name != ANN})
                self._whole[segment] = True
            except IndexFormatError as error:
                self._whole[segment] = False
                LOG.warning("passages are encoded again that are there already: %s", error)
        return self._whole[segment]
