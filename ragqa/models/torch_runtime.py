"""A transformers model under torch: large batches in half precision on a GPU, small batches on the CPU."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from ragqa.models.batching import Batching, Fetch, Outputs
from ragqa.models.tokenize import Window, pad

if TYPE_CHECKING:
    import torch

CPU_TOKENS, GPU_TOKENS = 8_192, 1 << 18  # in a batch, padding included; fewer if a GPU's memory is too small

log = logging.getLogger("ragqa")


def is_full(error: BaseException) -> bool:
    """Whether an error says that torch ran out of memory."""
    import torch

    return isinstance(error, (MemoryError, torch.OutOfMemoryError))


def half_precision(device: torch.device, on: bool) -> AbstractContextManager[Any]:
    """A context in which the calling thread multiplies in half precision if ``on``; weights and
    sums keep their type.
    """
    import torch

    return torch.autocast(device.type, torch.float16) if on else nullcontext()


class TorchRuntime:
    """Runs a model on the device where it is (see `ragqa.models.runtime.torch_device`), in batches of similar length.

    ``half`` says whether it runs in half precision (None: on a GPU it does). If an output is not finite, the model runs
    again, and from then on, in full precision. Safe to use from several threads.
    """

    def __init__(
        self,
        model: Any,
        outputs: tuple[str, ...],
        pad_id: int,
        type_ids: bool,
        *,
        batch_tokens: int | None = None,
        half: bool | None = None,
    ) -> None:
        self.model = model.eval()
        self.device: torch.device = next(model.parameters()).device
        self.outputs, self.pad_id, self.type_ids = outputs, pad_id, type_ids
        self.on_gpu: bool = self.device.type == "cuda"
        self.half = self.on_gpu if half is None else half
        self.batching = Batching(batch_tokens or (GPU_TOKENS if self.on_gpu else CPU_TOKENS), is_full)

    @property
    def prefers_batches(self) -> bool:
        """Whether it runs many windows together faster than one after the other."""
        return self.on_gpu

    def run(self, windows: Sequence[Window]) -> list[Outputs]:
        """Each window's outputs, in order; shapes as of `ragqa.models.runtime.Runtime`."""
        half = self.half
        results = self.batching.run(windows, lambda batch: self._start(batch, half))
        if half and not all(np.isfinite(output).all() for outputs in results for output in outputs):
            self.half = False
            log.warning("a model runs in full precision: half precision does not hold its numbers")
            return self.batching.run(windows, lambda batch: self._start(batch, False))
        return results

    def _start(self, windows: Sequence[Window], half: bool) -> Fetch:
        """Begin a batch; the function that is returned waits for its outputs. On a GPU, copies go through pinned memory
        and run while the CPU continues.
        """
        import torch

        batch = pad(windows, self.pad_id)
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask}
        if self.type_ids:
            arrays["token_type_ids"] = batch.type_ids
        feed = {name: self._moved(torch.from_numpy(array)) for name, array in arrays.items()}
        with torch.inference_mode(), half_precision(self.device, half):
            result = self.model(**feed)
            found = [getattr(result, name).float().to("cpu", non_blocking=self.on_gpu) for name in self.outputs]
        done = torch.cuda.current_stream(self.device).record_event() if self.on_gpu else None

        def fetch() -> Outputs:
            if done is not None:
                done.synchronize()
            return tuple(output.numpy() for output in found)

        return fetch

    def _moved(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.pin_memory().to(self.device, non_blocking=True) if self.on_gpu else tensor
