"""Every way to tune, every objective: it moves what it says, and a run that was interrupted ends as if it had not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from safetensors.torch import load_file  # noqa: E402

from ragqa.convert import override  # noqa: E402
from ragqa.errors import ConfigError, ModelError  # noqa: E402
from ragqa.models.catalog import load_reader, reader_fingerprint  # noqa: E402
from ragqa.train import fit_reader  # noqa: E402
from ragqa.train.reader.fit import load_base  # noqa: E402
from ragqa.train.reader.tuning import tuned  # noqa: E402

TEXT = "The Rhine rises in Switzerland and flows to the North Sea."


def tensors(folder):
    """All weights that a run left, by file and name; not those of its steps."""
    found = {}
    for path in sorted(folder.rglob("*.safetensors")):
        if "steps" not in path.parts:
            found |= {f"{path.relative_to(folder)}:{name}": value for name, value in load_file(str(path)).items()}
    return found


RESUMED = {
    "ema": {"method.ema": 0.9},
    "ema in bf16": {"method.ema": 0.9, "train.bf16": True},
    "adalora": {"method.tune": "adalora", "method.rank": 2, "method.ema": 0.9},
    "lora in bf16": {"method.tune": "lora", "method.rank": 2, "train.bf16": True},
    "freelb, dropout": {"method.adversary": "freelb", "method.adversary_steps": 2, "method.dropout": 0.1},
    "r-drop, relevance": {"loss.r_drop": 1.0, "method.dropout": 0.1, "loss.relevance": 0.5},
    "unfreezing, decay": {"method.unfreeze_every": 2, "method.layer_decay": 0.8, "train.bf16": True},
    "prefix, relevance": {"method.tune": "prefix", "method.virtual_tokens": 4, "loss.relevance": 0.5},
    "groups, dropped words": {"data.passages": 2, "data.word_dropout": 0.2, "train.accumulate": 2},
}


@pytest.mark.slow
@pytest.mark.parametrize("settings", RESUMED.values(), ids=RESUMED)
def test_resumed_run_equals_unbroken_run(squad_file, tiny_recipe, tmp_path, as_killed_after, settings):
    recipe = override(tiny_recipe, {**settings, "train.lr": 1e-2})
    whole = fit_reader([squad_file], tmp_path / "whole", recipe)
    resumed = fit_reader([squad_file], as_killed_after(whole, tmp_path / "broken", 4), recipe)
    expected, got = tensors(whole), tensors(resumed)
    assert expected.keys() == got.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, got[name]), name
    before = load_file(str(whole / "steps" / "checkpoint-4" / "companions.safetensors")) if "ema" in settings else {}
    assert all(torch.isfinite(value).all() for value in before.values())


@pytest.mark.slow
@pytest.mark.parametrize("tune", ["lora", "adalora", "ia3"])
def test_merged_checkpoint_equals_the_adapter_on_its_base(squad_file, tiny_base, tiny_recipe, tmp_path, tune):
    from peft import AutoPeftModelForQuestionAnswering
    from transformers import AutoModelForQuestionAnswering

    recipe = override(tiny_recipe, {"method.tune": tune, "method.rank": 2, "train.lr": 1e-2})
    out = fit_reader([squad_file], tmp_path / "out", recipe)
    merged, info = AutoModelForQuestionAnswering.from_pretrained(out, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    torch.manual_seed(0)
    adapted = AutoPeftModelForQuestionAnswering.from_pretrained(out / "adapter").merge_and_unload()
    ids = torch.tensor([[101, 2073, 1029, 102, 1996, 8007, 102]])
    torch.testing.assert_close(merged.eval()(ids).start_logits, adapted.eval()(ids).start_logits, atol=1e-5, rtol=1e-4)
    base = AutoModelForQuestionAnswering.from_pretrained(tiny_base)
    assert not torch.allclose(merged(ids).start_logits, base.eval()(ids).start_logits, atol=1e-3)
    assert json.loads((out / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"] == str(
        tiny_base
    )
    step = {path.name for path in (out / "steps" / "checkpoint-6").iterdir()}
    assert "adapter_model.safetensors" in step and "model.safetensors" not in step
    assert load_reader(str(out)).read_texts(["Where?"], [TEXT])[0].spans


@pytest.mark.parametrize("tune", ["prefix", "prompt"])
def test_prompts_are_read_with_as_a_folder(squad_file, tiny_recipe, tmp_path, tune):
    from ragqa.models.export import export_reader

    recipe = override(
        tiny_recipe, {"method.tune": tune, "method.virtual_tokens": 4, "train.lr": 0.3, "loss.relevance": 1.0}
    )
    out = fit_reader([squad_file], tmp_path / "out", recipe)
    assert not (out / "model.safetensors").exists(), "it would be taken for the whole reader"
    question = ["Where does the Rhine rise?"]
    prompted = load_reader(str(out)).read_texts(question, [TEXT])[0]
    plain = load_reader(str(out / "base")).read_texts(question, [TEXT])[0]
    assert prompted.spans and abs(prompted.null - plain.null) > 1e-4, "the prompt must count"
    assert reader_fingerprint(str(out)) != reader_fingerprint(str(out / "base"))
    with pytest.raises(ModelError, match="no fast form"):
        export_reader(str(out), tmp_path / "fast")


def test_a_prompt_reads_as_it_was_trained(squad_file, tiny_recipe, tmp_path):
    """Token types reach the model, and virtual tokens stand in no logits."""
    for tune in ("prefix", "prompt", "lora"):
        recipe = override(tiny_recipe, {"method.tune": tune, "method.virtual_tokens": 4})
        model = tuned(load_base(recipe)[0], recipe).eval()
        ids = torch.tensor([[101, 2073, 1029, 102, 1996, 8007, 102, 0, 0]])
        mask, kinds = (ids > 0).long(), torch.tensor([[0, 0, 0, 0, 1, 1, 1, 0, 0]])
        with torch.no_grad():
            typed = model(input_ids=ids, attention_mask=mask, token_type_ids=kinds).start_logits
            untyped = model(input_ids=ids, attention_mask=mask, token_type_ids=kinds * 0).start_logits
            short = model(input_ids=ids[:, :7], attention_mask=mask[:, :7], token_type_ids=kinds[:, :7]).start_logits
        assert typed.shape == ids.shape, tune
        assert not torch.allclose(typed[:, :7], untyped[:, :7]), tune
        torch.testing.assert_close(typed[:, :7], short, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "moves"),
    [
        ({"method.tune": "full"}, lambda name: "embeddings" not in name),
        ({"method.tune": "full", "method.freeze": ""}, lambda name: True),
        ({"method.tune": "last", "method.layers": 1}, lambda name: "layer.1." in name or "qa_outputs" in name),
        ({"method.tune": "last", "method.layers": 0}, lambda name: "qa_outputs" in name),
        (
            {"method.tune": "bitfit"},
            lambda name: ("bias" in name and "embeddings" not in name) or "qa_outputs" in name,
        ),
    ],
)
def test_what_moves_is_what_was_said(squad_file, tiny_base, tiny_recipe, tmp_path, settings, moves):
    recipe = override(tiny_recipe, {**settings, "train.lr": 1e-2})
    before, after = (
        load_file(str(tiny_base / "model.safetensors")),
        tensors(fit_reader([squad_file], tmp_path / "o", recipe)),
    )
    for name, tensor in before.items():
        assert torch.equal(tensor, after[f"model.safetensors:{name}"]) != moves(name) or (
            "embeddings" in name and "position" in name
        ), name


def test_layers_join_from_the_top(squad_file, tiny_base, tiny_recipe, tmp_path):
    recipe = override(tiny_recipe, {"method.unfreeze_every": 2, "method.freeze": "", "train.lr": 1e-2})
    out = fit_reader([squad_file], tmp_path / "out", recipe)
    before = load_file(str(tiny_base / "model.safetensors"))
    moved = {}
    for step in (2, 4, 6):
        after = load_file(str(out / "steps" / f"checkpoint-{step}" / "model.safetensors"))
        moved[step] = {
            part
            for part in ("layer.1.", "layer.0.", "word_embeddings")
            if any(part in name and not torch.equal(before[name], after[name]) for name in before)
        }
    assert moved == {2: {"layer.1."}, 4: {"layer.1.", "layer.0."}, 6: {"layer.1.", "layer.0.", "word_embeddings"}}


def test_rates_fall_with_depth(tiny_recipe):
    from ragqa.train.reader.layers import parameter_groups

    model = tuned(load_base(tiny_recipe)[0], override(tiny_recipe, {"method.freeze": ""}))
    groups = parameter_groups(model, 1.0, 0.5)
    rate = {id(weight): group["lr"] for group in groups for weight in group["params"]}
    of = {name: rate[id(weight)] for name, weight in model.named_parameters()}
    assert of["qa_outputs.weight"] == 1.0
    assert of["bert.encoder.layer.1.output.dense.weight"] == 0.5
    assert of["bert.encoder.layer.0.output.dense.weight"] == 0.25
    assert of["bert.embeddings.word_embeddings.weight"] == 0.125
    assert len(of) == len(rate) == sum(len(group["params"]) for group in groups)


def test_adalora_prunes_to_the_rank(squad_file, tiny_recipe, tmp_path):
    recipe = override(tiny_recipe, {"method.tune": "adalora", "method.rank": 2, "method.ema": 0.5})
    out = fit_reader([squad_file], tmp_path / "out", recipe)
    ranks = [
        len(value)
        for name, value in load_file(str(out / "adapter" / "adapter_model.safetensors")).items()
        if "lora_E" in name
    ]
    assert sum(ranks) <= 2 * len(ranks) and max(ranks) <= 3


def test_ema_is_the_average_of_the_steps(squad_file, tiny_recipe, tmp_path):
    recipe = override(tiny_recipe, {"train.save_every": 1, "train.lr": 1e-2})
    recipe = replace(recipe, train=replace(recipe.train, steps=3, warmup_steps=0))
    plain = fit_reader([squad_file], tmp_path / "plain", recipe)
    averaged = fit_reader([squad_file], tmp_path / "ema", override(recipe, {"method.ema": 0.3}))
    name, expected = "qa_outputs.weight", None
    start = load_base(recipe)[0].state_dict()[name]
    expected = start
    for step in (1, 2, 3):
        own = load_file(str(plain / "steps" / f"checkpoint-{step}" / "model.safetensors"))[name]
        decay = min(0.3, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * own
    torch.testing.assert_close(tensors(averaged)[f"model.safetensors:{name}"], expected)


def test_ema_is_what_is_scored_and_kept(squad_file, tiny_recipe, tmp_path):
    settings = {"method.ema": 0.9, "train.eval_every": 2, "data.held_out": 0.4, "train.lr": 1e-2}
    out = fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, settings))
    state = json.loads((out / "steps" / "checkpoint-6" / "trainer_state.json").read_text())
    best = load_file(str(out / "steps" / f"checkpoint-{state['best_global_step']}" / "companions.safetensors"))
    assert torch.equal(best["ema/model.qa_outputs.weight"], tensors(out)["model.safetensors:qa_outputs.weight"])


def test_relevance_head_lies_beside_a_standard_checkpoint(squad_file, tiny_recipe, tmp_path):
    from transformers import AutoModelForQuestionAnswering

    out = fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, {"loss.relevance": 0.5}))
    _, info = AutoModelForQuestionAnswering.from_pretrained(out, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert load_file(str(out / "relevance.safetensors"))["weight"].shape == (1, 32)
    assert not any("relevance" in name for name in load_file(str(out / "steps" / "checkpoint-6" / "model.safetensors")))


@pytest.fixture(scope="module")
def fast_run(squad_file, tiny_recipe, tmp_path_factory):
    """What a run with a high rate and no method leaves."""
    recipe = override(tiny_recipe, {"train.lr": 1e-2})
    return tensors(fit_reader([squad_file], tmp_path_factory.mktemp("fast") / "run", recipe))


@pytest.mark.slow
@pytest.mark.parametrize("adversary", ["fgm", "pgd", "freelb"])
def test_adversaries_change_the_run(squad_file, tiny_recipe, fast_run, tmp_path, adversary):
    settings = {"method.adversary": adversary, "train.accumulate": 2, "train.lr": 1e-2}
    plain = fast_run
    other = tensors(fit_reader([squad_file], tmp_path / "other", override(tiny_recipe, settings)))
    assert any(not torch.allclose(plain[name], other[name], atol=1e-5) for name in plain)
    assert all(torch.isfinite(value).all() for value in other.values())


@pytest.mark.slow
def test_a_teacher_is_imitated(squad_file, tiny_base, tiny_recipe, tmp_path):
    """With all weight on distillation the student comes nearer to its teachers, and labels count nothing."""
    from ragqa.train.reader.distill import Teachers
    from ragqa.train.reader.losses import distillation_loss

    teacher = fit_reader([squad_file], tmp_path / "teacher", override(tiny_recipe, {"train.lr": 3e-2}))
    settings = {"loss.teacher": f"{teacher},{tiny_base}", "loss.distill": 1.0, "train.lr": 1e-2}
    recipe = override(tiny_recipe, settings)
    recipe = replace(recipe, train=replace(recipe.train, steps=30, save_every=30))
    student = fit_reader([squad_file], tmp_path / "student", recipe)
    readers = [load_reader(str(path)) for path in (tiny_base, student)]
    tokenizer = readers[0].tokenizer
    question, passage = tokenizer.encode(["Where does the Rhine rise?", TEXT])
    windows = [tokenizer.window(question.ids, passage.ids, 0, len(passage))]
    starts, ends = map(
        torch.from_numpy,
        Teachers([load_reader(str(teacher)), readers[0]], 2.0).distributions(windows, len(windows[0].ids)),
    )
    assert starts.sum().item() == pytest.approx(1.0, abs=1e-5)
    readable = starts > 0
    distances = []
    for reader in readers:
        logits = tuple(torch.from_numpy(np.asarray(side)[None]) for side in reader.runtime.run(windows)[0])
        distances.append(distillation_loss(logits, (starts, ends), readable, 2.0).item())
    assert distances[1] < 0.5 * distances[0]


def test_a_teacher_of_other_tokens_is_refused(squad_file, tiny_base, tiny_recipe, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(tiny_base, other)
    content = json.loads((other / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    vocabulary["river"], vocabulary["bridge"] = vocabulary["bridge"], vocabulary["river"]
    (other / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="tokenizer is not the base's"):
        fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, {"loss.teacher": str(other)}))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"loss.r_drop": 1.0}, "set method.dropout above 0"),
        ({"train.eval_every": 2}, "data.held_out above 0"),
        ({"method.unfreeze_every": 2, "method.tune": "lora"}, "method.tune=full"),
        ({"method.tune": "adalora", "train.bf16": True}, "adalora"),
        ({"method.adversary_epsilon": 0.0}, "above 0"),
        ({"train.report_to": "nonsense"}, "tensorboard, wandb"),
    ],
)
def test_what_cannot_work_together_is_said(squad_file, tiny_recipe, tmp_path, settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, settings))


def test_prompts_need_positions(squad_file, tiny_recipe, tmp_path):
    recipe = override(tiny_recipe, {"method.tune": "prompt", "method.virtual_tokens": 100})
    with pytest.raises(ConfigError, match="exceed the base's 128 positions"):
        fit_reader([squad_file], tmp_path / "out", recipe)
