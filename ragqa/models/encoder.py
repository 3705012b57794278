"""Sentence encoders, which turn texts into unit vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.config import DENSE_SCALE
from ragqa.device import AUTO
from ragqa.documents import Passage
from ragqa.errors import FingerprintMismatch, ModelError
from ragqa.models.card import Card
from ragqa.models.fastform import open_fast_form
from ragqa.models.runtime import Runtime, load_sentence_model
from ragqa.models.tokenize import PairTokenizer
from ragqa.models.torch_runtime import half_precision, is_full
from ragqa.normalized import plain
from ragqa.protocols import Encoder

Floats = NDArray[np.float32]
CPU_BATCH, GPU_BATCH = 32, 1024  # texts; sentence-transformers sorts them by length


class OnnxEncoder:
    """A mean-pooling encoder in the fast form. Texts are cut to the model's length.

    ``dense_scale`` multiplies its cosines in linear fusion unless a setting says otherwise.
    """

    def __init__(self, tokenizer: PairTokenizer, runtime: Runtime, card: Card) -> None:
        self.tokenizer, self.runtime = tokenizer, runtime
        self.dim, self.fingerprint, self.dense_scale = card.dim, card.fingerprint, card.dense_scale
        self._prefixes = card.question_prefix, card.passage_prefix

    @classmethod
    def load(cls, folder: str | Path, kind: str = "encoder", *, device: str = AUTO) -> OnnxEncoder:
        """Open a folder that `ragqa export` made."""
        card, tokenizer, runtime = open_fast_form(folder, kind, device)
        return cls(tokenizer, runtime, card)

    def encode_questions(self, questions: Sequence[str]) -> Floats:
        """One row a question."""
        prefix, _ = self._prefixes
        return self._encode([prefix + question for question in questions])

    def encode_passages(self, passages: Sequence[Passage]) -> Floats:
        """One row a passage, which is encoded with its title and headings in front."""
        _, prefix = self._prefixes
        return self._encode([prefix + passage.retrieval_text for passage in passages])

    def is_word(self, text: str) -> bool:
        """Whether the tokenizer has a piece for the whole of it, as it has for frequent words."""
        (tokens,) = self.tokenizer.encode([text])
        return len(tokens) == 1

    def _encode(self, texts: Sequence[str]) -> Floats:
        vectors = np.zeros((len(texts), self.dim), np.float32)
        windows = [self.tokenizer.single(tokens.ids) for tokens in self.tokenizer.encode(texts)]
        for row, (hidden,) in enumerate(self.runtime.run(windows)):
            pooled = hidden.mean(axis=0)
            vectors[row] = pooled / max(float(np.linalg.norm(pooled)), 1e-12)
        return vectors


class QuestionEncoder:
    """Encodes questions by one encoder and passages by another, into whose vector space the first was trained.

    ``fingerprint`` is that of the passages' encoder, so that an index made with that encoder can be used. The passages'
    encoder is loaded when there are passages to encode; its fingerprint must be the one on the card.
    ``question_fingerprint`` changes with the weights of the questions' encoder.
    """

    def __init__(
        self, questions: Encoder, passages: Callable[[], Encoder], fingerprint: str, question_fingerprint: str
    ) -> None:
        self.questions = questions
        self.dim, self.fingerprint, self.question_fingerprint = questions.dim, fingerprint, question_fingerprint
        self.dense_scale = getattr(questions, "dense_scale", DENSE_SCALE)
        self._load_passages = passages

    def encode_questions(self, questions: Sequence[str]) -> Floats:
        """One row a question, by the tuned encoder."""
        return self.questions.encode_questions(questions)

    def encode_passages(self, passages: Sequence[Passage]) -> Floats:
        """One row a passage, by the encoder that the question encoder was trained for."""
        return self.passages.encode_passages(passages)

    @cached_property
    def passages(self) -> Encoder:
        """The passages' encoder; `FingerprintMismatch` if the card was made for another one."""
        encoder = self._load_passages()
        if encoder.fingerprint != self.fingerprint:
            raise FingerprintMismatch(
                f"the question encoder {self.question_fingerprint} was trained for passages encoded by "
                f"{self.fingerprint}, but in its place there is {encoder.fingerprint} now: put the right one back"
            )
        return encoder


class SentenceTransformerEncoder:
    """Any sentence-transformers model on its device, with the prompts it was trained with.

    On a GPU it encodes in half precision, in batches that are halved if memory is full.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.dim = int(model.get_embedding_dimension())
        self.fingerprint = _weights_fingerprint(model)
        self.half = model.device.type == "cuda"
        self.batch = GPU_BATCH if self.half else CPU_BATCH

    @classmethod
    def load(cls, name: str, *, device: str = AUTO) -> SentenceTransformerEncoder:
        """A local directory or a hub name; needs ``[train]``."""
        return cls(load_sentence_model(name, device))

    def encode_questions(self, questions: Sequence[str]) -> Floats:
        """One row a question, with the model's query prompt."""
        return self._encode(self.model.encode_query, list(questions))

    def encode_passages(self, passages: Sequence[Passage]) -> Floats:
        """One row a passage, with the model's document prompt, title and headings in front."""
        return self._encode(self.model.encode_document, [passage.retrieval_text for passage in passages])

    def _encode(self, encode: Callable[..., Any], texts: list[str]) -> Floats:
        seen = [plain(text) for text in texts]
        while True:
            half = self.half
            try:
                with half_precision(self.model.device, half):
                    vectors = self._unit(encode(seen, batch_size=self.batch, show_progress_bar=False))
            except (RuntimeError, MemoryError) as error:
                if not is_full(error):
                    raise
                if self.batch == 1:
                    raise ModelError("there is no memory left to encode a passage: use another device") from error
            else:
                if not half or np.isfinite(vectors).all():
                    return vectors
                self.half = False  # an output is not finite in half precision
                continue
            self.batch //= 2

    def _unit(self, vectors: Any) -> Floats:
        array = np.asarray(vectors, np.float32).reshape(-1, self.dim)
        lengths = np.linalg.norm(array, axis=1, keepdims=True)
        return np.asarray(array / np.maximum(lengths, np.float32(1e-12)), np.float32)


def _weights_fingerprint(model: Any) -> str:
    """A hash of everything that changes the vectors: all weights, the prompts and the length limit."""
    digest = hashlib.sha256(repr((sorted(model.prompts.items()), model.max_seq_length)).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return f"st-{digest.hexdigest()[:16]}"
