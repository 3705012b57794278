"""Whatever goes wrong ends in one line, and what was saved before is whole: real processes, signals and files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from safetensors.torch import load_file  # noqa: E402
from support.command import run_here  # noqa: E402

from ragqa.convert import override  # noqa: E402
from ragqa.errors import ConfigError, ModelError, SourceError, TrainingError  # noqa: E402
from ragqa.models.catalog import load_reader  # noqa: E402
from ragqa.train import fit_reader, load_recipe  # noqa: E402
from ragqa.train.engine.recipe import ReaderRecipe  # noqa: E402

RECIPE = """
kind = "reader"
base = "{base}"
[train]
steps = 60
batch_size = 2
warmup_steps = 1
decay_steps = 30
save_every = 10
lr = 1e-2
bf16 = false
report_to = []
[data]
max_length = 64
stride = 8
[method]
ema = 0.9
dropout = 0.1
"""


LONG = ("train.steps=80", "train.decay_steps=60")


def command(squad_file, recipe, output, *settings):
    options = [word for setting in settings for word in ("--set", setting)]
    return ["train", "reader", str(squad_file), "--recipe", str(recipe), "-o", str(output), *options]


@pytest.fixture
def recipe_file(tiny_base, tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(base=tiny_base), encoding="utf-8")
    return path


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_command_goes_on(squad_file, recipe_file, tmp_path):
    line = [sys.executable, "-m", "ragqa", *command(squad_file, recipe_file, tmp_path / "stopped", *LONG)]
    stopped = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # threads as here
    for _ in range(1200):
        if any((tmp_path / "stopped" / "steps").glob("checkpoint-*")) or stopped.poll() is not None:
            break
        time.sleep(0.05)
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=120)
    assert stopped.returncode == 130, errors[-2000:]
    (last,) = [line for line in errors.splitlines() if line.startswith("ragqa:")]
    assert last.startswith("ragqa: interrupted; saved at step") and "the same command goes on from there" in last
    step = int(last.split("step ")[1].split(";")[0].replace(",", ""))
    assert (tmp_path / "stopped" / "steps" / f"checkpoint-{step}" / "trainer_state.json").is_file() and step < 80
    recipe = load_recipe(str(recipe_file), ReaderRecipe, LONG)
    assert fit_reader([squad_file], tmp_path / "stopped", recipe), "the same, though asked for from Python"
    fit_reader([squad_file], tmp_path / "whole", recipe)
    expected, got = (load_file(str(tmp_path / name / "model.safetensors")) for name in ("whole", "stopped"))
    assert all(torch.equal(value, got[name]) for name, value in expected.items())


def test_divergence_is_one_line_and_the_last_checkpoint_loads(squad_file, recipe_file, tmp_path):
    done = run_here(*command(squad_file, recipe_file, tmp_path / "out", "train.lr=1e30", "train.save_every=1"))
    errors = done.stderr
    assert done.returncode == TrainingError.exit_code, errors[-2000:]
    (last,) = [line for line in errors.splitlines() if line.startswith("ragqa:")]
    assert "is no longer finite" in last or "the loss became" in last
    assert "lower train.lr" in last and "the last good checkpoint is" in last and "Traceback" not in errors
    checkpoint = last.rpartition(" is ")[2]
    assert load_reader(checkpoint).read_texts(["Where?"], ["The Rhine rises in Switzerland."])[0].spans
    assert all(torch.isfinite(value).all() for value in load_file(f"{checkpoint}/model.safetensors").values())
    assert not json.loads((tmp_path / "out" / "run.json").read_text())["finished"]


@pytest.mark.parametrize("content", [b"{", b'{"data": 3}', b"\x1f\x8bnonsense"])
def test_a_broken_data_file_is_named(tiny_recipe, tmp_path, content):
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(SourceError, match=r"broken\.json"):
        fit_reader([tmp_path / "broken.json"], tmp_path / "out", tiny_recipe)


def test_a_broken_line_of_a_mined_file_is_named(tiny_recipe, tmp_path):
    (tmp_path / "mined.jsonl").write_text('{"id": "1", "question": "?"}\n{"id": 3}\n')
    with pytest.raises(SourceError, match=r"mined\.jsonl:2: "):
        fit_reader([tmp_path / "mined.jsonl"], tmp_path / "out", tiny_recipe)


def test_data_without_anything_to_learn_is_said(tiny_recipe, tmp_path):
    qas = [{"id": "1", "question": "Who?", "answers": [{"text": "nobody", "answer_start": 0}]}]
    content = {"data": [{"title": "A", "paragraphs": [{"context": "Somebody.", "qas": qas}]}]}
    (tmp_path / "data.json").write_text(json.dumps(content))
    with pytest.raises(TrainingError, match="of 1 questions none has a passage in which an answer stands"):
        fit_reader([tmp_path / "data.json"], tmp_path / "out", tiny_recipe)


def test_nothing_held_out_to_score_is_said(squad_file, tiny_recipe, tmp_path):
    content = json.loads(squad_file.read_text())
    for paragraph in content["data"][0]["paragraphs"] + content["data"][1]["paragraphs"]:
        paragraph["qas"] = paragraph["qas"] if paragraph["context"].startswith("The bridge") else []
    (tmp_path / "data.json").write_text(json.dumps(content))
    recipe = override(tiny_recipe, {"train.eval_every": 2, "data.held_out": 0.4, "train.seed": 1})
    seen = set()
    for seed in range(4):  # whichever article is held out, either side is empty
        with pytest.raises(TrainingError) as caught:
            fit_reader([tmp_path / "data.json"], tmp_path / f"out{seed}", override(recipe, {"train.seed": seed}))
        seen.add(str(caught.value).partition(":")[0])
    assert seen == {"nothing to learn from", "the held-out articles have no question with an answer"}


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_lack_of_memory_is_one_line_with_advice(squad_file, tiny_recipe, tmp_path, error):
    """The allocator's own errors, raised where it would raise them: in the middle of a run."""
    from transformers import TrainerCallback

    class Full(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            if state.global_step == 3:
                raise error

    with pytest.raises(TrainingError, match=r"out of memory at step 4: lower .*train.accumulate; the last good .*-2$"):
        fit_reader([squad_file], tmp_path / "out", tiny_recipe, callbacks=[Full()])
    assert fit_reader([squad_file], tmp_path / "out", tiny_recipe), "the same command goes on"


def test_other_runtime_errors_are_not_taken_for_lack_of_memory(squad_file, tiny_recipe, tmp_path):
    from transformers import TrainerCallback

    class Broken(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        fit_reader([squad_file], tmp_path / "out", tiny_recipe, callbacks=[Broken()])


def test_a_tracker_that_is_not_installed_is_said(squad_file, tiny_recipe, tmp_path):
    import importlib.util

    if importlib.util.find_spec("wandb") is not None:
        pytest.skip("wandb is installed")
    from ragqa.errors import MissingExtra

    with pytest.raises(MissingExtra, match=r"ragqa\[wandb\]"):
        fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, {"train.report_to": "wandb"}))


