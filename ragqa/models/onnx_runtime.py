"""A ``model.onnx`` file under onnxruntime: on the processor, or by its CUDA provider where that is installed."""

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
    """A ``model.onnx`` file under onnxruntime; safe to use from several threads.

    On the processor, and wherever it multiplies in int8, each window runs alone: dynamic quantization scales
    activations over the whole input, so a batch would make a window's result depend on its neighbours. Alone it is the
    same in every batch, and nothing is padded. A few windows run one after the other on all cores; of many each core
    takes its own, which wastes less on waiting for the others.

    On a GPU a graph in fp32 runs in batches. A graph in int8 stays on the processor unless a GPU is named: onnxruntime
    has no CUDA kernels for its operators, and copies their inputs to the processor and back at each of them.

    A graph without a word table of its own is given the vectors of ``words`` as its input ``inputs_embeds``.
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
        """Each window's outputs in order."""
        if self.prefers_batches:
            return self._batching.run(windows, self._run_batch)
        if self.gpu is not None or self._cores == 1 or len(windows) < 2 * self._cores:
            return [self._run_one(self.session, window) for window in windows]
        session, pool = self._one_core_session(), ThreadPoolExecutor(self._cores)
        try:
            return list(pool.map(lambda window: self._run_one(session, window), windows))
        finally:
            pool.shutdown(cancel_futures=True)  # an interrupt waits for what is running, not for all

    def _choose(self, device: str) -> int | None:
        """The GPU that the graph is to run on, None for the processor."""
        if device == CPU:
            return None
        if not _has_cuda():
            if device != AUTO:
                gpu_of(device)
                _tell_missing(device, "onnxruntime has no CUDA provider, which onnxruntime-gpu has")
            return None
        return None if device == AUTO and is_int8(self.path) else gpu_of(device)

    def _one_core_session(self) -> Any:
        """Opened when it is first needed, as it holds the weights a second time."""
        with self._opening:
            if self._narrow is None:
                self._narrow = self._open(1)
            return self._narrow

    def _open(self, threads: int) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors are raised, and told once
        # Threads that spin while they wait take the core from the next model, and from FAISS.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        with one_line(f"{self.path}: not a usable ONNX model"):
            return onnxruntime.InferenceSession(
                str(self.path),
                options,
                providers=providers(self.gpu),
                enable_fallback=0,  # to the same, after printing to stdout
            )

    def _run_one(self, session: Any, window: Window) -> Outputs:
        arrays = self._inputs(window.ids[None], np.ones((1, len(window.ids)), np.int64), window.type_ids[None])
        return tuple(output[0] for output in self._outputs(session, arrays))

    def _run_batch(self, windows: Sequence[Window]) -> Fetch:
        batch = pad(windows, 0)  # what stands behind the mask is never looked at
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
    """What onnxruntime calls the device: a GPU by its number, the processor for None and for what a GPU cannot do."""
    return [*([] if gpu is None else [(CUDA, {"device_id": gpu})]), "CPUExecutionProvider"]


def available_cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _has_cuda() -> bool:
    import onnxruntime

    return CUDA in onnxruntime.get_available_providers()


def _is_full(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "allocat" in str(error).lower()


@cache
def _tell_missing(device: str, why: str) -> None:
    """Told once a process."""
    log.warning("models in the fast form run on the processor, not on %s: %s", device, why)
