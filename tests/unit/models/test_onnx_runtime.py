"""Windows on several cores: the same numbers in the same order as one after the other."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from ragqa.models import onnx_runtime
from ragqa.models.card import MODEL
from ragqa.models.catalog import PRETRAINED
from ragqa.models.tokenize import Window

GRAPH = PRETRAINED / "encoder" / MODEL


def window(ids: list[int]) -> Window:
    array = np.array(ids, np.int64)
    return Window(array, np.zeros_like(array), 0, 0, len(array))


@pytest.fixture
def windows() -> list[Window]:
    rng = np.random.default_rng(0)
    return [window(rng.integers(1000, 20_000, size).tolist()) for size in rng.integers(2, 60, 20)]


def on(cores: int, monkeypatch: pytest.MonkeyPatch) -> onnx_runtime.OnnxRuntime:
    monkeypatch.setattr(onnx_runtime, "available_cores", lambda: cores)
    return onnx_runtime.OnnxRuntime(GRAPH)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 20])
def test_many_windows_give_what_each_gives_alone(windows, monkeypatch, count):
    alone, together = on(1, monkeypatch), on(3, monkeypatch)
    expected = [alone.run([one])[0][0] for one in windows[:count]]
    found = [outputs[0] for outputs in together.run(windows[:count])]
    assert len(found) == count
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_of_many_windows_each_core_takes_its_own(windows, monkeypatch):
    model, threads = on(3, monkeypatch), set()
    run_one = model._run_one

    def watched(session, one):
        threads.add(threading.get_ident())
        time.sleep(0.01)
        return run_one(session, one)

    monkeypatch.setattr(model, "_run_one", watched)
    model.run(windows)
    assert len(threads) == 3
    threads.clear()
    model.run(windows[:2])
    assert threads == {threading.get_ident()}


def test_a_window_that_fails_is_an_error_and_ends_the_rest(windows, monkeypatch):
    model, started = on(2, monkeypatch), []
    run_one = model._run_one

    def watched(session, one):
        started.append(one)
        time.sleep(0.05)
        return run_one(session, one)

    monkeypatch.setattr(model, "_run_one", watched)
    beyond = window([10_000_000])
    with pytest.raises(Exception, match=r"(?i)gather|index|range|invalid"):
        model.run([beyond, *windows, *windows])
    assert len(started) < len(windows)
