"""When reading ends: as soon as the passages that are left cannot change the best answer, or hardly can.

The exact bound (`settled`) lets each unread passage be certain of another answer, which none is in practice. So a
`StopModel`, fitted on questions of which all passages were read, tells from what was read so far the probability that
reading the rest would give another best answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ragqa.evidence.calibration import StopModel
from ragqa.evidence.clusters import cluster
from ragqa.evidence.masses import Evidence
from ragqa.types import Stopped

COMPARED = 12  # forms that are clustered to see who leads
LARGEST = 20.0  # of a feature: what is beyond differs no more


@dataclass(frozen=True, slots=True)
class Standing:
    """Who leads: the ``key`` of the shown form, the mass of the ``first`` answer and of that ``form``, the mass of the
    best other answer (``rest``), and that of the best other form of the same answer (``rival``).
    """

    key: str
    first: float
    form: float
    rest: float
    rival: float


def standing(seen: Evidence) -> Standing | None:
    """As far as was read; None where nothing was found."""
    best = seen.best_forms(COMPARED)
    if not best:
        return None
    first, *others = cluster(best, seen.wording)
    rest = max((other.mass for other in others), default=0.0)
    rival = max((form.mass for form in first.forms[1:]), default=0.0)
    return Standing(first.forms[0].phrase.key, first.mass, first.forms[0].mass, rest, rival)


def settled(seen: Evidence, now: Standing | None) -> bool:
    """Whether no unread passage can change the best answer, even if each were certain of another one.

    This is exact for answers that are not near duplicates of each other. Which of two forms of one answer is shown may
    still change, if an unread passage would make a third form the leader of both.
    """
    if seen.read >= len(seen.hits):
        return True
    unread = seen.unread
    return now is not None and now.first > now.rest + unread and now.form > now.rival + unread


def state(seen: Evidence, now: Standing) -> tuple[float, ...]:
    """What a `StopModel` looks at (`STATES`); all are natural logarithms.

    The odds of the first answer against all others and "no answer"; its lead over the next; its lead over its own next
    form; the share of the prior that the unread passages have, and that of the next passage; the largest v of a passage
    that was read (see `ragqa.evidence.masses`); the number of passages read.
    """
    left = math.fsum(math.exp(prior) for prior in seen.priors[seen.read :])
    return (
        _ratio(now.first, seen.total - now.first),
        _ratio(now.first, now.rest),
        _ratio(now.form, now.rival),
        _ratio(left, 1.0),
        max(-LARGEST, seen.priors[seen.read]),
        max(seen.relevances),
        math.log(seen.read),
    )


def ended(seen: Evidence, model: StopModel | None, change: float) -> Stopped | None:
    """Why reading ends here, None if it goes on: none is left, the rest cannot change the best answer, or would change
    it with a probability of at most ``change``. Without a model, or with 0, only what is certain counts.
    """
    if seen.read >= len(seen.hits):
        return "exhausted"
    now = standing(seen)
    if settled(seen, now):
        return "settled"
    likely = change > 0.0 and model is not None and now is not None and model.probability(state(seen, now)) <= change
    return "likely" if likely else None


def _ratio(one: float, other: float) -> float:
    """The logarithm of a ratio, within ±`LARGEST`."""
    if one <= 0.0 or other <= 0.0:
        return -LARGEST if one <= 0.0 else LARGEST
    return max(-LARGEST, min(LARGEST, math.log(one) - math.log(other)))
