"""`ragqa train reader` for real on a tiny model: the checkpoint, resuming, early stopping, export, the adapter."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from support.graphs import saturating_weights

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.errors import ModelError  # noqa: E402
from ragqa.models.card import MODEL  # noqa: E402
from ragqa.models.catalog import load_reader  # noqa: E402
from ragqa.train.engine.folder import TrainingFolder  # noqa: E402
from ragqa.train.reader.fit import fit_reader  # noqa: E402


def weights(folder):
    from safetensors.torch import load_file

    return load_file(str(folder / "model.safetensors"))


def test_checkpoint_is_standard_and_changed(tiny_base, tiny_recipe, tiny_reader_run):
    from transformers import AutoModelForQuestionAnswering

    out = tiny_reader_run
    model, info = AutoModelForQuestionAnswering.from_pretrained(out, output_loading_info=True)
    assert not info["missing_keys"] and model.config.architectures == ["BertForQuestionAnswering"]
    before, after = weights(tiny_base), weights(out)
    assert torch.equal(
        before["bert.embeddings.word_embeddings.weight"], after["bert.embeddings.word_embeddings.weight"]
    ), "frozen parts must not move"
    assert not torch.equal(before["qa_outputs.weight"], after["qa_outputs.weight"])
    assert json.loads((out / "run.json").read_text())["recipe"]["train"]["seed"] == tiny_recipe.train.seed
    text = "The Rhine rises in Switzerland."
    assert load_reader(str(out)).read_texts(["Where?"], [text])[0].spans


@pytest.mark.slow
@pytest.mark.parametrize("bf16", [False, True])
def test_resumed_run_equals_unbroken_run(squad_file, tiny_recipe, tiny_reader_run, tmp_path, bf16):
    import shutil

    recipe = replace(tiny_recipe, train=replace(tiny_recipe.train, bf16=bf16))
    whole = fit_reader([squad_file], tmp_path / "whole", recipe) if bf16 else tiny_reader_run
    broken = tmp_path / "broken"
    TrainingFolder(broken).begin(recipe, [squad_file])
    shutil.copytree(whole / "steps" / "checkpoint-4", broken / "steps" / "checkpoint-4")
    (broken / "steps" / "checkpoint-5").mkdir()  # killed while it was written
    resumed = fit_reader([squad_file], broken, recipe)
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(resumed)[name]), name


def test_early_stopping_scores_held_out_articles(squad_file, tiny_recipe, tmp_path):
    train = replace(tiny_recipe.train, steps=40, save_every=2, eval_every=2, patience=1, lr=0.0)
    recipe = replace(tiny_recipe, train=train, data=replace(tiny_recipe.data, held_out=0.4))
    out = fit_reader([squad_file], tmp_path / "reader", recipe)
    states = sorted((out / "steps").glob("checkpoint-*/trainer_state.json"))
    state = json.loads(states[-1].read_text())
    assert state["global_step"] < 40, "no progress, so it must stop early"
    assert {"eval_em", "eval_f1"} <= set().union(*state["log_history"])


def test_export_agrees_with_the_checkpoint(tiny_reader_run, tmp_path):
    from ragqa.models.export import export_reader

    out = tiny_reader_run
    report = export_reader(str(out), tmp_path / "fast", max_length=64, stride=8, int8=False)
    assert report.cosine > 0.9999
    text = "The Rhine rises in Switzerland and flows to the North Sea."
    slow = load_reader(str(out)).read_texts(["Where does it rise?"], [text])[0]
    fast = load_reader(str(tmp_path / "fast")).read_texts(["Where does it rise?"], [text])[0]
    assert [(s.start, s.end) for s in slow.spans] == [(s.start, s.end) for s in fast.spans]
    np.testing.assert_allclose([s.score for s in slow.spans], [s.score for s in fast.spans], atol=1e-3)


@pytest.mark.parametrize("kind", ["reader", "encoder"])
def test_what_is_exported_is_the_same_on_every_processor(tiny_base, tmp_path, kind):
    from ragqa.models.export import export_encoder, export_reader

    with suppress(ModelError):  # fresh heads and weights this small may round to something else
        {"reader": export_reader, "encoder": export_encoder}[kind](str(tiny_base), tmp_path / "fast", max_length=64)
    assert saturating_weights(tmp_path / "fast" / MODEL) == []


def test_adapter_of_full_rank_loses_nothing(tiny_base, tiny_reader_run, tmp_path):
    from ragqa.train.checkpoints.adapter import compress, merge

    out = tiny_reader_run
    compress(out, str(tiny_base), tmp_path / "adapter", rank=32)
    merged = merge(tmp_path / "adapter", tmp_path / "merged")
    for name, tensor in weights(out).items():
        torch.testing.assert_close(weights(merged)[name], tensor, atol=2e-3, rtol=2e-3)
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(tiny_base)


def test_adapter_refuses_another_base(squad_file, tiny_base, tiny_recipe, tmp_path):
    import shutil

    from safetensors.torch import save_file

    from ragqa.train.checkpoints.adapter import compress, merge

    base = tmp_path / "base"
    shutil.copytree(tiny_base, base)
    out = fit_reader([squad_file], tmp_path / "reader", replace(tiny_recipe, base=str(base)))
    compress(out, str(base), tmp_path / "adapter", rank=4)
    tampered = weights(base)
    tampered["qa_outputs.bias"] += 1
    save_file(tampered, str(base / "model.safetensors"), metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not the weights"):
        merge(tmp_path / "adapter", tmp_path / "merged")


def test_low_rank_keeps_what_matters_for_the_inputs():
    from ragqa.train.checkpoints.adapter import low_rank

    torch.manual_seed(0)
    difference, mix = torch.randn(12, 16), torch.randn(16, 16) * torch.logspace(0, -3, 16)
    inputs = torch.randn(4000, 16) @ mix.T
    moment = (inputs.T @ inputs / len(inputs)).double()

    def error(down, up):
        return float(((inputs @ (difference - up @ down).T) ** 2).mean())

    plain, weighed = error(*low_rank(difference, 4)), error(*low_rank(difference, 4, moment))
    assert weighed < plain / 2
    down, up = low_rank(difference, 12, moment)
    torch.testing.assert_close(up @ down, difference, atol=1e-3, rtol=1e-3)
    # no other product of that rank does better: nudging the best one only makes it worse
    best = low_rank(difference, 4, moment)
    for _ in range(20):
        assert error(best[0] + 0.01 * torch.randn(4, 16), best[1]) >= weighed


def test_moments_are_of_the_inputs_that_the_matrices_get(squad_file, tiny_base):
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from ragqa.train.checkpoints.adapter import input_moments

    model = AutoModelForQuestionAnswering.from_pretrained(str(tiny_base))
    moments = input_moments(model, AutoTokenizer.from_pretrained(str(tiny_base)), [squad_file])
    assert moments and all(torch.linalg.eigvalsh(moment).min() > -1e-9 for moment in moments.values())
    query, value = (moments[f"bert.encoder.layer.0.attention.self.{name}"] for name in ("query", "value"))
    torch.testing.assert_close(query, value)  # both get the layer's input
