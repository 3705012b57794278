"""Adversarial training: word embeddings moved, a little and on purpose, to where the loss is higher.

fgm     one step of length ε along the gradient, beside the clean pass (Miyato et al. 2017)
pgd     several steps inside the ball of radius ε, beside the clean pass (Madry et al. 2018)
freelb  several steps from a random start, and the mean of all their gradients (Zhu et al. 2020)

Norms are of a window's whole perturbation. It is added to what the embedding gives, so frozen embeddings, too, can be
perturbed. Weights get the mean of the passes' gradients, so rates and clipping mean what they mean without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ragqa.train.engine.job import Backward, Batch
from ragqa.train.engine.settings import ReaderMethod


class Perturbation:
    """What is added to the word embeddings while it is active: ``delta`` [n, l, dim], None for nothing."""

    def __init__(self) -> None:
        self.delta: Tensor | None = None

    @contextmanager
    def on(self, embedding: nn.Module) -> Iterator[None]:
        """Add ``delta`` to the embedding's outputs inside."""

        def add(_: nn.Module, __: Any, output: Tensor) -> Tensor:
            return output if self.delta is None else output + self.delta.to(output.dtype)

        handle = embedding.register_forward_hook(add)
        try:
            yield
        finally:
            handle.remove()


class Adversary:
    """A step whose passes are adversarial, by the recipe's ``adversary`` (not none)."""

    def __init__(self, method: ReaderMethod) -> None:
        self._free = method.adversary == "freelb"
        self._steps = 1 if method.adversary == "fgm" else method.adversary_steps
        self._epsilon = method.adversary_epsilon

    def __call__(self, task: Any, batch: Batch, backward: Backward) -> Tensor:
        """The passes; the mean of their losses."""
        perturbation, embedding = Perturbation(), task.model.get_input_embeddings()
        shape = (*batch["input_ids"].shape, embedding.weight.shape[1])
        zero = torch.zeros(shape, device=embedding.weight.device)
        mask = batch["attention_mask"].unsqueeze(-1).to(zero.dtype)

        def loss(delta: Tensor) -> Tensor:
            perturbation.delta = delta
            result: Tensor = task(**batch)
            return result

        def learn(delta: Tensor, share: float) -> Tensor:
            """Forward and backward; the loss, weighed as its gradient is."""
            return backward(loss(delta) * share)

        with perturbation.on(embedding):
            if self._free:
                losses = self._from_anywhere(learn, zero, mask)
            else:
                losses = self._beside_clean(loss, learn, zero, mask)
        return torch.stack(losses).sum()

    def _beside_clean(
        self, loss: Callable[[Tensor], Tensor], learn: Callable[[Tensor, float], Tensor], zero: Tensor, mask: Tensor
    ) -> list[Tensor]:
        """FGM is one step of full length, PGD several shorter ones; the weights learn from the first and the last."""
        stride = self._epsilon if self._steps == 1 else 2 * self._epsilon / self._steps
        delta = zero.requires_grad_()
        losses = [learn(delta, 0.5)]
        for step in range(self._steps):
            delta = climb(delta.detach(), _gradient(delta), mask, stride, self._epsilon).requires_grad_()
            if step + 1 < self._steps:  # only to find the way: the weights' gradients are left alone
                (delta.grad,) = torch.autograd.grad(loss(delta), delta)
        losses.append(learn(delta, 0.5))
        return losses

    def _from_anywhere(self, learn: Callable[[Tensor, float], Tensor], zero: Tensor, mask: Tensor) -> list[Tensor]:
        """FreeLB's random start, and all of its passes."""
        epsilon = self._epsilon
        size = (mask.sum((1, 2), keepdim=True) * zero.shape[-1]).sqrt()
        start = torch.empty(zero.shape).uniform_(-epsilon, epsilon).to(zero.device)
        delta = start * mask / size
        losses = []
        for _ in range(self._steps):
            delta = delta.detach().requires_grad_()
            losses.append(learn(delta, 1.0 / self._steps))
            delta = climb(delta.detach(), _gradient(delta), mask, 2 * epsilon / self._steps, epsilon)
        return losses


def climb(delta: Tensor, gradient: Tensor, mask: Tensor, stride: float, radius: float) -> Tensor:
    """``delta`` moved by ``stride`` along the gradient, then back into the ball of ``radius``; norms by window.

    A window whose gradient is 0 stays where it is; padding (``mask`` 0) is never moved.
    """
    gradient = gradient * mask
    moved = delta + stride * gradient / _norm(gradient).clamp(min=1e-12)
    return moved * (radius / _norm(moved).clamp(min=1e-12)).clamp(max=1.0)


def _norm(values: Tensor) -> Tensor:
    return values.flatten(1).norm(dim=1).reshape(-1, *[1] * (values.dim() - 1))


def _gradient(delta: Tensor) -> Tensor:
    assert delta.grad is not None
    return delta.grad
