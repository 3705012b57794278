"""Training losses: plain functions of logits, whatever device they are on."""

from __future__ import annotations

import torch
from torch import Tensor


def marginal_span_loss(start_logits: Tensor, end_logits: Tensor, allowed: Tensor, spans: Tensor) -> Tensor:
    """Mean over windows of −log Σ p(start) · p(end), the sum running over all right spans of the window.

    ``start_logits`` and ``end_logits`` are [b, l]; ``allowed`` [b, l] is true where a span may start or end (the
    passage, and position 0 for "no answer"); ``spans`` [b, p, 2] holds inclusive positions, padded with −1.
    Marginalising over the places of an answer follows Clark and Gardner (2018), equation 1.
    """
    barred = ~allowed
    starts = torch.log_softmax(start_logits.float().masked_fill(barred, float("-inf")), dim=-1)
    ends = torch.log_softmax(end_logits.float().masked_fill(barred, float("-inf")), dim=-1)
    index = spans.clamp(min=0)
    pairs = starts.gather(1, index[..., 0]) + ends.gather(1, index[..., 1])
    pairs = pairs.masked_fill(spans[..., 0] < 0, float("-inf"))
    return -torch.logsumexp(pairs, dim=-1).mean()
