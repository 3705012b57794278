"""Asks questions whose answers are known and keeps all hits and spans from which the answers are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragqa.asking import Ask
from ragqa.index.report import Progress, silent
from ragqa.judging.matching import has_answer
from ragqa.judging.metrics import exact_match
from ragqa.judging.normalize import answer_tokens
from ragqa.pipeline import Pipeline
from ragqa.types import Hit, Question, Span

BATCH = 16
LONG = 10  # words: longer answers are seldom quoted whole


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

    def held_in(self, text: str) -> bool:
        """Whether a right answer stands in a text; of one of more than `LONG` words half of them are enough."""
        if not self.references:
            return False
        return has_answer(text, self.references) or any(
            _covers(text, reference, self.language) for reference in self.references
        )


def _covers(text: str, reference: str, language: str) -> bool:
    """Whether a text has half of the words of a long answer."""
    words = answer_tokens(reference, language)
    return len(words) > LONG and 2 * len(Counter(words) & Counter(answer_tokens(text, language))) >= len(words)


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
