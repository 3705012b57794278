"""A moving average of the weights over a run, and its exchange with the model's weights for scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

Weights = Callable[[], Mapping[str, Tensor]]


class MovingAverage(TrainerCallback):
    """Exponential moving average (Polyak and Juditsky 1992) of the moving weights, in fp32; a `Companion`.

    After step t the average keeps the share min(decay, (1 + t) / (10 + t)) of itself, so it soon forgets the first
    weights. ``weights`` gives the current unrounded weights by name.
    """

    name = "ema"

    def __init__(self, decay: float, weights: Weights) -> None:
        self.decay, self.weights = decay, weights
        self.average = {name: weight.detach().float().clone() for name, weight in weights().items()}

    @torch.no_grad()
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer, before it saves."""
        decay = min(self.decay, (1 + state.global_step) / (10 + state.global_step))
        for name, weight in self.weights().items():
            self.average[name].mul_(decay).add_(weight.float(), alpha=1.0 - decay)
        return control

    @torch.no_grad()
    def settle(self, model: nn.Module) -> None:
        """Give the model the averages for good."""
        for name, parameter in model.named_parameters():
            if name in self.average:
                parameter.copy_(self.average[name])

    @contextmanager
    def shown(self, model: nn.Module) -> Iterator[None]:
        """In the block the model has the averaged weights; afterwards it has its own again."""
        own = {name: p.detach().clone() for name, p in model.named_parameters() if name in self.average}
        self.settle(model)
        try:
            yield
        finally:
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    if name in own:
                        parameter.copy_(own[name])

    def state(self) -> dict[str, Tensor]:
        """The averages by name."""
        return dict(self.average)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state`."""
        for name, value in state.items():
            self.average[name].copy_(value)
