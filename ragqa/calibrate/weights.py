"""Fits the log-linear weights of the evidence by maximum likelihood. Pure numpy.

The likelihood of a question is the total probability of its right spans, among all spans and "no answer"; if no span is
right, it is the probability of "no answer".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragqa.calibrate.gather import Seen
from ragqa.evidence.calibration import Weights
from ragqa.evidence.masses import Evidence, null_probability, relevance

Floats = NDArray[np.float64]
NAMES = ("bm25", "dense", "rerank", "relevance", "span", "null")
PASSAGE = 3  # so many of the weights, the first, are for features of passages


@dataclass(frozen=True, slots=True)
class Table:
    """All questions in one table: features of passages [q, p, 3] and spans [q, s, 2], and for each span the place of
    its passage, −1 where padded, and the log-mass that its form takes (``lost``, [q, s]).
    """

    passages: Floats
    real: NDArray[np.bool_]
    spans: Floats
    owner: NDArray[np.int64]
    lost: Floats
    right: NDArray[np.bool_]

    @property
    def used(self) -> NDArray[np.bool_]:
        """For each of the 6 weights whether the likelihood depends on it."""
        varies = [bool(self.passages[..., column].any()) for column in range(PASSAGE)]
        return np.array([*varies, True, True, True])


def tabulate(seen: Sequence[Seen], start: Weights) -> Table:
    """The features of every passage and span. Retrieval scores are centred for each question, which does not change the
    softmax. The cap, and what form counts, are those of ``start``.
    """
    width = max((len(one.hits) for one in seen), default=1) or 1
    flat = [[span for spans in one.spans for span in spans if span.start < span.end] for one in seen]
    longest = max(map(len, flat), default=1) or 1
    passages, real = np.zeros((len(seen), width, PASSAGE)), np.zeros((len(seen), width), bool)
    spans, owner = np.zeros((len(seen), longest, 2)), np.full((len(seen), longest), -1)
    right, lost = np.zeros((len(seen), longest), bool), np.zeros((len(seen), longest))
    for row, one in enumerate(seen):
        for column, source in enumerate(("bm25", "dense", "rerank")):
            known = [hit.sources[source] for hit in one.hits if source in hit.sources]
            values = np.array([hit.sources.get(source, min(known, default=0.0)) for hit in one.hits])
            passages[row, : len(values), column] = values - values.mean() if len(values) else 0.0
        real[row, : len(one.hits)] = True
        evidence, place = Evidence.on(one.question, one.hits, start, one.language), 0
        for number, (hit, found) in enumerate(zip(one.hits, one.spans, strict=True)):
            null = null_probability(found)
            log_answer = np.log1p(-null) if null < 1.0 else 0.0
            for span in evidence.cut(hit.passage, found):
                spans[row, place] = relevance(null, start.cap), min(0.0, span.score - log_answer)
                owner[row, place] = number
                lost[row, place] = evidence.lost(hit.passage, span)
                right[row, place] = one.right(hit.passage.text[span.start : span.end])
                place += 1
    return Table(passages, real, spans, owner, lost, right)


def fit_weights(seen: Sequence[Seen], start: Weights) -> Weights:
    """The weights with the greatest likelihood under a weak prior around ``start``; the cap does not change."""
    table = tabulate(seen, start)
    begin = np.array([getattr(start, name) for name in NAMES])
    scale = np.maximum(1.0, np.abs(begin))
    precision = 1.0 / (scale**2 * len(seen))  # a normal prior around the value, whose standard deviation is the value

    def loss(values: Floats) -> tuple[float, Floats]:
        likelihood, gradient = log_likelihood(table, values)
        away = values - begin
        return -likelihood + 0.5 * float(precision @ away**2), -gradient + precision * away

    found = minimise(loss, begin, table.used, lowest=np.array([0.0] * (len(NAMES) - 1) + [-np.inf]))
    return Weights(**dict(zip(NAMES, map(float, found), strict=True)), cap=start.cap)


def log_likelihood(table: Table, values: Floats) -> tuple[float, Floats]:
    """The log-likelihood, a mean over questions, of these weights (in the order of `NAMES`), and its gradient."""
    questions = len(table.passages)
    logits = np.where(table.real, table.passages @ values[:PASSAGE], -np.inf)
    log_prior = logits - _log_sum(logits)[:, None]
    prior = np.where(table.real, np.exp(log_prior), 0.0)
    centred = table.passages - np.einsum("qp,qpf->qf", prior, table.passages)[:, None]
    rows = np.arange(questions)[:, None]
    real = table.owner >= 0
    mass = log_prior[rows, table.owner] + table.spans @ values[PASSAGE:-1] - table.lost
    mass = np.where(real, mass, -np.inf)
    features = np.concatenate([centred[rows, table.owner], table.spans, np.zeros((*real.shape, 1))], axis=2)
    null = np.full((questions, 1), values[-1])
    every = np.concatenate([mass, null], axis=1)
    null_features = np.zeros((questions, 1, len(NAMES)))
    null_features[..., -1] = 1.0
    features = np.concatenate([features, null_features], axis=1)
    answerable = table.right.any(axis=1, keepdims=True)
    good = np.concatenate([table.right, ~answerable], axis=1)
    wanted = np.where(good, every, -np.inf)
    top, total = _log_sum(wanted), _log_sum(every)
    share = np.exp(wanted - top[:, None]) - np.exp(every - total[:, None])
    return float((top - total).mean()), np.einsum("qs,qsf->f", share, features) / questions


def minimise(
    loss: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    moving: NDArray[np.bool_],
    lowest: Floats,
    steps: int = 60,
) -> Floats:
    """Minimise ``loss`` over the values marked by ``moving``, none of which goes below ``lowest``, by damped Newton
    steps. The Hessian is computed from differences of gradients.
    """
    best = start.copy()
    value, gradient = loss(best)
    damping = 1e-3
    for _ in range(steps):
        free = np.flatnonzero(moving & ((best > lowest) | (gradient < 0)))
        if not len(free):
            break
        curvature = np.empty((len(free), len(free)))
        for column, place in enumerate(free):
            nudge = np.zeros_like(best)
            nudge[place] = 1e-5 * max(1.0, abs(best[place]))
            curvature[:, column] = (loss(best + nudge)[1][free] - gradient[free]) / nudge[place]
        curvature = (curvature + curvature.T) / 2
        size = np.maximum(np.abs(np.diag(curvature)), 1e-8)
        while damping < 1e8:
            try:
                step = np.linalg.solve(curvature + damping * np.diag(size), -gradient[free])
            except np.linalg.LinAlgError:
                damping *= 10
                continue
            candidate = best.copy()
            candidate[free] = np.maximum(lowest[free], best[free] + step)
            found, slope = loss(candidate)
            if found < value:
                break
            damping *= 10
        else:
            break
        done = value - found < 1e-9
        best, value, gradient, damping = candidate, found, slope, max(damping / 10, 1e-9)
        if done:
            break
    return best


def _log_sum(values: Floats) -> Floats:
    """The log-sum-exp of each row; −inf if all of it is −inf."""
    peak = values.max(axis=1)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(peak + np.log(np.exp(values - peak[:, None]).sum(axis=1)), np.float64)
