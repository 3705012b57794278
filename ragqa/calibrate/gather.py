"""Asks questions whose answers are known and keeps all hits and spans from which the answers are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragqa.asking import Ask
from ragqa.index.report import Progress, silent
from ragqa.judging.metrics import exact_match
from ragqa.pipeline import Pipeline
from ragqa.types import Hit, Question, Span

BATCH = 16


@dataclass(frozen=True, slots=True)
class Seen:
    """A question's hits, the spans that the reader found in each of them (every hit is read), and the right answers
    (none for a question without an answer).
    """

    question: str
    hits: tuple[Hit, ...]
    spans: tuple[tuple[Span, ...], ...]
    references: tuple[str, ...]
    language: str = "en"

    def right(self, text: str) -> bool:
        """Whether a text is a right answer, by the official comparison (exact match)."""
        return bool(self.references) and exact_match(text, self.references, self.language) > 0


def gather(
    pipeline: Pipeline,
    questions: Sequence[Question],
    language: str = "en",
    progress: Progress = silent,
) -> Iterator[Seen]:
    """What the pipeline finds for each question, in order; it reads all passages, without stopping early."""
    answering = pipeline.answering
    reader = answering.require_reader()
    for first in range(0, len(questions), BATCH):
        batch = questions[first : first + BATCH]
        requests = [answering.request(Ask(question.text)) for question in batch]
        found = answering.find(requests)
        for question, request, hits in zip(batch, requests, found, strict=True):
            text = request.question
            spans = answering.stored.read(reader, [text] * len(hits), hits)
            references = question.answers if question.answerable else ()
            yield Seen(text, tuple(hits), tuple(map(tuple, spans)), tuple(references), language)
        progress("asking", min(first + BATCH, len(questions)), len(questions))
