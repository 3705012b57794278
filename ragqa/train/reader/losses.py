"""Losses of span readers: plain functions of logits, for any device.

The windows of one question follow each other. With b questions of g windows of l tokens, logits are [b · g, l], and
``allowed`` [b, g · l] is true where a span may start or end: in the passages, and at the very first position for "no
answer". With g > 1 a window's logits count relative to its own position 0, as `ragqa.spans` reads them, so that all
windows of a question share one null option and one softmax (shared normalisation, Clark and Gardner 2018, section 3.3).
With g = 1 this is the plain softmax over the window.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, kl_div


def span_log_probabilities(start_logits: Tensor, end_logits: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities [b, g · l] that a span starts at each position, and that it ends there; −inf where neither may
    be.
    """
    return _shared(start_logits, allowed), _shared(end_logits, allowed)


def marginal_span_loss(
    start_logits: Tensor, end_logits: Tensor, allowed: Tensor, spans: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Mean over questions of −log Σ p(start) · p(end), the sum running over all right spans.

    ``spans`` [b, p, 2] holds inclusive positions in [0, g · l), padded with −1. Marginalising over the places of an
    answer follows Clark and Gardner (2018), equation 1. ``smoothing`` mixes in the uniform distribution over all places
    (Szegedy et al. 2016).
    """
    starts, ends = span_log_probabilities(start_logits, end_logits, allowed)
    index = spans.clamp(min=0)
    pairs = starts.gather(1, index[..., 0]) + ends.gather(1, index[..., 1])
    pairs = pairs.masked_fill(spans[..., 0] < 0, float("-inf"))
    loss = -torch.logsumexp(pairs, dim=-1).mean()
    if not smoothing:
        return loss
    evenly = -(starts + ends).masked_fill(~allowed, 0.0).sum(-1) / allowed.sum(-1)
    return (1.0 - smoothing) * loss + smoothing * evenly.mean()


def r_drop_loss(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> Tensor:
    """Half the sum of both Kullback-Leibler divergences between two passes (Liang et al. 2021), of starts plus of ends.

    Each pass is `span_log_probabilities`; the mean over questions.
    """
    return sum((_divergence(a, b) + _divergence(b, a) for a, b in zip(one, other, strict=True)), torch.zeros(())) / 2


def distillation_loss(
    logits: tuple[Tensor, Tensor], teacher: tuple[Tensor, Tensor], readable: Tensor, temperature: float
) -> Tensor:
    """KL(teacher ‖ student) over the starts and the ends of each window, times temperature² (Hinton et al. 2015).

    ``logits`` and ``readable`` are [n, l]; ``teacher`` are probabilities at that temperature, 0 where not readable.
    """
    total = torch.zeros((), device=readable.device)
    for own, target in zip(logits, teacher, strict=True):
        student = torch.log_softmax((own.float() / temperature).masked_fill(~readable, float("-inf")), dim=-1)
        total = total + kl_div(student.masked_fill(~readable, 0.0), target, reduction="batchmean")
    return total * temperature**2


def relevance_loss(scores: Tensor, answers: Tensor) -> Tensor:
    """Cross entropy of telling windows that hold an answer (1.0) from those that do not (0.0); ``scores`` are [n]."""
    return binary_cross_entropy_with_logits(scores.float(), answers)


def _shared(logits: Tensor, allowed: Tensor) -> Tensor:
    logits = logits.float()
    if len(logits) != len(allowed):
        logits = (logits - logits[:, :1]).reshape(allowed.shape)
    return torch.log_softmax(logits.masked_fill(~allowed, float("-inf")), dim=-1)


def _divergence(one: Tensor, other: Tensor) -> Tensor:
    """KL(one ‖ other) of log-probabilities, mean over rows; places barred in both count nothing."""
    barred = torch.isinf(one)
    difference = one.masked_fill(barred, 0.0) - other.masked_fill(barred, 0.0)
    return (one.exp() * difference).sum(-1).mean()
