"""Questions with passages and readings that are drawn from a known distribution."""

from __future__ import annotations

import math

import numpy as np

from ragqa.calibrate.gather import Seen
from ragqa.documents import Passage
from ragqa.evidence.calibration import Weights
from ragqa.evidence.masses import Evidence
from ragqa.types import Hit, Span

WORDS = ("alpha", "beta", "gamma")
TEXT = " ".join(WORDS)


def draw(rng: np.random.Generator, truth: Weights, passages: int = 5) -> Seen:
    """A question whose right span is drawn from the very distribution that ``truth`` says."""
    hits, spans = [], []
    for number in range(passages):
        passage = Passage(f"p{number}", f"d{number}", " ".join(f"{word}{number}" for word in WORDS), "", 0, 100)
        sources = {"bm25": float(rng.gamma(4, 2)), "dense": float(rng.uniform(0.1, 0.8))}
        hits.append(Hit(passage, 0.0, number + 1, sources))
        shares = rng.dirichlet([0.6] * 4)
        found = [Span(0, 0, math.log(shares[0] + 1e-9))]
        for word, share in zip(WORDS, shares[1:], strict=True):
            start = passage.text.index(word)
            found.append(Span(start, start + len(f"{word}{number}"), math.log(share + 1e-9)))
        spans.append(tuple(found))
    evidence = Evidence(hits, truth)
    for found in spans:
        evidence.add(found)
    keys = list(evidence.forms)
    chances = np.array([evidence.null, *(evidence.forms[key].mass for key in keys)]) / evidence.total
    chosen = rng.choice(len(chances), p=chances / chances.sum())
    return Seen("?", tuple(hits), tuple(spans), (keys[chosen - 1],) if chosen else ())
