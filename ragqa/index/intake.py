"""Splits, stores and encodes new documents into a segment."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.corpus.analyze import AUTO, language_of
from ragqa.corpus.split import split
from ragqa.errors import IndexFormatError, ModelError
from ragqa.index.report import Progress
from ragqa.index.segment import SegmentWriter, Written, segment_writer
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import VectorIndex, VectorStore
from ragqa.protocols import Encoder
from ragqa.store.checking import check_files
from ragqa.store.manifest import EncoderFact
from ragqa.store.transaction import Transaction
from ragqa.types import FORMS, LANGUAGE, Document, Passage

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
        new = [passage for passage, row in now if row < 0]
        rows = np.array([row for _, row in now], np.int64)
        vectors = np.empty((len(now), self._fact.dim), np.float32)
        if new:
            encoded = np.asarray(self._encoder.encode_passages(new))
            if len(encoded) != len(new):
                raise ModelError(f"the encoder gave {len(encoded)} vectors for {len(new)} passages")
            if encoded.shape == (len(now), self._fact.dim) or len(encoded) != len(now):
                vectors[rows < 0] = encoded
            else:
                vectors = encoded
        if self._before is not None and (rows >= 0).any():
            vectors[rows >= 0] = self._before.vectors(rows[rows >= 0])
        writer.add_vectors(vectors)
        self.encoded += len(new)
        self.progress("encoding passages", self.encoded, total)


class Before:
    """The vectors of a generation whose encoder is the same, to be taken over. They are opened when they are first
    needed; if they are damaged nothing is taken over.
    """

    def __init__(self, base: Snapshot, store: VectorStore) -> None:
        self._base, self._store = base, store
        self._vectors: VectorIndex | None = None
        self._usable = True

    def rows(self, number: int) -> dict[str, int]:
        """The rows of a document's passages by what their vectors were made from; of equal ones one. None of a segment
        whose texts the encoder saw in other forms than it would see them now.
        """
        if self._base.segment_of(number).forms != FORMS or not self._opened():
            return {}
        rows, passages = self._base.passages_of(number)
        return {passage.retrieval_text: row for passage, row in zip(passages, rows, strict=True)}

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """The vectors of these rows."""
        assert self._vectors is not None
        return self._vectors.vectors(rows)

    def _opened(self) -> bool:
        if self._vectors is None and self._usable:
            try:
                check_files(self._base.files(("passages", "vectors")))
                self._vectors = self._store.open(self._base.manifest, searched=False)
            except IndexFormatError as error:
                self._usable = False
                LOG.warning("passages are encoded again that are there already: %s", error)
        return self._usable
