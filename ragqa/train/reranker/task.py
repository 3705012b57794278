"""What a reranker learns in a step: each question's passages side by side, and the loss over their logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from ragqa.models.tokenize import PairTokenizer, pad
from ragqa.train.engine.job import Batch, Task
from ragqa.train.retriever.batches import DrawnPairing


class PairCollator:
    """Questions with their passages → pairs as tensors, a question's passages one after another, its positive first."""

    def __init__(self, tokenizer: PairTokenizer, type_ids: bool) -> None:
        self._tokenizer, self._type_ids = tokenizer, type_ids

    def __call__(self, draws: Sequence[DrawnPairing]) -> Batch:
        """One batch; every question must have as many passages as the others."""
        texts = [candidate.retrieval_text for draw in draws for candidate in draw.passages]
        asked = self._tokenizer.encode([draw.pairing.question for draw in draws])
        owners = [question for question, draw in zip(asked, draws, strict=True) for _ in draw.passages]
        passages = self._tokenizer.encode(texts)
        pairs = [self._tokenizer.pair(one.ids, text.ids) for one, text in zip(owners, passages, strict=True)]
        batch = pad(pairs, self._tokenizer.pad_id)
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask}
        if self._type_ids:
            arrays["token_type_ids"] = batch.type_ids
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


class RerankerTask(Task):
    """A model with one logit for a pair, with the loss of a batch of `PairCollator`."""

    def __init__(self, model: Any, objective: str, passages: int) -> None:
        super().__init__()
        self.model, self._objective, self._passages = model, objective, passages

    def forward(self, **batch: Any) -> Tensor:
        """The loss."""
        logits = self.model(**batch).logits.float().reshape(-1, self._passages)
        return listwise(logits) if self._objective == "listwise" else binary(logits)


def listwise(logits: Tensor) -> Tensor:
    """Mean over questions of −log p(positive), by a softmax over the logits [questions, passages]; positives first."""
    return cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64, device=logits.device))


def binary(logits: Tensor) -> Tensor:
    """Mean over questions of half the cross entropy of the positive (told to be 1) and half the mean one of the
    negatives (told to be 0); logits are [questions, passages], positives first.
    """
    right, wrong = logits[:, :1], logits[:, 1:]
    found = binary_cross_entropy_with_logits(right, torch.ones_like(right))
    return (found + binary_cross_entropy_with_logits(wrong, torch.zeros_like(wrong))) / 2
