"""Exact search on a GPU, by faiss-gpu or by torch, whichever is installed. Nothing is imported unless a GPU is there.

This is the one module outside training and models that may import torch.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ragqa.index.exact import CHUNK_SCORES, Columns, Floats, Halfs, Mask, NumpyScan, Scan, margin

WORTH_ROWS = 50_000  # below, a scan on the processor takes less than importing torch
FETCH_LIMIT = 2_048  # the most neighbours faiss finds on a GPU
TIES = 64
BLOCK_ROWS = 65_536


def faiss_installed() -> bool:
    """Whether faiss can be imported; does not import it."""
    return importlib.util.find_spec("faiss") is not None


def load_faiss() -> Any:
    """The module, untyped: its stubs lag behind it."""
    return importlib.import_module("faiss")


@cache
def gpu_present() -> bool:
    """Whether an NVIDIA driver is there and not hidden; costs microseconds, imports nothing."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return False
    return Path("/dev/nvidia0").exists() or (sys.platform == "win32" and shutil.which("nvidia-smi") is not None)


def gpu_scan(vectors: Halfs) -> Scan | None:
    """A scan on the GPU, or None where there is none, nothing installed can use it, or it is not worth it."""
    if not gpu_present() or (len(vectors) < WORTH_ROWS and "torch" not in sys.modules):
        return None
    try:
        return _faiss_scan(vectors) or _torch_scan(vectors)
    except (RuntimeError, MemoryError) as error:  # the GPU is full or broken: the processor can do it too
        logging.getLogger("ragqa").warning("searching without the GPU: %s", str(error).splitlines()[0])
        return None


def faiss_on_gpu(index: Any) -> Any | None:
    """A copy of a faiss index on the first GPU, or None where faiss cannot do that."""
    faiss = load_faiss()
    if not gpu_present() or not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() < 1:
        return None
    return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)


def _faiss_scan(vectors: Halfs) -> Scan | None:
    if not faiss_installed():
        return None
    index = faiss_on_gpu(load_faiss().IndexFlatIP(vectors.shape[1]))
    if index is None:
        return None
    for start in range(0, len(vectors), BLOCK_ROWS):
        index.add(vectors[start : start + BLOCK_ROWS].astype(np.float32))
    return FaissScan(index, vectors)


def _torch_scan(vectors: Halfs) -> Scan | None:
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    return TorchScan(vectors, "cuda") if torch.cuda.is_available() else None


class FaissScan:
    """A flat faiss index, asked for enough neighbours that the dead among them do not matter."""

    def __init__(self, index: Any, vectors: Halfs) -> None:
        self.index, self.fallback = index, NumpyScan(vectors, keep=False)

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """The nearest ``k`` and up to 64 that tie with them."""
        dead = 0 if alive is None else len(alive) - int(np.count_nonzero(alive))
        fetch = min(k + dead + TIES, self.index.ntotal)
        if fetch > FETCH_LIMIT:
            return self.fallback.propose(questions, k, alive)
        _, columns = self.index.search(np.ascontiguousarray(questions), fetch)
        return [own[(own >= 0) & (True if alive is None else alive[own])] for own in columns]


class TorchScan:
    """Matrix products by torch; the vectors stay on ``device`` in float32."""

    def __init__(self, vectors: Halfs, device: str) -> None:
        import torch

        self.vectors = torch.empty(vectors.shape, dtype=torch.float32, device=device)
        for start in range(0, len(vectors), BLOCK_ROWS):
            block = torch.from_numpy(np.array(vectors[start : start + BLOCK_ROWS]))
            self.vectors[start : start + len(block)] = block.to(device)

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """Every column that could be among the nearest ``k``."""
        import torch

        device, rows = self.vectors.device, len(self.vectors)
        dead = None if alive is None else torch.from_numpy(~alive).to(device)
        chunk = max(1, 4 * CHUNK_SCORES // max(1, rows))
        found: list[Columns] = []
        for start in range(0, len(questions), chunk):
            part = questions[start : start + chunk]
            scores = torch.from_numpy(np.ascontiguousarray(part)).to(device) @ self.vectors.T
            if dead is not None:
                scores[:, dead] = -torch.inf
            border = scores.topk(min(k, rows), dim=1).values[:, -1:] - torch.from_numpy(margin(part)).to(device)
            near = (scores >= border) & (scores > -torch.inf)
            found += [own.nonzero()[:, 0].cpu().numpy() for own in near]
        return found
