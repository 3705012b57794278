"""A reader that caches results, so that each pair of question and passage is read once."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ragqa.documents import Passage
from ragqa.protocols import ExplainingReader, Reader
from ragqa.types import Span, SpanLogits

REMEMBERED = 10_000  # pairs


class Remembering:
    """A `Reader` that caches the spans of the last ``size`` pairs of question and passage, until `forget` is called.

    Safe to use from several threads. All passages must be of one index, because their ids are the keys of the cache.
    """

    def __init__(self, reader: Reader, size: int = REMEMBERED) -> None:
        self.reader, self.size = reader, size
        self._known: dict[tuple[str, str], list[Span]] = {}
        self._lock = threading.Lock()

    @property
    def prefers_batches(self) -> bool:
        """What the reader says; False if it does not say."""
        return bool(getattr(self.reader, "prefers_batches", False))

    def forget(self) -> None:
        """Empty the cache."""
        with self._lock:
            self._known.clear()

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        """As the reader's `read`."""
        pairs = [(question, passage.id) for question, passage in zip(questions, passages, strict=True)]
        with self._lock:
            known = {pair: self._known[pair] for pair in pairs if pair in self._known}
        new = {pair: place for place, pair in enumerate(pairs) if pair not in known}
        if new:
            places = list(new.values())
            read = self.reader.read([questions[place] for place in places], [passages[place] for place in places])
            known.update(zip(new, read, strict=True))
            self._keep({pair: known[pair] for pair in new})
        return [known[pair] for pair in pairs]

    def logits(self, question: str, passage: Passage, span: Span) -> tuple[SpanLogits, ...]:
        """As the reader, if it has logits; else empty."""
        return self.reader.logits(question, passage, span) if isinstance(self.reader, ExplainingReader) else ()

    def _keep(self, read: dict[tuple[str, str], list[Span]]) -> None:
        with self._lock:
            self._known.update(read)
            for pair in list(self._known)[: max(0, len(self._known) - self.size)]:
                del self._known[pair]
