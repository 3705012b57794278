"""What a kind of model gives the engine: a `Job`. All that kinds have in common is done by `ragqa.train.engine.run`."""

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
    """A module whose forward is the loss of one process' share of a batch: a number with gradients, a mean over the
    share's questions. Everything that moves is inside it, and everything that a step calculates happens there.
    """

    accepts_loss_kwargs = False  # transformers' trainer is told that it divides the loss of a part by their number

    def forward(self, **batch: Any) -> Tensor:
        """The loss."""
        raise NotImplementedError


def plain_step(task: Task, batch: Batch, backward: Backward) -> Tensor:
    """One pass. ``backward`` adds a loss' gradients up and gives the loss as it is logged."""
    return backward(task(**batch))


class Shares(torch.utils.data.Dataset):
    """The batches of a whole run, part by part (``train.accumulate``), as one process sees them.

    ``rows`` are the run in order: part n is rows [n · size, (n + 1) · size), of which each process has as many,
    one after the other. ``collate`` makes a batch of a process' rows; with ``whole`` it is given all rows of the part.
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
    """A run that is ready to begin: its batches, and what happens beside them.

    ``score`` gives figures of the model as it is; it is asked in the first process only. ``companions`` are what a
    checkpoint remembers beside weights and optimizer. ``forks`` says that batches may be made in other processes.
    """

    batches: Shares
    score: Score | None = None
    step: StepFunction = plain_step
    companions: tuple[Companion, ...] = ()
    callbacks: tuple[TrainerCallback, ...] = ()
    forks: bool = True


class Job(ABC):
    """One run of one kind: what is loaded, what a step calculates, what is written.

    The engine calls `facts`, `load`, `groups`, `plan`, then `write` for each checkpoint, then `save`, in this order.
    ``data`` are the files whose content decides the outcome, ``metric`` the score by which the best checkpoint is told.
    ``device`` is the name of this process' device, which the engine sets first: models that only help are loaded there.
    """

    recipe: Recipe
    folder: TrainingFolder
    data: Sequence[str | Path] = ()
    callbacks: Sequence[TrainerCallback] = ()
    metric: str
    device: str = AUTO
    rounds = True  # whether the weights may be bf16

    def facts(self) -> dict[str, str]:
        """What decides the outcome beside recipe and data, by name."""
        return {}

    @abstractmethod
    def load(self, device: torch.device, processes: Processes) -> Task:
        """The task in fp32, with what moves marked by ``requires_grad``; the engine takes it to the device."""

    def groups(self, task: Task) -> list[dict[str, Any]]:
        """The moving weights, in groups with rates of their own."""
        moving = [parameter for parameter in task.parameters() if parameter.requires_grad]
        return [{"params": moving, "lr": self.recipe.train.lr}]

    @abstractmethod
    def plan(self, task: Task, optimizer: torch.optim.Optimizer, processes: Processes) -> Plan:
        """The run, now that the task is on its device and in its precision."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write the model as it is into a checkpoint, in a form for others to read; first process only."""

    @abstractmethod
    def save(self) -> None:
        """Write what was trained into the run's folder, from fp32 weights; first process only."""
