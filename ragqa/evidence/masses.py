"""What search and reader say of one question's passages, as one distribution over all their spans and "no answer".

Evidence is log-linear (`Weights`). With p the reader's probabilities in a passage, the log-mass of a span is

    log prior(passage) + relevance · v(passage) + span · log(p(span) / (1 − p(null))) − misfit − echo − key

where v = log((1 − p(null)) / p(null)), at most ``cap``, are the log-odds that the passage holds an answer at all, and
prior(passage) is the softmax of bm25 · BM25 + dense · cosine (+ rerank · score) over all passages that may be read. "No
answer" has the log-mass ``null``. ``misfit`` counts for spans that have not the form of what the question asks for,
``echo`` for those that only repeat its words or announce what answers, which have no form (`ragqa.questions`), ``key``
for values of another key (`ragqa.evidence.keys`). Spans that reach over several cells or lines are cut first
(`ragqa.evidence.narrowing`).

Passages compete by odds and not by probabilities, so a passage in which the reader is sure counts for more than one in
which it is only fairly sure. A passage that a source did not find gets the lowest score that this source gave to any
passage. No passage can add more than prior · e^(relevance · cap), so reading stops when that cannot change the winner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ragqa.documents import Passage
from ragqa.evidence.calibration import Weights
from ragqa.evidence.clusters import Form, Place
from ragqa.evidence.keys import Named, fields, is_of_other_key, named_keys
from ragqa.evidence.narrowing import narrowed
from ragqa.evidence.overlap import Overlap
from ragqa.evidence.phrases import phrase
from ragqa.questions import ANYTHING, Asked, announces, asked, may_answer
from ragqa.types import Hit, Span
from ragqa.wording import ENGLISH, Wording, language_among, wording_of


def log_priors(hits: Sequence[Hit], weights: Weights, overlap: Overlap | None = None) -> list[float]:
    """Each passage's log-share before anything is read: a log-softmax (empty for none)."""
    if not hits:
        return []
    logits = [0.0] * len(hits)
    for source, weight in (("bm25", weights.bm25), ("dense", weights.dense), ("rerank", weights.rerank)):
        known = [hit.sources[source] for hit in hits if source in hit.sources]
        for place, hit in enumerate(hits):
            logits[place] += weight * hit.sources.get(source, min(known, default=0.0))
    if overlap is not None and weights.stray:
        logits = [logit - weights.stray * (1.0 - overlap.named(place)) for place, logit in enumerate(logits)]
    peak = max(logits)
    total = peak + math.log(math.fsum(math.exp(logit - peak) for logit in logits))
    return [logit - total for logit in logits]


def null_probability(spans: Sequence[Span]) -> float:
    """The probability that a passage holds no answer. If a reader gives no null option, it is what its spans leave of
    1.
    """
    nulls = [math.exp(span.score) for span in spans if span.start == span.end]
    found = math.fsum(math.exp(span.score) for span in spans if span.start < span.end)
    return min(1.0, math.fsum(nulls) if nulls else max(0.0, 1.0 - found))


def relevance(null: float, cap: float) -> float:
    """v: the log-odds that a passage holds an answer, from −``cap`` to ``cap``."""
    if null <= 0.0 or null >= 1.0:
        return cap if null <= 0.0 else -cap
    return max(-cap, min(cap, math.log1p(-null) - math.log(null)))


