"""An encoder and a reader as one module, and each of them in the form that the rest of ragqa uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ragqa.documents import Passage
from ragqa.errors import ConfigError
from ragqa.index.snapshot import Snapshot
from ragqa.models.runtime import load_sentence_model, load_span_model
from ragqa.train.checkpoints.adapter import merge_packaged
from ragqa.train.checkpoints.question_encoder import save_encoder, save_question_encoder
from ragqa.train.checkpoints.unpack import encoder_place
from ragqa.train.engine.recipe import JointRecipe
from ragqa.train.retriever.towers import POSITIVE, prompts

ENCODER, READER = "encoder", "reader"
ENCODED = 64  # questions at a time


class JointModel(nn.Module):
    """An encoder (a sentence-transformers model) and a reader (span heads), trained as one."""

    def __init__(self, encoder: Any, reader: Any) -> None:
        super().__init__()
        self.encoder, self.reader = encoder, reader

    @property
    def device(self) -> torch.device:
        """The device of its weights."""
        return next(self.parameters()).device

    def encode(self, questions: Sequence[str]) -> Tensor:
        """Unit vectors [b, dim] of questions, as sentence-transformers' `encode_query` gives them, with gradients."""
        return self._encode(questions, self.encoder.prompts.get("query"))

    def encode_passages(self, passages: Sequence[Passage]) -> Tensor:
        """Unit vectors [n, dim] of passages, as `encode_document` gives them, with gradients."""
        texts = [passage.retrieval_text for passage in passages]
        return self._encode(texts, prompts(self.encoder, most=1).get(POSITIVE))

    def _encode(self, texts: Sequence[str], prompt: str | None) -> Tensor:
        features = self.encoder.preprocess(list(texts), prompt=prompt)
        moved = {name: part.to(self.device) if isinstance(part, Tensor) else part for name, part in features.items()}
        return nn.functional.normalize(self.encoder(moved)["sentence_embedding"].float(), dim=-1)


class QuestionSide:
    """The encoder of a `JointModel` during training, as a pipeline uses it; passages are encoded already."""

    def __init__(self, model: JointModel, snapshot: Snapshot) -> None:
        self._model = model
        self.fingerprint, self.dim = snapshot.manifest.encoder.fingerprint, snapshot.manifest.encoder.dim

    def encode_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """One row a question."""
        vectors = np.empty((len(questions), self.dim), np.float32)
        with torch.inference_mode():
            for start in range(0, len(questions), ENCODED):
                part = slice(start, start + ENCODED)
                vectors[part] = self._model.encode(questions[part]).cpu().numpy()
        return vectors

    def encode_passages(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Never called."""
        raise NotImplementedError("passages keep the vectors that they are indexed with")


def load_models(recipe: JointRecipe, snapshot: Snapshot) -> tuple[JointModel, Any]:
    """The two models with frozen and idle parts set, and the reader's tokenizer; they must fit the index."""
    with encoder_place(recipe.base) as place:
        encoder = load_sentence_model(place)
    dim, wanted = encoder.get_embedding_dimension(), snapshot.manifest.encoder.dim
    if dim != wanted:
        raise ConfigError(
            f"base {recipe.base} gives vectors of length {dim}, the index holds {wanted}: name its encoder"
        )
    with _reader_place(recipe.reader) as place:
        span_model, tokenizer = load_span_model(place)
    moving = {"encoder": recipe.method.train_retriever, "reader": recipe.method.train_reader}
    model = JointModel(encoder, span_model)
    for name, parameter in model.named_parameters():
        side, *parts = name.split(".")
        parameter.requires_grad = moving[side] and not any(part in parts for part in recipe.method.freeze)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = recipe.method.dropout
    return model, tokenizer


@contextmanager
def _reader_place(name: str) -> Iterator[str]:
    """Where a reader's checkpoint lies. That of the packaged one is written for the duration of the block."""
    if name != "default":
        yield name
        return
    with TemporaryDirectory(prefix="ragqa-") as aside:
        yield str(merge_packaged("reader", aside))


def save_models(model: JointModel, tokenizer: Any, snapshot: Snapshot | None, folder: Path) -> None:
    """``folder/encoder`` for ``--encoder`` and ``folder/reader`` for ``--reader``.

    With a ``snapshot`` the encoder is a question encoder for it, else one for both sides.
    """
    model.reader.save_pretrained(str(folder / READER))
    tokenizer.save_pretrained(str(folder / READER))
    if snapshot is None:
        save_encoder(model.encoder, folder / ENCODER)
    else:
        save_question_encoder(model.encoder, snapshot.manifest.encoder, folder / ENCODER)
