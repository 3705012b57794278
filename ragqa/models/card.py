"""The card of a model: ``ragqa.json`` beside ``model.onnx`` and ``tokenizer.json``.

A question encoder has one too where it is a sentence-transformers checkpoint: it encodes questions only, and its card
names the encoder of the passages.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from ragqa.errors import ModelError
from ragqa.models.native import require_file
from ragqa.store.outside import place_named

CARD, MODEL, TOKENIZER = "ragqa.json", "model.onnx", "tokenizer.json"
FORMAT = 1
LARGEST = 1 << 20  # bytes of a card
SHORTEST, LONGEST, WIDEST = 8, 1 << 17, 1 << 16  # tokens of an input, numbers of a vector
TEXTS = ("kind", "name", "fingerprint", "passages", "passages_fingerprint")
FLAGS = ("titles",)


@dataclass(frozen=True, slots=True)
class Card:
    """What a runtime must know; ``fingerprint`` changes with the weights, ``titles`` says that a reader is to be given
    what stands above a passage.

    ``passages`` is a question encoder's partner: "default", a hub name, or a folder (absolute, or beginning with "."
    and then seen from the card's own folder), and ``passages_fingerprint`` its fingerprint.
    """

    kind: Literal["encoder", "reader", "question-encoder", "reranker"]
    name: str
    fingerprint: str
    max_length: int
    stride: int = 0
    dim: int = 0
    format: int = FORMAT
    passages: str = ""
    passages_fingerprint: str = ""
    titles: bool = False

    def with_fingerprint(self, digest: str) -> Card:
        """A copy whose fingerprint is the name and a digest of the weights, safe as a file name."""
        name = "".join(c if c.isalnum() or c in "-." else "-" for c in self.name)
        return replace(self, fingerprint=f"{name}-{digest}")


def write_card(path: Path, card: Card) -> None:
    """Write as JSON."""
    path.write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")


def has_card(folder: Path, kind: str) -> bool:
    """Whether there is a card that says this kind; nothing else of it is checked."""
    try:
        return _read(folder / CARD).get("kind") == kind
    except ModelError:
        return False


def place_from(folder: Path, name: str) -> str:
    """A model's name as a card in ``folder`` puts it down, so that both can be moved together; see `place_of`."""
    if name == "default" or not place_named(name).is_dir():
        return name
    place = place_named(name).resolve()
    try:
        relative = Path(os.path.relpath(place, folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return str(place)
    return relative if relative.startswith(".") else f"./{relative}"


def place_of(folder: Path, name: str) -> str:
    """The name that a card in ``folder`` puts down, as it can be loaded from anywhere."""
    return str((folder / name).resolve()) if name.startswith(".") else name


def _read(path: Path) -> dict[str, Any]:
    require_file(path, LARGEST)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not a usable model card ({error})") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: not a usable model card (it holds a {type(content).__name__})")
    return content


def read_card(folder: Path, kind: str) -> Card:
    """Read and check a card; a missing, damaged or other-kind card is a `ModelError`."""
    path = folder / CARD
    values = _read(path)
    try:
        card = Card(**values)
    except TypeError as error:
        raise ModelError(f"{path}: not a usable model card ({error})") from error
    for item in fields(Card):
        expected = str if item.name in TEXTS else bool if item.name in FLAGS else int
        if type(getattr(card, item.name)) is not expected:
            raise ModelError(f"{path}: {item.name} must be {expected.__name__}")
    if card.format != FORMAT:
        raise ModelError(f"{path}: card format {card.format}, this ragqa reads {FORMAT}: export the model again")
    if card.kind != kind:
        raise ModelError(f"{folder} holds a {card.kind}, not a {kind}")
    if not card.fingerprint or "/" in card.fingerprint:
        raise ModelError(f"{path}: damaged model card")
    _check_numbers(path, card)
    if kind == "question-encoder" and not (card.passages and card.passages_fingerprint and card.dim > 0):
        raise ModelError(f"{path}: does not say which encoder its passages have")
    return card


def _check_numbers(path: Path, card: Card) -> None:
    if not SHORTEST <= card.max_length <= LONGEST:
        raise ModelError(f"{path}: max_length is {card.max_length}: from {SHORTEST} to {LONGEST}")
    if not 0 <= card.stride <= LONGEST:
        raise ModelError(f"{path}: stride is {card.stride}: from 0 to {LONGEST}")
    least = 1 if "encoder" in card.kind else 0
    if not least <= card.dim <= WIDEST:
        raise ModelError(f"{path}: dim is {card.dim}: from {least} to {WIDEST}")
