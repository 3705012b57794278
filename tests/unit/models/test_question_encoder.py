"""Cards of question encoders: where their partner lies, and what is wrong with damaged ones. No torch."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from ragqa.documents import Passage
from ragqa.errors import FingerprintMismatch, ModelError
from ragqa.models.card import CARD, has_card, place_from, place_of, read_card
from ragqa.models.catalog import PRETRAINED, load_encoder
from ragqa.models.encoder import QuestionEncoder
from ragqa.testing import HashEncoder


@pytest.fixture
def folder(tmp_path):
    """The packaged encoder, said to be a question encoder for itself."""
    shutil.copytree(PRETRAINED / "encoder", tmp_path / "questions")
    card = json.loads((tmp_path / "questions" / CARD).read_text())
    changes = {"kind": "question-encoder", "passages": "default", "passages_fingerprint": card["fingerprint"]}
    (tmp_path / "questions" / CARD).write_text(json.dumps({**card, **changes, "fingerprint": "tuned-1"}))
    return tmp_path / "questions"


def test_it_has_its_partners_fingerprint_and_its_own(folder):
    encoder, partner = load_encoder(str(folder)), load_encoder()
    assert isinstance(encoder, QuestionEncoder) and encoder.dim == partner.dim
    assert encoder.fingerprint == partner.fingerprint and encoder.question_fingerprint == "tuned-1"
    passages = [Passage("p", "d", "The Rhine rises in Switzerland.", "Rivers", 0, 31)]
    assert np.array_equal(encoder.encode_passages(passages), partner.encode_passages(passages))


def test_another_partner_is_refused_when_it_is_needed():
    questions = HashEncoder(name="questions")
    encoder = QuestionEncoder(questions, lambda: HashEncoder(name="other"), "hash-64", "tuned-1")
    assert np.array_equal(encoder.encode_questions(["x"]), questions.encode_questions(["x"]))
    with pytest.raises(FingerprintMismatch, match="trained for passages encoded by hash-64"):
        encoder.encode_passages([])


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"passages": ""}, "which encoder"),
        ({"passages_fingerprint": ""}, "which encoder"),
        ({"passages": 3}, "passages is 3: expected text"),
        ({"format": 2}, "export the model again"),
    ],
)
def test_damaged_cards(folder, changes, complaint):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, **changes}))
    with pytest.raises(ModelError, match=complaint):
        load_encoder(str(folder))


def test_kinds_are_told_apart(folder, tmp_path):
    assert has_card(folder, "question-encoder") and not has_card(PRETRAINED / "encoder", "question-encoder")
    assert not has_card(tmp_path, "encoder")
    (tmp_path / CARD).write_text("{]")
    assert not has_card(tmp_path, "encoder")
    with pytest.raises(ModelError, match="not a reader"):
        read_card(folder, "reader")


def test_places_are_seen_from_the_card(tmp_path, monkeypatch):
    for name in ("a/base", "a/tuned", "default"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name, written in [("a/base", "../base"), ("a/tuned/", "."), ("default", "default"), ("org/name", "org/name")]:
        assert place_from(tmp_path / "a" / "tuned", name) == written
    assert place_from(tmp_path / "a", str(tmp_path / "a" / "base")) == "./base"
    assert place_of(tmp_path / "a" / "tuned", "../base") == str(tmp_path / "a" / "base")
    assert place_of(tmp_path / "a", "org/name") == "org/name"
