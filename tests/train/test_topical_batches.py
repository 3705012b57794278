"""Batches by subject: who stands in them, each passage once, and the loss over what questions share."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")
pytest.importorskip("datasets", reason="needs ragqa[train]")

from ragqa.errors import ConfigError, TrainingError  # noqa: E402
from ragqa.mining.pairs import Candidate, Pairing  # noqa: E402
from ragqa.train import fit_retriever  # noqa: E402
from ragqa.train.engine.recipe import RetrieverRecipe  # noqa: E402
from ragqa.train.engine.settings import RetrieverData, RetrieverLoss  # noqa: E402
from ragqa.train.retriever.topical import TopicalCollator, draw_topical, known_positives  # noqa: E402
from ragqa.train.retriever.towers import Rows, TextCollator, Towers, build_loss  # noqa: E402


def articles(count: int, passages: int, questions: int) -> list[Pairing]:
    made = []
    for article in range(count):
        for passage in range(passages):
            held = Candidate(f"{article}/{passage}", f"text {passage} of {article}", f"Article {article}")
            other = Candidate(f"n{article}/{passage}", f"another {passage} of {article}", f"Article {article}")
            for number in range(questions):
                asked = f"question {number} on {held.id}?"
                made.append(Pairing(f"{held.id}/{number}", asked, ("a",), (held,), (other,)))
    return made


def test_a_pass_holds_every_question_once_in_runs_of_one_article():
    pairings = articles(5, 6, 3)
    drawn = [draw for batch in draw_topical(pairings, 10, 9, 1, 2, 7) for draw in batch]
    assert sorted(draw.pairing.id for draw in drawn) == sorted(pairing.id for pairing in pairings)
    texts = [text for text, _ in groupby(draw.positive.retrieval_text for draw in drawn)]
    assert len(texts) == 30, "a passage's questions must stand together"
    for first, second in zip(texts[::2], texts[1::2], strict=True):
        assert first.partition("\n")[0] == second.partition("\n")[0], "two passages of one article at a time"
    assert any(one.partition("\n")[0] != other.partition("\n")[0] for one, other in zip(texts, texts[2:], strict=False))
    assert all(draw.negatives == draw.pairing.negatives for draw in drawn)


def test_the_seed_decides_and_the_second_pass_differs():
    pairings = articles(3, 4, 2)
    batches = draw_topical(pairings, 6, 8, 0, 2, 1)
    assert batches == draw_topical(pairings, 6, 8, 0, 2, 1) != draw_topical(pairings, 6, 8, 0, 2, 2)
    assert batches[:3] != batches[3:]


def test_one_passage_is_nothing_to_choose_from():
    with pytest.raises(TrainingError, match="at least two passages"):
        draw_topical(articles(1, 1, 4), 1, 2, 0, 2, 1)


def test_settings_that_do_not_go_together():
    with pytest.raises(ConfigError, match="topical"):
        RetrieverRecipe(data=RetrieverData(topical=2), loss=RetrieverLoss(objective="kl"))
    with pytest.raises(ConfigError, match="topical"):
        RetrieverRecipe(data=RetrieverData(topical=2), loss=RetrieverLoss(chunk=8))


def features(batch, name):
    return {key.removeprefix(f"{name}_"): value for key, value in batch.items() if key.startswith(name)}


@pytest.mark.parametrize("given", [False, True])
def test_the_loss_is_minus_log_the_share_of_the_right_passages(tiny_retriever, given):
    from ragqa.train.retriever.fit import load_base

    model = load_base(tiny_retriever)
    pairings = articles(2, 2, 2)
    pairings[3] = replace(pairings[3], question=pairings[0].question)  # one question, two passages that answer it
    rows = Rows(draw_topical(pairings, 1, 8, 1, 2, 3), scored=False)
    texts = sorted({text for row in rows for name, text in row.items() if name != "anchor"})
    vectors = np.random.default_rng(0).normal(size=(len(texts), 32)).astype(np.float32) if given else None
    collator = TopicalCollator(
        TextCollator(model, vectors, {t: i for i, t in enumerate(texts)}), known_positives(pairings)
    )
    batch = collator([rows[place] for place in range(8)])
    label = batch.pop("label")
    assert label.shape == (8, 8), "four passages and four negatives, each once"
    loss = build_loss(model, RetrieverLoss(scale=5.0), shared=True)
    found = loss([features(batch, "anchor"), features(batch, "positive")], label).item()

    order = list(dict.fromkeys(text for row in rows for name, text in row.items() if name != "anchor"))
    passages = vectors[[texts.index(text) for text in order]] if given else model.encode(order)
    passages = passages / np.linalg.norm(passages, axis=1, keepdims=True)
    right = {pairing.question: set() for pairing in pairings}
    for pairing in pairings:
        right[pairing.question].add(pairing.positives[0].retrieval_text)
    expected = []
    for row in rows:
        weights = np.exp(5.0 * passages @ model.encode(row["anchor"]))
        good = sum(weight for weight, text in zip(weights, order, strict=True) if text in right[row["anchor"]])
        expected.append(-math.log(good / weights.sum()))
    assert found == pytest.approx(np.mean(expected), abs=1e-4)


def test_texts_in_pieces_by_length_are_the_texts_at_once(tiny_retriever):
    from ragqa.train.retriever.fit import load_base

    model = load_base(tiny_retriever).eval()
    batch = model.preprocess(["word " * (1 + 7 * number % 23) for number in range(40)])
    with torch.no_grad():
        whole = model(dict(batch))["sentence_embedding"]
        pieces = Towers(model)(dict(batch))["sentence_embedding"]
    assert torch.allclose(whole, pieces, atol=1e-5)


@pytest.mark.slow
def test_a_run_learns(squad_file, tiny_retriever, tmp_path):
    recipe = replace(
        tiny_retriever,
        data=replace(tiny_retriever.data, topical=1),
        train=replace(tiny_retriever.train, steps=60, lr=5e-3, decay_steps=10, batch_size=5),
    )
    from ragqa.documents import Passage
    from ragqa.models.catalog import load_encoder

    tuned = load_encoder(str(fit_retriever([squad_file], tmp_path / "ret", recipe)))
    asked = tuned.encode_questions(["Where does the Rhine rise?", "How long is the Danube?"])
    texts = [
        "The Rhine rises in Switzerland and flows to the North Sea. The Elbe rises in the Czech Republic. "
        "Ships pass the Rhine at Basel.",
        "The Danube is 2,850 kilometres long and ends in the Black Sea.",
    ]
    vectors = tuned.encode_passages([Passage(t[:5], "d", t, "Rivers", 0, len(t)) for t in texts])
    assert (asked @ vectors.T).argmax(axis=1).tolist() == [0, 1]
