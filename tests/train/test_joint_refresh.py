"""`method.refresh_every`: passages move too, in an index of the run's own, through kills and pauses."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa import Config, Pipeline, build  # noqa: E402
from ragqa.cli import cli  # noqa: E402
from ragqa.config import IndexConfig, ReadConfig  # noqa: E402
from ragqa.errors import ConfigError, TrainingError  # noqa: E402
from ragqa.index.snapshot import Snapshot  # noqa: E402
from ragqa.index.verify import verify  # noqa: E402
from ragqa.models.catalog import load_encoder  # noqa: E402
from ragqa.models.encoder import SentenceTransformerEncoder  # noqa: E402
from ragqa.train import fit_joint, load_recipe  # noqa: E402
from ragqa.train.engine.folder import TrainingFolder  # noqa: E402
from ragqa.train.engine.recipe import JointRecipe  # noqa: E402
from ragqa.train.joint.model import load_models  # noqa: E402
from ragqa.train.joint.refresh import OwnIndex  # noqa: E402

TEXTS = {
    "rhine": "The Rhine rises in Switzerland and flows to the North Sea.",
    "danube": "The Danube rises in Germany and ends in the Black Sea.",
    "bridge": "The bridge over the river was opened in 1937 by the mayor.",
    "tea": "Tea came to Europe in the seventeenth century.",
    **{
        f"line{i}": f"The river {name} flows on."
        for i, name in enumerate(("Amber", "Coral", "Ebony", "Hazel", "Ivory"))
    },
}
ASKED = [
    ("Where does the Rhine rise?", "Switzerland"),
    ("Where does the Danube end?", "black sea"),
    ("When was the bridge opened?", "1937"),
]
SETTINGS = ["train.steps=6", "train.batch_size=2", "train.accumulate=1", "train.warmup_steps=1", "train.decay_steps=3"]
SETTINGS += ["train.lr=1e-2", "train.save_every=5", "train.bf16=false", "train.report_to=", "data.passages=2"]
SETTINGS += ["data.max_length=64", "data.stride=8", "method.freeze=", "method.refresh_every=2"]

DIES_IN_THE_SECOND_REFRESH = """
import os, signal, sys
from ragqa.cli import main
from ragqa.index.vectors import FileWriter
calls, finish = [], FileWriter.finish
def dying(self, *arguments):
    calls.append(self)
    if len(calls) == 3:  # the first was of the copy, which is compacted
        os.kill(os.getpid(), signal.SIGKILL)
    return finish(self, *arguments)
FileWriter.finish = dying
sys.exit(main())
"""


def weights(file):
    from safetensors.torch import load_file

    return load_file(str(file))


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def vectors(snapshot):
    return snapshot.dense.vectors(np.arange(snapshot.rows))


def everything(snapshot):
    return snapshot.passages(np.arange(snapshot.rows))


def same(one, other):
    """Both models and the index' vectors, to the bit."""
    for side in ("encoder", "reader"):
        left, right = (weights(run / side / "model.safetensors") for run in (one, other))
        assert all(torch.equal(left[name], right[name]) for name in left), side
    left, right = (Snapshot.open(run / "index") for run in (one, other))
    assert left.manifest.encoder.fingerprint == right.manifest.encoder.fingerprint
    np.testing.assert_array_equal(vectors(left), vectors(right))
    return True


def as_left(whole, copy, step):
    """A finished run without what came after the checkpoint of a step, but for its index."""
    shutil.copytree(whole, copy)
    for path in (copy / "steps").glob("checkpoint-*"):
        if int(path.name.rpartition("-")[2]) > step:
            shutil.rmtree(path)
    facts = json.loads((copy / "run.json").read_text()) | {"finished": False}
    (copy / "run.json").write_text(json.dumps(facts))
    return copy


