"""Search and models on a real GPU: what a stand-in cannot show (tests/unit/index/test_gpu_search.py has the rest)."""

from __future__ import annotations

import importlib.util
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ragqa.device import gpu_bytes, gpu_count, gpu_of
from ragqa.errors import ConfigError
from ragqa.index import gpu as search
from ragqa.index.ann import AnnScan, build_ann
from ragqa.index.dense import DenseIndex, DenseSegment
from ragqa.index.exact import NumpyScan
from ragqa.index.facts import Allowed

DIM, ROWS = 96, 120_000


def faiss_on_gpu() -> bool:
    return importlib.util.find_spec("faiss") is not None and hasattr(search.load_faiss(), "StandardGpuResources")


needs_faiss_gpu = pytest.mark.skipif(not faiss_on_gpu(), reason="needs faiss-gpu: not tested with it here")


@pytest.fixture(scope="module")
def vectors():
    chance = np.random.default_rng(1)
    found = chance.normal(size=(ROWS, DIM)).astype(np.float32)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def questions(vectors):
    chance = np.random.default_rng(2)
    found = vectors[:200].astype(np.float32) + 0.1 * chance.normal(size=(200, DIM)).astype(np.float32)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def expected(vectors, questions, alive, k=20):
    index = DenseIndex([DenseSegment(0, vectors)], DIM, "flat", "cpu")
    assert isinstance(index._scans[0], NumpyScan)
    return index.search(questions, k, Allowed.of(alive)).rows


ENGINES = [pytest.param("faiss", marks=needs_faiss_gpu), "torch"]


@pytest.fixture
def engine(request, monkeypatch):
    if request.param == "torch":
        monkeypatch.setattr(search, "_faiss_scan", lambda vectors, number: None)
    return request.param


def test_the_driver_and_torch_count_alike(gpu):
    import torch

    assert gpu_count() == gpu and gpu_of() == 0
    assert gpu_bytes(0) == pytest.approx(torch.cuda.get_device_properties(0).total_memory, rel=0.05)
    with pytest.raises(ConfigError, match="is not there"):
        gpu_of(f"cuda:{gpu}")


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize("share_alive", [1.0, 0.5, 0.01])
def test_the_very_nearest_are_found_in_threads(engine, vectors, questions, share_alive):
    alive = np.random.default_rng(3).random(ROWS) < share_alive
    index = DenseIndex([DenseSegment(0, vectors[:50_000]), DenseSegment(50_000, vectors[50_000:])], DIM, "auto", "cuda")
    kind = search.FaissScan if engine == "faiss" else search.TorchScan
    assert all(isinstance(scan.scan, kind) for scan in index._scans)
    wanted, start = expected(vectors, questions, alive), threading.Barrier(8)

    def ask(place):
        start.wait()
        return [index.search(questions[place::8], 20, Allowed.of(alive)).rows for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        for place, found in enumerate(pool.map(ask, range(8))):
            for rows in found:
                np.testing.assert_array_equal(rows, wanted[place::8])


@needs_faiss_gpu
def test_cells_on_the_gpu_find_what_they_find_on_the_processor(vectors, questions, tmp_path):
    assert build_ann(vectors, "ivf", tmp_path / "index.faiss")
    on_gpu, on_cpu = (AnnScan(tmp_path / "index.faiss", vectors, device) for device in ("cuda", "cpu"))
    assert on_gpu.gpu is not None and on_cpu.gpu is None
    pairs = zip(on_gpu.propose(questions, 20, None), on_cpu.propose(questions, 20, None), strict=True)
    shared = [len(set(a.tolist()) & set(b.tolist())) / len(b) for a, b in pairs]
    assert np.mean(shared) > 0.95


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_full_gpu_is_survived(engine, vectors, questions, caplog):
    """All memory is taken, as by another process: opening and searching go on with the processor."""
    import torch

    alive, held = np.ones(ROWS, bool), []
    size = 1 << 30
    while size >= 1 << 20:
        try:
            held.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
        except torch.OutOfMemoryError:
            size //= 2
    try:
        with caplog.at_level(logging.WARNING, "ragqa"):
            index = DenseIndex([DenseSegment(0, vectors)], DIM, "auto", "cuda")
            np.testing.assert_array_equal(
                index.search(questions, 20, Allowed.of(alive)).rows, expected(vectors, questions, alive)
            )
        assert caplog.records, "said so"
    finally:
        held.clear()
        torch.cuda.empty_cache()


def test_half_precision_and_batches_of_a_reader(inputs):
    from ragqa.models.catalog import load_reader

    base = inputs["reader"][1]["base"]
    fast, plain = (load_reader(base, device=device) for device in ("cuda", "cpu"))
    assert fast.runtime.device.type == "cuda" and fast.runtime.half and fast.prefers_batches
    texts = ["The Rhine rises in Switzerland and flows to the North Sea. " * n for n in range(1, 40)]
    asked = ["Where does the Rhine rise?"] * len(texts)
    for a, b in zip(fast.read_texts(asked, texts), plain.read_texts(asked, texts), strict=True):
        assert a.null == pytest.approx(b.null, abs=0.05)
    fast.runtime.batching.budget = 1 << 40  # far too much: batches are halved until they fit
    assert len(fast.read_texts(asked * 50, texts * 50)) == 50 * len(texts)


def test_half_precision_of_an_encoder(inputs):
    from ragqa.models.catalog import load_encoder

    base = inputs["retriever"][1]["base"]
    fast, plain = (load_encoder(base, device=device) for device in ("cuda", "cpu"))
    assert fast.half and fast.fingerprint == plain.fingerprint
    texts = ["Where does the Rhine rise?", "When was the bridge opened?"]
    products = (fast.encode_questions(texts) * plain.encode_questions(texts)).sum(axis=1)
    np.testing.assert_allclose(products, 1.0, atol=1e-3)
