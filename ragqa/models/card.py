"""The card of a model in the fast form: ``ragqa.json`` beside ``model.onnx`` and ``tokenizer.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from ragqa.errors import ModelError

CARD, MODEL, TOKENIZER = "ragqa.json", "model.onnx", "tokenizer.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Card:
    """What a runtime must know; ``fingerprint`` changes with the weights."""

    kind: Literal["encoder", "reader"]
    name: str
    fingerprint: str
    max_length: int
    stride: int = 0
    dim: int = 0
    format: int = FORMAT

    def with_fingerprint(self, digest: str) -> Card:
        """A copy whose fingerprint is the name and a digest of the weights, safe as a file name."""
        name = "".join(c if c.isalnum() or c in "-." else "-" for c in self.name)
        return replace(self, fingerprint=f"{name}-{digest}")


def write_card(path: Path, card: Card) -> None:
    """Write as JSON."""
    path.write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")


def read_card(folder: Path, kind: str) -> Card:
    """Read and check a card; a missing, damaged or other-kind card is a `ModelError`."""
    path = folder / CARD
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        card = Card(**values)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: not a usable model card ({error})") from error
    for item in fields(Card):
        expected = str if item.name in ("kind", "name", "fingerprint") else int
        if type(getattr(card, item.name)) is not expected:
            raise ModelError(f"{path}: {item.name} must be {expected.__name__}")
    if card.format != FORMAT:
        raise ModelError(f"{path}: card format {card.format}, this ragqa reads {FORMAT}: export the model again")
    if card.kind != kind:
        raise ModelError(f"{folder} holds a {card.kind}, not a {kind}")
    if not card.fingerprint or "/" in card.fingerprint or card.max_length < 8:
        raise ModelError(f"{path}: damaged model card")
    return card
