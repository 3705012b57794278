"""Which questions, passages and negatives make up each batch of a retriever's run.

Randomness is drawn here from the seed, before the first step; resuming skips the batches that were already used. With
in-batch negatives, a passage that is known to answer a question never is a negative in its batch: a question that would
bring one in waits for another batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ragqa.errors import TrainingError
from ragqa.mining.pairs import Candidate, Pairing

WAITING = 1000
Keys = frozenset[int]


@dataclass(frozen=True, slots=True)
class DrawnPairing:
    """A question as a step sees it: one of its passages, and the negatives that come with it."""

    pairing: Pairing
    positive: Candidate
    negatives: tuple[Candidate, ...]

    @property
    def passages(self) -> tuple[Candidate, ...]:
        """The positive, then the negatives."""
        return self.positive, *self.negatives


def draw_batches(
    pairings: Sequence[Pairing], batches: int, size: int, negatives: int, seed: int, *, in_batch: bool = True
) -> list[list[DrawnPairing]]:
    """``batches`` batches of ``size`` different questions, each with ``negatives`` of its own.

    Every question comes once before any comes again, except for those that have to wait. A question with fewer
    negatives gets passages of other questions. With ``in_batch``, no two questions of a batch have the same text, and
    no passage of the batch, positive or negative, is a known positive of another question there (by id or by text).
    Data that cannot fill a batch are a `TrainingError`.
    """
    rng = np.random.default_rng(seed)
    known = [_known(pairing) for pairing in pairings]
    stream = _passes(rng, pairings, known, negatives)
    waiting: list[tuple[int, DrawnPairing]] = []
    drawn = []
    for _ in range(batches):
        batch, waiting = _fill(chain(waiting, stream), len(waiting), known, size, in_batch)
        drawn.append(batch)
    return drawn


def _fill(
    offered: Iterator[tuple[int, DrawnPairing]], waiting: int, known: Sequence[Keys], size: int, in_batch: bool
) -> tuple[list[DrawnPairing], list[tuple[int, DrawnPairing]]]:
    """One batch, and the questions that wait for the next one, oldest first. At most `WAITING` wait; the others come
    with the next pass.
    """
    batch: list[DrawnPairing] = []
    blocked: list[tuple[int, DrawnPairing]] = []
    barred: set[int] = set()
    taken: set[int] = set()
    tried = 0
    while len(batch) < size:
        number, draw = next(offered)
        tried += 1
        used = _used(draw)
        if in_batch and (not barred.isdisjoint(used) or not taken.isdisjoint(known[number])):
            blocked.append((number, draw))
            if tried > waiting + 2 * len(known):
                raise TrainingError(
                    f"only {len(batch)} questions fit into a batch of {size} without one's passage being another's "
                    "negative: lower train.batch_size or give more data"
                )
            continue
        batch.append(draw)
        barred |= known[number]
        taken |= used
    left = [next(offered) for _ in range(max(0, waiting - tried))]
    return batch, (blocked + left)[:WAITING]


def _passes(
    rng: np.random.Generator, pairings: Sequence[Pairing], known: Sequence[Keys], negatives: int
) -> Iterator[tuple[int, DrawnPairing]]:
    while True:
        for place in rng.permutation(len(pairings)):
            number = int(place)
            pairing = pairings[number]
            positive = pairing.positives[rng.integers(len(pairing.positives))]
            own = rng.permutation(len(pairing.negatives))[:negatives]
            chosen = [pairing.negatives[position] for position in own]
            chosen += _others(rng, pairings, known[number], negatives - len(chosen))
            yield number, DrawnPairing(pairing, positive, tuple(chosen))


def _others(rng: np.random.Generator, pairings: Sequence[Pairing], known: Keys, count: int) -> list[Candidate]:
    """Passages of other questions that are not known to answer this one."""
    found: list[Candidate] = []
    for _ in range(100 * count):
        if len(found) == count:
            break
        other = pairings[int(rng.integers(len(pairings)))].positives[0]
        if known.isdisjoint(_keys(other)):
            found.append(other)
    if len(found) < count:
        raise TrainingError(
            "there are no passages that could serve as negatives: set data.negatives=0 or give more data"
        )
    return found


def _known(pairing: Pairing) -> Keys:
    """What no other question of its batch may have: its text, and all passages that answer it."""
    return frozenset({_of_question(pairing)}.union(*map(_keys, pairing.positives)))


def _used(draw: DrawnPairing) -> set[int]:
    return {_of_question(draw.pairing)}.union(*map(_keys, draw.passages))


def _of_question(pairing: Pairing) -> int:
    return hash(("question", pairing.question))


def _keys(candidate: Candidate) -> tuple[int, int]:
    return hash(("id", candidate.id)), hash(("text", candidate.text))
