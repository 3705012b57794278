"""Why a question got its reply: what each stage saw, and what it made of it.

Everything shown is what the reply itself was computed from, so it adds up: a passage's words to its BM25 score, the
shares of the priors to 1, bias and products to the log-odds of the score. Only "without" is computed anew, from the
same hits without the passage that the best answer is quoted from (a copy of it takes its place, if there is one). It
shows how much the answer depends on that passage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ragqa.answering import Answering, Left, Request, awaited
from ragqa.config import RetrieveConfig
from ragqa.copies import without
from ragqa.evidence.calibration import FEATURES, ScoreModel, Weights
from ragqa.evidence.masses import Evidence
from ragqa.models.remembering import Remembering
from ragqa.timing import Stopwatch
from ragqa.types import Answer, Hit, Reply, SpanLogits

DECIDING = {"linear": ("dense_scale",), "convex": ("dense_weight",), "rrf": ("rrf_k",)}  # settings of each fusion


@dataclass(frozen=True, slots=True)
class SeenPassage:
    """A hit, and what was made of it.

    ``words`` says what each word of the question added to its BM25 score; ``prior`` is its share of the evidence before
    anything is read. If it was read, ``null`` is the probability that it holds no answer, and ``relevance`` its
    log-odds of an answer, capped as evidence counts them.
    """

    hit: Hit
    words: Mapping[str, float]
    prior: float
    null: float | None = None
    relevance: float | None = None

    @property
    def read(self) -> bool:
        """Whether it was read; the last passages are not, if they could not change the best answer."""
        return self.null is not None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; a source that did not find the passage has null."""
        hit = self.hit
        known = {name: hit.sources.get(name) for name in ("bm25", "dense")} | dict(hit.sources)
        return {
            "rank": hit.rank,
            "passage": hit.passage.id,
            "source": hit.passage.source,
            "words": dict(self.words),
            **known,
            "score": hit.score,
            "prior": self.prior,
            "read": self.read,
            "null": self.null,
            "relevance": self.relevance,
        }


