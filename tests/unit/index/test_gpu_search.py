"""Search on a GPU without one: faiss' own arithmetic in half precision on the processor, behind a module that behaves
as faiss-gpu does. What needs a real GPU is in tests/gpu.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ragqa.documents import Document
from ragqa.errors import ConfigError
from ragqa.index import ann, dense, exact, gpu
from ragqa.index.ann import build_ann, wants_ann
from ragqa.index.dense import DenseIndex, DenseSegment
from ragqa.index.facts import Allowed
from ragqa.index.writer import compact
from ragqa.library import Index
from ragqa.testing import HashEncoder

faiss = pytest.importorskip("faiss")
DIM = 32


class Resources:
    made = 0

    def __init__(self):
        type(self).made += 1
        self.users = 0

    def setTempMemory(self, size: int) -> None:
        assert size > 0

    def __enter__(self):
        self.users += 1
        time.sleep(0.001)
        assert self.users == 1, "two threads use one StandardGpuResources"

    def __exit__(self, *_):
        self.users -= 1


class Config:
    device, useFloat16 = 0, False


class Options:
    useFloat16 = useFloat16CoarseQuantizer = False


class HalfFlat:
    """Vectors and questions in half precision, products summed in single: what `GpuIndexFlatIP` does."""

    def __init__(self, resources: Resources, dim: int, config: Config):
        assert config.useFloat16, "the vectors are to lie in half precision"
        self.resources, self.config = resources, config
        self.inner = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self.full = False

    @property
    def ntotal(self) -> int:
        return self.inner.ntotal

    def add(self, vectors):
        with self.resources:
            self.inner.add(vectors)

    def search(self, questions, k):
        assert k <= gpu.FETCH_LIMIT
        with self.resources:
            if self.full:
                raise RuntimeError("Error in virtual void* StandardGpuResourcesImpl::allocMemory: out of memory")
            return self.inner.search(questions.astype(np.float16).astype(np.float32), k)


class Module:
    """faiss with the names that only faiss-gpu has."""

    StandardGpuResources, GpuIndexFlatIP = Resources, HalfFlat
    GpuIndexFlatConfig, GpuClonerOptions = Config, Options
    moved = 0

    def __getattr__(self, name):
        return getattr(faiss, name)

    def get_num_gpus(self):
        return 2

    def index_cpu_to_gpu(self, resources, number, index, options):
        assert options.useFloat16 and options.useFloat16CoarseQuantizer and number == 0
        type(self).moved += 1
        return index


@pytest.fixture
def faiss_gpu(monkeypatch) -> Iterator[Module]:
    """A machine with a GPU of 1 GiB and faiss-gpu."""
    module = Module()
    Resources.made = Module.moved = 0
    monkeypatch.setattr(gpu, "load_faiss", lambda: module)
    monkeypatch.setattr(gpu, "gpu_of", lambda device: None if device == "cpu" else 0)
    monkeypatch.setattr(gpu, "gpu_bytes", lambda number: 1 << 30)
    monkeypatch.setattr(gpu, "WORTH_ROWS", 100)
    gpu._resources.cache_clear()
    yield module
    gpu._resources.cache_clear()


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def some(rows: int, seed: int = 1, spread: float = 1.0):
    """Vectors around one direction, and questions near it; with a small ``spread`` all scores are nearly the same."""
    chance = np.random.default_rng(seed)
    centre = chance.normal(size=DIM)
    vectors = centre + spread * chance.normal(size=(rows, DIM))
    return unit(vectors).astype(np.float16), unit(centre + spread * chance.normal(size=(12, DIM)))


def nearest(vectors, questions, k, alive=None):
    """By all products in float64."""
    products = (vectors.astype(np.float64)[None] * questions.astype(np.float64)[:, None]).sum(2).astype(np.float32)
    rows = np.arange(len(vectors)) if alive is None else np.flatnonzero(alive)
    return [rows[np.lexsort((rows, -own[rows]))][:k].tolist() for own in products]


def found(index, questions, k, alive=None):
    alive = np.ones(sum(len(s.vectors) for s in index.segments), bool) if alive is None else alive
    return [[row for row in own if row >= 0] for own in index.search(questions, k, Allowed.of(alive)).rows.tolist()]


def index_of(vectors, spec="auto", device="auto", path=None):
    return DenseIndex([DenseSegment(0, vectors, path)], DIM, spec, device)


@pytest.mark.parametrize("spread", [1.0, 0.004])
@pytest.mark.parametrize("share_alive", [1.0, 0.7, 0.02])
def test_half_precision_finds_the_very_nearest(faiss_gpu, spread, share_alive):
    """Also where a thousand scores lie closer together than half precision can tell."""
    vectors, questions = some(3_000, spread=spread)
    alive = np.random.default_rng(2).random(3_000) < share_alive
    index = index_of(vectors)
    assert isinstance(index._scans[0], gpu.Surviving)
    assert found(index, questions, 10, alive) == nearest(vectors, questions, 10, alive)


def test_an_order_that_half_precision_cannot_see(faiss_gpu):
    """Both numbers of the question round to the same half, so faiss' scores of all rows are equal."""
    steps = np.random.default_rng(3).permutation(500)
    vectors = np.zeros((500, DIM))
    vectors[:, 0], vectors[:, 1] = 0.5 + steps / 2048, 0.5 - steps / 2048
    vectors[:, 2] = np.sqrt(1 - np.square(vectors).sum(axis=1))
    question = np.zeros((1, DIM), np.float32)
    question[0, :2] = 0.7001, 0.7003
    assert np.float16(question[0, 0]) == np.float16(question[0, 1])
    halfs = vectors.astype(np.float16)
    assert found(index_of(halfs), question, 10) == nearest(halfs, question, 10)


