"""An ensemble of readers, which averages their probabilities span by span."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ragqa.device import AUTO
from ragqa.documents import Passage
from ragqa.errors import ConfigError
from ragqa.models.catalog import ENGLISH, load_reader, reader_fingerprint
from ragqa.models.reader import SpanReader
from ragqa.spans import Decoded, whole_spans
from ragqa.types import Span, SpanLogits

LISTED = 50  # spans that each member lists; so many that the best span of one is rarely missing from another's list


class EnsembleReader:
    """A `Reader` that gives each span, and the null option, the mean of its members' probabilities.

    Spans are equal if their characters are, so members may tokenize text in different ways. A span that a member does
    not list among its ``LISTED`` best has the probability 0 there; so probabilities still sum to at most 1.
    """

    def __init__(self, members: Sequence[SpanReader], spans: int = 10) -> None:
        if not members:
            raise ConfigError("an ensemble needs at least one reader")
        self.members, self.spans = list(members), spans
        for member in self.members:
            member.spans = max(member.spans, LISTED)

    @property
    def prefers_batches(self) -> bool:
        """Whether a member does."""
        return any(member.prefers_batches for member in self.members)

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        """For each pair (questions[i], passages[i]) its best spans, widened to what belongs together, and the null
        option, best first.
        """
        views, titles = [passage.seen for passage in passages], [passage.context for passage in passages]
        read = zip(views, self.read_texts(questions, [view.text for view in views], titles), strict=True)
        return [whole_spans(view, found).options for view, found in read]

    def read_texts(
        self, questions: Sequence[str], texts: Sequence[str], titles: Sequence[str] | None = None
    ) -> list[Decoded]:
        """As `read`, for plain texts with titles and headings: the spans as the models cut them, and the null option's
        probability.
        """
        each = [member.read_texts(questions, texts, titles) for member in self.members]
        return [average(decoded, self.spans) for decoded in zip(*each, strict=True)]

    def logits(self, question: str, passage: Passage, span: Span) -> tuple[SpanLogits, ...]:
        """The logits of each member for a span; members that cut the text at other places are left out."""
        return tuple(
            replace(own, reader=number)
            for number, member in enumerate(self.members, 1)
            for own in member.logits(question, passage, span)
        )


def average(decoded: Sequence[Decoded], count: int) -> Decoded:
    """The ``count`` best spans by mean probability; ties go to the earlier start, then the shorter."""
    share = 1.0 / len(decoded)
    spans: dict[tuple[int, int], float] = {}
    for one in decoded:
        for span in one.spans:
            place = span.start, span.end
            spans[place] = spans.get(place, 0.0) + share * math.exp(span.score)
    best = sorted(spans.items(), key=lambda item: (-item[1], item[0]))[:count]
    null = sum(share * math.exp(one.null) for one in decoded)
    return Decoded([Span(*place, _log(probability)) for place, probability in best], _log(null))


def load_readers(
    names: Sequence[str], *, max_chars: int = 160, language: str = ENGLISH, device: str = AUTO
) -> SpanReader | EnsembleReader:
    """Load the reader of this name on a device; for several names, an ensemble."""
    members = [load_reader(name, max_chars=max_chars, language=language, device=device) for name in names]
    return members[0] if len(members) == 1 else EnsembleReader(members)


def readers_fingerprint(names: Sequence[str], language: str = ENGLISH) -> str:
    """A text that changes with the weights of any of the readers."""
    return " + ".join(reader_fingerprint(name, language) for name in names)


def _log(probability: float) -> float:
    return min(0.0, math.log(probability)) if probability > 0.0 else -math.inf
