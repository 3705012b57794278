"""A ``model.onnx`` file under onnxruntime: on the CPU, or on a GPU if onnxruntime's CUDA provider is installed."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.device import AUTO, CPU, gpu_of
from ragqa.errors import ModelError
from ragqa.models.batching import Batching, Fetch, Outputs
from ragqa.models.graph import is_int8
from ragqa.models.native import one_line
from ragqa.models.tokenize import IntArray, Window, pad
from ragqa.models.words import WordTable

CUDA = "CUDAExecutionProvider"
GPU_TOKENS = 1 << 16  # in a batch on a GPU, padding included

log = logging.getLogger("ragqa")


class OnnxRuntime:
    """Runs a ``model.onnx`` file; safe to use from several threads.

    On the CPU, and whenever the graph multiplies in int8, each window runs alone: dynamic quantization scales
    activations over the whole input, so in a batch a window's result would depend on its neighbours. So results do not
    depend on batches, and nothing is padded. Few windows run one after the other, each on all cores. Many windows are
    distributed over the cores, one window to a core at a time, which spends less time on synchronisation.

    On a GPU a graph in fp32 runs in batches. A graph in int8 runs on the CPU unless a GPU is named, because onnxruntime
    has no CUDA kernels for its operators and would copy their inputs to the CPU and back for each of them.

    A graph without word embeddings gets the vectors of ``words`` as its input ``inputs_embeds``.
    """

    def __init__(self, path: str | Path, device: str = AUTO, words: WordTable | None = None) -> None:
        self.path, self._cores = Path(path), available_cores()
        self.words = words
        self.gpu = self._choose(device)
        self.session = self._open(self._cores)
        with one_line(f"{self.path}: not a usable ONNX model"):
            self.inputs = {item.name for item in self.session.get_inputs()}
            self.outputs = tuple(item.name for item in self.session.get_outputs())
        if self.gpu is not None and CUDA not in self.session.get_providers():
            _tell_missing(f"cuda:{self.gpu}", "its libraries (CUDA, cuDNN) cannot be loaded")
            self.gpu = None
        self.prefers_batches = self.gpu is not None and not is_int8(self.path)
        self._batching = Batching(GPU_TOKENS, _is_full)
        self._opening = threading.Lock()
        self._narrow: Any = None

    def run(self, windows: Sequence[Window]) -> list[Outputs]:
        """Each window's outputs, in order; shapes as of `ragqa.models.runtime.Runtime`."""
        if self.prefers_batches:
            return self._batching.run(windows, self._run_batch)
        if self.gpu is not None or self._cores == 1 or len(windows) < 2 * self._cores:
            return [self._run_one(self.session, window) for window in windows]
        session, pool = self._one_core_session(), ThreadPoolExecutor(self._cores)
        try:
            return list(pool.map(lambda window: self._run_one(session, window), windows))
        finally:
            pool.shutdown(cancel_futures=True)  # after an interrupt only the windows that are running are finished

    def _choose(self, device: str) -> int | None:
        """The number of the GPU that the graph runs on, None for the CPU."""
        if device == CPU:
            return None
        if not _has_cuda():
            if device != AUTO:
                gpu_of(device)
                _tell_missing(device, "onnxruntime has no CUDA provider, which onnxruntime-gpu has")
            return None
        return None if device == AUTO and is_int8(self.path) else gpu_of(device)

    def _one_core_session(self) -> Any:
        """A session that uses one core; opened when it is first needed, because it holds the weights a second time."""
        with self._opening:
            if self._narrow is None:
                self._narrow = self._open(1)
            return self._narrow

    def _open(self, threads: int) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors are raised; without this they would be printed as well
        # Threads that spin while they wait would take cores from the next model and from FAISS.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        with one_line(f"{self.path}: not a usable ONNX model"):
            return onnxruntime.InferenceSession(
                str(self.path),
                options,
                providers=providers(self.gpu),
                enable_fallback=0,  # its fallback is the same provider, after printing to stdout
            )

    def _run_one(self, session: Any, window: Window) -> Outputs:
        arrays = self._inputs(window.ids[None], np.ones((1, len(window.ids)), np.int64), window.type_ids[None])
        return tuple(output[0] for output in self._outputs(session, arrays))

    def _run_batch(self, windows: Sequence[Window]) -> Fetch:
        batch = pad(windows, 0)  # the mask hides the padding, so any id will do
        found = self._outputs(self.session, self._inputs(batch.ids, batch.mask, batch.type_ids))
        return lambda: found

    def _inputs(self, ids: IntArray, mask: IntArray, types: IntArray) -> dict[str, NDArray[Any]]:
        inputs: dict[str, NDArray[Any]] = {"attention_mask": mask, "token_type_ids": types}
        if self.words is None:
            return inputs | {"input_ids": ids}
        return inputs | {"inputs_embeds": self.words.rows(ids.ravel()).reshape(*ids.shape, self.words.dim)}

    def _outputs(self, session: Any, arrays: Mapping[str, NDArray[Any]]) -> Outputs:
        length = arrays["attention_mask"].shape[1]
        with one_line(f"{self.path}: cannot take these {length} tokens"):
            outputs = session.run(None, {name: array for name, array in arrays.items() if name in self.inputs})
            numbers = tuple(np.asarray(output, np.float32) for output in outputs)
        if not all(np.isfinite(output).all() for output in numbers):
            raise ModelError(f"{self.path}: gives results that are no numbers (NaN or infinite)")
        return numbers


def providers(gpu: int | None) -> list[Any]:
    """The names of the devices in onnxruntime: a GPU by its number, then the CPU for operators without CUDA kernels;
    for None the CPU alone.
    """
    return [*([] if gpu is None else [(CUDA, {"device_id": gpu})]), "CPUExecutionProvider"]


def available_cores() -> int:
    """How many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _has_cuda() -> bool:
    import onnxruntime

    return CUDA in onnxruntime.get_available_providers()


def _is_full(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "allocat" in str(error).lower()


@cache
def _tell_missing(device: str, why: str) -> None:
    """Log once for each process that a GPU cannot be used, and why."""
    log.warning("models in the fast form run on the processor, not on %s: %s", device, why)