def test_what_is_too_much_for_the_gpu_is_scanned(faiss_gpu, monkeypatch):
    monkeypatch.setattr(gpu, "FETCH_LIMIT", 80)
    vectors, questions = some(500, spread=0.004)
    assert found(index_of(vectors), questions, 10) == nearest(vectors, questions, 10)
    assert found(index_of(vectors), questions, 400) == nearest(vectors, questions, 400)


def test_threads_wait_for_each_other_and_share_one_resource(faiss_gpu):
    """Two indexes, eight threads: faiss-gpu is asked by one at a time."""
    parts = [some(300, seed) for seed in (1, 2)]
    indexes = [index_of(vectors) for vectors, _ in parts]
    start = threading.Barrier(8)

    def ask(place):
        _, questions = parts[place % 2]
        start.wait()
        return [found(indexes[place % 2], questions[:3], 5) for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    for place, own in enumerate(answers):
        vectors, questions = parts[place % 2]
        assert own == [nearest(vectors, questions[:3], 5)] * 10
    assert Resources.made == 1


def test_opening_survives_a_full_gpu(faiss_gpu, monkeypatch, caplog):
    def refuse(*_):
        raise RuntimeError("Error: out of memory\nmore")

    monkeypatch.setattr(HalfFlat, "__init__", refuse)
    monkeypatch.setattr(gpu, "_torch_has", lambda number: False)
    vectors, questions = some(300)
    with caplog.at_level(logging.WARNING, "ragqa"):
        index = index_of(vectors)
        assert found(index, questions, 5) == nearest(vectors, questions, 5)
    assert [r.getMessage() for r in caplog.records] == [
        "dense search runs on the processor, not on cuda:0: Error: out of memory"
    ]


def test_so_does_searching_and_says_so_once(faiss_gpu, caplog):
    vectors, questions = some(300)
    index = index_of(vectors)
    index._scans[0].scan.index.index.full = True
    with caplog.at_level(logging.WARNING, "ragqa"):
        for _ in range(3):
            assert found(index, questions, 5) == nearest(vectors, questions, 5)
    assert len(caplog.records) == 1 and "the GPU refused it" in caplog.text
    index._scans[0].scan.index.index.full = False
    assert found(index, questions, 5) == nearest(vectors, questions, 5)


def test_torch_takes_over_where_faiss_is_full(faiss_gpu, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(HalfFlat, "add", lambda *_: (_ for _ in ()).throw(RuntimeError("full")))
    monkeypatch.setattr(gpu, "_torch_scan", lambda vectors, number: gpu.TorchScan(vectors, "cpu"))
    vectors, questions = some(300)
    index = index_of(vectors)
    assert isinstance(index._scans[0].scan, gpu.TorchScan)
    assert found(index, questions, 5) == nearest(vectors, questions, 5)


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_torch_scan_is_exact_at_any_precision_and_blocks(monkeypatch, precision):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(gpu, "WIDE_ROWS", 700)
    monkeypatch.setattr(gpu, "BLOCK_ROWS", 300)
    vectors, questions = some(2_000, spread=0.01)
    alive = np.random.default_rng(2).random(2_000) < 0.6
    scan = gpu.TorchScan(vectors, "cpu")
    assert scan.vectors.dtype == torch.float16
    was = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        ranking = dense._search(DenseSegment(0, vectors), scan, questions, 10, alive)
    finally:
        torch.set_float32_matmul_precision(was)
    assert ranking.rows.tolist() == nearest(vectors, questions, 10, alive)


def test_auto_takes_the_gpu_before_the_approximate_index(faiss_gpu, tmp_path, monkeypatch):
    monkeypatch.setattr(ann, "load_faiss", lambda: faiss)
    vectors, _ = some(2_000)
    build_ann(vectors, "hnsw", tmp_path / "index.faiss")
    assert isinstance(index_of(vectors, "auto", path=tmp_path / "index.faiss")._scans[0], gpu.Surviving)
    assert isinstance(index_of(vectors, "hnsw", path=tmp_path / "index.faiss")._scans[0], ann.AnnScan)
    assert isinstance(index_of(vectors, "auto", "cpu", tmp_path / "index.faiss")._scans[0], ann.AnnScan)
    assert isinstance(index_of(vectors, "auto", "cpu")._scans[0], exact.NumpyScan)


def test_auto_builds_no_approximate_index_for_what_a_gpu_can_hold(faiss_gpu):
    assert not wants_ann("auto", 500_000, 384) and wants_ann("auto", 500_000, 384, "cpu")
    assert wants_ann("auto", 1_000_000, 384), "768 MB are more than half of the GPU"
    assert wants_ann("hnsw", 500_000, 384), "what was named is built"


def test_compact_follows_the_device(tmp_path, monkeypatch):
    monkeypatch.setattr(ann, "AUTO_ROWS", 3)
    monkeypatch.setattr(ann, "fits_gpu", lambda rows, dim, device: device == "auto")
    documents = [Document(f"d{number}", f"Text {number}.") for number in range(5)]
    with Index(tmp_path / "kb", encoder=HashEncoder(), language="en") as index:
        index.upsert(documents)
        assert not index.info()["approximate"] and not index.compact().committed, "the GPU holds it"
    with Index(tmp_path / "kb", encoder=HashEncoder(), device="cpu") as index:
        assert index.compact().committed and index.info()["approximate"] and not index.compact().committed
        index.upsert([Document(f"n{number}", f"More {number}.") for number in range(5)])
        assert index.info()["approximate"]
    with pytest.raises(ConfigError, match="device is 'gpu'"):
        compact(tmp_path / "kb", device="gpu")


def test_cells_go_to_the_gpu_and_come_back(faiss_gpu, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(ann, "load_faiss", lambda: faiss)
    vectors, questions = some(2_000)
    build_ann(vectors, "ivf", tmp_path / "index.faiss")
    scan = ann.AnnScan(tmp_path / "index.faiss", vectors)
    assert Module.moved == 1 and isinstance(scan.gpu, gpu.FaissGpu)
    expected = [
        set(own.tolist()) for own in ann.AnnScan(tmp_path / "index.faiss", vectors, "cpu").propose(questions, 5, None)
    ]
    assert [set(own.tolist()) for own in scan.propose(questions, 5, None)] == expected

    def full(*_):
        raise RuntimeError("out of memory")

    scan.gpu.search = full
    with caplog.at_level(logging.WARNING, "ragqa"):
        for _ in range(2):
            assert [set(own.tolist()) for own in scan.propose(questions, 5, None)] == expected
    assert len(caplog.records) == 1 and scan.gpu is None


def test_the_processor_is_taken_where_it_is_named_or_enough(monkeypatch):
    def ask(*_):
        raise AssertionError("nobody needs to know about GPUs")

    monkeypatch.setattr(gpu, "gpu_of", ask)
    assert gpu.gpu_scan(np.empty((10**6, 1), np.float16), "cpu") is None
    monkeypatch.delitem(gpu.sys.modules, "torch", raising=False)
    assert gpu.gpu_scan(np.empty((100, 1), np.float16)) is None


def test_a_gpu_that_was_named_must_be_there(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ConfigError, match="device cuda is not there"):
        index_of(some(10)[0], device="cuda")
    assert gpu.gpu_scan(np.zeros((10**5, 1), np.float16)) is None


def test_a_gpu_that_nothing_can_use_is_told(faiss_gpu, monkeypatch, caplog):
    monkeypatch.setattr(gpu, "_faiss_has", lambda number: False)
    monkeypatch.setattr(gpu, "_torch_has", lambda number: False)
    with caplog.at_level(logging.WARNING, "ragqa"):
        assert gpu.gpu_scan(some(300)[0]) is None
    assert "neither faiss-gpu nor a torch with CUDA" in caplog.text
