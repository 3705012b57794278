"""What the documents say of a text of somebody else's, sentence by sentence, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ragqa.types import Hit

Verdict = Literal["supported", "contradicted", "unsupported"]
Kind = Literal["number", "year", "month", "order", "direction", "name", "negation"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a sentence and a place of the documents differ: in what (``kind``), and what each says, as it is compared
    (in lower case, numbers in digits, words without their endings).
    """

    kind: Kind
    said: str
    found: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A place that a sentence was compared with: characters [start, end) of a hit's passage, one sentence of it or two.

    ``probability`` is that of its supporting the sentence, or, where there are ``differences``, that it would if it
    were not for them.
    """

    start: int
    end: int
    hit: Hit
    probability: float
    differences: tuple[Difference, ...] = ()

    @property
    def text(self) -> str:
        """The quoted text."""
        return self.hit.passage.text[self.start : self.end]

    @property
    def source(self) -> str:
        """Where the passage comes from."""
        return self.hit.passage.source

    @property
    def line(self) -> int:
        """The line of the source on which the place begins, 0 when unknown."""
        passage = self.hit.passage
        return passage.line + passage.text.count("\n", 0, self.start) if passage.line else 0

    @property
    def document_span(self) -> tuple[int, int]:
        """Characters [start, end) in the document."""
        return self.hit.passage.start + self.start, self.hit.passage.start + self.end

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        start, end = self.document_span
        return {
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "document_span": {"start": start, "end": end},
            "line": self.line,
            "probability": self.probability,
            "differences": [{"kind": one.kind, "said": one.said, "found": one.found} for one in self.differences],
            "hit": self.hit.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Grounded:
    """A sentence, characters [start, end) of the text that was given, and what the documents say of it.

    "supported": the ``grounds`` say it, best first. "contradicted": they say the same with another value.
    "unsupported": neither was found, and there are no grounds. ``probability`` is that of its being supported.
    """

    text: str
    start: int
    end: int
    verdict: Verdict
    probability: float
    grounds: tuple[Ground, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "verdict": self.verdict,
            "probability": self.probability,
            "grounds": [ground.to_dict() for ground in self.grounds],
        }


@dataclass(frozen=True, slots=True)
class Grounding:
    """A text sentence by sentence, compared with one generation of an index."""

    text: str
    sentences: tuple[Grounded, ...]
    generation: int

    @property
    def supported(self) -> bool:
        """Whether every sentence is."""
        return all(sentence.verdict == "supported" for sentence in self.sentences)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "text": self.text,
            "supported": self.supported,
            "sentences": [sentence.to_dict() for sentence in self.sentences],
            "generation": self.generation,
        }
