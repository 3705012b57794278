"""Adversarial training: word embeddings moved, a little and on purpose, to where the loss is higher.

fgm     one step of length ε along the gradient, beside the clean pass (Miyato et al. 2017)
pgd     several steps inside the ball of radius ε, beside the clean pass (Madry et al. 2018)
freelb  several steps from a random start, and the mean of all their gradients (Zhu et al. 2020)

Norms are of a window's whole perturbation. It is added to what the embedding gives, so frozen embeddings, too, can be
perturbed. Weights get the mean of the passes' gradients, so rates and clipping mean what they mean without.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer


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


class Adversarial(Trainer):
    """A trainer whose step is adversarial where ``adversary`` is not none. To be mixed into any other."""

    adversary: str
    adversary_epsilon: float
    adversary_steps: int

    def training_step(self, model: nn.Module, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Tensor:
        """One step's passes; the mean of their losses."""
        if self.adversary == "none":
            return super().training_step(model, inputs, num_items_in_batch)
        model.train()
        inputs = self._prepare_inputs(inputs)
        perturbation, embedding = Perturbation(), self.model.get_input_embeddings()
        shape = (*inputs["input_ids"].shape, embedding.weight.shape[1])
        zero = torch.zeros(shape, device=embedding.weight.device)
        mask = inputs["attention_mask"].unsqueeze(-1).to(zero.dtype)
        with perturbation.on(embedding):
            if self.adversary == "freelb":
                losses = self._freelb(model, inputs, perturbation, zero, mask)
            else:
                losses = self._beside_clean(model, inputs, perturbation, zero, mask)
        return torch.stack(losses).sum()

    def _beside_clean(
        self, model: nn.Module, inputs: dict[str, Any], perturbation: Perturbation, zero: Tensor, mask: Tensor
    ) -> list[Tensor]:
        """FGM is one step of full length, PGD several shorter ones; the weights learn from the first and the last."""
        steps = 1 if self.adversary == "fgm" else self.adversary_steps
        stride = self.adversary_epsilon if steps == 1 else 2 * self.adversary_epsilon / steps
        delta = zero.requires_grad_()
        losses = [self._pass(model, inputs, perturbation, delta, 0.5)]
        for step in range(steps):
            delta = climb(delta.detach(), _gradient(delta), mask, stride, self.adversary_epsilon).requires_grad_()
            if step + 1 < steps:  # only to find the way: the weights' gradients are left alone
                perturbation.delta = delta
                (delta.grad,) = torch.autograd.grad(self.compute_loss(model, inputs), delta)
        losses.append(self._pass(model, inputs, perturbation, delta, 0.5))
        return losses

    def _freelb(
        self, model: nn.Module, inputs: dict[str, Any], perturbation: Perturbation, zero: Tensor, mask: Tensor
    ) -> list[Tensor]:
        epsilon, steps = self.adversary_epsilon, self.adversary_steps
        size = (mask.sum((1, 2), keepdim=True) * zero.shape[-1]).sqrt()
        start = torch.empty(zero.shape).uniform_(-epsilon, epsilon).to(zero.device)
        delta = start * mask / size
        losses = []
        for _ in range(steps):
            delta = delta.detach().requires_grad_()
            losses.append(self._pass(model, inputs, perturbation, delta, 1.0 / steps))
            delta = climb(delta.detach(), _gradient(delta), mask, 2 * epsilon / steps, epsilon)
        return losses

    def _pass(
        self, model: nn.Module, inputs: dict[str, Any], perturbation: Perturbation, delta: Tensor, share: float
    ) -> Tensor:
        """Forward and backward; the loss, weighed as its gradient is."""
        perturbation.delta = delta
        with self.compute_loss_context_manager():
            loss = self.compute_loss(model, inputs) * share / self.current_gradient_accumulation_steps
        self.accelerator.backward(loss)
        return loss.detach()


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
