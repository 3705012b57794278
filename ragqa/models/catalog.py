"""From a model's name to a model: the packaged ones, folders in the fast form, checkpoints, hub names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ragqa.errors import ModelError
from ragqa.models.card import CARD, read_card
from ragqa.models.encoder import OnnxEncoder, SentenceTransformerEncoder
from ragqa.models.reader import SpanReader
from ragqa.protocols import Encoder
from ragqa.store.atomic import sha256

PRETRAINED = Path(__file__).parent / "pretrained"


def load_encoder(name: str = "default") -> Encoder:
    """Load "default", a folder in the fast form, or (with ``[train]``) any sentence-transformers model."""
    place = _place(name, "encoder")
    if (place / CARD).is_file():
        return OnnxEncoder.load(place)
    return SentenceTransformerEncoder.load(name)


def load_reader(name: str = "default", *, max_chars: int = 160) -> SpanReader:
    """Load "default", a folder in the fast form, or (with ``[train]``) any checkpoint with span heads."""
    place = _place(name, "reader")
    if (place / CARD).is_file():
        return SpanReader.load(place, max_chars=max_chars)
    return SpanReader.load_checkpoint(name, max_chars=max_chars)


def reader_fingerprint(name: str = "default") -> str:
    """What changes with a reader's weights: the card's word, a hash of a local checkpoint's files, or a hub name."""
    place = _place(name, "reader")
    if (place / CARD).is_file():
        return read_card(place, "reader").fingerprint
    weights = sorted([*place.glob("*.safetensors"), *place.glob("*/*.safetensors")]) if place.is_dir() else []
    digests = "".join(sha256(path) for path in weights)
    return f"{place.name}-{hashlib.sha256(digests.encode()).hexdigest()[:16]}" if weights else name


def _place(name: str, kind: str) -> Path:
    """The folder a name stands for; a name that is clearly a path must exist, others may be hub names."""
    if name == "default":
        place = PRETRAINED / kind
        if not (place / CARD).is_file():
            raise ModelError(f"the packaged {kind} is missing from {place}: reinstall ragqa")
        return place
    place = Path(name).expanduser()
    looks_like_path = place.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if looks_like_path and not place.is_dir():
        raise ModelError(f"{name}: no such model directory")
    return place
