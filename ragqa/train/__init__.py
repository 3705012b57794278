"""Training: data, losses, recipes. Needs the extra ``[train]``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragqa.train.reader import fit_reader
    from ragqa.train.recipe import load_recipe

_HOMES = {"fit_reader": "reader", "load_recipe": "recipe"}
__all__ = ["fit_reader", "load_recipe"]


def __getattr__(name: str) -> Any:
    """Load public names on first use, so that ``import ragqa.train`` costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'ragqa.train' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"ragqa.train.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
