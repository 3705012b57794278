"""`ragqa train reranker` for real on a tiny model: losses, learning, resuming, scoring, the command."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from safetensors.torch import load_file  # noqa: E402

from ragqa.cli import cli  # noqa: E402
from ragqa.convert import override  # noqa: E402
from ragqa.errors import ConfigError, TrainingError  # noqa: E402
from ragqa.mining.pairs import Candidate, Pairing, write_pairings  # noqa: E402
from ragqa.models.catalog import load_reranker  # noqa: E402
from ragqa.train import fit_reranker  # noqa: E402
from ragqa.train.engine.recipe import RerankerRecipe  # noqa: E402
from ragqa.train.reranker.task import binary, listwise  # noqa: E402

TEXTS = {
    "rhine": "The Rhine rises in Switzerland.",
    "elbe": "The Elbe rises in the Czech Republic.",
    "danube": "The Danube ends in the Black Sea.",
    "bridge": "The bridge was opened in 1937 by the mayor.",
}
ASKED = {"Where does the Rhine rise?": "rhine", "Where does the Elbe rise?": "elbe", "When was it opened?": "bridge"}
SETTINGS = {
    "train.steps": 6,
    "train.batch_size": 2,
    "train.warmup_steps": 1,
    "train.decay_steps": 3,
    "train.save_every": 2,
    "train.lr": 1e-3,
    "train.bf16": False,
    "train.report_to": "",
    "data.max_length": 48,
    "data.negatives": 2,
}


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    pairings = [
        Pairing(
            question,
            question,
            ("?",),
            (Candidate(own, TEXTS[own], own),),
            tuple(Candidate(name, text, name) for name, text in TEXTS.items() if name != own),
        )
        for question, own in ASKED.items()
    ]
    path = tmp_path_factory.mktemp("mined") / "mined.jsonl"
    write_pairings(path, [*pairings, Pairing("none", "Who?", ("?",), ())])
    return path


def recipe_of(tiny_base, **settings):
    return override(RerankerRecipe(), {"base": str(tiny_base), **SETTINGS, **settings})


def weights(folder):
    return load_file(str(folder / "model.safetensors"))


def test_losses_by_hand():
    logits = torch.tensor([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    first = -math.log(math.e / (math.e + 1 + math.e**2))
    assert listwise(logits).item() == pytest.approx((first + math.log(3)) / 2)
    found = [math.log1p(math.exp(-1.0)), math.log(2)]
    wrong = [math.log(2), math.log1p(math.exp(2.0)), math.log(2), math.log(2)]
    assert binary(logits).item() == pytest.approx((sum(found) / 2 + sum(wrong) / 4) / 2)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["listwise", "binary"])
def test_it_learns_the_order_and_is_loaded_as_a_reranker(mined, tiny_base, tmp_path, objective):
    notes = []
    settings = {"train.steps": 60, "train.lr": 5e-3, "train.save_every": 60, "loss.objective": objective}
    out = fit_reranker([mined], tmp_path / "out", recipe_of(tiny_base, **settings), note=notes.append)
    assert notes == ["1 of 4 questions left out: no passage answers"]
    reranker = load_reranker(str(out))
    texts = [f"{name}\n{text}" for name, text in TEXTS.items()]
    for question, own in ASKED.items():
        logits = reranker.score([question] * len(texts), texts)
        assert list(TEXTS)[max(range(len(texts)), key=logits.__getitem__)] == own
    before, after = load_file(str(tiny_base / "model.safetensors")), weights(out)
    name = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(before[name], after[name]), "frozen parts must not move"


@pytest.mark.slow
@pytest.mark.parametrize("bf16", [False, True])
def test_resumed_run_equals_unbroken_run(mined, tiny_base, tmp_path, as_killed_after, bf16):
    recipe = recipe_of(tiny_base, **{"train.bf16": bf16, "method.dropout": 0.1})
    whole = fit_reranker([mined], tmp_path / "whole", recipe)
    resumed = fit_reranker([mined], as_killed_after(whole, tmp_path / "broken", 4), recipe)
    for name, tensor in weights(whole).items():
        assert tensor.dtype == torch.float32 and torch.equal(tensor, weights(resumed)[name]), name


def test_held_out_questions_are_scored(mined, tiny_base, tmp_path):
    settings = {"train.eval_every": 2, "train.patience": 1, "data.held_out": 0.4, "train.lr": 0.0, "train.steps": 40}
    out = fit_reranker([mined], tmp_path / "out", recipe_of(tiny_base, **settings))
    states = sorted((out / "steps").glob("checkpoint-*/trainer_state.json"))
    state = json.loads(states[-1].read_text())
    assert state["global_step"] < 40 and {"eval_mrr", "eval_top1"} <= set().union(*state["log_history"])


def test_what_cannot_be_learnt_is_said(tiny_base, tmp_path):
    write_pairings(tmp_path / "empty.jsonl", [Pairing("1", "Who?", ("?",), ())])
    with pytest.raises(TrainingError, match="none of the 1 questions"):
        fit_reranker([tmp_path / "empty.jsonl"], tmp_path / "out", recipe_of(tiny_base))
    assert not (tmp_path / "out").exists(), "what cannot begin leaves nothing behind"
    with pytest.raises(ConfigError, match=r"data\.held_out"):
        recipe_of(tiny_base, **{"train.eval_every": 2})


def test_the_command(mined, tiny_base, tmp_path):
    settings = {"base": str(tiny_base), **SETTINGS, "train.steps": 4}
    line = ["train", "reranker", str(mined), "-o", str(tmp_path / "out"), "--device", "cpu"]
    line += [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    done = CliRunner().invoke(cli, line, standalone_mode=False, catch_exceptions=False)
    assert f"ask with --reranker {tmp_path / 'out'}" in done.stdout and "loss" not in done.stdout
    assert load_reranker(str(tmp_path / "out")).score(["Who?"], ["The mayor."])
