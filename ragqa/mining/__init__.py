"""Mining: for each question, passages that answer it and similar ones that do not. Training reads
them; no torch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ragqa.mining.negatives import MineReport, Mining, mine

__all__ = ["MineReport", "Mining", "mine"]


def __getattr__(name: str) -> Any:
    """Load public names on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ragqa.mining import negatives

    return getattr(negatives, name)
