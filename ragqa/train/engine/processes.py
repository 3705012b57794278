"""The processes of a run: one, or those that torchrun has started, each with a device of its own.

They share each batch, so that a step means the same on any number of them: every process calculates the gradients of
its share, these are averaged before the step, and all of them then hold the same weights. Whether a run is to stop is
decided by all of them at once, so that no process waits for one that has gone.

What they tell each other goes through the processors (gloo), with a time limit that lets one of them work for hours
while the others wait; gradients go from device to device.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed
from torch.distributed.nn.functional import all_gather

from ragqa.errors import ConfigError, TrainingError
from ragqa.models.runtime import torch_device

LONG = timedelta(days=7)
BUCKET = 1 << 24  # gradients that are averaged together: 64 MB in fp32
Made = TypeVar("Made")


def own_device(name: str) -> torch.device:
    """The device of this process for a device's name: under torchrun each process of a machine has its own GPU.

    One process that may use several GPUs without saying which is a `ConfigError`: it would train on one of them only,
    or (transformers' way) on all with a batch that is as many times larger.
    """
    place, processes = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = torch_device(name, place)
    if device.type == "cuda":
        check_gpus(name, torch.cuda.device_count(), processes)
    return device


def check_gpus(name: str, gpus: int, processes: int) -> None:
    """`ConfigError` where ``processes`` cannot train on the device of that name on a machine with so many ``gpus``."""
    numbered = ":" in name
    if processes == 1 and gpus > 1 and not numbered:
        raise ConfigError(
            f"there are {gpus} GPUs and one process: start one process for each, with torchrun --nproc-per-node {gpus} "
            f"-m ragqa train …, or choose one GPU with --device cuda:0"
        )
    if processes > 1 and numbered:
        raise ConfigError(f"{processes} processes cannot share device {name}: leave --device out, or say cuda")


class Processes:
    """A process among those of its run. To be made after torch's process group, in all of them.

    ``asked`` is set when somebody asks this process to stop, by Ctrl-C or SIGTERM.
    """

    def __init__(self, device: torch.device) -> None:
        together = distributed.is_available() and distributed.is_initialized()
        self.device, self.asked = device, threading.Event()
        self.count = distributed.get_world_size() if together else 1
        self.rank = distributed.get_rank() if together else 0
        self._talk: Any = None
        if self.count > 1:
            self._talk = distributed.new_group(backend="gloo", timeout=LONG)
            _leave_at_exit()

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def share(self, batch: int, accumulate: int) -> int:
        """How many of a batch's questions each process has in one pass; `ConfigError` where they cannot be shared."""
        share, rest = divmod(batch, accumulate * self.count)
        if rest or not share:
            raise ConfigError("train.batch_size must be a multiple of train.accumulate times the number of processes")
        return share

    def agree(self, *flags: bool) -> tuple[bool, ...]:
        """For each flag whether any process has raised it."""
        if self.count == 1:
            return flags
        told = torch.tensor(flags, dtype=torch.uint8)
        distributed.all_reduce(told, distributed.ReduceOp.MAX, self._talk)
        return tuple(bool(flag) for flag in told.tolist())

    def from_first(self, make: Callable[[], Made]) -> Made:
        """What the first process makes, while the others wait; where it fails all of them fail."""
        if self.count == 1:
            return make()
        failure: BaseException | None = None
        told: list[Any] = [None, "", False]
        if self.first:
            try:
                told[0] = make()
            except BaseException as error:
                failure, told = error, [None, str(error) or type(error).__name__, isinstance(error, KeyboardInterrupt)]
        distributed.broadcast_object_list(told, 0, self._talk)
        if failure is not None:
            raise failure
        made, reason, interrupted = told
        if interrupted:
            raise KeyboardInterrupt(reason)
        if reason:
            raise TrainingError(f"the first process stopped: {reason}")
        return made  # type: ignore[no-any-return]

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.count > 1:
            distributed.barrier(self._talk)

    def begin_alike(self, parameters: Iterable[Tensor]) -> None:
        """Give all processes the weights of the first."""
        if self.count > 1:
            for parameter in parameters:
                distributed.broadcast(parameter.detach(), 0)

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Give all processes the mean of their gradients, calculated in fp32; one that has none counts as zero."""
        if self.count == 1:
            return
        moving = [parameter for parameter in parameters if parameter.requires_grad]
        used = self.agree(*(parameter.grad is not None for parameter in moving))
        learning = [parameter for parameter, is_used in zip(moving, used, strict=True) if is_used]
        for parameter in learning:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        for bucket in _buckets(learning):
            gradients = [parameter.grad for parameter in bucket]
            flat = torch.cat([gradient.reshape(-1).float() for gradient in gradients])
            distributed.all_reduce(flat)
            flat /= self.count
            parts = flat.split([gradient.numel() for gradient in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))

    def mean_count(self, count: Tensor) -> Tensor:
        """What to divide a process' sum by, so that the mean of all processes' quotients is the mean over all that
        they counted together; at least 1 in all.
        """
        if self.count == 1:
            return count.clamp(min=1)
        total = count.detach().float().clone()
        distributed.all_reduce(total)
        return total.clamp(min=1) / self.count

    def gather(self, rows: Tensor) -> Tensor:
        """The rows [n, …] of all processes, [processes · n, …], with gradients for each process' own."""
        return rows if self.count == 1 else torch.cat(all_gather(rows))


@cache
def _leave_at_exit() -> None:
    """Have this process leave all groups when it ends: threads of gloo that still run then would abort it."""
    atexit.register(_leave)


def _leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _buckets(parameters: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    bucket: list[Tensor] = []
    for parameter in parameters:
        if bucket and sum(map(torch.numel, bucket)) + parameter.numel() > BUCKET:
            yield bucket
            bucket = []
        bucket.append(parameter)
    if bucket:
        yield bucket
