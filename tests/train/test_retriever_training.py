"""`ragqa train retriever` for real on a tiny model: both towers, the question's alone, resuming, losses, export."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")
pytest.importorskip("datasets", reason="needs ragqa[train]")

from ragqa.documents import Passage  # noqa: E402
from ragqa.errors import ConfigError, FingerprintMismatch, ModelError, SourceError, TrainingError  # noqa: E402
from ragqa.mining.pairs import Candidate, Pairing, write_pairings  # noqa: E402
from ragqa.models.catalog import load_encoder  # noqa: E402
from ragqa.models.export import export_encoder  # noqa: E402
from ragqa.train import fit_retriever  # noqa: E402
from ragqa.train.engine.folder import TrainingFolder  # noqa: E402


def weights(folder):
    from safetensors.torch import load_file

    return load_file(str(folder / "model.safetensors"))


def changed(recipe, **sections):
    """``changed(recipe, train={"steps": 3})``."""
    return replace(recipe, **{name: replace(getattr(recipe, name), **values) for name, values in sections.items()})


def passage(text, title=""):
    return Passage("p", "d", text, title, 0, len(text))


@pytest.fixture(scope="session")
def mined_file(tmp_path_factory):
    texts = {
        "1": "The Rhine rises in Switzerland.",
        "2": "The Elbe rises in the Czech Republic.",
        "3": "The Danube ends in the Black Sea.",
        "4": "The bridge was opened in 1937 by the mayor.",
    }
    asked = [("Where does the Rhine rise?", "1"), ("Where does the Elbe rise?", "2"), ("When was it opened?", "4")]
    pairings = [
        Pairing(
            f"q{number}",
            question,
            ("?",),
            (Candidate(own, texts[own], "Rivers", 3.0),),
            tuple(Candidate(i, text, "Rivers", -float(i)) for i, text in texts.items() if i != own),
        )
        for number, (question, own) in enumerate(asked)
    ]
    path = tmp_path_factory.mktemp("mined") / "mined.jsonl"
    write_pairings(path, pairings)
    return path


def test_both_towers_move_and_the_result_is_standard(tiny_encoder, tiny_retriever_run):
    from sentence_transformers import SentenceTransformer

    out = tiny_retriever_run
    before, after = weights(tiny_encoder), weights(out)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and not any("embeddings" in name for name in moved), "frozen parts must not move"
    assert SentenceTransformer(str(out)).max_seq_length == 48
    assert not list(out.glob("*.bin")) and not list(out.glob("steps/*/training_args.bin"))
    base, tuned = load_encoder(str(tiny_encoder)), load_encoder(str(out))
    assert base.fingerprint != tuned.fingerprint
    assert json.loads((out / "run.json").read_text())["finished"] is True


@pytest.mark.slow
def test_learning_brings_questions_to_their_passages(squad_file, tiny_encoder, tiny_retriever, tmp_path):
    recipe = changed(tiny_retriever, train={"steps": 60, "lr": 5e-3, "decay_steps": 10, "batch_size": 3})
    tuned = load_encoder(str(fit_retriever([squad_file], tmp_path / "ret", recipe)))
    questions = ["Where does the Rhine rise?", "How long is the Danube?", "When was the bridge opened?"]
    texts = json.loads(squad_file.read_text())["data"]
    passages = [passage(p["context"], a["title"]) for a in texts for p in a["paragraphs"]]
    for encoder, right in ((load_encoder(str(tiny_encoder)), False), (tuned, True)):
        scores = encoder.encode_questions(questions) @ encoder.encode_passages(passages).T
        assert (scores.argmax(axis=1) == [0, 1, 2]).all() == right


@pytest.mark.slow
@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("towers", ["both", "question"])
def test_resumed_run_equals_unbroken_run(squad_file, tiny_encoder, tiny_retriever, tmp_path, bf16, towers):
    recipe = changed(tiny_retriever, train={"bf16": bf16}, method={"towers": towers, "dropout": 0.1})
    whole = fit_retriever([squad_file], tmp_path / "whole", recipe)
    broken = tmp_path / "broken"
    shutil.copytree(whole / "steps" / "checkpoint-4", broken / "steps" / "checkpoint-4")
    facts = json.loads((whole / "run.json").read_text())
    (broken / "run.json").write_text(json.dumps({**facts, "finished": False}))
    resumed = fit_retriever([squad_file], broken, recipe)
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(resumed)[name]), name
    base, at_four = weights(tiny_encoder), weights(whole / "steps" / "checkpoint-4")
    for name, tensor in weights(whole).items():
        assert tensor.dtype == torch.float32
        moves = name.startswith("encoder")
        assert torch.equal(tensor, base[name]) != moves, name
        if moves:
            assert not torch.equal(tensor, at_four[name].float()) and not torch.equal(tensor, tensor.bfloat16().float())


def test_questions_alone_keep_the_passages_space(squad_file, tiny_encoder, tiny_retriever, tmp_path):
    recipe = changed(tiny_retriever, method={"towers": "question"})
    out = fit_retriever([squad_file], tmp_path / "ret", recipe)
    base, tuned = load_encoder(str(tiny_encoder)), load_encoder(str(out))
    assert tuned.fingerprint == base.fingerprint and tuned.question_fingerprint
    passages = [passage("The Rhine rises in Switzerland.", "Rivers")]
    assert (base.encode_passages(passages) == tuned.encode_passages(passages)).all()
    assert not np.allclose(base.encode_questions(["Where?"]), tuned.encode_questions(["Where?"]), atol=1e-5)


def test_a_pair_is_kept_together(squad_file, tiny_encoder, tiny_retriever, tmp_path):
    """Model and base may be moved together; another base in its place is found out."""
    (tmp_path / "a").mkdir()
    shutil.copytree(tiny_encoder, tmp_path / "a" / "base")
    recipe = replace(changed(tiny_retriever, method={"towers": "question"}), base=str(tmp_path / "a" / "base"))
    out = fit_retriever([squad_file], tmp_path / "a" / "ret", recipe)
    (tmp_path / "a").rename(tmp_path / "b")
    tuned = load_encoder(str(tmp_path / "b" / out.name))
    assert len(tuned.encode_passages([passage("x")])) == 1
    shutil.rmtree(tmp_path / "b" / "base")
    other = changed(tiny_retriever, train={"steps": 2, "decay_steps": 1})
    fit_retriever([squad_file], tmp_path / "b" / "base", other)
    with pytest.raises(FingerprintMismatch, match="put the right one back"):
        load_encoder(str(tmp_path / "b" / out.name)).encode_passages([passage("x")])


@pytest.mark.parametrize("towers", ["both", "question"])
def test_export_agrees_with_the_checkpoint(squad_file, tiny_retriever, tiny_retriever_run, tmp_path, towers):
    out = tiny_retriever_run
    if towers == "question":
        out = fit_retriever([squad_file], tmp_path / "ret", changed(tiny_retriever, method={"towers": towers}))
    assert export_encoder(str(out), tmp_path / "deep" / "fast", int8=False).cosine > 0.9999
    slow, fast = load_encoder(str(out)), load_encoder(str(tmp_path / "deep" / "fast"))
    long = ["Where does the Rhine rise? " * 40, "Who?"]
    np.testing.assert_allclose(slow.encode_questions(long), fast.encode_questions(long), atol=1e-4)
    passages = [passage("The Rhine rises in Switzerland. " * 30, "Rivers")]
    np.testing.assert_allclose(slow.encode_passages(passages), fast.encode_passages(passages), atol=1e-4)
    if towers == "question":
        assert fast.fingerprint == slow.fingerprint and fast.question_fingerprint != slow.question_fingerprint


def test_what_has_no_fast_form_is_refused(tiny_encoder, tmp_path):
    for name, change in {
        "config_sentence_transformers.json": {"prompts": {"summary": "summarise: "}},
        "1_Pooling/config.json": {"pooling_mode": "cls"},
    }.items():
        folder = tmp_path / name.replace("/", "-")
        shutil.copytree(tiny_encoder, folder)
        file = folder / name
        file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
        with pytest.raises(ModelError, match="fast form"):
            export_encoder(str(folder), tmp_path / "fast")


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["infonce", "margin-mse", "kl"])
@pytest.mark.parametrize("towers", ["both", "question"])
def test_every_objective_trains_on_mined_files(mined_file, tiny_encoder, tiny_retriever, tmp_path, objective, towers):
    settings = {"objective": objective, "matryoshka": ("32", "16")}
    recipe = changed(tiny_retriever, loss=settings, data={"negatives": 2}, method={"towers": towers})
    recipe = changed(recipe, train={"batch_size": 1 if objective == "infonce" else 2})
    out = fit_retriever([mined_file], tmp_path / "ret", recipe)
    before, after = weights(tiny_encoder), weights(out)
    assert any(not torch.equal(before[name], after[name]) for name in before)


@pytest.mark.slow
def test_scores_are_imitated(mined_file, tiny_retriever, tmp_path):
    """The student's margins come near the teacher's: the positive ahead, the last negative behind."""
    recipe = changed(
        tiny_retriever,
        train={"steps": 80, "lr": 5e-3, "batch_size": 3, "decay_steps": 20},
        loss={"objective": "margin-mse", "scale": 10.0},
        data={"negatives": 3},
    )
    tuned = load_encoder(str(fit_retriever([mined_file], tmp_path / "ret", recipe)))
    question = tuned.encode_questions(["Where does the Rhine rise?"])
    texts = ["The Rhine rises in Switzerland.", "The Elbe rises in the Czech Republic."]
    texts.append("The bridge was opened in 1937 by the mayor.")
    scores = 10 * (question @ tuned.encode_passages([passage(text, "Rivers") for text in texts]).T)[0]
    assert scores[0] - scores[1] == pytest.approx(5.0, abs=1.0)
    assert scores[0] - scores[2] == pytest.approx(7.0, abs=1.0)


@pytest.mark.parametrize("matryoshka", [(), ("32", "8")])
@pytest.mark.parametrize("given", [False, True])
def test_cached_gradients_are_the_gradients(tiny_encoder, tiny_retriever, mined_file, matryoshka, given):
    from ragqa.mining.pairs import read_pairings
    from ragqa.train.engine.settings import RetrieverLoss
    from ragqa.train.retriever.batches import draw_batches
    from ragqa.train.retriever.fit import load_base
    from ragqa.train.retriever.towers import Rows, TextCollator, build_loss

    model = load_base(tiny_retriever)
    pairings = [replace(pairing, negatives=()) for pairing in read_pairings(mined_file)]
    rows = Rows(draw_batches(pairings, 1, 3, 0, 1), scored=False)
    texts = [rows[place]["positive"] for place in range(3)]
    vectors = np.random.default_rng(0).normal(size=(3, 32)).astype(np.float32) if given else None
    batch = TextCollator(model, vectors, {text: place for place, text in enumerate(texts)})([rows[i] for i in range(3)])
    found = []
    for chunk in (0, 2):
        model.zero_grad()
        loss = build_loss(model, RetrieverLoss(chunk=chunk, matryoshka=matryoshka))
        features = [
            {key.removeprefix(f"{name}_"): value for key, value in batch.items() if key.startswith(name)}
            for name in ("anchor", "positive")
        ]
        value = loss(features, None)
        value.backward()
        gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
        found.append((value.item(), gradients))
    (plain, plain_gradients), (cached, cached_gradients) = found
    assert plain == pytest.approx(cached, rel=1e-5) and plain_gradients.keys() == cached_gradients.keys()
    assert any(gradient.abs().max() > 1e-3 for gradient in plain_gradients.values())
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(gradient, cached_gradients[name], atol=1e-5, rtol=1e-3)


def test_infonce_by_hand(tiny_retriever, mined_file):
    """−log softmax of 20 · cosine over all passages of the batch, by numpy."""
    from ragqa.mining.pairs import read_pairings
    from ragqa.train.engine.settings import RetrieverLoss
    from ragqa.train.retriever.batches import draw_batches
    from ragqa.train.retriever.fit import load_base
    from ragqa.train.retriever.towers import Rows, TextCollator, build_loss

    model = load_base(tiny_retriever).eval()
    batches = draw_batches([replace(pairing, negatives=()) for pairing in read_pairings(mined_file)], 1, 3, 0, 1)
    rows = Rows(batches, scored=False)
    batch = TextCollator(model)([rows[place] for place in range(3)])
    features = [
        {key.removeprefix(f"{name}_"): value for key, value in batch.items() if key.startswith(name)}
        for name in ("anchor", "positive")
    ]
    loss = build_loss(model, RetrieverLoss())(features, None).item()
    questions = model.encode([draw.pairing.question for draw in batches[0]])
    passages = model.encode([draw.positive.retrieval_text for draw in batches[0]])
    scores = 20 * questions @ passages.T
    expected = np.mean(np.log(np.exp(scores).sum(axis=1)) - np.diag(scores))
    assert loss == pytest.approx(float(expected), rel=1e-4)


def test_accumulated_parts_weigh_as_the_whole(mined_file, tiny_retriever, tmp_path):
    """Without in-batch negatives a batch in two parts gives the same weights."""
    found = []
    for accumulate in (1, 2):
        recipe = changed(
            tiny_retriever,
            train={"steps": 3, "batch_size": 2, "accumulate": accumulate, "decay_steps": 1},
            loss={"objective": "margin-mse"},
        )
        found.append(weights(fit_retriever([mined_file], tmp_path / str(accumulate), recipe)))
    for name, tensor in found[0].items():
        torch.testing.assert_close(tensor, found[1][name], atol=2e-5, rtol=1e-3)


@pytest.mark.parametrize("towers", ["both", "question"])
def test_scored_on_held_out_articles_and_stops_early(squad_file, tiny_retriever, tmp_path, towers):
    recipe = changed(
        tiny_retriever,
        train={"steps": 40, "eval_every": 2, "patience": 1, "lr": 0.0, "batch_size": 1},
        data={"held_out": 0.4},
        method={"towers": towers},
    )
    out = fit_retriever([squad_file], tmp_path / "ret", recipe)
    states = sorted((out / "steps").glob("checkpoint-*/trainer_state.json"))
    state = json.loads(states[-1].read_text())
    assert state["global_step"] < 40, "no progress, so it must stop early"
    assert {"eval_mrr", "eval_top1", "eval_top5"} <= set().union(*state["log_history"])


@pytest.mark.parametrize(("kind", "expected"), [("ict", {}), ("titles", {})])
def test_weak_supervision_needs_documents_only(tiny_encoder, tiny_retriever, tmp_path, kind, expected):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, text in {
        "rivers.md": "# Rivers\n\nThe Rhine rises in Switzerland. It flows to the North Sea through Basel.\n",
        "bridges.md": "# Bridges\n\nThe bridge was opened by the mayor in 1937. Many ships pass below it.\n",
    }.items():
        (corpus / name).write_text(text)
    out = fit_retriever([corpus], tmp_path / "ret", changed(tiny_retriever, data={"weak": kind}))
    before, after = weights(tiny_encoder), weights(out)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert json.loads((out / "run.json").read_text())["corpus"]


def test_one_clear_line(squad_file, mined_file, tiny_retriever, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("{]")
    (tmp_path / "bad.jsonl").write_text(mined_file.read_text() + '{"id": 1}\n')
    cases = [
        (bad, tiny_retriever, SourceError, "bad.json"),
        (tmp_path / "bad.jsonl", tiny_retriever, SourceError, "bad.jsonl:4"),
        (tmp_path / "none.json", tiny_retriever, SourceError, "No such file"),
        (squad_file, changed(tiny_retriever, loss={"objective": "kl"}), TrainingError, "ragqa mine --teacher"),
        (squad_file, changed(tiny_retriever, train={"batch_size": 20}), TrainingError, "only 3 questions fit"),
        (squad_file, changed(tiny_retriever, train={"eval_every": 2}), ConfigError, "data.held_out"),
        (squad_file, changed(tiny_retriever, loss={"matryoshka": ("64",)}), ConfigError, "the model has 32"),
        (squad_file, changed(tiny_retriever, method={"freeze": ("0",)}), ConfigError, "nothing would move"),
        (squad_file, changed(tiny_retriever, train={"lr": 1e30}), TrainingError, "lower train.lr"),
    ]
    for number, (data, recipe, kind, words) in enumerate(cases):
        with pytest.raises(kind, match=words):
            fit_retriever([data], tmp_path / str(number), recipe)
        begun = words == "lower train.lr"
        assert (tmp_path / str(number)).exists() == begun, "what cannot begin leaves nothing in the way of a better try"


def test_another_run_in_the_folder_is_refused(squad_file, tiny_retriever, tiny_retriever_run, tmp_path):
    out = tmp_path / "ret"
    shutil.copytree(tiny_retriever_run, out)
    before = weights(out)
    with pytest.raises(ConfigError, match="finished run"):
        fit_retriever([squad_file], out, tiny_retriever)
    (out / "run.json").write_text(json.dumps({**json.loads((out / "run.json").read_text()), "finished": False}))
    with pytest.raises(ConfigError, match=r"another recipe\.train\.lr"):
        fit_retriever([squad_file], out, changed(tiny_retriever, train={"lr": 2e-3}))
    assert all(torch.equal(tensor, weights(out)[name]) for name, tensor in before.items())


def test_a_base_in_the_fast_form_is_refused(squad_file, tiny_encoder, tiny_retriever, tmp_path):
    export_encoder(str(tiny_encoder), tmp_path / "fast", int8=False)
    with pytest.raises(ModelError, match="fast form, which cannot be trained"):
        fit_retriever([squad_file], tmp_path / "ret", replace(tiny_retriever, base=str(tmp_path / "fast")))


@pytest.mark.slow
def test_the_index_may_have_been_built_with_the_fast_form(squad_file, tiny_encoder, tiny_retriever, tmp_path):
    export_encoder(str(tiny_encoder), tmp_path / "fast", int8=True)
    method = {"towers": "question", "passages": str(tmp_path / "fast")}
    out = fit_retriever([squad_file], tmp_path / "ret", changed(tiny_retriever, method=method))
    assert load_encoder(str(out)).fingerprint == load_encoder(str(tmp_path / "fast")).fingerprint
    again = replace(tiny_retriever, base=str(out))
    second = fit_retriever([squad_file], tmp_path / "second", changed(again, method={"towers": "question"}))
    assert load_encoder(str(second)).fingerprint == load_encoder(str(out)).fingerprint
    assert json.loads((second / "ragqa.json").read_text())["passages"] == "../fast", "not by way of the first"


def test_an_interrupted_run_is_the_same_run(squad_file, tiny_retriever, tiny_retriever_run, tmp_path):
    """Ctrl-C after the third step: it saves, and the same command ends with the weights of an unbroken run."""
    import os
    import signal

    from transformers import TrainerCallback

    class Impatient(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            if state.global_step == 2:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="step 3"):
        fit_retriever([squad_file], tmp_path / "ret", tiny_retriever, callbacks=[Impatient()])
    assert TrainingFolder(tmp_path / "ret").newest().name == "checkpoint-3"
    resumed = fit_retriever([squad_file], tmp_path / "ret", tiny_retriever)
    for name, tensor in weights(tiny_retriever_run).items():
        assert torch.equal(tensor, weights(resumed)[name]), name
