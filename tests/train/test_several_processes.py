"""Two real processes with gloo between them, started by torchrun: they end with the weights of one, and stop together.

One pair of processes does all runs (`tests/support/together.py`), because starting one takes longer than a run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.training import weights, write_material

torch = pytest.importorskip("torch", reason="needs ragqa[train]")


from ragqa.convert import override  # noqa: E402
from ragqa.errors import ConfigError  # noqa: E402
from ragqa.train.engine.processes import check_gpus  # noqa: E402
from ragqa.train.engine.recipe import KINDS  # noqa: E402

pytestmark = pytest.mark.slow
TOGETHER = Path(__file__).parents[1] / "support" / "together.py"
COMMON = {
    "train.steps": 4,
    "train.batch_size": 2,
    "train.warmup_steps": 0,
    "train.decay_steps": 2,
    "train.save_every": 2,
    "train.lr": 1e-3,
    "train.bf16": False,
    "train.report_to": "",
}
LENGTHS = {"data.max_length": 64}
CASES = {
    "reader": ("reader", {"data.stride": 8, "method.freeze": ""}),
    "reader, relevance in parts": (
        "reader",
        {"data.stride": 8, "data.passages": 2, "loss.relevance": 0.5, "train.batch_size": 4, "train.accumulate": 2},
    ),
    "reader, adversary": ("reader", {"data.stride": 8, "method.adversary": "pgd", "method.unfreeze_every": 2}),
    "reader, scored": (
        "reader",
        {"data.stride": 8, "train.eval_every": 2, "train.patience": 1, "data.held_out": 0.4, "method.ema": 0.5},
    ),
    "retriever": ("retriever", {}),
    "retriever, cached": ("retriever", {"loss.chunk": 1, "loss.matryoshka": "32,16"}),
    "retriever, topical": ("retriever", {"data.topical": 2, "train.batch_size": 4}),
    "retriever, margins": ("retriever", {"loss.objective": "margin-mse", "data.negatives": 2}),
    "joint": ("joint", {"data.stride": 8, "data.passages": 3, "loss.silence": 1.0}),
    "joint, refreshed": ("joint", {"data.stride": 8, "data.passages": 3, "method.refresh_every": 2}),
    "reranker": ("reranker", {"data.negatives": 2}),
    "reranker, binary": ("reranker", {"data.negatives": 3, "loss.objective": "binary"}),
}
KIND_CASES = ("reader", "retriever", "joint", "reranker")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, tiny_base, tiny_encoder, squad_file):
    """For each kind what it is trained from, and with which settings of every case."""
    folder = tmp_path_factory.mktemp("several")
    write_material(folder, tiny_encoder)
    base, encoder = {"base": str(tiny_base)}, {"base": str(tiny_encoder)}
    return {
        "reader": {"data": str(squad_file), "settings": base},
        "retriever": {"data": str(folder / "mined.jsonl"), "settings": encoder},
        "joint": {
            "data": str(folder / "qa.jsonl"),
            "index": str(folder / "index"),
            "settings": encoder | {"reader": str(tiny_base)},
        },
        "reranker": {"data": str(folder / "mined.jsonl"), "settings": base},
    }


def case_of(inputs, name, output, **more):
    kind, settings = CASES[name]
    own = inputs[kind]
    return {
        **own,
        "kind": kind,
        "settings": COMMON | LENGTHS | own["settings"] | settings,
        "output": str(output),
        **more,
    }


@pytest.fixture(scope="module")
def pair(inputs, tmp_path_factory):
    """All runs by two processes: their folder, and by name what each process said of each run."""
    folder = tmp_path_factory.mktemp("two")
    cases = {name: case_of(inputs, name, folder / name) for name in CASES}
    cases["reader by command"] = case_of(inputs, "reader", folder / "reader by command", command=True)
    for name in KIND_CASES:
        cases[name]["apart"] = True
        cases[f"{name} broken"] = case_of(inputs, name, folder / f"{name} broken", **{"break": True})
        cases[f"{name} stopped"] = case_of(inputs, name, folder / f"{name} stopped", interrupt=True)
        cases[f"{name} resumed"] = case_of(inputs, name, folder / f"{name} stopped")
    (folder / "cases.json").write_text(json.dumps(list(cases.values())))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    line = [*launch, str(TOGETHER), str(folder / "cases.json"), str(folder)]
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=600, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    said = [json.loads((folder / f"said-{rank}.json").read_text()) for rank in range(2)]
    return folder, dict(zip(cases, zip(*said, strict=True), strict=True))


def distance(one, other):
    """Norm of the difference, without the biases of keys, whose gradients are nothing but rounding."""
    return sum(float((one[n].float() - other[n].float()).square().sum()) for n in one if "key.bias" not in n) ** 0.5


def alone(case, output):
    """The same run in this process alone."""
    from ragqa import train

    recipe = override(KINDS[case["kind"]](), case["settings"])
    fit = getattr(train, f"fit_{case['kind']}")
    if case["kind"] == "joint":
        return fit(case["index"], case["data"], output, recipe)
    return fit([case["data"]], output, recipe)


@pytest.fixture(scope="module")
def beginnings(inputs, tmp_path_factory):
    """By kind the weights that a run begins with: those of one that does not move them."""
    found, folder = {}, tmp_path_factory.mktemp("still")
    for kind in KIND_CASES:
        still = case_of(inputs, kind, folder / kind)
        found[kind] = weights(alone(still | {"settings": still["settings"] | {"train.lr": 0.0}}, folder / kind))
    return found


@pytest.mark.parametrize("name", CASES)
def test_two_processes_give_the_weights_of_one(pair, inputs, beginnings, tmp_path, name):
    folder, said = pair
    assert said[name] == ("done", "done")
    one = weights(alone(case_of(inputs, name, tmp_path / "one"), tmp_path / "one"))
    start, two = beginnings[CASES[name][0]], weights(folder / name)  # a head that only this run has is left out there
    assert one.keys() == two.keys() >= start.keys()
    assert distance(one, two) < 0.02 * distance({key: one[key] for key in start}, start)


@pytest.mark.parametrize("name", KIND_CASES)
def test_one_loss_that_is_no_number_stops_both(pair, name):
    reasons = ("loss of another process became no number", "loss became nan")
    for what, told in zip(reasons, pair[1][f"{name} broken"], strict=True):
        assert told.startswith("TrainingError: ") and what in told and "at step 3" in told


@pytest.mark.parametrize("name", KIND_CASES)
def test_one_interrupt_saves_and_stops_both_and_the_run_goes_on(pair, name):
    folder, said = pair
    assert said[f"{name} stopped"] == ("KeyboardInterrupt: saved at step 3; the same command goes on from there",) * 2
    assert said[f"{name} resumed"] == ("done", "done")
    resumed, whole = weights(folder / f"{name} stopped"), weights(folder / name)
    assert all(torch.equal(value, resumed[key]) for key, value in whole.items())


@pytest.mark.parametrize("name", KIND_CASES)
def test_only_the_first_process_writes(pair, name):
    """Each process keeps its own random numbers' state in a checkpoint; nothing else comes from the second, which was
    given an output folder of its own so that it can be seen.
    """
    folder, _ = pair
    written = {path.name for path in (folder / f"{name}-of-1").rglob("*") if path.is_file()}
    assert written == {"rng_state_1.pth"}


def test_the_command_gives_the_same_under_torchrun(pair):
    folder, said = pair
    assert said["reader by command"] == ("done", "done")
    assert json.loads((folder / "reader by command" / "run.json").read_text())["finished"]
    one, other = weights(folder / "reader"), weights(folder / "reader by command")
    assert one.keys() == other.keys() and all(torch.equal(value, other[key]) for key, value in one.items())


def test_gpus_have_a_process_each():
    """With one process on several GPUs transformers would take DataParallel, and a batch several times larger."""
    check_gpus("auto", 1, 1)
    check_gpus("cuda:1", 2, 1)
    check_gpus("auto", 8, 8)
    with pytest.raises(ConfigError, match=r"there are 2 GPUs and one process: .* torchrun --nproc-per-node 2"):
        check_gpus("auto", 2, 1)
    with pytest.raises(ConfigError, match="8 processes cannot share device cuda:1"):
        check_gpus("cuda:1", 8, 8)


def test_processes_leave_their_groups_before_they_end(pair):
    """Otherwise about one run in three was aborted at its very end, by a thread that nobody had ended."""
    for rank in range(2):
        assert json.loads((pair[0] / f"left-{rank}.json").read_text()) == {"still in a group": False}
