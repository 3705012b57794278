"""Small word indexes: passages, what a search of them gives, and what a filter allows of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from support.everything import EVERYTHING

from ragqa.corpus.analyze import get_analyzer
from ragqa.documents import Passage
from ragqa.filters import Where, parse_filter
from ragqa.index.facts import Allowed, Facts, clauses_of
from ragqa.index.lexical import LexicalIndex

Build = Callable[..., LexicalIndex]
SIMPLE = get_analyzer("simple")
TEXTS = [
    "Rivers carry water from the mountains to the sea.",
    "A bridge over the river, built of stone.",
    "Stone bridges outlive wooden bridges; a stone bridge is heavy.",
    "Mountains are made of stone.",
    "The baker sells bread.",
    "Café owners sell coffee.",
    "",
]
NAMES = [
    "The UN met in New York.",
    "The United Nations voted on bread.",
    "A united country has no nations in it.",
    "The airport was united with the town.",
    "Bread, milk and bread.",
    *(f"Filler number {number} says nothing." for number in range(8)),
]


def passage(text: str, title: str = "", heading: str = "", **meta: Any) -> Passage:
    return Passage(id=text, doc_id="d", text=text, title=title, start=0, end=len(text), heading=heading, meta=meta)


def rows(index: LexicalIndex, question: str, k: int = 10, allowed: Allowed | None = None) -> list[int]:
    ranking = index.search([question], k, allowed or EVERYTHING)
    assert ranking.rows.dtype == np.int64 and ranking.scores.dtype == np.float32
    assert (np.diff(ranking.scores[0][ranking.rows[0] >= 0]) <= 0).all()
    return [row for row in ranking.rows[0].tolist() if row >= 0]


def score(index: LexicalIndex, question: str) -> dict[int, float]:
    ranking = index.search([question], 100, EVERYTHING)
    real = ranking.rows[0] >= 0
    return dict(zip(ranking.rows[0][real].tolist(), ranking.scores[0][real].tolist(), strict=True))


def allowed(passages: Sequence[Passage], where: Where, by_terms: bool = True) -> Allowed:
    """What a filter allows of passages that are rows 0, 1, … and each a document of its own."""
    found = parse_filter(where)
    if found is None:
        return EVERYTHING
    facts = Facts(item.meta for item in passages)
    mask = np.all([facts.matching(condition) for condition in found.conditions], axis=0)
    return Allowed.of(mask, where=found, clauses=clauses_of(found, [facts]) if by_terms else None)