def test_another_paraphraser_or_table_is_another_run(squad_file, tiny_recipe, tmp_path):
    def first(question):
        return [question.upper()]

    def second(question):
        return []

    table = tmp_path / "table.txt"
    table.write_text("river, stream\n")
    recipe = override(tiny_recipe, {"data.synonyms": str(table)})
    from transformers import TrainerCallback

    class Stop(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            if state.global_step == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_reader([squad_file], tmp_path / "out", recipe, paraphrase=first, callbacks=[Stop()])
    with pytest.raises(ConfigError, match="another paraphrase"):
        fit_reader([squad_file], tmp_path / "out", recipe, paraphrase=second)
    table.write_text("river, brook\n")
    with pytest.raises(ConfigError, match="another synonyms"):
        fit_reader([squad_file], tmp_path / "out", recipe, paraphrase=first)


def test_a_run_without_a_checkpoint_may_be_changed(squad_file, tiny_recipe, tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, {"base": str(tmp_path)}))
    assert fit_reader([squad_file], tmp_path / "out", tiny_recipe)
    with pytest.raises(ConfigError, match="finished run"):
        fit_reader([squad_file], tmp_path / "out", tiny_recipe)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds no training run"):
        fit_reader([squad_file], tmp_path / "other", tiny_recipe)


def test_open_domain_scores_decide_where_an_index_is_named(squad_file, tiny_recipe, tmp_path):
    from ragqa.indexing import build

    build(squad_file, tmp_path / "index")
    settings = {"train.eval_every": 2, "data.held_out": 0.4, "data.held_out_index": str(tmp_path / "index")}
    out = fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, settings))
    state = json.loads((out / "steps" / "checkpoint-6" / "trainer_state.json").read_text())
    scores = [row["eval_em"] for row in state["log_history"] if "eval_em" in row]
    assert len(scores) == 3 and state["best_metric"] == max(scores)
    assert json.loads((out / "run.json").read_text())["index"]


def test_patience_survives_a_pause(squad_file, tiny_recipe, tmp_path, as_killed_after):
    settings = {"train.eval_every": 2, "train.patience": 2, "train.lr": 0.0, "data.held_out": 0.4}
    recipe = override(tiny_recipe, {**settings, "train.steps": 40})
    out = fit_reader([squad_file], tmp_path / "out", recipe)
    last = max(int(path.name.rpartition("-")[2]) for path in (out / "steps").glob("checkpoint-*"))
    assert last == 6, "the first score, then two that are no better"
    again = fit_reader([squad_file], as_killed_after(out, tmp_path / "again", 4), recipe)
    assert max(int(path.name.rpartition("-")[2]) for path in (again / "steps").glob("checkpoint-*")) == 6
