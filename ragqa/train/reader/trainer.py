"""The reader's trainer: transformers' Trainer with our windows, our losses and our memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ragqa.models.tokenize import PairTokenizer, pad
from ragqa.train.checkpoints.companions import (
    Companion,
    ExactWeights,
    RelevanceHead,
    load_companions,
    save_companions,
)
from ragqa.train.engine.run import Scored
from ragqa.train.engine.settings import ReaderLoss, ReaderMethod
from ragqa.train.reader.adversary import Adversarial
from ragqa.train.reader.averaging import MovingAverage
from ragqa.train.reader.distill import Teachers
from ragqa.train.reader.losses import (
    distillation_loss,
    marginal_span_loss,
    r_drop_loss,
    relevance_loss,
    span_log_probabilities,
)
from ragqa.train.reader.scoring import Score
from ragqa.train.reader.tuning import RankAllocation
from ragqa.train.reader.windows import Labelled

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


class ReaderTrainer(Scored, Adversarial):
    """Our losses, our order (the dataset is already the whole run in order), our evaluation, our companions."""

    def __init__(
        self,
        *args: Any,
        loss: ReaderLoss,
        method: ReaderMethod,
        score: Score | None = None,
        companions: Sequence[Companion] = (),
        head: RelevanceHead | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.adversary, self.adversary_steps = method.adversary, method.adversary_steps
        self.adversary_epsilon = method.adversary_epsilon
        self._loss, self._score, self._companions, self._head = loss, score, companions, head
        self._average = next((one for one in companions if isinstance(one, MovingAverage)), None)
        self._ranks = next((one for one in companions if isinstance(one, RankAllocation)), None)
        self._exact = any(isinstance(one, ExactWeights) for one in companions)

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        """All that `ReaderLoss` asks for."""
        inputs = dict(inputs)
        targets = {name: inputs.pop(name) for name in TARGETS if name in inputs}
        if self._head is not None:
            inputs["output_hidden_states"] = True
        output = model(**inputs)
        loss = self._one_pass(output, targets)
        if self._loss.r_drop:
            again = model(**inputs)
            both = [span_log_probabilities(o.start_logits, o.end_logits, targets["allowed"]) for o in (output, again)]
            loss = (loss + self._one_pass(again, targets)) / 2 + self._loss.r_drop * r_drop_loss(*both)
        if self._ranks is not None:
            loss = loss + self._ranks.orthogonality()
        return (loss, output) if return_outputs else loss

    def _one_pass(self, output: Any, targets: dict[str, Tensor]) -> Tensor:
        settings, logits = self._loss, (output.start_logits, output.end_logits)
        loss = marginal_span_loss(*logits, targets["allowed"], targets["spans"], settings.label_smoothing)
        if "teacher_starts" in targets:
            teacher = targets["teacher_starts"], targets["teacher_ends"]
            imitation = distillation_loss(logits, teacher, targets["readable"], settings.distill_temperature)
            loss = (1.0 - settings.distill) * loss + settings.distill * imitation
        if self._head is not None:
            scores = self._head(output.hidden_states[-1][:, 0]).squeeze(-1)
            loss = loss + settings.relevance * relevance_loss(scores, targets["answers"])
        return loss

    def figures(self) -> dict[str, float] | None:
        """EM and F1 on held-out questions; of the moving average, where there is one."""
        if self._score is None or self._average is None:
            return self._score and self._score(self.model)
        with self._average.shown(self.model):
            return self._score(self.model)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """A checkpoint gets its companions too, before the trainer's state, which says that it is whole."""
        super().save_model(output_dir, _internal_call)
        if _internal_call and output_dir is not None and self.args.should_save:
            save_companions(Path(output_dir), self._companions)
            if self._head is not None:
                self._head.save(Path(output_dir))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        if not self._exact:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        self._restore(Path(resume_from_checkpoint))

    def _load_best_model(self) -> None:
        if not self._exact:
            super()._load_best_model()
        self._restore(Path(self.state.best_model_checkpoint))

    def _restore(self, checkpoint: Path) -> None:
        load_companions(checkpoint, self._companions)
        if self._head is not None:
            self._head.load(checkpoint)


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
