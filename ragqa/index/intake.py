"""Splits, stores and encodes new documents into a segment."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from ragqa.config import IndexConfig
from ragqa.corpus.analyze import AUTO, language_of
from ragqa.corpus.split import split
from ragqa.errors import ModelError
from ragqa.index.report import Progress
from ragqa.index.segment import SegmentWriter, Written, segment_writer
from ragqa.index.vectors import VectorStore
from ragqa.protocols import Encoder
from ragqa.store.manifest import EncoderFact
from ragqa.store.transaction import Transaction
from ragqa.types import LANGUAGE, Document, Passage

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
    ) -> None:
        self.encoded = 0
        self.progress = progress
        self._change, self._config, self._encoder, self._fact, self._stack = change, config, encoder, fact, stack
        self._store = store
        self._writer: SegmentWriter | None = None
        self._pending: list[Passage] = []

    def add(self, document: Document) -> None:
        """Add one document, of which the language is noted if each is to be analysed by its own."""
        if self._config.language == AUTO:
            found = language_of(f"{document.title}\n{document.text}")
            document = replace(document, meta={**document.meta, LANGUAGE: found})
        if self._writer is None:
            writer = segment_writer(self._change.new_segment(), self._store, self._fact, self._config.dense)
            self._writer = self._stack.enter_context(writer)
        passages = split(document, self._config.split)
        self._writer.add(document, passages)
        self._pending += passages
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
        vectors = np.asarray(self._encoder.encode_passages(now))
        if len(vectors) != len(now):
            raise ModelError(f"the encoder gave {len(vectors)} vectors for {len(now)} passages")
        writer.add_vectors(vectors)
        self.encoded += len(now)
        self.progress("encoding passages", self.encoded, total)
