"""The names of measures, numbers and runs on the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Figure: TypeAlias = Mapping[str, Any]
Scores: TypeAlias = Mapping[str, Any]

NOTHING = "–"
SOURCES = {"bm25": "BM25", "dense": "Dense", "fused": "Fused", "reranked": "Reranked"}
GROUPS = {
    "open": "End to end",
    "read": "Reading the given passage, at the stored threshold",
    "gold": "Reader alone, on the gold passage, without a threshold",
}
RANKED = {
    "gold": "Gold passage among the first k",
    "answer": "Answer string among the first k",
    "recall": "Recall of relevant documents",
    "ndcg": "nDCG",
    "mrr": "MRR",
    "map": "MAP",
}
_MEASURES = {
    "em": "Exact match",
    "f1": "F1",
    "top_em": "Exact match of the best answer, whatever its score",
    "top_f1": "F1 of the best answer, whatever its score",
    "answered": "Answered",
    "has_answer_em": "Exact match where there is an answer",
    "has_answer_f1": "F1 where there is an answer",
    "no_answer_accuracy": "Rightly left unanswered",
    "passages_read": "Passages read, mean",
    "in_corpus": "Corpus holds the answer",
    "em_best": "Exact match at the best threshold",
    "f1_best": "F1 at the best threshold",
    "threshold_best": "Best threshold on the score",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score",
    "auroc": "AUROC",
    "aurc": "Area under risk-coverage (AURC)",
    "mrr": "MRR",
    "map": "MAP",
    "ndcg": "nDCG",
    "recall": "Recall",
}
_FRACTIONS = ("recall", "ndcg", "mrr", "map", "ece", "brier", "auroc", "aurc", "threshold")
_CONFIDENCE = ("ece", "brier", "auroc", "aurc", "coverage_at_precision", "threshold", "em_best", "f1_best")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run on the page: its number from 1, which decides its colour and mark, its name and scores."""

    number: int
    name: str
    scores: Scores

    def part(self, name: str) -> Mapping[str, Any]:
        """Its scores in a part; empty if it has no such part."""
        found: Mapping[str, Any] = self.scores["parts"].get(name, {})
        return found


def name_runs(scores: Sequence[Scores], names: Sequence[str]) -> list[Run]:
    """The runs by name. If names are equal, the hashes are added, and if these are equal too, the runs' numbers."""
    labels = list(names)
    if len(set(labels)) < len(labels):
        labels = [f"{name} ({str(own['run']['hash'])[:8]})" for name, own in zip(names, scores, strict=True)]
    if len(set(labels)) < len(labels):
        labels = [f"{label}, no. {number}" for number, label in enumerate(labels, 1)]
    return [Run(number, label, own) for number, (label, own) in enumerate(zip(labels, scores, strict=True), 1)]


def is_confidence(measure: str) -> bool:
    """Whether the measure is about scores and thresholds rather than about answers."""
    return measure.partition("/")[2].startswith(_CONFIDENCE)


def is_share(measure: str) -> bool:
    """Whether the measure's values are percentages."""
    return not is_fraction(measure) and not measure.endswith("passages_read")


def is_fraction(measure: str) -> bool:
    """Whether the measure's values lie in [0, 1]."""
    return measure.partition("/")[2].startswith(_FRACTIONS)


def label(measure: str) -> str:
    """The name of a measure: open/em@3 "Exact match, best of 3", bm25/gold@5 "BM25: gold passage in the first 5"."""
    group, _, rest = measure.partition("/")
    name, _, depth = rest.partition("@")
    if name.startswith("coverage_at_precision_"):
        return f"Coverage at {name.rpartition('_')[2]}\u202f% precision"
    if group in SOURCES:
        if name in ("gold", "answer"):
            what = "gold passage" if name == "gold" else "answer string"
            return f"{SOURCES[group]}: {what} in the first {depth}"
        return f"{SOURCES[group]}: {_MEASURES.get(name, name)}{f' at {depth}' if depth else ''}"
    if name not in _MEASURES:
        return rest or measure
    return _MEASURES[name] + (f", best of {depth}" if depth not in ("", "1") else "")


def full_label(measure: str) -> str:
    """The label with its group, for places without a heading that says it."""
    group = measure.partition("/")[0]
    short = {"open": "", "read": "", "gold": " on the gold passage"}.get(group, "")
    return label(measure) + short


def number(measure: str, value: float | None, *, sign: bool = False) -> str:
    """A value as the page shows it, without a unit: with one digit, or three for fractions, and with a true
    minus sign.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    digits = 3 if is_fraction(measure) else 1
    value = round(value, digits) + 0.0  # no minus before a zero
    return f"{value:{'+' if sign and value else ''}.{digits}f}".replace("-", "−")


def with_unit(measure: str, value: float | None) -> str:
    """`number` with its percent sign."""
    shown = number(measure, value)
    return f"{shown}\u202f%" if is_share(measure) and shown != NOTHING else shown


def interval(measure: str, figure: Mapping[str, Any], *, sign: bool = False) -> str:
    """Both ends: "71.2–73.0", or with signs "−0.4 to +1.3"."""
    low, high = (number(measure, figure[key], sign=sign) for key in ("low", "high"))
    return f"{low} to {high}" if sign else f"{low}–{high}"


def probability(p: float | None) -> str:
    """Three digits, or "< 0.001"."""
    if p is None or not math.isfinite(p):
        return NOTHING
    return "<\u202f0.001" if p < 0.001 else f"{p:.3f}"


def count(n: int) -> str:
    """A whole number with separators between thousands."""
    return f"{n:,}"


def quantity(value: float | None) -> str:
    """Any number with about three significant digits: "12,345", "187", "18.5", "0.42"."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
