"""Spans of all passages read → ranked answers. Pure functions of numbers and text.

Passages compete by odds, not by probabilities: one in which the reader is sure counts for more than one in which it is
only fairly sure. With p the reader's probabilities in a passage, its voice is its odds of holding an answer at all,
(1 − p(null)) / p(null), at most e^cap; a span's mass is

    prior(passage) · voice(passage) · p(span) / (1 − p(null))

where prior(passage) is the softmax of the fused retrieval scores times a weight, over all passages that may be read.
Equal answers (after SQuAD normalisation) add up their masses, and are ranked by them. "No answer" has mass 1, the sum
of all priors. Scores are shares of mass^(1 / temperature): they lie in [0, 1], sum to 1 with "no answer", and grow with
every piece of evidence. As no passage can add more than prior · e^cap, reading can stop, exactly, when that cannot
matter.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, field

from ragqa.types import Answer, Hit, Span, Support

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
MAX_SUPPORT = 10


def normalize(text: str) -> str:
    """SQuAD's official answer normalisation: lower case, no ASCII punctuation, no English articles, single blanks."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def passage_priors(scores: Sequence[float], weight: float) -> list[float]:
    """Softmax of ``weight`` × score: each passage's share before anything is read; sums to 1 (empty for none)."""
    if not scores:
        return []
    peak = max(scores)
    odds = [math.exp(weight * (score - peak)) for score in scores]
    total = sum(odds)
    return [value / total for value in odds]


@dataclass(slots=True)
class _Group:
    """All places that say the same."""

    mass: float = 0.0
    places: list[tuple[float, int, Span]] = field(default_factory=list)


class Evidence:
    """What reading one question's hits has shown so far. ``unread`` is the mass that the rest could add at most."""

    def __init__(self, hits: Sequence[Hit], weight: float, cap: float = 12.0, temperature: float = 1.5) -> None:
        self.hits = hits
        self.priors = passage_priors([hit.score for hit in hits], weight)
        self.loudest, self.temperature = math.exp(cap), temperature
        self.unread = self.loudest * sum(self.priors)
        self.read = 0
        self._groups: dict[str, _Group] = {}

    def add(self, spans: Sequence[Span]) -> None:
        """Take in the spans of the next hit in order."""
        index, passage = self.read, self.hits[self.read].passage
        factor = self.priors[index] * _voice_per_probability(spans, self.loudest)
        for span in spans:
            if span.start == span.end:
                continue
            mass = factor * math.exp(span.score)
            text = passage.text[span.start : span.end]
            group = self._groups.setdefault(normalize(text) or text.lower(), _Group())
            group.mass += mass
            group.places.append((mass, index, span))
        self.read += 1
        self.unread = self.loudest * sum(self.priors[self.read :])

    def settled(self) -> bool:
        """Whether no unread passage can change the best answer, even if all were certain of another (exact)."""
        if self.read >= len(self.hits):
            return True
        masses = sorted((group.mass for group in self._groups.values()), reverse=True)
        best, second = (*masses, 0.0, 0.0)[:2]
        return best > second + self.unread

    def answers(self, count: int, min_score: float = 0.0) -> tuple[Answer, ...]:
        """The ``count`` best answers of at least ``min_score``, best first, ties by rank of their passage.

        An answer that overlaps a better one in the document is another cut of the same place and is left out.
        """
        ranked = sorted(self._groups.values(), key=lambda group: (-group.mass, min(place[1] for place in group.places)))
        answers: list[Answer] = []
        for group in ranked:
            score = self._tempered(group.mass) / self._total()
            if len(answers) == count or score < min_score:
                break
            answer = self._answer(group, score)
            if not any(_overlap(answer, better) for better in answers):
                answers.append(answer)
        return tuple(answers)

    @property
    def null(self) -> float:
        """The score of "no answer"."""
        return 1.0 / self._total()

    def _tempered(self, mass: float) -> float:
        return math.pow(mass, 1.0 / self.temperature)

    def _total(self) -> float:
        return 1.0 + sum(self._tempered(group.mass) for group in self._groups.values())

    def _answer(self, group: _Group, score: float) -> Answer:
        places = sorted(group.places, key=lambda place: (-place[0], place[1], place[2].start))
        (_, index, span), rest = places[0], places[1:]
        hit = self.hits[index]
        start = hit.passage.start
        seen = {(hit.passage.doc_id, start + span.start, start + span.end)}
        support: list[Support] = []
        for _, other, other_span in rest:
            passage = self.hits[other].passage
            place = (passage.doc_id, passage.start + other_span.start, passage.start + other_span.end)
            if place not in seen and len(support) < MAX_SUPPORT:
                support.append(Support(other_span, self.hits[other]))
            seen.add(place)
        text = hit.passage.text[span.start : span.end]
        return Answer(text, score, span, hit, tuple(support))


def _voice_per_probability(spans: Sequence[Span], loudest: float) -> float:
    """The voice of a passage over the probability that it holds an answer; a reader that gives no null option means
    what its spans leave.
    """
    nulls = [math.exp(span.score) for span in spans if span.start == span.end]
    null = min(1.0, sum(nulls) if nulls else max(0.0, 1.0 - sum(math.exp(span.score) for span in spans)))
    if null == 1.0:
        return 1.0
    return min(1.0 / null, loudest / (1.0 - null)) if null else loudest


def _overlap(one: Answer, other: Answer) -> bool:
    if one.hit.passage.doc_id != other.hit.passage.doc_id:
        return False
    (start, end), (other_start, other_end) = one.document_span, other.document_span
    return start < other_end and other_start < end
