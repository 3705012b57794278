"""Which weights move: all, the topmost layers, biases, or PEFT's adapters; and layers that join during the run.

There are no bottleneck adapters: PEFT (0.21) has none that fit encoders, and the `adapters` library (1.3.0) is for
transformers 4.57.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import (
    AdaLoraConfig,
    IA3Config,
    LoraConfig,
    PeftConfig,
    PeftModel,
    PrefixTuningConfig,
    PromptTuningConfig,
    TaskType,
    get_peft_model,
)
from torch import Tensor, nn
from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ragqa.errors import ConfigError, ModelError
from ragqa.models.runtime import run_with_adapter
from ragqa.train.engine.recipe import ReaderRecipe
from ragqa.train.reader.layers import depths, matrices

PROMPTS = ("prefix", "prompt")  # cannot be merged into the weights
ADAPTERS = ("lora", "adalora", "ia3", *PROMPTS)
HEADS = "qa_outputs"


def tuned(model: PreTrainedModel, recipe: ReaderRecipe) -> nn.Module:
    """The model with its moving weights marked, and wrapped by PEFT if an adapter moves."""
    method = recipe.method
    if method.tune in ADAPTERS:
        return _adapted(model, recipe)
    depth = depths(model) if method.tune == "last" else {}
    for name, parameter in model.named_parameters():
        frozen = any(part in name.split(".") for part in method.freeze)
        parameter.requires_grad = not frozen and _moves(name, method.tune, depth, method.layers)
    return model


def merged(model: nn.Module) -> PreTrainedModel:
    """The model of a standard checkpoint, with adapters merged into the weights. Prompts cannot be merged; their base
    is given.
    """
    if not isinstance(model, PeftModel):
        assert isinstance(model, PreTrainedModel)
        return model
    if model.active_peft_config.is_prompt_learning:
        base = model.get_base_model()
        heads = getattr(base, HEADS)
        setattr(base, HEADS, getattr(heads, "modules_to_save", {"default": heads})["default"])
        return base
    return model.merge_and_unload()


def save_adapter(model: PeftModel, folder: Path, base: str) -> None:
    """Save in PEFT's own format. It names the base as the recipe does, and not by its place on this machine."""
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty form


class Unfreezing(TrainerCallback):
    """Heads and the topmost layer move from the start; every ``every`` steps another layer joins (Howard and Ruder
    2018).
    """

    def __init__(self, model: nn.Module, every: int) -> None:
        depth_of = depths(model)
        self.every = every
        self.weights = [(depth_of[name], weight) for name, weight in model.named_parameters() if weight.requires_grad]

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer. The step alone decides what moves, so a resumed run needs no saved state."""
        for depth, weight in self.weights:
            weight.requires_grad = depth <= 1 + state.global_step // self.every
        return control

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Restore which weights move."""
        for _depth, weight in self.weights:
            weight.requires_grad = True
        return control


class RankAllocation(TrainerCallback):
    """AdaLoRA's pruning after each step (Zhang et al. 2023). It is a `Companion`, because sensitivities must be saved
    with a checkpoint.
    """

    name = "adalora"

    def __init__(self, model: PeftModel) -> None:
        self.model = model.base_model
        self.config = model.peft_config["default"]

    @property
    def _allocator(self) -> Any:
        return self.model.rankallocator

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer between a step and the clearing of its gradients."""
        self.model.update_and_allocate(state.global_step + 1)
        return control

    def orthogonality(self) -> Tensor:
        """The regulariser: mean ‖P Pᵀ − I‖ over the factors, times its weight."""
        factors = [(n, p) for n, p in self.model.named_parameters() if ".lora_A." in n or ".lora_B." in n]
        terms = []
        for name, factor in factors:
            square = factor @ factor.T if ".lora_A." in name else factor.T @ factor
            terms.append(torch.linalg.matrix_norm(square - torch.eye(len(square), device=square.device)))
        return torch.stack(terms).mean() * self.config.orth_reg_weight

    def prune(self) -> None:
        """Remove again what was pruned, for weights that were changed since, such as averages."""
        if self.config.rank_pattern:
            self._allocator.mask_using_rank_pattern(self.model.model, self.config.rank_pattern)

    def state(self) -> dict[str, Tensor]:
        """Sensitivities, their uncertainties, and which ranks are left."""
        parts: Mapping[str, Mapping[str, Any]] = {
            "sensitivity": self._allocator.exp_avg_ipt,
            "uncertainty": self._allocator.exp_avg_unc,
            "left": {name: torch.tensor(kept) for name, kept in (self.config.rank_pattern or {}).items()},
        }
        return {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state`."""
        parts: dict[str, dict[str, Tensor]] = {"sensitivity": {}, "uncertainty": {}, "left": {}}
        device = next(self.model.parameters()).device
        for key, value in state.items():
            part, _, name = key.partition("/")
            parts[part][name] = value if part == "left" else value.to(device)
        self._allocator.exp_avg_ipt, self._allocator.exp_avg_unc = parts["sensitivity"], parts["uncertainty"]
        self._allocator.ipt = {name: torch.zeros_like(value) for name, value in parts["sensitivity"].items()}
        self.config.rank_pattern = {name: kept.tolist() for name, kept in parts["left"].items()} or None


def _moves(name: str, tune: str, depth: Mapping[str, int], layers: int) -> bool:
    if tune == "last":
        return depth[name] <= layers
    if tune == "bitfit":
        return name.endswith(".bias") or HEADS in name.split(".")
    return True


def _adapted(model: PreTrainedModel, recipe: ReaderRecipe) -> nn.Module:
    method = recipe.method
    if method.tune in PROMPTS:
        longest = getattr(model.config, "max_position_embeddings", None)
        if longest is not None and recipe.data.max_length + method.virtual_tokens > longest:
            raise ConfigError(
                f"data.max_length ({recipe.data.max_length}) and method.virtual_tokens ({method.virtual_tokens}) "
                f"together exceed the base's {longest} positions: lower one of them"
            )
    try:
        shell = get_peft_model(model, _peft_config(model, recipe))
    except (ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{recipe.base}: method.tune={method.tune} does not fit this base ({reason})") from error
    run_with_adapter(shell)
    return shell


def _peft_config(model: PreTrainedModel, recipe: ReaderRecipe) -> PeftConfig:
    method, task = recipe.method, TaskType.QUESTION_ANS
    if method.tune == "prefix":
        return PrefixTuningConfig(task_type=task, num_virtual_tokens=method.virtual_tokens)
    if method.tune == "prompt":
        return PromptTuningConfig(task_type=task, num_virtual_tokens=method.virtual_tokens)
    if method.tune == "ia3":
        return IA3Config(task_type=task)
    common = {"task_type": task, "lora_dropout": method.dropout, "target_modules": matrices(model)}
    if method.tune == "lora":
        return LoraConfig(r=method.rank, lora_alpha=2 * method.rank, **common)
    steps, first = recipe.train.steps, max(method.rank + 1, round(1.5 * method.rank))
    return AdaLoraConfig(
        init_r=first,
        target_r=method.rank,
        lora_alpha=2 * method.rank,
        total_step=steps,
        tinit=steps // 10,
        tfinal=steps // 5,
        deltaT=max(1, steps // 100),
        **common,
    )
