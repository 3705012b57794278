"""Batches of windows: as large as memory allows, each window's outputs its own; torch on the processor stands in for a
GPU where half precision and memory are concerned.
"""

from __future__ import annotations

import logging

import numpy as np
import pytest

from ragqa.errors import ModelError
from ragqa.models.batching import Batching
from ragqa.models.tokenize import Window


def window(length: int, number: int) -> Window:
    ids = np.full(length, number, np.int64)
    return Window(ids, np.zeros_like(ids), 0, 0, length)


WINDOWS = [window(length, number) for number, length in enumerate([5, 30, 1, 12, 30, 7, 7, 2])]


class Device:
    """Has room for so many tokens, padding included; each output tells whose window it is."""

    def __init__(self, room: int) -> None:
        self.room, self.batches, self.waiting = room, [], 0

    def start(self, windows):
        length = max(len(one.ids) for one in windows)
        if length * len(windows) > self.room:
            raise RuntimeError("out of memory")
        self.batches.append([len(one.ids) for one in windows])
        self.waiting += 1
        assert self.waiting <= 2, "no more than one batch is begun before the last is fetched"

        def fetch():
            self.waiting -= 1
            return (np.array([[one.ids[0]] * length for one in windows], np.float32),)

        return fetch


def full(error):
    return "out of memory" in str(error)


@pytest.mark.parametrize("room", [30, 64, 100, 10_000])
def test_batches_are_halved_until_they_fit(room):
    device, batching = Device(room), Batching(10_000, full)
    outputs = batching.run(WINDOWS, device.start)
    assert [(own.tolist()) for (own,) in outputs] == [[float(one.ids[0])] * len(one.ids) for one in WINDOWS]
    lengths = [length for batch in device.batches for length in batch]
    assert lengths == sorted(lengths, reverse=True), "of similar length, longest first"
    assert batching.budget <= room or room == 10_000
    tried = len(device.batches)
    batching.run(WINDOWS, device.start)
    assert len(device.batches) == 2 * tried, "what fits is remembered: nothing is tried in vain again"


def test_a_window_that_does_not_fit_alone_is_told():
    with pytest.raises(ModelError, match="no memory left for a text of 30 tokens"):
        Batching(10_000, full).run(WINDOWS, Device(29).start)


def test_other_errors_are_not_taken_for_that():
    def fail(_):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Batching(10_000, full).run(WINDOWS, fail)
    assert Batching(10, full).run([], fail) == []


# ---- torch


def reader_of(torch, factor: float = 1.0, room: int = 10**9):
    """A model whose logits are its embeddings' sums, times ``factor``; ``room`` is that of `Device`."""

    class Reader(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.table = torch.nn.Embedding(50, 16)
            self.heads = torch.nn.Linear(16, 2)
            self.batches, self.dtypes = [], []

        def forward(self, input_ids, attention_mask):
            if input_ids.numel() > room:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
            self.batches.append(tuple(input_ids.shape))
            logits = self.heads(self.table(input_ids) * factor) * attention_mask[..., None]
            self.dtypes.append(logits.dtype)
            result = type("Result", (), {})()
            result.start_logits, result.end_logits = logits[..., 0], logits[..., 1]
            return result

    return Reader()


OUTPUTS = ("start_logits", "end_logits")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="needs ragqa[train]")


def test_torch_gives_each_window_its_own(torch):
    from ragqa.models.torch_runtime import TorchRuntime

    model = reader_of(torch)
    together = TorchRuntime(model, OUTPUTS, 0, type_ids=False).run(WINDOWS)
    assert len(model.batches) == 1
    alone = [TorchRuntime(model, OUTPUTS, 0, type_ids=False).run([one])[0] for one in WINDOWS]
    for both, one in zip(together, alone, strict=True):
        for a, b in zip(both, one, strict=True):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_torch_halves_its_batches_where_memory_ends(torch):
    from ragqa.models.torch_runtime import TorchRuntime

    model = reader_of(torch, room=70)
    runtime = TorchRuntime(model, OUTPUTS, 0, type_ids=False)
    found = runtime.run(WINDOWS)
    expected = TorchRuntime(reader_of(torch), OUTPUTS, 0, type_ids=False).run(WINDOWS)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a[0], b[0], atol=1e-6)
    assert max(rows * length for rows, length in model.batches) <= 70
    with pytest.raises(ModelError, match="no memory left"):
        TorchRuntime(reader_of(torch, room=20), OUTPUTS, 0, type_ids=False).run(WINDOWS)


def test_half_precision_is_near_and_given_up_where_it_does_not_hold(torch, caplog):
    from ragqa.models.torch_runtime import TorchRuntime

    model = reader_of(torch)
    half, whole = (TorchRuntime(model, OUTPUTS, 0, type_ids=False, half=half) for half in (True, False))
    for a, b in zip(half.run(WINDOWS), whole.run(WINDOWS), strict=True):
        np.testing.assert_allclose(a[0], b[0], atol=5e-3)
    assert model.dtypes[0] == torch.float16 and half.half
    loud = TorchRuntime(reader_of(torch, factor=1e6), OUTPUTS, 0, type_ids=False, half=True)
    with caplog.at_level(logging.WARNING, "ragqa"):
        for _ in range(2):
            assert all(np.isfinite(output).all() for outputs in loud.run(WINDOWS) for output in outputs)
    assert not loud.half and len(caplog.records) == 1 and "full precision" in caplog.text