@dataclass(frozen=True, slots=True)
class ScoreFeature:
    """One of the features of a score (`ragqa.evidence.answers`): its value and its weight."""

    name: str
    value: float
    weight: float

    @property
    def product(self) -> float:
        """What it adds to the log-odds."""
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """How an answer's score is computed: 1 / (1 + e^−``logit``), where the logit is the bias plus all products.

    ``threshold`` is the score from which on answers are given, None if no score is high enough. ``risk`` is the risk
    that it keeps, None if the threshold was set by hand or no calibration can promise anything.
    """

    bias: float
    features: tuple[ScoreFeature, ...]
    threshold: float | None
    risk: float | None

    @property
    def logit(self) -> float:
        """The log-odds that the answer is right."""
        return self.bias + sum(feature.product for feature in self.features)

    @property
    def probability(self) -> float:
        """The score."""
        weights = tuple(feature.weight for feature in self.features)
        return ScoreModel(self.bias, weights).probability([feature.value for feature in self.features])

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        features = {
            feature.name: {"value": feature.value, "weight": feature.weight, "product": feature.product}
            for feature in self.features
        }
        sums = {"logit": self.logit, "probability": self.probability}
        return {"bias": self.bias, "features": features, **sums, "threshold": self.threshold, "risk": self.risk}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best answer of some hits, and whether it is sure enough to be given."""

    answer: Answer
    given: bool

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        answer, passage = self.answer, self.answer.hit.passage
        return {
            "answer": answer.to_dict(),
            "text": answer.text,
            "probability": answer.score,
            "given": self.given,
            "faq": answer.faq,
            "passage": passage.id,
            "rank": answer.hit.rank,
            "source": passage.source,
            "line": answer.line,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reply and what it was made of.

    ``passages`` are all hits, in the order in which they were to be read; ``retrieve`` says how their scores were
    joined, if they are not those of a reranker (``reranked``), and ``weights`` how evidence counts. Of the ``best``
    short answer, given or not: the ``logits`` of its span, one entry a reader (none for a stored answer, or from a
    reader that keeps them to itself), and its ``score``. ``without`` is the best answer of the other hits, when the
    passage that ``best`` is quoted from is left out; None where they give none.
    """

    reply: Reply
    passages: tuple[SeenPassage, ...]
    retrieve: RetrieveConfig
    reranked: bool
    weights: Weights
    best: Outcome | None = None
    logits: tuple[SpanLogits, ...] = ()
    score: ScoreParts | None = None
    without: Outcome | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, without the reply, whose object it is to go into."""
        fusion = self.retrieve.fusion
        settings = {name: getattr(self.retrieve, name) for name in DECIDING.get(fusion, ())}
        return {
            "fusion": {"name": fusion, **settings},
            "reranked": self.reranked,
            "weights": asdict(self.weights),
            "passages": [passage.to_dict() for passage in self.passages],
            "best": None if self.best is None else self.best.to_dict(),
            "logits": [logits.to_dict() for logits in self.logits],
            "score": None if self.score is None else self.score.to_dict(),
            "without": None if self.without is None else self.without.to_dict(),
        }


def explain(answering: Answering, request: Request, left: Left = awaited) -> Explanation:
    """Answer a request, and say why; the times are those of answering alone. ``left`` as in `Answering.answer`."""
    watch = Stopwatch()
    (hits,) = answering.find([request], watch)
    explanation = explain_hits(answering, request, request.own(hits), watch, left)
    if not request.parts:
        return explanation
    return replace(explanation, reply=replace(explanation.reply, parts=answering.parts(request, left)))


def explain_hits(
    answering: Answering,
    request: Request,
    hits: Sequence[Hit],
    watch: Stopwatch | None = None,
    left: Left = awaited,
) -> Explanation:
    """Answer a request from the hits that were found for it, and say why; `ConfigError` where there is no reader."""
    watch = watch or Stopwatch()
    reader = Remembering(answering.require_reader())
    answering = answering.with_reader(reader)
    (seen,) = answering.weigh([request], [hits], left)
    watch.lap("read")
    reply = answering.conclude(request, seen, watch.share(1))
    short = replace(request, read=replace(request.read, form="span"))
    passages = _passages(seen, answering.retriever.words(request.question, hits))
    reranked, best = answering.retriever.reranker is not None, _best(answering.conclude(short, seen, {}))
    explanation = Explanation(reply, passages, answering.retriever.config, reranked, answering.calibration.weights)
    if best is None:
        return explanation
    answer, quoted = best.answer, best.answer.hit.passage
    logits = () if answer.faq else reader.logits(request.question, quoted, answer.span)
    (seen_rest,) = answering.weigh([request], [without(hits, quoted.id)], left)
    rest = _best(answering.conclude(short, seen_rest, {}))
    score = _score(answering, request, answer)
    return replace(explanation, best=best, logits=logits, score=score, without=rest)


def _passages(seen: Evidence, words: Sequence[Mapping[str, float]]) -> tuple[SeenPassage, ...]:
    return tuple(
        SeenPassage(
            hit,
            words[place],
            math.exp(seen.priors[place]),
            seen.nulls[place] if place < seen.read else None,
            seen.relevances[place] if place < seen.read else None,
        )
        for place, hit in enumerate(seen.hits)
    )


def _best(reply: Reply) -> Outcome | None:
    best = next(iter([*reply.answers, *reply.candidates]), None)
    return None if best is None else Outcome(best, reply.answered)


def _score(answering: Answering, request: Request, answer: Answer) -> ScoreParts:
    model = answering.calibration.score
    features = tuple(
        ScoreFeature(name, answer.features[name], weight) for name, weight in zip(FEATURES, model.weights, strict=True)
    )
    threshold = request.threshold if math.isfinite(request.threshold) else None
    promised = request.read.min_score is None and answering.calibration.curve and not request.read.all
    return ScoreParts(model.bias, features, threshold, request.read.risk if promised else None)
