"""The depth of a weight: heads are on top, then the layers from the last to the first, embeddings at the bottom."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

from ragqa.errors import ConfigError

_LAYER = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.")


def layer_of(name: str) -> int | None:
    """The number of the layer that a weight belongs to; None if it belongs to no layer."""
    found = _LAYER.search(name)
    return int(found[1]) if found else None


def depths(model: nn.Module) -> dict[str, int]:
    """For each weight its distance from the heads: 0 for them, 1 for the topmost layer, the last for embeddings.

    A model without numbered layers is a `ConfigError`.
    """
    layers = {name: layer_of(name) for name, _ in model.named_parameters()}
    count = max((number for number in layers.values() if number is not None), default=-1) + 1
    if not count:
        raise ConfigError(
            "this base has no numbered layers: method.tune=last, unfreeze_every and layer_decay need some"
        )
    return {name: _depth(name, number, count) for name, number in layers.items()}


def matrices(model: nn.Module) -> list[str]:
    """The names of all matrices inside layers, for adapters."""
    return [
        name for name, part in model.named_modules() if isinstance(part, nn.Linear) and layer_of(f"{name}.") is not None
    ]


def parameter_groups(model: nn.Module, lr: float, decay: float) -> list[dict[str, Any]]:
    """The moving weights with their rates: ``lr`` × ``decay`` to the power of their depth, heads first."""
    moving = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    if decay == 1.0:
        return [{"params": [parameter for _, parameter in moving], "lr": lr}]
    depth = depths(model)
    levels = sorted({depth[name] for name, _ in moving})
    return [
        {"params": [parameter for name, parameter in moving if depth[name] == level], "lr": lr * decay**level}
        for level in levels
    ]


def _depth(name: str, number: int | None, count: int) -> int:
    if number is not None:
        return count - number
    return count + 1 if any(part.endswith("embeddings") for part in name.split(".")) else 0
