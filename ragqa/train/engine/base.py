"""The configuration of a base model, with the dropout that a recipe asks for."""

from __future__ import annotations

from typing import Any

DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout")


def config_of(path: str, dropout: float) -> Any:
    """The configuration of a transformers checkpoint, with its dropout set to that of a recipe."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(path, trust_remote_code=False)
    for name in DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, dropout)
    return config