def test_on_the_processor_it_prefers_no_batches_and_full_precision(torch):
    from ragqa.models.torch_runtime import TorchRuntime

    runtime = TorchRuntime(reader_of(torch), OUTPUTS, 0, type_ids=False)
    assert not runtime.prefers_batches and not runtime.half and runtime.device.type == "cpu"


def test_an_encoder_halves_its_batches_and_keeps_its_fingerprint(torch):
    from ragqa.models.encoder import SentenceTransformerEncoder

    class Model:
        device, prompts, max_seq_length = torch.device("cpu"), {}, 128
        sizes: list[int] = []

        def get_embedding_dimension(self):
            return 4

        def state_dict(self):
            return {"weight": torch.ones(2)}

        def encode_query(self, texts, batch_size, show_progress_bar):
            self.sizes.append(batch_size)
            if batch_size > 10:
                raise torch.OutOfMemoryError("CUDA out of memory")
            huge = torch.is_autocast_enabled("cpu")
            return np.full((len(texts), 4), np.inf if huge else 2.0)

    encoder = SentenceTransformerEncoder(Model())
    fingerprint = encoder.fingerprint
    assert np.allclose(encoder.encode_questions(["a", "b"]), 0.5) and Model.sizes == [32, 16, 8]
    encoder.half = True
    with np.errstate(invalid="ignore"):
        assert np.allclose(encoder.encode_questions(["a"]), 0.5)
    assert Model.sizes == [32, 16, 8, 8, 8] and not encoder.half and encoder.fingerprint == fingerprint


# ---- onnxruntime


@pytest.fixture
def with_cuda(monkeypatch):
    """onnxruntime as if it had its CUDA provider, and what it is asked for; the sessions run on the processor."""
    import onnxruntime

    from ragqa.models import onnx_runtime

    asked = []
    session = onnxruntime.InferenceSession

    class Session:
        lost = False

        def __init__(self, path, options, providers, enable_fallback):
            asked.append(providers)
            self.inner, self.providers = session(path, options, providers=["CPUExecutionProvider"]), providers
            self.run, self.get_inputs, self.get_outputs = self.inner.run, self.inner.get_inputs, self.inner.get_outputs

        def get_providers(self):
            names = [one if isinstance(one, str) else one[0] for one in self.providers]
            return names[1:] if Session.lost and len(names) > 1 else names

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    monkeypatch.setattr(onnx_runtime, "_has_cuda", lambda: True)
    monkeypatch.setattr(onnx_runtime, "gpu_of", lambda device: None if device == "cpu" else int(device[5:] or 0))
    onnx_runtime._tell_missing.cache_clear()
    yield asked, Session
    Session.lost = False
    onnx_runtime._tell_missing.cache_clear()


ON_GPU = [("CUDAExecutionProvider", {"device_id": 1}), "CPUExecutionProvider"]


def test_the_packaged_int8_models_stay_on_the_processor_unless_a_gpu_is_named(with_cuda):
    from ragqa.models.catalog import load_encoder

    asked, _ = with_cuda
    encoder = load_encoder()
    assert asked == [["CPUExecutionProvider"]] and not encoder.runtime.prefers_batches
    named = load_encoder(device="cuda:1")
    assert asked[1:] == [ON_GPU] and not named.runtime.prefers_batches, "int8 windows depend on their neighbours"
    np.testing.assert_array_equal(named.encode_questions(["Where?"]), encoder.encode_questions(["Where?"]))
    load_encoder(device="cpu")
    assert asked[-1] == ["CPUExecutionProvider"]


@pytest.fixture
def fp32(write_tiny_bert, tmp_path):
    from ragqa.models.export import export_reader

    checkpoint = write_tiny_bert(tmp_path / "c", "BertForQuestionAnswering")
    export_reader(str(checkpoint), tmp_path / "fp32", max_length=64, int8=False)
    return str(tmp_path / "fp32")


@pytest.mark.slow
def test_a_graph_in_fp32_runs_in_batches_on_a_gpu(fp32, with_cuda):
    from ragqa.models.catalog import load_reader

    asked, _ = with_cuda
    plain, fast = load_reader(fp32, device="cpu"), load_reader(fp32, device="cuda:1")
    assert asked[-1] == ON_GPU and fast.prefers_batches and not plain.prefers_batches
    questions, texts = ["Where?", "Who wrote the long book?", "When?"], ["Here and there.", "Ann did, " * 30, "1937"]
    for a, b in zip(fast.read_texts(questions, texts), plain.read_texts(questions, texts), strict=True):
        assert [(span.start, span.end) for span in a.spans[:3]] == [(span.start, span.end) for span in b.spans[:3]]
        np.testing.assert_allclose([s.score for s in a.spans], [s.score for s in b.spans], atol=1e-4)


def test_a_provider_that_cannot_be_loaded_is_told_once(with_cuda, caplog):
    from ragqa.models.catalog import load_encoder

    _, session = with_cuda
    session.lost = True
    with caplog.at_level(logging.WARNING, "ragqa"):
        for _ in range(2):
            assert load_encoder(device="cuda:1").runtime.gpu is None
    assert len(caplog.records) == 1 and "cannot be loaded" in caplog.text


def test_without_the_provider_a_named_gpu_is_looked_for_and_told(with_cuda, monkeypatch, caplog):
    from ragqa.models import onnx_runtime
    from ragqa.models.catalog import load_encoder

    monkeypatch.setattr(onnx_runtime, "_has_cuda", lambda: False)
    with caplog.at_level(logging.WARNING, "ragqa"):
        load_encoder(device="cuda:1")
    assert "onnxruntime-gpu" in caplog.text
