"""What search and reader say of one question's passages, as one distribution over all their spans and "no answer".

Evidence is log-linear (`Weights`). With p the reader's probabilities in a passage, the log-mass of a span is

    log prior(passage) + relevance · v(passage) + span · log(p(span) / (1 − p(null))) − misfit − echo

where v = log((1 − p(null)) / p(null)), at most ``cap``, are the log-odds that the passage holds an answer at all, and
prior(passage) is the softmax of bm25 · BM25 + dense · cosine (+ rerank · score) over all passages that may be read. "No
answer" has the log-mass ``null``. ``misfit`` counts for spans that have not the form of what the question asks for,
``echo`` for those that only repeat its words or announce what answers, which have no form (`ragqa.questions`).

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
from ragqa.evidence.overlap import Overlap
from ragqa.evidence.phrases import phrase
from ragqa.questions import ANYTHING, Asked, announces, asked, may_answer
from ragqa.types import Hit, Span
from ragqa.wording import ENGLISH, Wording, wording_among


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

    @classmethod
    def on(cls, question: str, hits: Sequence[Hit], weights: Weights, language: str) -> Evidence:
        """Of a question, before anything is read; words are compared as the best hit's language does, or ``language``
        where the index does not say it.
        """
        wording = wording_among(hits, language)
        return cls(hits, weights, wording, asked(question, wording.language))

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
        for span in spans:
            if span.start == span.end:
                continue
            log_mass = base + self.weights.span * min(0.0, span.score - log_answer) - self.lost(passage, span)
            words = phrase(passage.text[span.start : span.end], self.wording)
            start, end = passage.start + span.start, passage.start + span.end
            place = Place(math.exp(log_mass), index, span, words, passage.doc_id, start, end)
            if words.key in self.forms:
                self.forms[words.key].add(place)
            else:
                self.forms[words.key] = Form(place)
        self.read += 1

    def lost(self, passage: Passage, span: Span) -> float:
        """What the form of a quotation takes from its log-mass, at least 0. Of a stored answer nothing."""
        if passage.is_faq or not (self.weights.misfit or self.weights.echo):
            return 0.0
        text = passage.text[span.start : span.end]
        announced = announces(passage.text, span.start, span.end, self.asked, self.wording)
        fits = may_answer(text, self.asked, self.wording) and not (announced and self.asked.kinds)
        lost = 0.0 if fits else self.weights.misfit
        return lost + self.weights.echo if announced or self.asked.echoed(text) else lost

    def best_forms(self, count: int) -> list[Form]:
        """The ``count`` forms with the most mass, best first, ties by rank of their passage."""
        return sorted(self.forms.values(), key=lambda form: (-form.mass, form.places[0].index))[:count]
