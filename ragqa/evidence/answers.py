"""From the evidence on a question to ranked answers with scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ragqa.evidence.calibration import FEATURES, ScoreModel
from ragqa.evidence.clusters import Cluster, Place, cluster
from ragqa.evidence.masses import Evidence
from ragqa.types import Answer, Support

MAX_SUPPORT = 10
CONSIDERED = 40  # forms that can become or join an answer
SPEAKING = 0.01  # a passage agrees if it has at least this share of an answer's mass


def rank_answers(evidence: Evidence, model: ScoreModel, count: int) -> tuple[Answer, ...]:
    """The ``count`` best answers, most mass first, ties by rank of their passage. No two answers say the same.

    An answer that overlaps a better one in the document is left out, as it is another cut of the same place. A score is
    the model's probability that the answer is right, and never above that of a better answer.
    """
    clusters = cluster(evidence.best_forms(CONSIDERED), evidence.wording)
    answers: list[Answer] = []
    shown: list[Place] = []
    for found in clusters:
        if len(answers) == count:
            break
        first = found.places[0]
        if any(first.overlaps(place) for place in shown):
            continue
        shown.append(first)
        features = _features(found, clusters, evidence)
        score = min(model.probability(features), answers[-1].score if answers else 1.0)
        answers.append(_answer(found, score, dict(zip(FEATURES, features, strict=True)), evidence))
    return tuple(answers)


def null_share(evidence: Evidence) -> float:
    """The share of all mass that says there is no answer, in [0, 1]."""
    return evidence.null / evidence.total


def _features(own: Cluster, clusters: Sequence[Cluster], evidence: Evidence) -> list[float]:
    """The values of `FEATURES` for an answer.

    They are the log-odds of its share of the mass; the log-ratio to its best rival; the logarithm of the number of
    passages that agree; and, for the passage that is quoted, the log-odds that it holds an answer, its cosine and its
    log-prior.
    """
    mass, place = max(own.mass, 1e-30), own.places[0]
    rival = max([other.mass for other in clusters if other is not own] + [evidence.null])
    speaking = {one.index for one in own.places if one.mass >= SPEAKING * mass}
    return [
        _clip(math.log(mass) - math.log(max(evidence.total - mass, 1e-30))),
        _clip(math.log(mass) - math.log(max(rival, 1e-30))),
        math.log(max(1, len(speaking))),  # none does where hundreds of places share the mass, or there is hardly any
        evidence.relevances[place.index],
        evidence.hits[place.index].sources.get("dense", 0.0),
        max(-15.0, evidence.priors[place.index]),
    ]


def _clip(value: float) -> float:
    return max(-15.0, min(15.0, value))


def _answer(own: Cluster, score: float, features: dict[str, float], evidence: Evidence) -> Answer:
    first, *others = own.places
    hit = evidence.hits[first.index]
    taken = [first]
    support: list[Support] = []
    for place in others:
        if len(support) == MAX_SUPPORT:
            break
        if not any(place.overlaps(other) for other in taken):
            taken.append(place)
            support.append(Support(place.span, evidence.hits[place.index], place.mass / max(own.mass, 1e-30)))
    text = hit.passage.text[first.span.start : first.span.end]
    return Answer(text, score, first.span, hit, tuple(support), features)
