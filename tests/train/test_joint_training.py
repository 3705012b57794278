"""`ragqa train joint` for real on tiny models over a small index: both sides move, resuming, scoring, asking."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from support.command import run_here  # noqa: E402

from ragqa import Config, Pipeline, build  # noqa: E402
from ragqa.config import IndexConfig, ReadConfig, RetrieveConfig  # noqa: E402
from ragqa.errors import ConfigError, TrainingError  # noqa: E402
from ragqa.index.snapshot import Snapshot  # noqa: E402
from ragqa.models.catalog import load_encoder  # noqa: E402
from ragqa.models.reader import SpanReader  # noqa: E402
from ragqa.train import fit_joint  # noqa: E402
from ragqa.train.engine.folder import TrainingFolder  # noqa: E402
from ragqa.train.engine.recipe import JointRecipe  # noqa: E402
from ragqa.train.engine.settings import JOINT_LOSSES, JointData, TrainSettings  # noqa: E402
from ragqa.train.joint.candidates import CandidateSource  # noqa: E402
from ragqa.types import Question  # noqa: E402

RIVERS = {
    "rhine": "The Rhine rises in Switzerland and flows to the North Sea.",
    "elbe": "The Elbe rises in the Czech Republic and flows to the North Sea.",
    "danube": "The Danube rises in Germany and ends in the Black Sea.",
    "bridge": "The bridge over the river was opened in 1937 by the mayor.",
    "tea": "Tea came to Europe in the seventeenth century.",
}
ASKED = [
    ("Where does the Rhine rise?", "Switzerland"),
    ("Where does the Elbe rise?", "the Czech Republic"),
    ("Where does the Danube end?", "black sea"),
    ("When was the bridge opened?", "1937"),
]


def weights(folder):
    from safetensors.torch import load_file

    return load_file(str(folder / "model.safetensors"))


@pytest.fixture(scope="module")
def index(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("joint")
    (folder / "texts").mkdir()
    for name, text in RIVERS.items():
        (folder / "texts" / f"{name}.txt").write_text(text)
    build(folder / "texts", folder / "index", Config(index=IndexConfig(encoder=str(tiny_encoder))))
    return folder / "index"


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    path = tmp_path_factory.mktemp("asked") / "qa.jsonl"
    lines = [json.dumps({"id": str(i), "question": q, "answers": [a]}) for i, (q, a) in enumerate(ASKED)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def recipe(tiny_encoder, tiny_base):
    return JointRecipe(
        base=str(tiny_encoder),
        reader=str(tiny_base),
        train=TrainSettings(
            steps=6, batch_size=2, warmup_steps=1, decay_steps=3, save_every=2, lr=1e-3, bf16=False, report_to=()
        ),
        data=JointData(passages=3, max_length=64, stride=8),
    )


@pytest.mark.slow
@pytest.mark.parametrize("objective", JOINT_LOSSES)
def test_both_sides_move_and_answer(index, questions, recipe, tiny_encoder, tiny_base, tmp_path, objective):
    out = fit_joint(index, questions, tmp_path / "out", replace(recipe, loss=replace(recipe.loss, objective=objective)))
    for made, before in ((out / "encoder", tiny_encoder), (out / "reader", tiny_base)):
        old, new = weights(before), weights(made)
        assert old.keys() == new.keys()
        moved = {name for name in old if not torch.equal(old[name], new[name])}
        assert any("attention" in name for name in moved)
        assert not any("embeddings" in name for name in moved), "frozen parts must not move"
    assert load_encoder(str(out / "encoder")).fingerprint == load_encoder(str(tiny_encoder)).fingerprint
    config = Config(index=IndexConfig(encoder=str(out / "encoder")), read=ReadConfig(str(out / "reader"), min_score=0))
    reply = Pipeline.load(index, config).ask(ASKED[0][0])
    assert reply.answers and reply.hits


def test_one_side_can_stand_still(index, questions, recipe, tiny_base, tmp_path):
    still = replace(recipe, method=replace(recipe.method, train_reader=False))
    out = fit_joint(index, questions, tmp_path / "out", still)
    old, new = weights(tiny_base), weights(out / "reader")
    assert all(torch.equal(old[name], new[name]) for name in old)


@pytest.mark.slow
@pytest.mark.parametrize("bf16", [False, True])
def test_resumed_run_equals_unbroken_run(index, questions, recipe, tmp_path, bf16):
    recipe = replace(recipe, train=replace(recipe.train, bf16=bf16))
    whole = fit_joint(index, questions, tmp_path / "whole", recipe)
    broken = tmp_path / "broken"
    shutil.copytree(whole / "steps" / "checkpoint-4", broken / "steps" / "checkpoint-4")
    facts = json.loads((whole / "run.json").read_text())
    (broken / "run.json").write_text(json.dumps({**facts, "finished": False}))
    fit_joint(index, questions, broken, recipe)
    for side in ("encoder", "reader"):
        one, other = weights(whole / side), weights(broken / side)
        assert all(torch.equal(one[name], other[name]) for name in one), side


@pytest.mark.slow
def test_it_learns_to_find_and_to_read(index, questions, recipe, tmp_path):
    train = replace(recipe.train, steps=120, warmup_steps=5, decay_steps=60, save_every=120, lr=3e-3)
    out = fit_joint(index, questions, tmp_path / "out", replace(recipe, train=train))
    config = Config(index=IndexConfig(encoder=str(out / "encoder")), read=ReadConfig(str(out / "reader"), min_score=0))
    replies = Pipeline.load(index, config).ask_many([question for question, _ in ASKED])
    right = [reply.answers[0].text.lower() == answer.lower() for reply, (_, answer) in zip(replies, ASKED, strict=True)]
    assert sum(right) >= 3


@pytest.mark.slow
def test_passages_without_the_answer_can_teach_silence(index, questions, recipe, tmp_path):
    """How probable "no answer" becomes where there is none; without this part of the loss it is 0.004."""
    train = replace(recipe.train, steps=120, warmup_steps=5, decay_steps=60, save_every=120, lr=3e-3)
    own = replace(recipe, train=train, loss=replace(recipe.loss, silence=1.0))
    out = fit_joint(index, questions, tmp_path / "out", own)
    pairs = [(asked, text) for asked, answer in ASKED for text in RIVERS.values() if answer.lower() not in text.lower()]
    reader = SpanReader.load_checkpoint(str(out / "reader"), max_length=64, stride=8)
    found = [math.exp(one.null) for one in reader.read_texts(*zip(*pairs, strict=True))]
    assert np.mean(found) > 0.5


def test_held_out_questions_are_scored_by_open_domain_em(index, questions, recipe, tmp_path):
    train = replace(recipe.train, steps=40, save_every=2, eval_every=2, patience=1, lr=0.0)
    scored = replace(recipe, train=train, data=replace(recipe.data, held_out=0.25))
    out = fit_joint(index, questions, tmp_path / "out", scored)
    state = json.loads(sorted((out / "steps").glob("checkpoint-*/trainer_state.json"))[-1].read_text())
    assert state["global_step"] < 40 and "eval_em" in set().union(*state["log_history"])


def test_candidates_hold_the_answer_if_any_passage_does(index, tiny_encoder):
    asked = [
        Question("near", "Where does the Rhine rise?", ("Switzerland",)),
        Question("far", "Where does the Rhine rise?", ("seventeenth century",)),
        Question("never", "Where does the Rhine rise?", ("nobody at all",)),
    ]
    source = CandidateSource(Snapshot.open(index), asked, RetrieveConfig(), 2)
    vectors = load_encoder(str(tiny_encoder)).encode_questions([question.text for question in asked])
    found = source.find([0, 1, 2], vectors)
    texts = [[found.passages[row].text for row in rows] for rows in found.rows.tolist()]
    assert RIVERS["rhine"] in texts[0]
    assert texts[1][0] == texts[2][0] and texts[1][1] == RIVERS["tea"], "it takes the last place"
    assert texts[2] == texts[0], "the best two, if none can be had"
    assert source.reachable([0, 1, 2], vectors) == [0, 1]
    stored = load_encoder(str(tiny_encoder)).encode_passages([found.passages[row] for row in found.rows[0].tolist()])
    np.testing.assert_allclose(found.vectors[0], stored, atol=2e-3)


def test_what_cannot_be_learnt_is_said(index, recipe, tmp_path):
    hopeless = tmp_path / "hopeless.jsonl"
    hopeless.write_text('{"id": "1", "question": "Who?", "answers": ["nobody at all"]}\n')
    with pytest.raises(TrainingError, match="none of the 1 questions"):
        fit_joint(index, hopeless, tmp_path / "out", recipe)


def test_an_encoder_of_another_size_is_refused(index, questions, recipe, tmp_path):
    with pytest.raises(ConfigError, match="length 384, the index holds 32"):
        fit_joint(index, questions, tmp_path / "out", replace(recipe, base="all-MiniLM-L6-v2"))


@pytest.mark.slow
def test_the_command(index, questions, tiny_encoder, tiny_base, tmp_path):
    settings = [f"base={tiny_encoder}", f"reader={tiny_base}", "train.steps=2", "train.warmup_steps=0"]
    settings += ["train.decay_steps=1", "train.save_every=1", "data.passages=2", "data.max_length=64", "data.stride=8"]
    line = ["train", "joint", "-i", str(index), "--questions", str(questions)]
    line += ["-o", str(tmp_path / "out"), *(word for setting in settings for word in ("--set", setting))]
    done = run_here(*line)
    assert done.returncode == 0, done.stderr
    assert "--encoder" in done.stdout and TrainingFolder(tmp_path / "out").newest() is not None
    again = run_here(*line)
    assert again.returncode == ConfigError.exit_code and "finished run" in again.stderr
