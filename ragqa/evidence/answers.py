"""From the evidence on a question to ranked answers with scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from ragqa.copies import span_in_copy
from ragqa.evidence.calibration import FEATURES, ScoreModel
from ragqa.evidence.clusters import Cluster, Place, cluster
from ragqa.evidence.masses import Evidence
from ragqa.types import Answer, Span, Support

MAX_SUPPORT = 10
CONSIDERED = 40  # forms that can become or join an answer
LARGEST = 15.0  # of a logarithm among the features: what is beyond differs no more
EQUAL = 3.0  # how far the logarithms of masses of answers are apart at most that several may be right of
SPEAKING = 0.01  # a passage agrees if it has at least this share of an answer's mass


def rank_answers(evidence: Evidence, model: ScoreModel, count: int, *, several: bool = False) -> tuple[Answer, ...]:
    """The ``count`` best answers, most mass first, ties by rank of their passage. No two answers say the same.

    If ``several`` answers may be right, those that are as sure as an answer are no rivals of it: each is judged as if
    they had not been found, so that ten equal ones do not count against one another. "As sure" is what has at most e³
    times its mass, and at least a part of e³. The model was fitted to questions with one answer, so then it promises
    nothing.

    An answer that overlaps a better one in the document is left out, as it is another cut of the same place. A score is
    the model's probability that the answer is right, and never above that of a better answer.

    The support of an answer begins with what was read; then come the same places in the copies of these passages.
    """
    clusters = cluster(evidence.best_forms(CONSIDERED), evidence.wording)
    said = _Said(clusters)
    answers: list[Answer] = []
    shown: list[Place] = []
    for found in clusters:
        if len(answers) == count:
            break
        first = found.places[0]
        if any(first.overlaps(place) for place in shown):
            continue
        shown.append(first)
        equals = [other for other in clusters if _is_equal(other, found)] if several else []
        features = _features(found, clusters, equals, evidence)
        score = min(model.probability(features), answers[-1].score if answers else 1.0)
        answers.append(_answer(found, score, dict(zip(FEATURES, features, strict=True)), evidence, said))
    return tuple(answers)


def null_share(evidence: Evidence) -> float:
    """The share of all mass that says there is no answer, in [0, 1]."""
    return evidence.null / evidence.total


def _is_equal(other: Cluster, own: Cluster) -> bool:
    """Whether another answer is about as sure as one's own."""
    return other is not own and own.mass * math.exp(-EQUAL) <= other.mass <= own.mass * math.exp(EQUAL)


def _features(own: Cluster, clusters: Sequence[Cluster], equals: Sequence[Cluster], evidence: Evidence) -> list[float]:
    """The values of `FEATURES` for an answer, as if its ``equals`` among all answers had not been found.

    They are the log-odds of its share of the mass; the log-ratio to its best rival; the logarithm of the number of
    passages that agree; for the passage that is quoted, the log-odds that it holds an answer, its cosine and its
    log-prior; and the share of the question's words that stand near the quotation (`ragqa.evidence.overlap`).
    """
    mass, place = max(own.mass, 1e-30), own.places[0]
    left = [other.mass for other in clusters if other is not own and other not in equals]
    rival, total = max([*left, evidence.null]), evidence.total - math.fsum(other.mass for other in equals)
    speaking = {one.index for one in own.places if one.mass >= SPEAKING * mass}
    return [
        clipped(math.log(mass) - math.log(max(total - mass, 1e-30))),
        clipped(math.log(mass) - math.log(max(rival, 1e-30))),
        math.log(max(1, len(speaking))),  # none does where hundreds of places share the mass, or there is hardly any
        evidence.relevances[place.index],
        evidence.hits[place.index].sources.get("dense", 0.0),
        clipped(evidence.priors[place.index]),
        evidence.overlap.near(place.index, place.span),
    ]


def clipped(value: float) -> float:
    """Within ±`LARGEST`."""
    return max(-LARGEST, min(LARGEST, value))


def _answer(own: Cluster, score: float, features: dict[str, float], evidence: Evidence, said: _Said) -> Answer:
    first, *others = own.places
    hit = evidence.hits[first.index]
    taken = [first]
    support: list[Support] = []
    for place in others:
        if len(taken) > MAX_SUPPORT:
            break
        if not any(place.overlaps(other) for other in taken) and not said.more_at(place, own):
            taken.append(place)
            support.append(Support(place.span, evidence.hits[place.index], place.mass / max(own.mass, 1e-30)))
    copies = (copy for place in taken for copy in _copies(place, evidence))
    text = hit.passage.text[first.span.start : first.span.end]
    return Answer(text, score, first.span, hit, tuple(islice(chain(support, copies), MAX_SUPPORT)), features)


def _copies(place: Place, evidence: Evidence) -> Iterator[Support]:
    """The same place in each copy of its passage."""
    hit = evidence.hits[place.index]
    for copy in hit.copies:
        found = span_in_copy(hit.passage.text, place.span.start, place.span.end, copy.passage.text)
        if found is not None:
            yield Support(Span(*found, place.span.score), copy)


class _Said:
    """What the answers say where."""

    def __init__(self, clusters: Sequence[Cluster]) -> None:
        self._places: dict[int, list[tuple[Place, Cluster]]] = {}
        for found in clusters:
            for place in found.places:
                self._places.setdefault(place.index, []).append((place, found))

    def more_at(self, place: Place, own: Cluster) -> bool:
        """Whether a passage says something else and more in that place: "West Virginia" is no support of "Virginia"."""
        return any(
            other.mass > place.mass and found is not own and _within(place.span, other.span)
            for other, found in self._places[place.index]
        )


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
