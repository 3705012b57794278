"""Precision: AdamW for a model whose weights, activations and gradients are all bf16, and when to train in bf16.

An update is usually smaller than the distance between neighbouring bf16 numbers. So the optimizer adds updates to fp32
copies of the weights (Micikevicius et al. 2018, section 3.1) and after each step rounds these into the model. On CPUs
with bf16 units this is about a quarter faster than autocast, which casts between fp32 and bf16 around every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ragqa.train.engine.settings import TrainSettings


class MasterAdamW(torch.optim.AdamW):
    """AdamW over fp32 copies of ``params`` (weights, or groups of weights that each have a learning rate).

    It makes the copies on the device of the weights, so the model must be on its device already. Its state includes the
    copies, so a resumed run continues exactly.
    """

    def __init__(self, params: Iterable[Tensor] | Iterable[Mapping[str, Any]], **options: Any) -> None:
        given = list(params)
        groups = [dict(group) for group in given if isinstance(group, Mapping)] or [{"params": given}]
        self.working: list[Tensor] = [parameter for group in groups for parameter in group["params"]]
        self.masters = [parameter.detach().float().clone() for parameter in self.working]
        copies = iter(self.masters)
        super().__init__(
            [{**group, "params": [next(copies) for _ in group["params"]]} for group in groups], fused=True, **options
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Take the model's gradients, update the copies, round them back into the model."""
        if closure is not None:
            raise ValueError("MasterAdamW takes no closure")
        pairs = list(zip(self.masters, self.working, strict=True))
        for master, parameter in pairs:
            if parameter.grad is None:
                master.grad = None
            elif master.grad is None:
                master.grad = torch.empty_like(master)
        moving = [(master, parameter) for master, parameter in pairs if parameter.grad is not None]
        if moving:
            torch._foreach_copy_([master.grad for master, _ in moving], [parameter.grad for _, parameter in moving])
        super().step()
        self._round()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of the model and of the copies."""
        super().zero_grad(set_to_none)
        for parameter in self.working:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """AdamW's state and the fp32 copies."""
        return {**super().state_dict(), "masters": [master.clone() for master in self.masters]}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state, the copies and, rounded from them, the model."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "masters"})
        torch._foreach_copy_(self.masters, [saved.to(self.masters[0].device) for saved in state_dict["masters"]])
        self._round()

    @torch.no_grad()
    def export(self) -> None:
        """Put the unrounded fp32 weights into the model in place of the bf16 ones."""
        for master, parameter in zip(self.masters, self.working, strict=True):
            parameter.data = master.clone()

    def _round(self) -> None:
        torch._foreach_copy_(self.working, self.masters)


def optimizer_for(groups: Sequence[Mapping[str, Any]], settings: TrainSettings) -> torch.optim.Optimizer:
    """AdamW over groups of weights; `MasterAdamW` if they are bf16."""
    options = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if any(parameter.dtype == torch.bfloat16 for group in groups for parameter in group["params"]):
        return MasterAdamW(groups, **options)
    return torch.optim.AdamW([dict(group) for group in groups], fused=True, **options)


def unrounded(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The weights that are trained, by name; if they are bf16, the optimizer's fp32 copies."""
    copies: dict[int, Tensor] = {}
    if isinstance(optimizer, MasterAdamW):
        copies = {id(own): copy for own, copy in zip(optimizer.working, optimizer.masters, strict=True)}
    moving = copies or {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    return {name: copies.get(id(own), own) for name, own in model.named_parameters() if id(own) in moving}


def use_bf16(settings: TrainSettings, device: torch.device) -> bool:
    """What the recipe says; if it says nothing, whether the device multiplies bf16 in hardware."""
    if settings.bf16 is not None:
        return settings.bf16
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())  # oneDNN emulates bf16 on others, slower than fp32


@contextmanager
def products(settings: TrainSettings, device: torch.device) -> Iterator[None]:
    """A context in which a GPU multiplies fp32 matrices in TF32, if the recipe says so; leaving it restores the
    setting.
    """
    if not settings.tf32 or device.type != "cuda":
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
