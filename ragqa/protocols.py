"""What an encoder, a reranker and a reader must do. Methods take batches; one question is a batch of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ragqa.documents import Passage
from ragqa.types import Hit, Span, SpanLogits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into vectors of unit length, float32 [n, dim]. Equal fingerprints promise equal vectors of passages.

    An encoder whose questions have weights of their own has an attribute ``question_fingerprint``, a string that
    changes with these. One whose cosines lie closer together or farther apart than most has an attribute
    ``dense_scale``, which they are multiplied with in linear fusion. One that can tell words of its languages from
    other rows of letters has a method ``is_word(text) -> bool``.
    """

    @property
    def fingerprint(self) -> str:
        """A short file-name-safe string that changes whenever the vectors of passages would."""
        ...

    @property
    def dim(self) -> int:
        """The length of a vector."""
        ...

    def encode_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """One row a question, in order."""
        ...

    def encode_passages(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """One row a passage, in order."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """Puts hits into a better order."""

    def rerank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], k: int) -> list[list[Hit]]:
        """At most ``k`` of each question's hits, best first, ranks from 1."""
        ...


@runtime_checkable
class Reader(Protocol):
    """Finds candidate spans in passages."""

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        """For each pair (questions[i], passages[i]) its best spans, best first.

        A span's score is its log-probability given the passage, so at most 0: all spans of the passage and the null
        option, the empty span [0, 0), share a probability of 1. The null option is always given; spans do not repeat.
        ragqa's own readers cut no span inside what belongs together; `ragqa.spans.whole_spans` does this for others.
        """
        ...


@runtime_checkable
class ExplainingReader(Reader, Protocol):
    """A reader that can also say what a span's probability comes from. A reader need not be one."""

    def logits(self, question: str, passage: Passage, span: Span) -> tuple[SpanLogits, ...]:
        """One entry for each of its readers that can cut the span out of the passage."""
        ...
