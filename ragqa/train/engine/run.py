"""How any training run goes: it begins or goes on, saves when interrupted, stops when it diverges, and ends once.

A run is a folder: ``run.json`` (recipe, data by content, whether it is finished), ``steps/checkpoint-N`` while it goes
on, and what was trained. The same command, given again, goes on from the newest whole checkpoint and ends with the
weights that an uninterrupted run gives.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ragqa.convert import flatten
from ragqa.errors import ConfigError, MissingExtra, SourceError, TrainingError
from ragqa.store.atomic import replace_file, sha256, storing
from ragqa.train.engine.precision import MasterAdamW
from ragqa.train.engine.recipe import Recipe, kind_of
from ragqa.train.engine.settings import TrainSettings

RUN, STEPS = "run.json", "steps"
KEPT = 3
TRACKERS = {"tensorboard": ("tensorboard", "train"), "wandb": ("wandb", "wandb")}  # name: module, extra


class RunFolder:
    """The folder of one training run."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.steps = self.path / STEPS

    def begin(self, recipe: Recipe, data: Sequence[str | Path] = (), also: Mapping[str, str] | None = None) -> None:
        """Begin the run, or make sure that this is the same one: the same recipe on the same data.

        ``also`` is what else decides the outcome, such as an index' fingerprint. A folder with a finished or with
        another run, or with other files, is a `ConfigError` that says what differs; one whose run never came to a
        checkpoint begins anew.
        """
        if not is_first():
            return
        facts = {"kind": kind_of(recipe), "recipe": asdict(recipe), "data": _contents(data), **(also or {})}
        if (self.path / RUN).exists() and (self.newest() is not None or self._facts().get("finished")):
            self._compare(json.loads(json.dumps(facts)))
            return
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / RUN).exists():
            raise ConfigError(f"{self.path} is not empty and holds no training run: choose another folder with -o")
        self._write({**facts, "finished": False})

    def newest(self) -> Path | None:
        """The last checkpoint that was written whole (the trainer's state is its last file)."""
        whole = [path.parent for path in self.steps.glob("checkpoint-*/trainer_state.json")]
        return max(whole, key=kept_at, default=None)

    def finish(self) -> None:
        """What was trained is there."""
        if is_first():
            self._write({**self._facts(), "finished": True})

    def _compare(self, wanted: dict[str, Any]) -> None:
        held = self._facts()
        if held.get("finished"):
            raise ConfigError(f"{self.path} holds a finished run: choose another folder with -o, or delete it")
        was, now = dict(flatten(held)), dict(flatten(wanted))
        for name in sorted((was.keys() | now.keys()) - {"finished"}):
            if was.get(name) != now.get(name):
                raise ConfigError(
                    f"{self.path} holds an unfinished run with another {name} ({was.get(name)!r}, now "
                    f"{now.get(name)!r}): go on with the same command, or choose another folder with -o"
                )

    def _facts(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.path / RUN).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise SourceError(f"{self.path / RUN}: not the description of a training run ({error})") from error

    def _write(self, facts: Mapping[str, Any]) -> None:
        with storing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            replace_file(self.path / RUN, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())


def kept_at(checkpoint: Path) -> int:
    """The step that a checkpoint is of."""
    return int(checkpoint.name.rpartition("-")[2])


def _contents(data: Sequence[str | Path]) -> dict[str, str]:
    for path in map(Path, data):
        if not path.is_file():
            raise SourceError(f"{path}: no such file")
    return {Path(path).name: sha256(Path(path)) for path in data}


