"""Evaluation. `run` has models answer a suite once; `score`, `compare`, `report` and `check` then need no models."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragqa.eval.measure.baseline import accept, check
    from ragqa.eval.measure.comparison import compare
    from ragqa.eval.measure.scores import score
    from ragqa.eval.page.publish import report
    from ragqa.eval.page.rows import browse
    from ragqa.eval.runs.prepared import Choice
    from ragqa.eval.runs.runner import run

_HOMES = {
    "Choice": "runs.prepared",
    "accept": "measure.baseline",
    "browse": "page.rows",
    "check": "measure.baseline",
    "compare": "measure.comparison",
    "report": "page.publish",
    "run": "runs.runner",
    "score": "measure.scores",
}

__all__ = ["Choice", "accept", "browse", "check", "compare", "report", "run", "score"]


def __getattr__(name: str) -> Any:
    """Load public names on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
