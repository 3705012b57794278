"""The card of a model: ``ragqa.json`` beside ``model.onnx`` and ``tokenizer.json``.

A question encoder has a card even if it is a sentence-transformers checkpoint: it encodes questions only, and the card
names the encoder of the passages.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ragqa.config import DENSE_SCALE
from ragqa.convert import Misfit, convert, misfit, plain, read_json
from ragqa.errors import ModelError
from ragqa.models.native import require_file
from ragqa.store.outside import place_named

CARD, MODEL, TOKENIZER = "ragqa.json", "model.onnx", "tokenizer.json"
FORMAT = 1
HIGHEST_SCALE = 1e6
LONGEST_PREFIX = 200  # characters
LARGEST = 1 << 20  # bytes that a card may have
SHORTEST, LONGEST, WIDEST = 8, 1 << 17, 1 << 16  # bounds on max_length (from, to), most dimensions


@dataclass(frozen=True, slots=True)
class Card:
    """What a runtime must know of a model. ``fingerprint`` changes with the weights. ``titles`` says that a reader
    reads the title and headings of a passage before its text.

    In a question encoder's card, ``passages`` names the encoder of the passages: "default", a hub name, or a folder
    (absolute, or beginning with "." and then relative to the card's folder); ``passages_fingerprint`` is its
    fingerprint.

    The prefixes stand before the texts that an encoder is given, and ``dense_scale`` multiplies its cosines in linear
    fusion if no setting says otherwise. With ``shared``, tokenizer and word table lie in the folder above, for both
    models of a pair. ``languages`` (none: not said) and ``measured`` (figures by name) are for people.
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
    question_prefix: str = ""
    passage_prefix: str = ""
    dense_scale: float = DENSE_SCALE
    shared: bool = False
    languages: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)

    def with_fingerprint(self, digest: str) -> Card:
        """A copy whose fingerprint is the name and a digest of the weights; it is safe as a file name."""
        name = "".join(c if c.isalnum() or c in "-." else "-" for c in self.name)
        return replace(self, fingerprint=f"{name}-{digest}")


def write_card(path: Path, card: Card) -> None:
    """Write as JSON."""
    path.write_text(json.dumps(plain(card), indent=2) + "\n", encoding="utf-8")


def has_card(folder: Path, kind: str) -> bool:
    """Whether the folder has a card of this kind; the rest of the card is not checked."""
    try:
        return _read(folder / CARD).get("kind") == kind
    except ModelError:
        return False


def place_from(folder: Path, name: str) -> str:
    """The form in which a card in ``folder`` records a model's name: a relative path where it names a folder, so that
    both folders can be moved together. `place_of` undoes it.
    """
    if name == "default" or not place_named(name).is_dir():
        return name
    place = place_named(name).resolve()
    try:
        relative = Path(os.path.relpath(place, folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return str(place)
    return relative if relative.startswith(".") else f"./{relative}"


def common_folder(folder: Path, card: Card) -> Path:
    """Where the tokenizer of a model lies, and its word table if that is outside its graph."""
    return folder.parent if card.shared else folder


def place_of(folder: Path, name: str) -> str:
    """The absolute name of a model that a card in ``folder`` records; see `place_from`."""
    return str((folder / name).resolve()) if name.startswith(".") else name


def _read(path: Path) -> dict[str, Any]:
    require_file(path, LARGEST)
    try:
        return read_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a usable model card ({error})") from error


def read_card(folder: Path, kind: str) -> Card:
    """Read and check a card; a card that is missing, damaged or of another kind is a `ModelError`."""
    path = folder / CARD
    values = _read(path)
    form = values.get("format", FORMAT)
    if type(form) is int and form != FORMAT:
        raise ModelError(f"{path}: card format {form}, this ragqa reads {FORMAT}: export the model again")
    try:
        card = convert(Card, values)
        _check(card)
    except Misfit as error:
        raise ModelError(f"{path}: not a usable model card ({error})") from error
    if card.kind != kind:
        raise ModelError(f"{folder} holds a {card.kind}, not a {kind}")
    if kind == "question-encoder" and not (card.passages and card.passages_fingerprint):
        raise ModelError(f"{path}: does not say which encoder its passages have")
    return card


def _check(card: Card) -> None:
    if not card.fingerprint or "/" in card.fingerprint:
        raise Misfit(misfit("fingerprint", card.fingerprint, "what can name a folder"))
    least = 1 if "encoder" in card.kind else 0
    for name, low, high in (("max_length", SHORTEST, LONGEST), ("stride", 0, LONGEST), ("dim", least, WIDEST)):
        if not low <= getattr(card, name) <= high:
            raise Misfit(misfit(name, getattr(card, name), f"from {low} to {high}"))
    if not (math.isfinite(card.dense_scale) and 0.0 <= card.dense_scale <= HIGHEST_SCALE):
        raise Misfit(misfit("dense_scale", card.dense_scale, f"from 0 to {HIGHEST_SCALE:g}"))
    for name in ("question_prefix", "passage_prefix"):
        if len(getattr(card, name)) > LONGEST_PREFIX:
            raise Misfit(misfit(name, getattr(card, name), f"at most {LONGEST_PREFIX} characters"))
