"""The shipped models under onnxruntime, the cards, and names that lead nowhere."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from ragqa.documents import Passage
from ragqa.errors import MissingExtra, ModelError
from ragqa.models import runtime
from ragqa.models.batching import batches_by_length
from ragqa.models.card import read_card
from ragqa.models.catalog import PRETRAINED, load_encoder, load_reader
from ragqa.models.reader import SpanReader
from ragqa.models.tokenize import PairTokenizer
from ragqa.protocols import Encoder, ExplainingReader, Reader
from ragqa.types import Span


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture(scope="module")
def reader():
    return load_reader()


def passage(text: str, title: str = "") -> Passage:
    return Passage("p", "d", text, title, 0, len(text))


def test_protocols(encoder, reader):
    assert isinstance(encoder, Encoder) and isinstance(reader, Reader) and isinstance(reader, ExplainingReader)
    assert encoder.fingerprint == read_card(PRETRAINED / "encoder", "encoder").fingerprint


def test_vectors_do_not_depend_on_the_batch(encoder):
    texts = ["The Rhine rises in the Alps.", "short", "A much longer text about rivers and lakes. " * 20]
    together = encoder.encode_passages([passage(text) for text in texts])
    alone = np.concatenate([encoder.encode_passages([passage(text)]) for text in texts])
    assert np.array_equal(together, alone)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert together.shape == (3, encoder.dim) and together.dtype == np.float32


def test_meaning_is_near(encoder):
    question, near, far = encoder.encode_questions(
        ["Who founded the company?", "The firm was started by Ada Lovelace.", "Bake the bread for forty minutes."]
    )
    assert question @ near > question @ far + 0.1


def test_titles_and_empty_texts_are_encoded(encoder):
    plain, titled, empty = encoder.encode_passages([passage("It rises."), passage("It rises.", "Rhine"), passage("")])
    assert not np.array_equal(plain, titled) and np.isfinite(empty).all()
    assert encoder.encode_questions([]).shape == (0, encoder.dim)


def test_reader_reads(reader):
    text = "Work began in 1933, and the bridge was opened to traffic on 27 May 1937."
    found = reader.read_texts(["When was the bridge opened?"], [text])[0]
    best = found.spans[0]
    assert "27 May 1937" in text[best.start : best.end]
    total = sum(np.exp(span.score) for span in found.spans) + np.exp(found.null)
    assert 0.5 < total <= 1.0 + 1e-6


def test_long_passages_are_read_to_the_end(reader):
    text = (
        "Nothing of interest happened on that day in the quiet town. " * 150
        + "The mayor of Springfield was Ada Quimby."
    )
    best = reader.read_texts(["Who was the mayor of Springfield?"], [text])[0].spans[0]
    assert "Quimby" in text[best.start : best.end]


def test_logits_agree_with_the_odds_over_windows():
    """Of each span of a long passage that is cut into windows: start + end − null is its log-odds."""
    whole = load_reader()
    short = SpanReader(PairTokenizer(whole.tokenizer.tokenizer, max_length=48), whole.runtime, 16, spans=40)
    long = passage("The river is long. " * 20 + "The mayor was Ada Quimby of Springfield. " + "Fish swim. " * 20)
    question = "Who was the mayor?"
    (found,) = short.read_texts([question], [long.text])
    assert len(found.spans) == 40
    for span in found.spans:
        (logits,) = short.logits(question, long, span)
        assert logits.margin == logits.start + logits.end - logits.null
        assert logits.margin == pytest.approx(span.score - found.null, abs=1e-3) and logits.reader == 1
    assert short.logits(question, long, Span(1, 2, 0.0)) == ()


def test_titles_are_read_by_those_that_have_learnt_to(reader):
    """Title and headings count then, where there are any; places stay those of the text."""
    text, question = "He was born in Ulm in 1879, and died in Princeton.", "Where was Albert Einstein born?"
    plain = Passage("p", "d", text, "", 0, len(text))
    titled = Passage("p", "d", text, "Albert Einstein", 0, len(text), "Life")
    learnt = SpanReader(reader.tokenizer, reader.runtime, reader.stride, titles=True)
    untaught = SpanReader(reader.tokenizer, reader.runtime, reader.stride)
    assert untaught.read([question], [titled]) == untaught.read([question], [plain]) == learnt.read([question], [plain])
    (found,) = learnt.read([question], [titled])
    assert found != learnt.read([question], [plain])[0]
    assert learnt.read_texts([question], [text], ["Albert Einstein > Life"])[0].spans[0] == found[0]
    assert text[found[0].start : found[0].end] == "Ulm"
    (logits,) = learnt.logits(question, titled, found[0])
    (null,) = [span for span in found if span.end == span.start]
    assert logits.margin == pytest.approx(found[0].score - null.score, abs=1e-3)


def test_readings_do_not_depend_on_the_batch(reader):
    questions = ["Where does it rise?", "Who was mayor?"]
    texts = ["The Rhine rises in the Alps.", "The mayor was Ada Quimby. " * 40]
    together = reader.read_texts(questions, texts)
    alone = [reader.read_texts([question], [text])[0] for question, text in zip(questions, texts, strict=True)]
    assert together == alone


def test_reading_nothing(reader):
    assert reader.read([], []) == []
    found = reader.read_texts(["Who?"], [""])[0]
    assert found.spans == [] and found.null == 0.0


def test_batches_hold_everything_once_within_the_budget():
    lengths = [3, 50, 7, 7, 20, 64, 1]
    batches = list(batches_by_length(lengths, 64))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    assert all(max(lengths[i] for i in batch) * len(batch) <= 64 for batch in batches)


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/model", "a/b/c"])
def test_missing_folders_are_not_looked_up_on_a_hub(name):
    with pytest.raises(ModelError, match="no such model directory"):
        load_reader(name)
    with pytest.raises(ModelError, match="no such model directory"):
        load_encoder(name)


def test_without_torch_other_models_name_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"ragqa\[train\]"):
        load_reader(str(tmp_path))
    with pytest.raises(MissingExtra, match=r"ragqa\[train\]"):
        runtime.require_torch("This")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "card format 99"),
        ({"kind": "reader"}, "holds a reader"),
        ({"dim": "x"}, "dim is 'x': expected a whole"),
    ],
)
def test_cards_are_checked(tmp_path, change, message):
    folder = shutil.copytree(PRETRAINED / "encoder", tmp_path / "encoder")
    card = json.loads((folder / "ragqa.json").read_text())
    (folder / "ragqa.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ModelError, match=message):
        read_card(folder, "encoder")


def test_damaged_graph_is_a_model_error(tmp_path):
    folder = shutil.copytree(PRETRAINED / "encoder", tmp_path / "encoder")
    (folder / "model.onnx").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=r"model\.onnx"):
        load_encoder(str(folder))
