"""Approximate search by FAISS: building an index file for one large segment, and proposing columns from it."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np

from ragqa.device import AUTO
from ragqa.errors import ConfigError, MissingExtra, StorageError
from ragqa.index.exact import Columns, Floats, Halfs, Mask, NumpyScan
from ragqa.index.gpu import (
    BLOCK_ROWS,
    FETCH_LIMIT,
    FULL,
    faiss_installed,
    faiss_on_gpu,
    fits_gpu,
    load_faiss,
)
from ragqa.index.report import Progress, silent
from ragqa.store.atomic import refusal
from ragqa.store.reading import damaged, reading

AUTO_ROWS = 200_000
LEAST_ROWS = 1_000
HNSW = "HNSW32,SQfp16"
ROWS_PER_CELL = 39  # faiss's own lower bound for training a cell
STAGE = "indexing vectors"
EXACT_BELOW = 20_000  # so few rows alive are scanned: faster, and filtered graphs lose recall

log = logging.getLogger("ragqa")


def wants_ann(spec: str, rows: int, dim: int, device: str = AUTO) -> bool:
    """Whether a segment of so many rows gets an approximate index.

    ``auto`` says yes from 200,000 rows on if faiss is installed and no GPU can scan them all, ``flat`` never, anything
    else from 1,000 rows on.
    """
    if spec == "auto":
        return rows >= AUTO_ROWS and faiss_installed() and not fits_gpu(rows, dim, device)
    return spec != "flat" and rows >= LEAST_ROWS


def check_spec(spec: str, dim: int) -> None:
    """`ConfigError` if ``spec`` is neither a known name nor a FAISS factory string, `MissingExtra` without faiss."""
    if spec not in ("auto", "flat"):
        _create(spec, dim, 10_000)


def build_ann(vectors: Halfs, spec: str, path: Path, progress: Progress = silent) -> bool:
    """Write an inner-product index over ``vectors`` [n, dim] to ``path``; False, and no file, where n is too small.

    ``auto`` and ``hnsw`` mean HNSW32,SQfp16, ``ivf`` means IVF{4√n},SQ8; the rest goes to ``faiss.index_factory``.
    """
    rows, dim = vectors.shape
    index = _create(spec, dim, rows)
    progress(STAGE, 0, rows)
    try:
        index.train(_sample(vectors, index))
    except RuntimeError as error:
        log.warning("dense search stays exact: %d passages do not train %s (%s)", rows, spec, _reason(error))
        return False
    for start in range(0, rows, BLOCK_ROWS):
        index.add(vectors[start : start + BLOCK_ROWS].astype(np.float32))
        progress(STAGE, min(start + BLOCK_ROWS, rows), rows)
    try:
        load_faiss().write_index(index, str(path))
    except RuntimeError as error:
        raise StorageError(f"{path}: cannot be written, {refusal(error)}") from error
    return True


def _create(spec: str, dim: int, rows: int) -> Any:
    if not faiss_installed():
        raise MissingExtra(f"approximate dense search ({spec})", "cpu")
    faiss = load_faiss()
    cells = max(1, min(int(4 * math.sqrt(rows)), rows // ROWS_PER_CELL))
    factory = {"auto": HNSW, "hnsw": HNSW, "ivf": f"IVF{cells},SQ8"}.get(spec, spec)
    try:
        return faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise ConfigError(
            f"index.dense is {spec!r}: auto, flat, hnsw, ivf or a FAISS factory string for {dim} dimensions"
        ) from error


def _sample(vectors: Halfs, index: Any) -> Floats:
    """Evenly spread rows, enough to train on."""
    ivf = load_faiss().try_extract_index_ivf(index)
    wanted = max(50_000, 64 * ivf.nlist if ivf is not None else 0)
    rows = np.linspace(0, len(vectors) - 1, min(wanted, len(vectors)), dtype=np.int64)
    return vectors[rows].astype(np.float32)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[-200:]


class AnnScan:
    """The index file of one segment."""

    def __init__(self, path: Path, vectors: Halfs, device: str = AUTO) -> None:
        faiss = load_faiss()
        with reading(path), path.open("rb") as file:
            self.index = faiss.read_index(faiss.PyCallbackIOReader(file.read))
        if (self.index.ntotal, self.index.d) != vectors.shape:
            raise damaged(path, "does not belong to its segment")
        ivf = faiss.try_extract_index_ivf(self.index)
        if ivf is not None:
            ivf.nprobe = min(ivf.nlist, max(16, ivf.nlist // 32))
        self.gpu = faiss_on_gpu(self.index, device) if isinstance(self.index, faiss.IndexIVF) else None
        self.exact = NumpyScan(vectors, keep=False)

    def propose(self, questions: Floats, k: int, alive: Mask | None) -> list[Columns]:
        """Twice ``k`` columns, probably with the nearest ``k`` among them; exactly those where few are alive."""
        count = len(self.exact.vectors) if alive is None else int(np.count_nonzero(alive))
        if alive is not None and count < EXACT_BELOW:
            return self.exact.propose(questions, k, alive)
        questions, fetch = np.ascontiguousarray(questions, np.float32), min(2 * k, count)
        dead = len(self.exact.vectors) - count
        found = self._search_gpu(questions, fetch + dead)
        if found is None:
            found = self._search(questions, fetch, dead, alive)
        return [own[(own >= 0) & (True if alive is None else alive[own])] for own in found]

    def _search_gpu(self, questions: Floats, fetch: int) -> Columns | None:
        """None where no GPU does it: there is none, they are too many for it, or it refuses, which is told once."""
        if self.gpu is None or fetch > FETCH_LIMIT:
            return None
        try:
            return self.gpu.search(questions, fetch)[1]
        except FULL as error:
            self.gpu = None
            log.warning("dense search goes on without the GPU, which refused it: %s", _reason(error))
            return None

    def _search(self, questions: Floats, fetch: int, dead: int, alive: Mask | None) -> Columns:
        faiss = load_faiss()
        selector = None if alive is None else faiss.IDSelectorBitmap(np.packbits(alive, bitorder="little"))
        widen = self.index.ntotal / (self.index.ntotal - dead)
        try:
            found = self.index.search(questions, fetch, params=_parameters(self.index, selector, fetch, widen))[1]
        except RuntimeError:  # a kind of index that cannot skip rows: ask for so many that enough are alive
            found = self.index.search(questions, fetch + dead)[1]
        return np.asarray(found, np.int64)


def _parameters(index: Any, selector: Any, fetch: int, widen: float) -> Any:
    """How far to search, ``widen`` times as far where rows are skipped, and which to skip, for any kind of index."""
    faiss = load_faiss()
    index = faiss.downcast_index(index)
    given = {} if selector is None else {"sel": selector}
    if isinstance(index, faiss.IndexPreTransform):
        return faiss.SearchParametersPreTransform(index_params=_parameters(index.index, selector, fetch, widen))
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(nprobe=min(index.nlist, int(index.nprobe * widen)), **given)
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=int(max(128, fetch) * widen), **given)
    return faiss.SearchParameters(**given) if given else None
