"""The processes of a run: one, or those that torchrun has started, each with a device of its own.

They share each batch, so that a step gives the same weights on any number of processes: every process calculates the
gradients of its share, the processes average these before the step, and then all of them hold the same weights. They
decide together whether to stop, so that no process waits for one that has ended.

They exchange flags and small objects over the CPU (gloo), with a time limit of days, because the first process may
work for hours while the others wait. Gradients go directly between devices.
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
BUCKET = 1 << 24  # numbers of gradients that are averaged in one call: 64 MB in fp32
Made = TypeVar("Made")


def own_device(name: str) -> torch.device:
    """The device of this process for a device name; under torchrun each process of a machine has a GPU of its own.

    A single process that sees several GPUs and is not told which one is a `ConfigError`: transformers would use all of
    them and multiply the batch size by their number.
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
    """The calling process among those of its run. Every process makes one, after torch's process group.

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
        """How many questions of a batch each process takes in one pass; `ConfigError` if the batch cannot be split
        evenly.
        """
        share, rest = divmod(batch, accumulate * self.count)
        if rest or not share:
            raise ConfigError("train.batch_size must be a multiple of train.accumulate times the number of processes")
        return share

    def agree(self, *flags: bool) -> tuple[bool, ...]:
        """For each flag, whether it is set in any process."""
        if self.count == 1:
            return flags
        told = torch.tensor(flags, dtype=torch.uint8)
        distributed.all_reduce(told, distributed.ReduceOp.MAX, self._talk)
        return tuple(bool(flag) for flag in told.tolist())

    def from_first(self, make: Callable[[], Made]) -> Made:
        """The result of calling ``make`` in the first process, in all processes; if it raises there, all processes
        raise.
        """
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
        """Wait until all processes have called this."""
        if self.count > 1:
            distributed.barrier(self._talk)

    def begin_alike(self, parameters: Iterable[Tensor]) -> None:
        """Copy the weights of the first process to all others."""
        if self.count > 1:
            for parameter in parameters:
                distributed.broadcast(parameter.detach(), 0)

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace the gradients in all processes by their mean, in fp32; a missing gradient counts as zero."""
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
        """The divisor for this process' sum that makes the mean of all processes' quotients equal to the mean over all
        items: the total count, which is taken as at least 1, divided by the number of processes.
        """
        if self.count == 1:
            return count.clamp(min=1)
        total = count.detach().float().clone()
        distributed.all_reduce(total)
        return total.clamp(min=1) / self.count

    def gather(self, rows: Tensor) -> Tensor:
        """The rows [n, …] of all processes as [processes · n, …]; gradients flow to this process' own rows only."""
        return rows if self.count == 1 else torch.cat(all_gather(rows))


@cache
def _leave_at_exit() -> None:
    """Make this process leave all groups before it ends; gloo's threads abort it if they are still running then."""
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
