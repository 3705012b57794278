"""Questions that the documents do not answer, made from questions that they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ragqa.calibrate.gather import Seen


def unanswered(seen: Sequence[Seen], share: float, seed: int = 1) -> list[Seen]:
    """So many of the questions, drawn at random, that they are ``share`` of all questions together with ``seen``: each
    as if no document answered it, without the passages that hold a right answer.

    What is left was found for the question and is about the same things, as the nearest passages are of a question that
    the documents do not answer. At most every question is taken once.
    """
    answerable = [one for one in seen if one.references]
    wanted = min(len(answerable), round(share * len(seen) / (1.0 - share)))
    drawn = np.random.default_rng(seed).permutation(len(answerable))[:wanted]
    return [_without_answer(answerable[number]) for number in sorted(drawn.tolist())]


def _without_answer(one: Seen) -> Seen:
    kept = [place for place, hit in enumerate(one.hits) if not one.held_in(hit.passage.retrieval_text)]
    hits, spans = tuple(one.hits[place] for place in kept), tuple(one.spans[place] for place in kept)
    return replace(one, hits=hits, spans=spans, references=())
