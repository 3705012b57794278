"""Fine-tune an extractive reader: transformers' Trainer with our windows and our loss.

The result is a standard `AutoModelForQuestionAnswering` checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    EarlyStoppingCallback,
    PreTrainedModel,
    TrainerCallback,
    TrainerControl,
    TrainingArguments,
    set_seed,
)

from ragqa.corpus.squad import SquadParagraph
from ragqa.errors import ModelError
from ragqa.eval.metrics import exact_match, f1
from ragqa.models.reader import SpanReader
from ragqa.models.runtime import TorchRuntime
from ragqa.models.tokenize import PairTokenizer, pad
from ragqa.train.base import base_path
from ragqa.train.data import (
    Labelled,
    Shape,
    TrainingWindows,
    load_paragraphs,
    split_held_out,
    tokenize_paragraphs,
)
from ragqa.train.engine import Guarded, RunFolder, arguments, fit, optimizer_for, settle, use_bf16
from ragqa.train.losses import marginal_span_loss
from ragqa.train.recipe import ReaderRecipe


class Collator:
    """Labelled windows → tensors."""

    def __init__(self, tokenizer: PairTokenizer, type_ids: bool) -> None:
        self.tokenizer, self.type_ids = tokenizer, type_ids

    def __call__(self, labelled: Sequence[Labelled]) -> dict[str, Tensor]:
        """Pad windows and spans; ``allowed`` marks the passage and the null position."""
        batch = pad([item.window for item in labelled], self.tokenizer.pad_id)
        spans = np.full((len(labelled), max(len(item.spans) for item in labelled), 2), -1, np.int64)
        allowed = np.zeros(batch.ids.shape, bool)
        for row, item in enumerate(labelled):
            spans[row, : len(item.spans)] = item.spans
            allowed[row, item.window.context : item.window.context + item.window.size] = True
        allowed[:, 0] = True
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask, "allowed": allowed, "spans": spans}
        if self.type_ids:
            arrays["token_type_ids"] = batch.type_ids
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


Evaluate = Callable[[PreTrainedModel], dict[str, float]]


class ReaderTrainer(Guarded):
    """Our loss, our order (the dataset is already the whole run in order), our evaluation."""

    def __init__(self, *args: Any, score: Evaluate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._score = score

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        """The marginal span loss."""
        inputs = dict(inputs)
        spans, allowed = inputs.pop("spans"), inputs.pop("allowed")
        output = model(**inputs)
        loss = marginal_span_loss(output.start_logits, output.end_logits, allowed, spans)
        return (loss, output) if return_outputs else loss

    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """EM and F1 of the decoded answers on the held-out articles."""
        if self._score is None:
            return {}
        self.model.eval()
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in self._score(self.model).items()}
        self.model.train()
        self.log(metrics)
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def load_base(recipe: ReaderRecipe) -> tuple[PreTrainedModel, Any]:
    """The backbone with fresh span heads, dropout and frozen parts set, and its tokenizer."""
    path = base_path(recipe.base)
    try:
        config = AutoConfig.from_pretrained(path, trust_remote_code=False)
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):
            if hasattr(config, name):
                setattr(config, name, recipe.method.dropout)
        model = AutoModelForQuestionAnswering.from_pretrained(
            path,
            config=config,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation=recipe.method.attention,
        )
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{recipe.base}: cannot be loaded as a reader ({error})") from error
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not any(part in name.split(".") for part in recipe.method.freeze)
    return model, tokenizer


def train_reader(
    data: Sequence[str | Path], output: str | Path, recipe: ReaderRecipe, *, callbacks: Sequence[TrainerCallback] = ()
) -> Path:
    """Train on SQuAD-format files and write the checkpoint to ``output``; a run that lies there unfinished goes on."""
    folder = RunFolder(output)
    folder.begin(recipe, data)
    set_seed(recipe.train.seed)
    model, slow_tokenizer = load_base(recipe)
    frozen = {name: value.detach().clone() for name, value in model.named_parameters() if not value.requires_grad}
    if use_bf16(recipe.train):
        model.to(torch.bfloat16)
    tokenizer = PairTokenizer(slow_tokenizer.backend_tokenizer, recipe.data.max_length)
    training, held_out = split_held_out(load_paragraphs(data), recipe.data.held_out, recipe.train.seed)
    type_ids = "token_type_ids" in slow_tokenizer.model_input_names
    shape = Shape(recipe.data.stride, recipe.data.crop_tokens, recipe.data.crop_until, recipe.data.negatives)
    windows = TrainingWindows(
        tokenize_paragraphs(training, tokenizer),
        tokenizer,
        shape,
        recipe.train.steps,
        recipe.train.batch_size,
        recipe.train.seed,
    )
    optimizer = optimizer_for(model, recipe.train)
    scored = bool(recipe.train.eval_every)
    trainer = ReaderTrainer(
        model=model,
        optimizers=(optimizer, None),
        args=TrainingArguments(
            **arguments(recipe.train, folder),
            train_sampling_strategy="sequential",
            remove_unused_columns=False,
            metric_for_best_model="f1" if scored else None,
        ),
        train_dataset=windows,
        eval_dataset=windows if scored else None,  # never looked at: `evaluate` has its own questions
        data_collator=Collator(tokenizer, type_ids),
        callbacks=[*callbacks, *([EarlyStoppingCallback(recipe.train.patience)] if scored else [])],
        score=_scorer(held_out, tokenizer, recipe, type_ids) if scored else None,
        processing_class=slow_tokenizer,
    )
    fit(trainer, folder)
    settle(trainer, optimizer, model)
    model.load_state_dict(frozen, strict=False)  # unrounded, so that they are still the base's
    trainer.save_model(str(folder.path))
    folder.finish()
    return folder.path


def _scorer(
    held_out: Sequence[SquadParagraph], tokenizer: PairTokenizer, recipe: ReaderRecipe, type_ids: bool
) -> Evaluate:
    """EM and F1 (in percent) on up to ``held_out_questions`` of the held-out articles' questions."""
    pairs = [
        (question, paragraph.text) for paragraph in held_out for question in paragraph.questions if question.answers
    ]
    chosen = np.random.default_rng(recipe.train.seed).permutation(len(pairs))[: recipe.data.held_out_questions]
    questions, texts = zip(*(pairs[index] for index in chosen), strict=True)

    def score(model: PreTrainedModel) -> dict[str, float]:
        runtime = TorchRuntime(model, ("start_logits", "end_logits"), tokenizer.pad_id, type_ids)
        reader = SpanReader(tokenizer, runtime, recipe.data.stride, spans=1)
        decoded = reader.read_texts([question.text for question in questions], texts)
        quotes = [
            text[found.spans[0].start : found.spans[0].end] if found.spans else ""
            for text, found in zip(texts, decoded, strict=True)
        ]
        references = [[answer.text for answer in question.answers] for question in questions]
        return {
            "em": 100 * float(np.mean([exact_match(q, r) for q, r in zip(quotes, references, strict=True)])),
            "f1": 100 * float(np.mean([f1(q, r) for q, r in zip(quotes, references, strict=True)])),
        }

    return score
