"""Training on a GPU: every kind for 20 steps in bf16, resumed and uninterrupted, compiled, and its device."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from support.training import weights

torch = pytest.importorskip("torch", reason="needs ragqa[train]")


import ragqa.train  # noqa: E402
from ragqa.convert import override  # noqa: E402
from ragqa.errors import ConfigError  # noqa: E402
from ragqa.train.engine.recipe import KINDS  # noqa: E402

pytestmark = pytest.mark.slow
COMMON = {
    "train.steps": 20,
    "train.batch_size": 2,
    "train.warmup_steps": 1,
    "train.decay_steps": 10,
    "train.save_every": 10,
    "train.lr": 1e-3,
    "train.bf16": True,
    "train.report_to": "",
    "data.max_length": 64,
}


def train(inputs, kind, output, device="cuda:0", **settings):
    given, own = inputs[kind]
    recipe = override(KINDS[kind](), COMMON | own | settings)
    return getattr(ragqa.train, f"fit_{kind}")(*given, output, recipe, device=device)


@pytest.mark.parametrize("kind", KINDS)
def test_twenty_steps_in_bf16_and_on_from_the_tenth(inputs, tmp_path, kind):
    """Resumed and uninterrupted are equal; kernels that add in any order may differ in the last digits."""
    torch.cuda.reset_peak_memory_stats()
    whole = train(inputs, kind, tmp_path / "whole")
    assert torch.cuda.max_memory_allocated() > 1e5, "it ran on the GPU"
    broken = tmp_path / "broken"
    shutil.copytree(whole, broken)
    shutil.rmtree(broken / "steps" / "checkpoint-20")
    facts = json.loads((broken / "run.json").read_text()) | {"finished": False}
    (broken / "run.json").write_text(json.dumps(facts))
    resumed, one = weights(train(inputs, kind, broken)), weights(whole)
    assert one and all(value.dtype == torch.float32 and torch.isfinite(value).all() for value in one.values())
    for name, value in one.items():
        torch.testing.assert_close(resumed[name], value, atol=1e-4, rtol=1e-3, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_and_in_tf32(inputs, tmp_path, kind):
    settings = {"train.compile": True, "train.tf32": True, "train.bf16": False, "train.workers": 2}
    found = weights(train(inputs, kind, tmp_path / "run", **settings))
    assert found and all(torch.isfinite(value).all() for value in found.values())


def test_several_gpus_without_torchrun_are_refused(inputs, tmp_path, gpu):
    if gpu < 2:
        pytest.skip("needs two GPUs")
    with pytest.raises(ConfigError, match="torchrun"):
        train(inputs, "reader", tmp_path / "run", device="auto")
    train(inputs, "reader", tmp_path / "second", device="cuda:1")
    assert torch.cuda.max_memory_allocated(1) > 0


@pytest.mark.parametrize("kind", ["reader"])
def test_two_gpus_share_a_batch(inputs, tmp_path, gpu, kind):
    if gpu < 2:
        pytest.skip("needs two GPUs")
    given, own = inputs[kind]
    settings = [f"{name}={value}" for name, value in (COMMON | own).items()]
    line = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "ragqa"]
    line += ["train", kind, *map(str, given[0]), "-o", str(tmp_path / "two")]
    line += [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(line, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = weights(train(inputs, kind, tmp_path / "one")), weights(tmp_path / "two")
    moved = sum(float((one[n] - two[n]).abs().mean()) for n in one) / len(one)
    assert moved < 1e-3
