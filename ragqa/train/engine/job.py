"""`Job`: what each kind of model tells the engine. `ragqa.train.engine.run` does what all kinds have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import TrainerCallback

from ragqa.device import AUTO
from ragqa.train.engine.companions import Companion
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.processes import Processes
from ragqa.train.engine.recipe import Recipe

Batch = dict[str, Any]
Backward = Callable[[Tensor], Tensor]
StepFunction = Callable[["Task", Batch, Backward], Tensor]
Score = Callable[[], Mapping[str, float]]


class Task(nn.Module):
    """A module whose forward calculates the loss of one process' share of a batch: a scalar with gradients, the mean
    over the share's questions. It contains all weights that are trained, and its forward does everything a step
    calculates.
    """

    accepts_loss_kwargs = False  # forward takes no num_items_in_batch

    def forward(self, **batch: Any) -> Tensor:
        """The loss."""
        raise NotImplementedError


def plain_step(task: Task, batch: Batch, backward: Backward) -> Tensor:
    """One forward and one backward pass. ``backward`` accumulates the gradients of a loss and returns the loss to be
    logged.
    """
    return backward(task(**batch))


class Shares(torch.utils.data.Dataset):
    """What one process sees of the batches of a whole run, each split into ``train.accumulate`` parts.

    ``rows`` holds the examples of the run in order. Part n is rows [n · size, (n + 1) · size); each process takes an
    equal, contiguous share of them by rank. ``collate`` makes a batch from the rows of a process' share, or with
    ``whole`` from all rows of the part.
    """

    def __init__(
        self,
        rows: Any,
        collate: Callable[[Sequence[Any]], Batch],
        size: int,
        processes: Processes,
        *,
        whole: bool = False,
    ) -> None:
        self._rows, self._collate = rows, collate
        self._size, self._parts = size, len(rows) // size
        share = size // processes.count
        self._own = range(size) if whole else range(processes.rank * share, (processes.rank + 1) * share)

    def __len__(self) -> int:
        return self._parts

    def __getitem__(self, part: int) -> Batch:
        return self._collate([self._rows[part * self._size + place] for place in self._own])


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the engine needs for the training loop: the batches, how to take a step, and what to score and save.

    ``score`` measures the current model; the engine calls it in the first process only. ``companions`` are saved with
    each checkpoint beside weights and optimizer. With ``forks``, worker processes may prepare the batches.
    """

    batches: Shares
    score: Score | None = None
    step: StepFunction = plain_step
    companions: tuple[Companion, ...] = ()
    callbacks: tuple[TrainerCallback, ...] = ()
    forks: bool = True


class Job(ABC):
    """One run of one kind: what to load, what a step calculates, what to write.

    The engine calls `facts`, `load`, `groups` and `plan` in this order, then `write` for each checkpoint, then `save`.
    ``data`` names the files whose content decides the result, ``metric`` the score that chooses the best checkpoint.
    The engine first sets ``device`` to the name of this process' device; models that are used but not trained, such as
    a teacher, are loaded there. With ``rounds`` the engine may turn the weights to bf16.
    """

    recipe: Recipe
    folder: TrainingFolder
    data: Sequence[str | Path] = ()
    callbacks: Sequence[TrainerCallback] = ()
    metric: str
    device: str = AUTO
    rounds = True

    def facts(self) -> dict[str, str]:
        """What decides the result beside recipe and data, by name; it is recorded in run.json."""
        return {}

    @abstractmethod
    def load(self, device: torch.device, processes: Processes) -> Task:
        """The task in fp32; ``requires_grad`` marks the weights to train. The engine moves it to the device."""

    def groups(self, task: Task) -> list[dict[str, Any]]:
        """The weights to train, in groups that each have a learning rate."""
        moving = [parameter for parameter in task.parameters() if parameter.requires_grad]
        return [{"params": moving, "lr": self.recipe.train.lr}]

    @abstractmethod
    def plan(self, task: Task, optimizer: torch.optim.Optimizer, processes: Processes) -> Plan:
        """The plan of the run; the task is on its device and in its precision by now."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write the current model into a checkpoint in a form that other programs read; called in the first process
        only.
        """

    @abstractmethod
    def save(self) -> None:
        """Write the trained model, now in fp32, into the run's folder; called in the first process only."""
