"""A pair of models that shares its word table and tokenizer: exported, put into the package, chosen by language."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

import ragqa  # noqa: E402
from ragqa.cli import main  # noqa: E402
from ragqa.config import Config, IndexConfig  # noqa: E402
from ragqa.documents import Passage  # noqa: E402
from ragqa.errors import ModelError  # noqa: E402
from ragqa.models import catalog  # noqa: E402
from ragqa.models.catalog import PRETRAINED, load_encoder, load_reader  # noqa: E402
from ragqa.models.export import export_encoder, export_reader  # noqa: E402
from ragqa.models.words import WordTable  # noqa: E402

PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture(scope="module")
def checkpoints(write_tiny_bert, tmp_path_factory):
    """An encoder and a reader of the same words, the reader's rounded to 16 bits, as training leaves frozen ones."""
    from transformers import AutoModel, AutoModelForQuestionAnswering

    folder = tmp_path_factory.mktemp("checkpoints")
    encoder = write_tiny_bert(folder / "encoder", "BertModel")
    reader = write_tiny_bert(folder / "reader", "BertForQuestionAnswering", seed=2)
    words = AutoModel.from_pretrained(encoder).get_input_embeddings().weight.detach()
    model = AutoModelForQuestionAnswering.from_pretrained(reader)
    model.get_input_embeddings().weight.data = words.bfloat16().float()
    model.save_pretrained(reader)
    (encoder / "modules.json").write_text("[]")
    (encoder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": PROMPTS}))
    return folder


@pytest.fixture(scope="module")
def pair(checkpoints, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    with pytest.MonkeyPatch.context() as patch:
        # the 4 bits of a random table are far from it, and the outputs of a random model with them
        patch.setattr("ragqa.models.export._agreement", lambda *_: 1.0)
        export_encoder(str(checkpoints / "encoder"), folder / "encoder", shared=True, dense_scale=200.0, name="m")
        export_reader(str(checkpoints / "reader"), folder / "reader", shared=True, max_length=64, stride=8)
    return folder


@pytest.fixture
def packaged(pair, tmp_path, monkeypatch):
    """The package with the pair in it."""
    for kind in ("encoder", "reader"):
        shutil.copytree(PRETRAINED / kind, tmp_path / "pretrained" / kind)
    shutil.copytree(pair, tmp_path / "pretrained" / "multilingual")
    monkeypatch.setattr(catalog, "PRETRAINED", tmp_path / "pretrained")
    return tmp_path / "pretrained" / "multilingual"


def said(capsys, *line: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(list(line))
    assert not left.value.code, capsys.readouterr().err
    return capsys.readouterr().out


def test_one_table_and_one_tokenizer_stand_above_both(pair):
    names = sorted(str(path.relative_to(pair)) for path in pair.rglob("*") if path.is_file())
    assert names == [
        "encoder/model.onnx",
        "encoder/ragqa.json",
        "reader/model.onnx",
        "reader/ragqa.json",
        "tokenizer.json",
        "words.npy",
    ]
    assert (pair / "encoder" / "model.onnx").stat().st_size < 200_000  # 30,522 words would be a megabyte


def test_the_graphs_give_what_the_checkpoints_give_for_these_words(pair, checkpoints):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    words = WordTable.open(pair / "words.npy")
    transformer = Transformer(str(checkpoints / "encoder"))
    table = torch.tensor(words.rows(np.arange(words.shape[0])))
    transformer.auto_model.get_input_embeddings().weight.data = table
    reference = SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")
    encoder = load_encoder(str(pair / "encoder"))
    texts = ["Where does the Rhine rise?", "It rises in Switzerland and flows to the North Sea."]
    passages = [Passage(text, "d", text, "", 0, len(text)) for text in texts]
    for prompt, vectors in (
        ("query", encoder.encode_questions(texts)),
        ("document", encoder.encode_passages(passages)),
    ):
        wanted = reference.encode([PROMPTS[prompt] + text for text in texts], normalize_embeddings=True)
        assert ((vectors * wanted).sum(axis=1) > 0.98).all()
    assert load_reader(str(pair / "reader")).read(["Where?"], passages[:1])[0]


def test_the_language_chooses_a_pair(packaged, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("docs/a.txt").write_text("Der Rhein entspringt in der Schweiz.")
    facts = json.loads(said(capsys, "models", "ls", "--json"))
    assert [pair["name"] for pair in facts] == ["en", "multilingual"]
    assert facts[1]["bytes"] == sum(path.stat().st_size for path in packaged.rglob("*") if path.is_file())
    assert facts[0]["reader"]["measured"]["squad_em"] > 70
    assert "multilingual: " in said(capsys, "models", "ls")
    for language in ("de", "auto"):
        ragqa.build("docs", language, Config(index=IndexConfig(language=language)))
        with ragqa.Pipeline.load(language) as pipeline:
            encoder, reader = pipeline.retriever.encoder, pipeline.answering.reader
            assert encoder.fingerprint == load_encoder("multilingual").fingerprint
            assert encoder.dense_scale == pipeline.retriever.config.scale == 200.0
            assert reader.runtime.words is not None
    ragqa.build("docs", "en")
    with ragqa.Pipeline.load("en") as pipeline:
        assert pipeline.answering.reader.runtime.words is None and pipeline.retriever.config.scale == 40.0


def test_a_pair_is_named_and_stays_together(packaged, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("docs/a.txt").write_text("The Rhine rises in Switzerland.")
    said(capsys, "index", "docs", "-o", "i", "--models", "multilingual", "-q")
    with ragqa.Pipeline.load("i") as pipeline:
        assert pipeline.answering.reader.runtime.words is not None, "the reader of the index' own pair"
    said(capsys, "search", "-i", "i", "Rhine")
    said(capsys, "ask", "-i", "i", "--models", "en", "Where does the Rhine rise?")
    for line, message in (
        (["index", "docs", "-o", "i", "--models", "none"], "one of en, multilingual"),
        (["index", "docs", "-o", "i", "--models", "en", "--encoder", "x"], "give one of them"),
        (["ask", "-i", "i", "--models", "en", "--reader", "x", "Who?"], "give one of them"),
    ):
        with pytest.raises(SystemExit) as left:
            main(line)
        assert left.value.code == 2 and message in capsys.readouterr().err


def test_both_models_must_have_the_same_words(checkpoints, pair, write_tiny_bert, tmp_path):
    shutil.copytree(pair, tmp_path / "pair")
    other = write_tiny_bert(tmp_path / "other", "BertForQuestionAnswering", seed=7)
    with pytest.raises(ModelError, match=r"words\.npy: is another word table"):
        export_reader(str(other), tmp_path / "pair" / "reader", shared=True, max_length=64, stride=8)


def test_prompts_beyond_questions_and_passages_have_no_fast_form(checkpoints, tmp_path):
    folder = Path(shutil.copytree(checkpoints / "encoder", tmp_path / "encoder"))
    for facts in ({"prompts": {"query": "q: ", "sts": "s: "}}, {"prompts": PROMPTS, "default_prompt_name": "query"}):
        (folder / "config_sentence_transformers.json").write_text(json.dumps(facts))
        with pytest.raises(ModelError, match="prompts for more than questions and passages"):
            export_encoder(str(folder), tmp_path / "out")


def test_a_folder_that_lacks_its_words_is_told(pair, tmp_path):
    shutil.copytree(pair, tmp_path / "pair")
    (tmp_path / "pair" / "words.npy").unlink()
    with pytest.raises(ModelError, match=r"words\.npy"):
        load_encoder(str(tmp_path / "pair" / "encoder"))


def test_a_table_with_too_few_words_or_of_another_width_is_told(pair, tmp_path):
    shutil.copytree(pair, tmp_path / "pair")
    packed = np.load(tmp_path / "pair" / "words.npy")
    for wrong, message in ((packed[:100], "has 100 words"), (np.tile(packed, 2), "cannot take these 3 tokens")):
        np.save(tmp_path / "pair" / "words.npy", wrong)
        with pytest.raises(ModelError, match=message):
            load_encoder(str(tmp_path / "pair" / "encoder"))
