"""Training: data, losses, recipes. Needs the extra ``[train]``; mining for a retriever does without."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragqa.mining.negatives import mine
    from ragqa.train.engine.recipe import load_recipe
    from ragqa.train.joint.fit import fit_joint
    from ragqa.train.reader.fit import fit_reader
    from ragqa.train.reranker.fit import fit_reranker
    from ragqa.train.retriever.fit import fit_retriever

_HOMES = {
    "fit_joint": "ragqa.train.joint.fit",
    "fit_reader": "ragqa.train.reader.fit",
    "fit_reranker": "ragqa.train.reranker.fit",
    "fit_retriever": "ragqa.train.retriever.fit",
    "load_recipe": "ragqa.train.engine.recipe",
    "mine": "ragqa.mining.negatives",
}
__all__ = ["fit_joint", "fit_reader", "fit_reranker", "fit_retriever", "load_recipe", "mine"]


def __getattr__(name: str) -> Any:
    """Load public names on first use, so that ``import ragqa.train`` costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'ragqa.train' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
