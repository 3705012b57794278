"""Places with equal wording are joined into forms, and forms that say nearly the same into clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ragqa.evidence.phrases import Phrase, agree, near
from ragqa.types import Span
from ragqa.wording import ENGLISH, Wording


@dataclass(frozen=True, slots=True)
class Place:
    """A span of the hit ``index`` with its mass and wording, and where it is in its document."""

    mass: float
    index: int
    span: Span
    phrase: Phrase
    doc_id: str
    start: int
    end: int

    def overlaps(self, other: Place) -> bool:
        """Whether both share characters of one document."""
        return self.doc_id == other.doc_id and self.start < other.end and other.start < self.end


@dataclass(slots=True)
class Form:
    """All places whose phrases have one key, in the order in which they were read. It begins with one place.

    ``mass`` is the sum of their masses. ``best`` is the place with the most mass; of equal ones the first that was
    read.
    """

    best: Place
    mass: float = field(init=False)
    places: list[Place] = field(init=False)

    def __post_init__(self) -> None:
        """The first place."""
        self.mass, self.places = self.best.mass, [self.best]

    def add(self, place: Place) -> None:
        """One more place."""
        self.mass += place.mass
        self.places.append(place)
        self.best = max(self.best, place, key=lambda one: (one.mass, -one.index, -one.start))

    @property
    def phrase(self) -> Phrase:
        """The phrase of the best place. That place is shown, so its wording decides what is a near duplicate."""
        return self.best.phrase


@dataclass(slots=True)
class Cluster:
    """Forms of one answer, the best supported first; ``mass`` is their sum."""

    forms: list[Form]

    @property
    def mass(self) -> float:
        """The sum over all forms."""
        return sum(form.mass for form in self.forms)

    @property
    def places(self) -> list[Place]:
        """The best place of the best form, then all others by mass."""
        first = self.forms[0].best
        others = [place for form in self.forms for place in form.places if place is not first]
        return [first, *sorted(others, key=lambda place: (-place.mass, place.index, place.start))]


def cluster(forms: Sequence[Form], wording: Wording = ENGLISH) -> list[Cluster]:
    """Forms, best first → clusters, best first; a form joins the first cluster whose leader is a near duplicate, and
    none of whose forms it contradicts.
    """
    clusters: list[Cluster] = []
    for form in forms:
        own = next((found for found in clusters if _belongs(form, found, wording)), None)
        if own is None:
            clusters.append(Cluster([form]))
        else:
            own.forms.append(form)
    return sorted(clusters, key=lambda found: -found.mass)


def _belongs(form: Form, found: Cluster, wording: Wording) -> bool:
    leader, *others = (other.phrase for other in found.forms)
    if not near(leader, form.phrase, wording):
        return False
    return all(agree(form.phrase, other, leader, wording) for other in others)