@pytest.fixture(scope="module")
def index(tmp_path_factory, tiny_encoder):
    """Two segments and a deleted document."""
    folder = tmp_path_factory.mktemp("refresh")
    (folder / "texts").mkdir()
    settings = Config(index=IndexConfig(encoder=str(tiny_encoder)))
    (folder / "texts" / "gone.txt").write_text("The Elbe rises in the Czech Republic.")
    for name, text in TEXTS.items():
        (folder / "texts" / f"{name}.txt").write_text(text)
        if name == "danube":
            build(folder / "texts", folder / "index", settings)
    (folder / "texts" / "gone.txt").unlink()
    build(folder / "texts", folder / "index", settings)
    return folder / "index"


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    path = tmp_path_factory.mktemp("asked") / "qa.jsonl"
    lines = [json.dumps({"id": str(i), "question": q, "answers": [a]}) for i, (q, a) in enumerate(ASKED)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def settings(tiny_encoder, tiny_base):
    return [f"base={tiny_encoder}", f"reader={tiny_base}", *SETTINGS]


@pytest.fixture(scope="module")
def recipe(settings):
    return load_recipe("joint-qa", JointRecipe, settings)


@pytest.fixture(scope="module")
def whole(index, questions, recipe, tmp_path_factory):
    """An uninterrupted run, and what the index that it was given was before."""
    before = contents(index)
    return fit_joint(index, questions, tmp_path_factory.mktemp("whole") / "run", recipe), before


def test_the_index_that_was_named_is_as_it_was(index, whole):
    assert contents(index) == whole[1]


def test_a_refresh_gives_the_vectors_of_its_step(whole, recipe, tiny_encoder):
    run, _ = whole
    made, start = Snapshot.open(run / "index"), load_encoder(str(tiny_encoder))
    refreshed = Snapshot.open(run / "index", made.generation - 1)
    assert made.rows == made.live == len(TEXTS), "what is deleted is not encoded"
    model, _ = load_models(recipe, made)
    model.load_state_dict(weights(run / "steps" / "checkpoint-4" / "model.safetensors"))
    then = SentenceTransformerEncoder(model.encoder)
    assert refreshed.manifest.encoder.fingerprint == then.fingerprint
    expected = then.encode_passages(everything(refreshed))
    np.testing.assert_array_equal(vectors(refreshed), expected.astype(np.float16))
    assert np.abs(expected - start.encode_passages(everything(refreshed))).max() > 0.01, "they have moved"


def test_the_result_can_be_asked(whole):
    run, _ = whole
    assert verify(run / "index") == []
    reader = ReadConfig(str(run / "reader"), min_score=0)
    pipeline = Pipeline.load(run / "index", Config(index=IndexConfig(encoder=str(run / "encoder")), read=reader))
    assert pipeline.snapshot.manifest.encoder.name == str(run / "encoder")
    assert pipeline.ask(ASKED[0][0]).answers
    encoder = load_encoder(str(run / "encoder"))
    assert isinstance(encoder, SentenceTransformerEncoder), "one for both sides"
    np.testing.assert_array_equal(
        vectors(pipeline.snapshot), encoder.encode_passages(everything(pipeline.snapshot)).astype(np.float16)
    )


@pytest.mark.slow
@pytest.mark.parametrize("step", [4, 5, 6])
def test_resumed_run_equals_unbroken_run(index, questions, recipe, whole, tmp_path, step):
    """Paused where a refresh is due, after one, and at the end; the index is further than the checkpoint."""
    broken = as_left(whole[0], tmp_path / "run", step)
    assert same(whole[0], fit_joint(index, questions, broken, recipe))


def test_what_a_run_remembers_is_taken_or_missed(index, questions, recipe, whole, tmp_path):
    broken = as_left(whole[0], tmp_path / "run", 5)
    own = OwnIndex(TrainingFolder(broken), broken / "encoder", 2)
    assert own.remembered(lambda: pytest.fail("found anew, with other vectors")) == ([0, 1, 2], [])
    (broken / "steps" / "checkpoint-5" / "vectors.json").write_text('{"fingerprint": "st-0"}')
    with pytest.raises(TrainingError, match="no longer holds the vectors"):
        fit_joint(index, questions, broken, recipe)
    shutil.rmtree(broken / "index")
    with pytest.raises(TrainingError, match="no longer holds the vectors"):
        fit_joint(index, questions, broken, recipe)


@pytest.mark.slow
def test_killed_and_interrupted_in_a_refresh(index, questions, recipe, settings, whole, tmp_path, monkeypatch):
    run = tmp_path / "run"
    line = ["train", "joint", "-i", str(index), "--questions", str(questions), "-o", str(run)]
    line += [word for setting in settings for word in ("--set", setting)]
    died = subprocess.run([sys.executable, "-c", DIES_IN_THE_SECOND_REFRESH, *line], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    generation = Snapshot.open(run / "index").generation
    assert verify(run / "index") == [] and (run / "steps" / "checkpoint-4").is_dir()

    encode = SentenceTransformerEncoder.encode_passages

    def interrupted(self, passages):
        signal.raise_signal(signal.SIGINT)
        return encode(self, passages)

    with monkeypatch.context() as patch:
        patch.setattr(SentenceTransformerEncoder, "encode_passages", interrupted)
        with pytest.raises(KeyboardInterrupt, match="saved at step 4"):
            fit_joint(index, questions, run, recipe)
    assert Snapshot.open(run / "index").generation == generation and verify(run / "index") == []

    done = CliRunner().invoke(cli, line, standalone_mode=False, catch_exceptions=False)
    assert f"ask with -i {run / 'index'} --encoder {run / 'encoder'} --reader {run / 'reader'}" in done.stdout
    assert same(whole[0], run)


def test_passages_of_a_step_have_gradients(index, questions, recipe):
    from dataclasses import replace

    from ragqa.judging.questions import read_questions
    from ragqa.models.tokenize import PairTokenizer
    from ragqa.train.joint.fit import Joint

    snapshot, losses, gradients = Snapshot.open(index), [], []
    for every in (0, 2):
        own = replace(
            recipe, method=replace(recipe.method, refresh_every=every), data=replace(recipe.data, passages=12)
        )
        model, tokenizers = load_models(own, snapshot)
        tokenizer = PairTokenizer(tokenizers.backend_tokenizer, own.data.max_length)
        joint = Joint(own, snapshot, list(read_questions(questions)), model, tokenizer, True)
        loss = joint.loss(model, [0, 1, 2])
        loss.backward()
        losses.append(loss.item())
        gradients.append(model.encoder[0].auto_model.encoder.layer[0].output.dense.weight.grad)
    assert losses[0] == pytest.approx(losses[1], abs=1e-3), "the vectors are those of the index still"
    assert torch.linalg.norm(gradients[0] - gradients[1]) > 0.05 * torch.linalg.norm(gradients[0])


def test_what_cannot_be_is_refused(whole, questions, recipe, settings):
    with pytest.raises(ConfigError, match="no passage moves"):
        load_recipe("joint-qa", JointRecipe, [*settings, "method.train_retriever=false"])
    with pytest.raises(ConfigError, match="belongs to a run of training"):
        fit_joint(whole[0] / "index", questions, whole[0], recipe)
