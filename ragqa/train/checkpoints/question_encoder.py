"""How a trained encoder is stored: for both sides, or for questions alone, with a card that names the passages'
encoder.
"""

from __future__ import annotations

from pathlib import Path

from sentence_transformers import SentenceTransformer

from ragqa.errors import ModelError
from ragqa.models.card import CARD, Card, place_from, write_card
from ragqa.store.atomic import sha256, storing
from ragqa.store.manifest import EncoderFact


def save_encoder(model: SentenceTransformer, folder: str | Path) -> None:
    """A standard sentence-transformers folder, in safetensors; other files there are left alone."""
    with storing(Path(folder)):
        model.save_pretrained(str(folder), create_model_card=False)


def save_question_encoder(model: SentenceTransformer, passages: EncoderFact, folder: str | Path) -> None:
    """Save as `save_encoder` does, with a card that names the passages' encoder, so that `load_encoder` gives both.

    The place of a local encoder is recorded relative to ``folder``. Vectors of another length are a `ModelError`.
    """
    folder, dim = Path(folder), int(model.get_embedding_dimension())
    if dim != passages.dim:
        raise ModelError(f"{passages.name} gives vectors of length {passages.dim}, the trained model {dim}")
    save_encoder(model, folder)
    card = Card(
        kind="question-encoder",
        name=folder.resolve().name,
        fingerprint="",
        max_length=int(model.max_seq_length or 512),
        dim=dim,
        passages=place_from(folder, passages.name),
        passages_fingerprint=passages.fingerprint,
    )
    with storing(folder / CARD):
        write_card(folder / CARD, card.with_fingerprint(sha256(folder / "model.safetensors")[:12]))
