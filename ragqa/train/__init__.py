"""Training: data, losses, recipes. Needs the extra ``[train]``; mining for a retriever does without."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragqa.train.joint import fit_joint
    from ragqa.train.mining import mine
    from ragqa.train.retriever import fit_retriever

_HOMES = {"fit_joint": "joint", "fit_retriever": "retriever", "mine": "mining"}

__all__ = ["fit_joint", "fit_retriever", "mine"]


def __getattr__(name: str) -> Any:
    """Load public names on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
