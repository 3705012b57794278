"""Evaluation: `run` a suite (models, once); then `score`, `compare`, `report` and `check` it (numpy only)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragqa.eval.baseline import accept, check
    from ragqa.eval.browsing import browse
    from ragqa.eval.comparison import compare
    from ragqa.eval.publish import report
    from ragqa.eval.runner import Choice, run
    from ragqa.eval.scores import score

_HOMES = {
    "Choice": "runner",
    "accept": "baseline",
    "browse": "browsing",
    "check": "baseline",
    "compare": "comparison",
    "report": "publish",
    "run": "runner",
    "score": "scores",
}

__all__ = ["Choice", "accept", "browse", "check", "compare", "report", "run", "score"]


def __getattr__(name: str) -> Any:
    """Load public names on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
