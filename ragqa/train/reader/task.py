"""What a reader learns in a step: windows as tensors, and the loss of all that `ReaderLoss` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ragqa.models.tokenize import PairTokenizer, pad
from ragqa.train.engine.job import Task
from ragqa.train.engine.settings import ReaderLoss
from ragqa.train.reader.distill import Teachers
from ragqa.train.reader.losses import (
    distillation_loss,
    marginal_span_loss,
    r_drop_loss,
    relevance_loss,
    span_log_probabilities,
)
from ragqa.train.reader.tuning import RankAllocation
from ragqa.train.reader.windows import Labelled

RELEVANCE = "relevance.safetensors"
TARGETS = ("spans", "allowed", "answers", "teacher_starts", "teacher_ends", "readable")


class WindowCollator:
    """Questions with their labelled windows → tensors; see `ragqa.train.reader.losses` for their shapes."""

    def __init__(self, tokenizer: PairTokenizer, type_ids: bool, teachers: Teachers | None = None) -> None:
        self.tokenizer, self.type_ids, self.teachers = tokenizer, type_ids, teachers

    def __call__(self, questions: Sequence[Sequence[Labelled]]) -> dict[str, Tensor]:
        """Pad windows and spans; ``allowed`` marks the passages and one null position a question."""
        windows = [labelled.window for group in questions for labelled in group]
        batch = pad(windows, self.tokenizer.pad_id)
        length = batch.ids.shape[1]
        readable = np.zeros(batch.ids.shape, bool)
        for row, window in enumerate(windows):
            readable[row, window.context : window.context + window.size] = True
        allowed = readable.reshape(len(questions), -1).copy()
        allowed[:, 0] = True
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask, "allowed": allowed}
        arrays["spans"] = _stack([_group_spans(group, length) for group in questions])
        arrays["answers"] = np.array([labelled.answers for group in questions for labelled in group], np.float32)
        if self.type_ids:
            arrays["token_type_ids"] = batch.type_ids
        if self.teachers is not None:
            arrays["teacher_starts"], arrays["teacher_ends"] = self.teachers.distributions(windows, length)
            readable[:, 0] = True
            arrays["readable"] = readable
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


class RelevanceHead(nn.Linear):
    """Tells from position 0 whether the window holds an answer."""

    def __init__(self, width: int) -> None:
        super().__init__(width, 1)

    def save(self, folder: Path) -> None:
        """Write ``relevance.safetensors``: weight [1, width] and bias [1] on the last hidden state of position 0."""
        state = {name: value.detach().float().contiguous() for name, value in self.state_dict().items()}
        save_file(state, str(folder / RELEVANCE))


class ReaderTask(Task):
    """A model with span heads, and the relevance head if there is one, with the loss of a batch of `WindowCollator`."""

    def __init__(self, model: Any, loss: ReaderLoss, width: int, ranks: RankAllocation | None = None) -> None:
        super().__init__()
        self.model, self._loss, self._ranks = model, loss, ranks
        self.head = RelevanceHead(width) if loss.relevance else None

    def forward(self, **batch: Any) -> Tensor:
        """The loss of one pass, of two with R-Drop."""
        targets = {name: batch.pop(name) for name in TARGETS if name in batch}
        if self.head is not None:
            batch["output_hidden_states"] = True
        output = self.model(**batch)
        loss = self._one_pass(output, targets)
        if self._loss.r_drop:
            again = self.model(**batch)
            both = [span_log_probabilities(o.start_logits, o.end_logits, targets["allowed"]) for o in (output, again)]
            loss = (loss + self._one_pass(again, targets)) / 2 + self._loss.r_drop * r_drop_loss(*both)
        if self._ranks is not None:
            loss = loss + self._ranks.orthogonality()
        return loss

    def _one_pass(self, output: Any, targets: dict[str, Tensor]) -> Tensor:
        settings, logits = self._loss, (output.start_logits, output.end_logits)
        loss = marginal_span_loss(*logits, targets["allowed"], targets["spans"], settings.label_smoothing)
        if "teacher_starts" in targets:
            teacher = targets["teacher_starts"], targets["teacher_ends"]
            imitation = distillation_loss(logits, teacher, targets["readable"], settings.distill_temperature)
            loss = (1.0 - settings.distill) * loss + settings.distill * imitation
        if self.head is not None:
            scores = self.head(output.hidden_states[-1][:, 0]).squeeze(-1)
            loss = loss + settings.relevance * relevance_loss(scores, targets["answers"])
        return loss


def _group_spans(group: Sequence[Labelled], length: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The right spans of a question's windows laid end to end; [[0, 0]] where none holds one."""
    right = [labelled.spans + number * length for number, labelled in enumerate(group) if labelled.answers]
    return np.concatenate(right) if right else np.zeros((1, 2), np.int64)


def _stack(spans: Sequence[np.ndarray[Any, np.dtype[np.int64]]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """[n, p, 2], padded with −1."""
    stacked = np.full((len(spans), max(map(len, spans)), 2), -1, np.int64)
    for row, own in enumerate(spans):
        stacked[row, : len(own)] = own
    return stacked
