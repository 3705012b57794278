"""The arguments of transformers' trainer, for every kind of run."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import torch
from transformers import TrainingArguments

from ragqa.errors import ConfigError, MissingExtra
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.settings import TrainSettings

KEPT = 3
TRACKERS = {"tensorboard": ("tensorboard", "train"), "wandb": ("wandb", "wandb")}  # name: module, extra


def arguments(settings: TrainSettings, folder: TrainingFolder, device: torch.device, metric: str) -> TrainingArguments:
    """The arguments for this process. Making them starts torch's process group if torchrun has started several
    processes.

    ``metric`` is the score that decides which checkpoint is the best; it counts only if the recipe sets ``eval_every``.
    """
    check_trackers(settings.report_to)
    scored = bool(settings.eval_every)
    told = TrainingArguments(
        output_dir=str(folder.steps),
        seed=settings.seed,
        max_steps=settings.steps,
        gradient_accumulation_steps=settings.accumulate,
        remove_unused_columns=False,
        max_grad_norm=settings.max_grad_norm,
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={"num_decay_steps": settings.decay_steps, "decay_type": "linear"},
        learning_rate=settings.lr,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_steps,
        use_cpu=device.type == "cpu",
        save_strategy="steps",
        save_steps=settings.save_every,
        save_total_limit=KEPT,
        eval_strategy="steps" if scored else "no",
        eval_steps=settings.eval_every or None,
        load_best_model_at_end=scored,
        metric_for_best_model=metric if scored else None,
        greater_is_better=True if scored else None,
        logging_steps=min(50, settings.save_every),
        logging_nan_inf_filter=False,
        report_to=list(settings.report_to) or ["none"],
    )
    if device.type == "cuda":
        place_on(told, device)
    return told


def place_on(told: TrainingArguments, device: torch.device) -> None:
    """Make transformers train on this GPU; by itself it takes the first one, or all of them in one process."""
    assert told.device is not None  # reading it makes transformers choose a device
    vars(told)["_setup_devices"], told._n_gpu = device, 1
    torch.cuda.set_device(device)


def check_trackers(names: Sequence[str]) -> None:
    """`ConfigError` for a tracker that transformers does not know, `MissingExtra` for one that is not installed."""
    for name in names:
        if name not in TRACKERS:
            raise ConfigError(f"train.report_to names {name!r}: one of {', '.join(TRACKERS)}, or nothing")
        if importlib.util.find_spec(TRACKERS[name][0]) is None:
            raise MissingExtra(f"Reporting to {name}", TRACKERS[name][1])
