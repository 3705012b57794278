"""Explanations, rebuilt from the JSON form that a service gives of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ragqa.config import RetrieveConfig
from ragqa.convert import Misfit, convert
from ragqa.copies import without
from ragqa.evidence.calibration import Weights
from ragqa.explanation import Explanation, Outcome, ScoreFeature, ScoreParts, SeenPassage
from ragqa.remote.replies import answers_of, reply_of
from ragqa.types import Hit, SpanLogits


@dataclass(frozen=True, slots=True)
class _Seen:
    passage: str
    words: Mapping[str, float]
    prior: float
    null: float | None
    relevance: float | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    answer: Mapping[str, Any]
    given: bool


@dataclass(frozen=True, slots=True)
class _Feature:
    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class _Score:
    bias: float
    features: Mapping[str, Mapping[str, float]]
    threshold: float | None
    risk: float | None


@dataclass(frozen=True, slots=True)
class _Explanation:
    fusion: Mapping[str, Any]
    reranked: bool
    weights: Mapping[str, float]
    passages: tuple[_Seen, ...]
    best: _Outcome | None
    logits: tuple[SpanLogits, ...]
    score: _Score | None
    without: _Outcome | None


def explanation_of(data: Mapping[str, Any]) -> Explanation:
    """The explanation of a reply, from the JSON form of both. Of the settings of the search it has those that decide
    how scores are joined; the others are the defaults.
    """
    reply, sent = reply_of(data), convert(_Explanation, data["explanation"], loose=True)
    hits = {hit.passage.id: hit for hit in reply.hits}
    fusion = {"fusion" if name == "name" else name: value for name, value in sent.fusion.items()}
    best = _outcome(sent.best, reply.hits)
    rest = () if best is None else without(reply.hits, best.answer.hit.passage.id)
    return Explanation(
        reply,
        tuple(_seen(one, hits) for one in sent.passages),
        convert(RetrieveConfig, fusion),
        sent.reranked,
        convert(Weights, sent.weights),
        best,
        sent.logits,
        None if sent.score is None else _score(sent.score),
        _outcome(sent.without, rest),
    )


def _outcome(one: _Outcome | None, hits: Sequence[Hit]) -> Outcome | None:
    return None if one is None else Outcome(answers_of([one.answer], hits)[0], one.given)


def _seen(one: _Seen, hits: Mapping[str, Hit]) -> SeenPassage:
    if one.passage not in hits:
        raise Misfit(f"the passage {one.passage!r:.80} is not among the hits")
    return SeenPassage(hits[one.passage], one.words, one.prior, one.null, one.relevance)


def _score(sent: _Score) -> ScoreParts:
    found = {name: convert(_Feature, feature, loose=True) for name, feature in sent.features.items()}
    features = tuple(ScoreFeature(name, one.value, one.weight) for name, one in found.items())
    return ScoreParts(sent.bias, features, sent.threshold, sent.risk)
