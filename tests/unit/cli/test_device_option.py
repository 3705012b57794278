"""``--device`` on every command that loads a model: one policy, one error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

import ragqa.pipeline
from ragqa.cli import cli
from ragqa.device import gpu_of
from ragqa.errors import ConfigError

LOADING = (
    ("ask",),
    ("search",),
    ("chat",),
    ("index",),
    ("add",),
    ("calibrate",),
    ("mine",),
    ("repair",),
    ("eval", "run"),
    ("train", "reader"),
    ("train", "retriever"),
    ("train", "joint"),
    ("train", "reranker"),
)


@pytest.fixture
def index(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The Rhine rises in the Alps.")
    ragqa.build(tmp_path / "docs", tmp_path / "i")
    return tmp_path / "i"


@pytest.mark.parametrize("path", LOADING, ids=" ".join)
def test_every_command_that_loads_a_model_has_it(path):
    command = cli
    for name in path:
        command = command.commands[name]
    (option,) = [one for one in command.params if one.name == "device"]
    assert option.opts == ["--device"]


def test_the_pipeline_is_loaded_with_it(index, monkeypatch):
    asked = []

    class Loaded(Exception):
        pass

    def load(directory, config, **_):
        asked.append(config.device)
        raise Loaded

    monkeypatch.setattr(ragqa.pipeline.Pipeline, "load", load)
    for line in (["ask", "x"], ["search", "x"], ["chat"]):
        for device in ([], ["--device", "cpu"], ["--set", "device=cpu"]):
            done = CliRunner().invoke(cli, [*line, "-i", str(index), *device])
            assert isinstance(done.exception, Loaded), done.output
    assert asked == ["auto", "cpu", "cpu"] * 3


def test_a_device_that_is_not_there_is_one_line(index, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    for line in (["ask", "x"], ["search", "x"]):
        for device, problem in (
            ("cuda", "is not there"),
            ("cuda:7", "is not there"),
            ("gpu", "one of auto, cpu, cuda"),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "ragqa", *line, "-i", str(index), "--device", device],
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == ConfigError.exit_code and done.stdout == ""
            assert len(done.stderr.splitlines()) == 1 and problem in done.stderr, done.stderr


def test_in_python_it_is_an_argument(index, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    for refused in (lambda: ragqa.Pipeline.load(index, device="cuda"), lambda: gpu_of("cuda")):
        with pytest.raises(ConfigError, match="device cuda is not there"):
            refused()
    with ragqa.Pipeline.load(index, device="cpu") as pipeline:
        assert pipeline.config.device == "cpu" and pipeline.ask("Where does the Rhine rise?").hits


def test_asking_on_the_processor_needs_neither_torch_nor_a_driver(index):
    """Nor does "auto": there is no GPU that could be worth it."""
    code = (
        "import ctypes, sys, ragqa\n"
        "ctypes.CDLL = None\n"
        f"ragqa.Pipeline.load({str(index)!r}, device=sys.argv[1]).ask('Where does the Rhine rise?')\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    for device in ("cpu", "auto"):
        done = subprocess.run(
            [sys.executable, "-c", code, device], capture_output=True, text=True, timeout=60, env=dict(os.environ)
        )
        assert done.stdout == "[]\n", done.stderr
