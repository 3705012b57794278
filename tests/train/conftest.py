"""A tiny BERT with the packaged tokenizer, and a few questions of our own: real training in seconds."""

from __future__ import annotations

import json
import shutil

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")
transformers = pytest.importorskip("transformers", reason="needs ragqa[train]")

PARAGRAPHS = [
    (
        "Rivers",
        "The Rhine rises in Switzerland and flows to the North Sea. The Elbe rises in the Czech Republic. "
        "Ships pass the Rhine at Basel.",
        [("Where does the Rhine rise?", "Switzerland"), ("Which river passes Basel?", "Rhine")],
    ),
    (
        "Rivers",
        "The Danube is 2,850 kilometres long and ends in the Black Sea.",
        [("How long is the Danube?", "2,850 kilometres"), ("Where does the Danube end?", "the Black Sea")],
    ),
    ("Bridges", "The bridge was opened in 1937 by the mayor.", [("When was the bridge opened?", "1937")]),
]


@pytest.fixture(scope="session")
def squad_file(tmp_path_factory):
    articles: dict[str, list] = {}
    for number, (title, text, pairs) in enumerate(PARAGRAPHS):
        qas = [
            {"id": f"{number}-{i}", "question": q, "answers": [{"text": a, "answer_start": text.index(a)}]}
            for i, (q, a) in enumerate(pairs)
        ]
        articles.setdefault(title, []).append({"context": text, "qas": qas})
    data = [{"title": title, "paragraphs": paragraphs} for title, paragraphs in articles.items()]
    path = tmp_path_factory.mktemp("data") / "tiny.json"
    path.write_text(json.dumps({"version": "1.1", "data": data}), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_base(write_tiny_bert, tmp_path_factory):
    """A two-layer random BERT in the standard format."""
    return write_tiny_bert(tmp_path_factory.mktemp("tiny-bert"), "BertForQuestionAnswering")


@pytest.fixture(scope="session")
def tiny_recipe(tiny_base):
    from ragqa.train.engine.recipe import ReaderRecipe
    from ragqa.train.engine.settings import ReaderData, TrainSettings

    return ReaderRecipe(
        base=str(tiny_base),
        train=TrainSettings(
            steps=6, batch_size=2, warmup_steps=1, decay_steps=3, save_every=2, lr=1e-3, bf16=False, report_to=()
        ),
        data=ReaderData(max_length=64, stride=8, negatives=0.2),
    )


@pytest.fixture(scope="session")
def tiny_encoder(tiny_base, tmp_path_factory):
    """The same as a sentence-transformers folder: mean pooling, unit length, 32 dimensions."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    folder = tmp_path_factory.mktemp("tiny-encoder")
    transformer = Transformer(str(tiny_base), max_seq_length=64)
    model = SentenceTransformer(modules=[transformer, Pooling(32), Normalize()], device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def tiny_retriever(tiny_encoder):
    from ragqa.train.engine.recipe import RetrieverRecipe
    from ragqa.train.engine.settings import RetrieverData, TrainSettings

    return RetrieverRecipe(
        base=str(tiny_encoder),
        train=TrainSettings(
            steps=6, batch_size=2, warmup_steps=1, decay_steps=3, save_every=2, lr=1e-3, bf16=False, report_to=()
        ),
        data=RetrieverData(max_length=48),
    )


@pytest.fixture(scope="session")
def as_killed_after():
    """A copy of a finished run's folder as it stood when the run was killed after the checkpoint of a step."""

    def copy_of(whole, copy, step):
        (copy / "steps").mkdir(parents=True)
        facts = json.loads((whole / "run.json").read_text()) | {"finished": False}
        (copy / "run.json").write_text(json.dumps(facts))
        shutil.copytree(whole / "steps" / f"checkpoint-{step}", copy / "steps" / f"checkpoint-{step}")
        return copy

    return copy_of


@pytest.fixture(scope="session")
def tiny_reader_run(squad_file, tiny_recipe, tmp_path_factory):
    """The folder of a finished run of the tiny recipe, to be read only."""
    from ragqa.train import fit_reader

    return fit_reader([squad_file], tmp_path_factory.mktemp("tiny-reader") / "reader", tiny_recipe)


@pytest.fixture(scope="session")
def tiny_retriever_run(squad_file, tiny_retriever, tmp_path_factory):
    """The same of the tiny retriever's."""
    from ragqa.train import fit_retriever

    return fit_retriever([squad_file], tmp_path_factory.mktemp("tiny-retriever") / "ret", tiny_retriever)
