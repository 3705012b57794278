"""`train`: one run of any kind, on one device or on several.

For all kinds it chooses the device, loads the model, sets its precision, makes the optimizer, trains, takes the best
weights and saves, in this order. An interrupted run saves a checkpoint; the same command resumes it, and it ends with
the same weights as an uninterrupted run. A run that diverges stops with an error.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch
from torch import nn
from transformers import PreTrainedModel, set_seed

from ragqa.errors import TrainingError
from ragqa.train.engine.arguments import arguments
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.job import Job, Task
from ragqa.train.engine.precision import MasterAdamW, optimizer_for, products, use_bf16
from ragqa.train.engine.processes import Processes, own_device
from ragqa.train.engine.trainer import EngineTrainer


def train(job: Job, device: str = "auto") -> Path:
    """Train a job, from the beginning or from its newest checkpoint; returns the folder with the result.

    ``device`` is a name as in `ragqa.device`. To use several GPUs, start one process for each with torchrun; they share
    the batch. One process that sees several GPUs is a `ConfigError`. Ctrl-C and SIGTERM save a checkpoint, stop all
    processes and raise `KeyboardInterrupt`. A loss that is NaN or infinite, or too little memory, is a `TrainingError`.
    """
    settings, folder, place = job.recipe.train, job.folder, own_device(device)
    job.device = str(place)
    told = arguments(settings, folder, place, job.metric)
    processes = Processes(place)
    told.per_device_train_batch_size = processes.share(settings.batch_size, settings.accumulate)
    with products(settings, place):
        with _begun(job, processes):
            set_seed(settings.seed)
            task = job.load(place, processes)
            frozen = _to_precision(task, job, place)
            task.to(place)  # before the optimizer copies its weights
            processes.begin_alike(task.parameters())
            optimizer = optimizer_for(job.groups(task), settings)
            plan = job.plan(task, optimizer, processes)
            if settings.compile:
                compile_backbones(task)
            trainer = EngineTrainer(job, plan, task, optimizer, told, processes)
            if processes.count > 1:
                set_seed(settings.seed + processes.rank)  # each process draws its own dropout
        _fit(trainer, folder, processes)
    _settle(trainer, optimizer, task)
    task.load_state_dict(frozen, strict=False)
    processes.from_first(lambda: _end(job))
    return folder.path


def compile_backbones(task: nn.Module) -> None:
    """Let torch.compile compile every transformer in a task, without its heads, when it is first used."""
    found = [module for module in task.modules() if isinstance(module, PreTrainedModel)]
    for module in found:
        if not any(isinstance(part, PreTrainedModel) for part in module.modules() if part is not module):
            module.compile(dynamic=True)


@contextmanager
def _begun(job: Job, processes: Processes) -> Iterator[None]:
    """Begin the run; if the code inside fails, remove the run's folder unless it was there before."""
    folder, new = job.folder, not job.folder.path.exists()
    processes.from_first(lambda: folder.begin(job.recipe, job.data, job.facts()))
    try:
        yield
    except BaseException:
        if new and processes.first and folder.newest() is None:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise


def _to_precision(task: Task, job: Job, place: torch.device) -> dict[str, torch.Tensor]:
    """Turn the task to bf16 if the recipe or the device says so; returns the frozen weights as they were before."""
    if not job.rounds or not use_bf16(job.recipe.train, place):
        return {}
    frozen = {name: value.detach().clone() for name, value in task.named_parameters() if not value.requires_grad}
    task.to(torch.bfloat16)
    return frozen


def _fit(trainer: EngineTrainer, folder: TrainingFolder, processes: Processes) -> None:
    """Train to the end, from the newest checkpoint on.

    The first Ctrl-C ends the run after the current step; a second one interrupts that step.
    """
    newest = processes.from_first(folder.newest)
    try:
        with _asking(processes.asked), _forking(trainer):
            trainer.train(resume_from_checkpoint=None if newest is None else str(newest))
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise TrainingError(
            f"out of memory at step {trainer.state.global_step + 1}: lower train.batch_size or data.max_length, or "
            f"split a batch by train.accumulate; {_left(folder)}"
        ) from error
    except TrainingError as error:
        # This step's weights gave the NaN or infinite loss, so a checkpoint of them is of no use.
        if processes.first:
            shutil.rmtree(folder.steps / f"checkpoint-{trainer.state.global_step}", ignore_errors=True)
        raise TrainingError(f"{error}; {_left(folder)}") from error
    finally:
        trainer.bar.close()
    if trainer.stopping and trainer.state.global_step < trainer.state.max_steps:
        raise KeyboardInterrupt(f"saved at step {trainer.state.global_step:,}; the same command goes on from there")


def _settle(trainer: EngineTrainer, optimizer: torch.optim.Optimizer, task: Task) -> None:
    """Put the unrounded weights into the task: those of the best step if the run was scored, else of the last one."""
    if not isinstance(optimizer, MasterAdamW):
        return
    best = trainer.state.best_model_checkpoint
    if best is not None:
        saved = torch.load(Path(best) / "optimizer.pt", map_location="cpu", weights_only=True)
        optimizer.load_state_dict(saved)
    optimizer.export()
    task.float()


def _end(job: Job) -> None:
    job.save()
    job.folder.finish()


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


@contextmanager
def _forking(trainer: EngineTrainer) -> Iterator[None]:
    """Keep the tokenizers library from warning about its threads when worker processes are forked."""
    name = "TOKENIZERS_PARALLELISM"
    if name in os.environ or not trainer.workers:
        yield
        return
    os.environ[name] = "false"
    try:
        yield
    finally:
        os.environ.pop(name, None)


def _is_out_of_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in words


def _left(folder: TrainingFolder) -> str:
    newest = folder.newest()
    return "no checkpoint was saved yet" if newest is None else f"the last good checkpoint is {newest}"
