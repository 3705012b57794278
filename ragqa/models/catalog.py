"""From a model's name to a model: the packaged ones, folders in the fast form, checkpoints, hub names."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path

from ragqa.errors import ConfigError, ModelError
from ragqa.models.card import CARD, MODEL, has_card, place_of, read_card
from ragqa.models.encoder import OnnxEncoder, QuestionEncoder, SentenceTransformerEncoder
from ragqa.models.reader import SpanReader
from ragqa.models.reranker import CrossEncoder
from ragqa.protocols import Encoder
from ragqa.store.atomic import sha256
from ragqa.store.manifest import EncoderFact
from ragqa.store.outside import place_named

PRETRAINED = Path(__file__).parent / "pretrained"
DEFAULT = "default"


def encoder_name(recorded: EncoderFact, index: str | Path, named: str = DEFAULT) -> str:
    """The name of the encoder to use with an index: what the user ``named``, else the packaged one, if that is what the
    index' manifest ``recorded`` by name or by fingerprint.

    An index may come from anywhere, so a folder or hub name in it loads nothing by itself: it is a `ConfigError` that
    says how to name it.
    """
    if named != DEFAULT or recorded.name == DEFAULT:
        return named
    if recorded.fingerprint == read_card(_place(DEFAULT, "encoder"), "encoder").fingerprint:
        return DEFAULT
    raise ConfigError(
        f"{index}: was built with the encoder {recorded.name}, and no index loads another than the packaged one by "
        f"itself: if you know it, name it, with --encoder {shlex.quote(recorded.name)} (in Python, index.encoder)"
    )


def load_encoder(name: str = "default") -> Encoder:
    """Load "default", a folder in the fast form, or (with ``[train]``) any sentence-transformers model.

    A folder of a question encoder gives both sides: its questions', and the passages' that its card names, which is
    loaded once there are passages to encode. Who names the folder asks for both.
    """
    place = _place(name, "encoder")
    if has_card(place, "question-encoder"):
        return _load_question_encoder(place)
    if (place / CARD).is_file():
        return OnnxEncoder.load(place)
    return SentenceTransformerEncoder.load(name)


def _load_question_encoder(folder: Path) -> QuestionEncoder:
    card = read_card(folder, "question-encoder")
    questions: Encoder
    if (folder / MODEL).is_file():
        questions = OnnxEncoder.load(folder, "question-encoder")
    else:
        questions = SentenceTransformerEncoder.load(str(folder))
    if questions.dim != card.dim:
        raise ModelError(f"{folder}: its vectors have {questions.dim} dimensions, its card says {card.dim}")
    partner = place_of(folder, card.passages)

    def load_partner() -> Encoder:
        if has_card(_place(partner, "encoder"), "question-encoder"):
            raise ModelError(f"{folder}: its card names a question encoder, {partner}, for the passages")
        return load_encoder(partner)

    return QuestionEncoder(questions, load_partner, card.passages_fingerprint, card.fingerprint)


def load_reader(name: str = "default", *, max_chars: int = 160) -> SpanReader:
    """Load "default", a folder in the fast form, or (with ``[train]``) any checkpoint with span heads."""
    place = _place(name, "reader")
    if (place / CARD).is_file():
        return SpanReader.load(place, max_chars=max_chars)
    return SpanReader.load_checkpoint(name, max_chars=max_chars)


def load_reranker(name: str) -> CrossEncoder:
    """Load a folder in the fast form or (with ``[train]``) any checkpoint that classifies with one label."""
    place = _folder(name)
    if (place / CARD).is_file():
        return CrossEncoder.load(place)
    return CrossEncoder.load_checkpoint(name)


def reader_fingerprint(name: str = "default") -> str:
    """What changes with a reader's weights: the card's word, a hash of a local checkpoint's files, or a hub name."""
    return _fingerprint(name, _place(name, "reader"), "reader")


def reranker_fingerprint(name: str) -> str:
    """What changes with a reranker's weights, as of a reader."""
    return _fingerprint(name, _folder(name), "reranker")


def _fingerprint(name: str, place: Path, kind: str) -> str:
    if (place / CARD).is_file():
        return read_card(place, kind).fingerprint
    weights = sorted([*place.glob("*.safetensors"), *place.glob("*/*.safetensors")]) if place.is_dir() else []
    digests = "".join(sha256(path) for path in weights)
    return f"{place.name}-{hashlib.sha256(digests.encode()).hexdigest()[:16]}" if weights else name


def reader_calibration(name: str = "default") -> Path | None:
    """The file that says what the scores of a reader in the fast form are worth, if one came with it."""
    path = _place(name, "reader") / "calibration.json"
    return path if path.is_file() else None


def _place(name: str, kind: str) -> Path:
    """The folder a name stands for, or "default"."""
    if name == "default":
        place = PRETRAINED / kind
        if not (place / CARD).is_file():
            raise ModelError(f"the packaged {kind} is missing from {place}: reinstall ragqa")
        return place
    return _folder(name)


def _folder(name: str) -> Path:
    """The folder of a name; one that is clearly a path must exist, others may be hub names."""
    place = place_named(name)
    looks_like_path = place.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if looks_like_path and not place.is_dir():
        raise ModelError(f"{name}: no such model directory")
    return place