def is_first() -> bool:
    """Whether this is the only process, or under torchrun the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def arguments(settings: TrainSettings, folder: RunFolder) -> dict[str, Any]:
    """What transformers' and sentence-transformers' trainers are told, for every kind of run.

    Under torchrun a batch is shared out, so that a step means the same on any number of devices.
    """
    on_gpu = torch.cuda.is_available()
    _check_trackers(settings.report_to)
    share, rest = divmod(settings.batch_size, settings.accumulate * int(os.environ.get("WORLD_SIZE", "1")))
    if rest:
        raise ConfigError("train.batch_size must be a multiple of train.accumulate times the number of processes")
    return {
        "output_dir": str(folder.steps),
        "seed": settings.seed,
        "max_steps": settings.steps,
        "per_device_train_batch_size": share,
        "gradient_accumulation_steps": settings.accumulate,
        "max_grad_norm": settings.max_grad_norm,
        "lr_scheduler_type": "warmup_stable_decay",
        "lr_scheduler_kwargs": {"num_decay_steps": settings.decay_steps, "decay_type": "linear"},
        "learning_rate": settings.lr,
        "weight_decay": settings.weight_decay,
        "warmup_steps": settings.warmup_steps,
        "use_cpu": not on_gpu,
        "dataloader_pin_memory": on_gpu,
        "save_strategy": "steps",
        "save_steps": settings.save_every,
        "save_total_limit": KEPT,
        "eval_strategy": "steps" if settings.eval_every else "no",
        "eval_steps": settings.eval_every or None,
        "load_best_model_at_end": bool(settings.eval_every),
        "logging_steps": min(50, settings.save_every),
        "logging_nan_inf_filter": False,
        "report_to": list(settings.report_to) or ["none"],
        "disable_tqdm": False,
    }


def _check_trackers(names: Sequence[str]) -> None:
    """Trackers are what transformers knows by name, and must be installed."""
    for name in names:
        if name not in TRACKERS:
            raise ConfigError(f"train.report_to names {name!r}: one of {', '.join(TRACKERS)}, or nothing")
        if importlib.util.find_spec(TRACKERS[name][0]) is None:
            raise MissingExtra(f"Reporting to {name}", TRACKERS[name][1])


class Guarded(Trainer):
    """A trainer that ends when it diverges, before anything broken is saved. To be mixed into any other."""

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """One step; `TrainingError` where the loss is no number."""
        loss: Tensor = super().training_step(*args, **kwargs)
        if not torch.isfinite(loss):
            raise TrainingError(f"the loss became {loss.item()} at step {self.state.global_step + 1}; {_ADVICE}")
        return loss

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and not torch.isfinite(parameter).all():
                raise TrainingError(f"{name} is no longer finite at step {self.state.global_step}; {_ADVICE}")
        super()._save_checkpoint(model, trial)


class Scored(Guarded):
    """A trainer that scores the model in its own way; the trainer's evaluation data are never looked at."""

    def figures(self) -> dict[str, float] | None:
        """What is to be logged, by name; None for nothing."""
        raise NotImplementedError

    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """Score the model as it is."""
        self.model.eval()
        figures = self.figures()
        self.model.train()
        if figures is None:
            return {}
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in figures.items()}
        self.log(metrics)
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


_ADVICE = "lower train.lr or set train.bf16=false, and begin again in another folder"


class _Stopper(TrainerCallback):
    """At the end of the step in which somebody asked for it, save and stop."""

    def __init__(self, asked: threading.Event) -> None:
        self.asked = asked

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer."""
        if self.asked.is_set() and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True
        return control


def fit(trainer: Trainer, folder: RunFolder, stop: threading.Event | None = None) -> None:
    """Train to the end, from the newest checkpoint on.

    Ctrl-C and SIGTERM set ``stop``, save and raise `KeyboardInterrupt` (a second one does not wait for the step to
    end). Running out of memory is a `TrainingError`.
    """
    stopper = _Stopper(stop or threading.Event())
    trainer.add_callback(stopper)
    newest = folder.newest()
    try:
        with _asking(stopper.asked), redirect_stdout(sys.stderr):  # stdout is for results
            trainer.train(resume_from_checkpoint=None if newest is None else str(newest))
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise TrainingError(
            f"out of memory at step {trainer.state.global_step + 1}: lower train.batch_size or data.max_length, or "
            f"split a batch by train.accumulate; {_left(folder)}"
        ) from error
    except TrainingError as error:
        # The weights of this very step gave the loss that is none: whatever was saved of them is no good.
        shutil.rmtree(folder.steps / f"checkpoint-{trainer.state.global_step}", ignore_errors=True)
        raise TrainingError(f"{error}; {_left(folder)}") from error
    finally:
        _end_bars(trainer)
    if stopper.asked.is_set() and trainer.state.global_step < trainer.state.max_steps:
        raise KeyboardInterrupt(f"saved at step {trainer.state.global_step:,}; the same command goes on from there")


def _end_bars(trainer: Trainer) -> None:
    """A progress bar that was left open would share its line with the error."""
    for callback in trainer.callback_handler.callbacks:
        bar = getattr(callback, "training_bar", None)
        if bar is not None:
            bar.close()


def settle(trainer: Trainer, optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    """Leave ``model`` with the unrounded weights of the best step if steps were scored, else of the last one."""
    if not isinstance(optimizer, MasterAdamW):
        return
    best = trainer.state.best_model_checkpoint
    if best is not None:
        saved = torch.load(Path(best) / "optimizer.pt", map_location="cpu", weights_only=True)
        optimizer.load_state_dict(saved)
    optimizer.export()
    model.float()


def optimizer_for(model: nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    """AdamW over what moves; for a model in bf16 with fp32 master weights."""
    moving = [parameter for parameter in model.parameters() if parameter.requires_grad]
    options = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if any(parameter.dtype == torch.bfloat16 for parameter in moving):
        return MasterAdamW(moving, **options)
    return torch.optim.AdamW(moving, fused=True, **options)


def use_bf16(settings: TrainSettings) -> bool:
    """As the recipe says; unsaid, wherever the hardware multiplies bf16."""
    if settings.bf16 is not None:
        return settings.bf16
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    capability = torch.backends.cpu.get_cpu_capability()  # emulated it would be slower than fp32
    return capability.startswith("AVX512") and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


@contextmanager
def _asking(asked: threading.Event) -> Iterator[None]:
    """While inside, the first SIGINT or SIGTERM sets ``asked``; the next has its usual effect."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_out_of_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in words


def _left(folder: RunFolder) -> str:
    newest = folder.newest()
    return "no checkpoint was saved yet" if newest is None else f"the last good checkpoint is {newest}"
