"""AdamW for a model whose weights, activations and gradients are all bf16.

Updates are far smaller than bf16's steps, so they are summed in fp32 copies of the weights (Micikevicius et al. 2018,
section 3.1) and rounded into the model after each step. On CPUs with bf16 units this is about a quarter faster than
autocast, which casts between fp32 and bf16 around every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor


class MasterAdamW(torch.optim.AdamW):
    """AdamW over fp32 copies of ``params`` (weights, or groups of them with rates of their own).

    Its state holds the copies, so a resumed run is the same run.
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
        for master, parameter in zip(self.masters, self.working, strict=True):
            master.grad = None if parameter.grad is None else parameter.grad.float()
        super().step()
        self._round()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of the model, which is where they gather."""
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
        for master, saved in zip(self.masters, state_dict["masters"], strict=True):
            master.copy_(saved)
        self._round()

    @torch.no_grad()
    def export(self) -> None:
        """Give the model the unrounded weights; its trainable parameters become fp32."""
        for master, parameter in zip(self.masters, self.working, strict=True):
            parameter.data = master.clone()

    def _round(self) -> None:
        for master, parameter in zip(self.masters, self.working, strict=True):
            parameter.copy_(master)