@dataclass(slots=True)
class Evidence:
    """What reading one question's hits, in their order, has shown so far.

    ``keys`` are the fields of passages, by their ids, whose key the question names;
    ``read`` is the number of passages taken in; ``nulls`` are their probabilities of no answer and ``relevances`` their
    v. ``unread`` is the mass that the other passages could add at most.
    """

    hits: Sequence[Hit]
    weights: Weights = field(default_factory=Weights)
    wording: Wording = ENGLISH
    asked: Asked = ANYTHING
    read: int = 0
    priors: list[float] = field(init=False)
    nulls: list[float] = field(default_factory=list)
    relevances: list[float] = field(default_factory=list)
    forms: dict[str, Form] = field(default_factory=dict)
    overlap: Overlap = field(init=False)
    keys: dict[str, list[Named]] = field(default_factory=dict)

    @classmethod
    def on(cls, question: str, hits: Sequence[Hit], weights: Weights, language: str) -> Evidence:
        """Of a question, before anything is read; words are compared as the best hit's language does, or ``language``
        where the index does not say it.
        """
        own = language_among(hits, language)
        return cls(hits, weights, wording_of(own), asked(question, own))

    def __post_init__(self) -> None:
        """Priors are known before reading."""
        self.overlap = Overlap(self.asked, self.hits)
        self.priors = log_priors(self.hits, self.weights, self.overlap)

    @property
    def unread(self) -> float:
        """The mass that the passages which are not read yet can add at most."""
        loudest = math.exp(self.weights.relevance * self.weights.cap)
        return loudest * math.fsum(math.exp(prior) for prior in self.priors[self.read :])

    @property
    def null(self) -> float:
        """The mass of "no answer"."""
        return math.exp(self.weights.null)

    @property
    def total(self) -> float:
        """All mass so far, with that of "no answer"."""
        return self.null + math.fsum(form.mass for form in self.forms.values())

    def add(self, spans: Sequence[Span]) -> None:
        """Take in the spans of the next hit in order."""
        index, passage = self.read, self.hits[self.read].passage
        null = null_probability(spans)
        voice = relevance(null, self.weights.cap)
        self.nulls.append(null)
        self.relevances.append(voice)
        log_answer = math.log1p(-null) if null < 1.0 else 0.0
        base = self.priors[index] + self.weights.relevance * voice
        for span in self.cut(passage, spans):
            log_mass = base + self.weights.span * min(0.0, span.score - log_answer) - self.lost(passage, span)
            words = phrase(passage.text[span.start : span.end], self.wording)
            start, end = passage.start + span.start, passage.start + span.end
            place = Place(math.exp(log_mass), index, span, words, passage.doc_id, start, end)
            if words.key in self.forms:
                self.forms[words.key].add(place)
            else:
                self.forms[words.key] = Form(place)
        self.read += 1

    def cut(self, passage: Passage, spans: Sequence[Span]) -> list[Span]:
        """The spans of a passage, without the null option, each cut to the part that answers; the probabilities of
        those that become equal add up. Stored answers stay whole.
        """
        found = fields(passage.text, passage.heading)
        scores: dict[tuple[int, int], float] = {}
        for span in spans:
            if span.start == span.end:
                continue
            place = span.start, span.end
            if not passage.is_faq:
                place = narrowed(passage.text, place, found, self.asked, self.wording)
            known = scores.get(place)
            scores[place] = span.score if known is None else _added(known, span.score)
        return [Span(*place, score) for place, score in scores.items()]

    def lost(self, passage: Passage, span: Span) -> float:
        """What the form and the key of a quotation take from its log-mass, at least 0. Of a stored answer nothing."""
        if passage.is_faq:
            return 0.0
        weights, place = self.weights, (span.start, span.end)
        text = passage.text[span.start : span.end]
        announced = announces(passage.text, *place, self.asked, self.wording)
        fits = may_answer(text, self.asked, self.wording) and not (announced and self.asked.kinds)
        lost = 0.0 if fits else weights.misfit
        if announced or self.asked.echoed(text):
            lost += weights.echo
        if weights.other_key:
            found = fields(passage.text, passage.heading)
            lost += weights.other_key * is_of_other_key(passage.text, place, found, self._named(passage), self.asked)
        return lost

    def _named(self, passage: Passage) -> list[Named]:
        """The fields of a passage whose key the question names."""
        if passage.id not in self.keys:
            found = fields(passage.text, passage.heading)
            self.keys[passage.id] = named_keys(passage.text, found, self.asked, self.wording)
        return self.keys[passage.id]

    def best_forms(self, count: int) -> list[Form]:
        """The ``count`` forms with the most mass, best first, ties by rank of their passage."""
        return sorted(self.forms.values(), key=lambda form: (-form.mass, form.places[0].index))[:count]


def _added(one: float, other: float) -> float:
    """The logarithm of the sum of two probabilities, at most 0."""
    low, high = sorted((one, other))
    return min(0.0, high + math.log1p(math.exp(low - high))) if high > -math.inf else high
