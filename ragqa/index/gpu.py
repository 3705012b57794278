"""Search on a GPU: exact search by faiss-gpu or torch, whichever is installed, and approximate search in cells (IVF) by
faiss-gpu. The GPU holds the vectors in half precision, as the disk does. faiss and torch are imported only if there is
a GPU and the device setting allows it.

If the GPU refuses a search (most often for lack of memory), the CPU does it, and the log says so once. Outside of
training and models this is the only module that may import torch.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ragqa.device import AUTO, CPU, gpu_bytes, gpu_of
from ragqa.index.exact import CHUNK_SCORES, Columns, Floats, Halfs, Mask, NumpyScan, Scan, margin

WORTH_ROWS = 50_000  # with fewer rows a scan on the CPU takes less time than importing torch
FETCH_LIMIT = 2_048  # the most neighbours faiss finds on a GPU
TIES = 64
BLOCK_ROWS = 65_536
WIDE_ROWS = 262_144  # rows that torch converts to single precision at a time: 400 MB at 384 dimensions
SHARE = 0.5  # of a GPU's memory that a segment's vectors may take, so that no FAISS index is built for it
TEMPORARY = 512 << 20  # bytes that faiss keeps for its intermediate results
HALF = 2.0**-11  # the largest relative error of a number that is rounded to half precision
COARSE = 2.0**-8  # the same, if torch is set to multiply in TF32 or bf16
FULL = (RuntimeError, MemoryError)  # what faiss and torch raise if a GPU is full or broken

log = logging.getLogger("ragqa")


def faiss_installed() -> bool:
    """Whether faiss can be imported; does not import it."""
    return importlib.util.find_spec("faiss") is not None


def load_faiss() -> Any:
    """The faiss module, untyped because its stubs are out of date."""
    return importlib.import_module("faiss")


def gpu_scan(vectors: Halfs, device: str = AUTO) -> Scan | None:
    """A scan of vectors [n, dim] on the GPU that ``device`` means. None if the CPU is to do it, because there is no
    GPU, no installed library can use it, the vectors do not fit into its memory, or (with "auto") they are too few.

    A GPU that is named and does not exist is a `ConfigError`.
    """
    if device == CPU or (device == AUTO and len(vectors) < WORTH_ROWS and "torch" not in sys.modules):
        return None
    number = gpu_of(device)
    if number is None or not len(vectors):
        return None
    reason = "neither faiss-gpu nor a torch with CUDA is installed"
    for engine in (_faiss_scan, _torch_scan):
        try:
            scan = engine(vectors, number)
        except FULL as error:
            reason = _first_line(error)
            continue
        if scan is not None:
            return Surviving(scan, NumpyScan(vectors, keep=False))
    log.warning("dense search runs on the processor, not on cuda:%d: %s", number, reason)
    return None


def fits_gpu(rows: int, dim: int, device: str = AUTO) -> bool:
    """Whether the GPU that ``device`` means has enough memory to search so many vectors exactly."""
    number = gpu_of(device)
    if number is None or rows * dim * 2 > SHARE * gpu_bytes(number):
        return False
    return (faiss_installed() and _faiss_has(number)) or _torch_has(number)


class Surviving:
    """A scan on a GPU. If the GPU refuses a search, ``other`` does it; the log says so the first time."""

    def __init__(self, scan: Scan, other: Scan) -> None:
        self.scan, self.other = scan, other
        self._told = False

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """See `Scan.propose`."""
        try:
            return self.scan.propose(questions, k, alive)
        except FULL as error:
            if not self._told:
                self._told = True
                log.warning("a search was made by the processor, the GPU refused it: %s", _first_line(error))
            return self.other.propose(questions, k, alive)


class FaissGpu:
    """A faiss index on a GPU. A lock lets one thread at a time use any of them.

    All of them in a process share one `StandardGpuResources`, which holds the memory for intermediate results.
    According to faiss, its GPU indexes are not safe to use from several threads, not even for searching.
    """

    lock = threading.RLock()

    def __init__(self, make: Callable[[Any, Any], Any]) -> None:
        """``make(faiss, resources)`` makes the index."""
        with self.lock:
            self.index = make(load_faiss(), _resources())

    @property
    def rows(self) -> int:
        """How many vectors it holds."""
        return int(self.index.ntotal)

    def add(self, vectors: Floats) -> None:
        """Append rows."""
        with self.lock:
            self.index.add(np.ascontiguousarray(vectors))

    def search(self, questions: Floats, k: int) -> tuple[Floats, Columns]:
        """The ``k`` best scores [n, k] and rows [n, k] of each question, best first; row -1 where there is none."""
        with self.lock:
            scores, columns = self.index.search(np.ascontiguousarray(questions), k)
        return scores, columns


@cache
def _resources() -> Any:
    """The `StandardGpuResources` of this process; call it while holding `FaissGpu.lock`."""
    resources = load_faiss().StandardGpuResources()
    resources.setTempMemory(TEMPORARY)
    return resources


def _faiss_has(number: int) -> bool:
    faiss = load_faiss()
    return hasattr(faiss, "StandardGpuResources") and number < faiss.get_num_gpus()


def _torch_has(number: int) -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available()) and number < torch.cuda.device_count()


def faiss_on_gpu(index: Any, device: str = AUTO) -> FaissGpu | None:
    """A copy of a faiss index on the GPU that ``device`` means; None if there is no GPU or the index does not fit."""
    number = gpu_of(device)
    if number is None or not _faiss_has(number):
        return None

    def copy(faiss: Any, resources: Any) -> Any:
        options = faiss.GpuClonerOptions()
        options.useFloat16 = options.useFloat16CoarseQuantizer = True
        return faiss.index_cpu_to_gpu(resources, number, index, options)

    try:
        return FaissGpu(copy)
    except FULL as error:
        log.warning("dense search runs on the processor, not on cuda:%d: %s", number, _first_line(error))
        return None


def _faiss_scan(vectors: Halfs, number: int) -> Scan | None:
    if not faiss_installed() or not _faiss_has(number):
        return None

    def flat(faiss: Any, resources: Any) -> Any:
        settings = faiss.GpuIndexFlatConfig()
        settings.device, settings.useFloat16 = number, True
        return faiss.GpuIndexFlatIP(resources, vectors.shape[1], settings)

    index = FaissGpu(flat)
    for start in range(0, len(vectors), BLOCK_ROWS):
        index.add(vectors[start : start + BLOCK_ROWS].astype(np.float32))
    return FaissScan(index, NumpyScan(vectors, keep=False))


def _torch_scan(vectors: Halfs, number: int) -> Scan | None:
    return TorchScan(vectors, f"cuda:{number}") if _torch_has(number) else None


class FaissScan:
    """A flat faiss index in half precision. It is asked for more neighbours than wanted, so that neither dead rows nor
    the rounding of scores can hide one of the nearest ``k``. If that takes too many neighbours, ``other`` scans.
    """

    def __init__(self, index: FaissGpu, other: Scan) -> None:
        self.index, self.other = index, other

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """Every column that could be among the nearest ``k``."""
        rows, found = self.index.rows, {}
        dead = 0 if alive is None else len(alive) - int(np.count_nonzero(alive))
        fetch, slack = k + dead + TIES, margin(questions, HALF)[:, 0]
        asked = np.arange(len(questions))
        while len(asked) and min(fetch, rows) <= FETCH_LIMIT:
            scores, columns = self.index.search(questions[asked], min(fetch, rows))
            kept = (columns >= 0) if alive is None else (columns >= 0) & alive[columns]
            whole = _holds_nearest(scores, kept, k, slack[asked]) | (fetch >= rows)
            for place in np.flatnonzero(whole):
                found[int(asked[place])] = columns[place][kept[place]]
            asked, fetch = asked[~whole], 2 * fetch
        if len(asked):
            found |= dict(zip(asked.tolist(), self.other.propose(questions[asked], k, alive), strict=True))
        return [found[place] for place in range(len(questions))]


def _holds_nearest(scores: Floats, kept: Mask, k: int, slack: Floats) -> Mask:
    """For each question [n], whether the fetched scores [n, m], best first, must contain the nearest ``k`` of the rows
    that are ``kept``: the last fetched score lies more than ``slack`` [n] below the kth best that is kept.
    """
    nth = (np.cumsum(kept, axis=1) == k) & kept
    border = np.where(nth.any(axis=1), np.take_along_axis(scores, nth.argmax(axis=1)[:, None], axis=1)[:, 0], -np.inf)
    return np.asarray(border - slack > scores[:, -1])


class TorchScan:
    """Exact scan by torch: the vectors stay on ``device`` in half precision and are multiplied in single precision.
    Safe to use from several threads.
    """

    def __init__(self, vectors: Halfs, device: str) -> None:
        import torch

        self.vectors = torch.empty(vectors.shape, dtype=torch.float16, device=device)
        for start in range(0, len(vectors), BLOCK_ROWS):
            block = torch.from_numpy(np.array(vectors[start : start + BLOCK_ROWS]))
            self.vectors[start : start + len(block)] = block.to(device)

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """Every column that could be among the nearest ``k``."""
        import torch

        device, rows = self.vectors.device, len(self.vectors)
        dead = None if alive is None else torch.from_numpy(~alive).to(device)
        rounding = 0.0 if torch.get_float32_matmul_precision() == "highest" else COARSE
        chunk = max(1, 4 * CHUNK_SCORES // max(1, rows))
        found: list[Columns] = []
        for start in range(0, len(questions), chunk):
            part = questions[start : start + chunk]
            scores = self._scores(torch.from_numpy(np.ascontiguousarray(part)).to(device))
            if dead is not None:
                scores[:, dead] = -torch.inf
            slack = torch.from_numpy(margin(part, rounding)).to(device)
            border = scores.topk(min(k, rows), dim=1).values[:, -1:] - slack
            near = (scores >= border) & (scores > -torch.inf)
            found += [own.nonzero()[:, 0].cpu().numpy() for own in near]
        return found

    def _scores(self, questions: Any) -> Any:
        """The scores [n, rows]."""
        import torch

        scores = torch.empty((len(questions), len(self.vectors)), dtype=torch.float32, device=self.vectors.device)
        for start in range(0, len(self.vectors), WIDE_ROWS):
            block = self.vectors[start : start + WIDE_ROWS]
            scores[:, start : start + len(block)] = questions @ block.float().T
        return scores


def _first_line(error: BaseException) -> str:
    """The first line of an error message, without the place in its source that faiss puts in front."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
