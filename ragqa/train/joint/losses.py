"""Losses that train retriever and reader together: plain functions of log-probabilities.

Of b questions with k retrieved passages each:

``retrieval``  [b, k]  log p(passage | question): a softmax over the k passages of similarity × scale
``reading``    [b, k]  log p(answer | question, passage): −inf where the passage does not hold the answer
``nothing``    [b, k]  log p(no answer | question, passage)
``real``       [b, k]  false where there are fewer than k passages

Where there are fewer than k passages, ``reading`` and ``nothing`` are −inf. Questions none of whose passages hold the
answer teach the objectives nothing and are left out of their means; if all are, the loss is 0 with a gradient of 0.
``divisor`` makes of the number of those that count what their sum is divided by: processes that share a batch divide by
their mean number, so that the mean of their losses is the mean over the batch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

NEVER = float("-inf")
Divisor = Callable[[Tensor], Tensor]


def at_least_one(count: Tensor) -> Tensor:
    """The `Divisor` of a process alone."""
    return count.clamp(min=1)


def passage_log_probabilities(similarity: Tensor, real: Tensor, scale: float) -> Tensor:
    """The log of p(passage | question) [b, k] from similarities [b, k]; −inf for what is not real."""
    return torch.log_softmax((similarity.float() * scale).masked_fill(~real, NEVER), dim=-1)


def answer_log_likelihood(
    start: Tensor, end: Tensor, allowed: Tensor, spans: Tensor, owner: Tensor, owners: int
) -> Tensor:
    """The log of Σ p(start) · p(end) over all right spans in the windows of each owner, [owners]; −inf without one, or
    without a window.

    Of w windows: ``start`` and ``end`` logits [w, l], ``allowed`` positions [w, l], ``spans`` [w, p, 2] inclusive and
    padded with −1, ``owner`` [w] from 0. All windows of an owner (the pieces of a passage, or all passages of a
    question) share one softmax (shared normalisation, Clark and Gardner 2018).
    """
    barred = ~allowed
    starts = start.float().masked_fill(barred, NEVER)
    ends = end.float().masked_fill(barred, NEVER)
    index = spans.clamp(min=0)
    pairs = starts.gather(1, index[..., 0]) + ends.gather(1, index[..., 1])
    pairs = pairs.masked_fill(spans[..., 0] < 0, NEVER)
    right = _log_sum_by_owner(pairs, owner, owners)
    every = _log_sum_by_owner(starts, owner, owners) + _log_sum_by_owner(ends, owner, owners)
    return right - torch.where(torch.isfinite(every), every, 0.0)


def marginal(retrieval: Tensor, reading: Tensor, divisor: Divisor = at_least_one) -> Tensor:
    """−log Σ over passages of p(passage | question) · p(answer | question, passage) (Lee et al. 2019, REALM)."""
    return _mean_of_answered(-_log_sum(retrieval + reading), reading, divisor)


def emdr2(retrieval: Tensor, reading: Tensor, together: Tensor, divisor: Divisor = at_least_one) -> Tensor:
    """EMDR² (Sachan et al. 2021, equation 5): the reader learns from all passages at once, the retriever from how well
    each alone explains the answer.

    −``together`` − log Σ p(passage | question) · SG(p(answer | question, passage)); ``together`` [b] is
    log p(answer | question, all passages), SG stops the gradient.
    """
    retriever = -_log_sum(retrieval + reading.detach())
    return _mean_of_answered(retriever - together, reading, divisor)


def perplexity(retrieval: Tensor, reading: Tensor, together: Tensor, divisor: Divisor = at_least_one) -> Tensor:
    """Perplexity distillation (Izacard et al. 2022, Atlas): the passages' share in explaining the answer, which the
    reader gives, is the target of the retriever; the reader learns from all passages at once.

    KL(posterior ‖ p(passage | question)) − ``together``, the posterior being the softmax of SG(``reading``).
    """
    answered = torch.isfinite(reading).any(dim=-1, keepdim=True)
    posterior = torch.softmax(torch.where(answered, reading, torch.zeros_like(reading)).detach(), dim=-1)
    divergence = torch.where(posterior > 0, posterior * (posterior.clamp(min=1e-38).log() - retrieval), 0.0).sum(dim=-1)
    return _mean_of_answered(divergence - together, reading, divisor)


def separate(retrieval: Tensor, reading: Tensor, weight: float, divisor: Divisor = at_least_one) -> Tensor:
    """The plain sum of both losses: −``weight`` · log Σ over passages with the answer of p(passage | question), and
    the mean over these passages of −log p(answer | question, passage).
    """
    holds = torch.isfinite(reading)
    retriever = -_log_sum(retrieval.masked_fill(~holds, NEVER))
    reader = -torch.where(holds, reading, 0.0).sum(dim=-1) / holds.sum(dim=-1).clamp(min=1)
    return _mean_of_answered(weight * retriever + reader, reading, divisor)


def silence(nothing: Tensor, reading: Tensor, divisor: Divisor = at_least_one) -> Tensor:
    """The mean of −log p(no answer | question, passage) over the passages that hold none; 0 where all do.

    It goes beside any objective: they look at a passage without the answer as a rival of the others, or not at all, so
    that alone they would teach the reader to find an answer in everything.
    """
    lacking = torch.isfinite(nothing) & ~torch.isfinite(reading)
    return -torch.where(lacking, nothing, 0.0).sum() / divisor(lacking.sum())


def _log_sum_by_owner(values: Tensor, owner: Tensor, owners: int) -> Tensor:
    """The log of Σ exp over all values [w, n] of the rows of each owner; −inf where there is none."""
    rows = owner[:, None].expand_as(values).reshape(-1)
    flat = values.reshape(-1)
    peak = torch.full((owners,), NEVER, dtype=flat.dtype, device=flat.device)
    peak = peak.scatter_reduce(0, rows, flat.detach(), "amax")
    shift = torch.where(torch.isfinite(peak), peak, 0.0)
    total = torch.zeros(owners, dtype=flat.dtype, device=flat.device).index_add(0, rows, (flat - shift[rows]).exp())
    some = total > 0
    return torch.where(some, torch.where(some, total, 1.0).log() + shift, NEVER)


def _log_sum(values: Tensor) -> Tensor:
    """The log of Σ exp over the last axis; rows of nothing but −inf give 0, with a gradient of 0 rather than NaN."""
    some = torch.isfinite(values).any(dim=-1)
    safe = torch.where(some[:, None], values, torch.zeros_like(values))
    return torch.where(some, torch.logsumexp(safe, dim=-1), 0.0)


def _mean_of_answered(losses: Tensor, reading: Tensor, divisor: Divisor) -> Tensor:
    answered = torch.isfinite(reading).any(dim=-1)
    return torch.where(answered, losses, 0.0).sum() / divisor(answered.sum())


def objective(
    name: str,
    retrieval: Tensor,
    reading: Tensor,
    together: Tensor,
    weight: float,
    divisor: Divisor = at_least_one,
) -> Tensor:
    """The loss of a recipe's ``loss.objective``."""
    if name == "marginal":
        return marginal(retrieval, reading, divisor)
    if name == "sum":
        return separate(retrieval, reading, weight, divisor)
    return {"emdr2": emdr2, "perplexity": perplexity}[name](retrieval, reading, together, divisor)
