"""The one policy of devices, asked of driver libraries made for the test: real processes, no GPU."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.drivers import make_driver

from ragqa.config import Config, load_config
from ragqa.convert import override
from ragqa.device import check_device, gpu_count, gpu_of
from ragqa.errors import ConfigError

ASK = """
import sys
from ragqa.device import gpu_bytes, gpu_count, gpu_of
from ragqa.errors import ConfigError
print(gpu_count())
for name, place in (("auto", 0), ("cpu", 0), ("cuda", 0), ("cuda:1", 0), ("auto", 1), ("cuda:3", 0)):
    try:
        print(name, place, gpu_of(name, place))
    except ConfigError as error:
        print(error)
print(gpu_bytes(1) >> 30, [name for name in ("torch", "onnxruntime", "faiss", "numpy") if name in sys.modules])
"""


def asked(environment: dict[str, str], shown: str | None = None) -> list[str]:
    own = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    own |= environment if shown is None else environment | {"CUDA_VISIBLE_DEVICES": shown}
    done = subprocess.run([sys.executable, "-c", ASK], env=own, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def two_gpus(tmp_path_factory):
    return make_driver(tmp_path_factory.mktemp("driver"), 2)


def test_the_driver_says_what_is_there(two_gpus):
    assert asked(two_gpus) == [
        "2",
        "auto 0 0",
        "cpu 0 None",
        "cuda 0 0",
        "cuda:1 0 1",
        "auto 1 1",
        "device cuda:3 is not there: there is cuda:0 to cuda:1",
        "2 []",
    ]


def test_the_environment_hides_gpus(two_gpus):
    one = asked(two_gpus, "7")
    assert one[:2] == ["1", "auto 0 0"] and one[3] == "cuda 0 0"
    assert one[4] == "device cuda:1 is not there: there is cuda:0 (CUDA_VISIBLE_DEVICES is '7')"
    assert one[5] == "device auto of process 1 is not there: there is cuda:0 (CUDA_VISIBLE_DEVICES is '7')"
    for nothing in ("", "-1"):
        hidden = asked(two_gpus, nothing)
        assert hidden[:3] == ["0", "auto 0 None", "cpu 0 None"]
        assert hidden[3].startswith(
            f"device cuda is not there: no NVIDIA GPU can be used here (CUDA_VISIBLE_DEVICES is {nothing!r})"
        )


@pytest.mark.parametrize("trouble", ["fails", "is no library"])
def test_a_driver_that_does_not_work_is_none(tmp_path, trouble):
    environment = make_driver(tmp_path, 2, fails=100)
    if trouble == "is no library":
        (tmp_path / "libcuda.so.1").write_text("no library")
    found = asked(environment)
    assert found[:2] == ["0", "auto 0 None"] and "auto or cpu takes the processor" in found[3]


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cuda:-1", "CUDA", "", "cuda:1000", "mps", 3])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError, match="one of auto, cpu, cuda"):
        check_device(name)
    with pytest.raises(ConfigError, match="one of auto, cpu, cuda"):
        Config(device=name)


def test_it_is_a_setting(tmp_path):
    assert Config().device == "auto" and override(Config(), {"device": "cuda:1"}).device == "cuda:1"
    (tmp_path / "ragqa.toml").write_text('device = "cpu"\n[read]\nanswers = 2\n')
    config, origins = load_config(tmp_path / "ragqa.toml")
    assert config.device == "cpu" and origins["device"] == str(tmp_path / "ragqa.toml")
    with pytest.raises(ConfigError, match="one of auto"):
        load_config(None, ["device=gpu"])


def test_without_a_gpu_auto_is_the_processor(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_count() == 0 and gpu_of() is None and gpu_of("cpu") is None
