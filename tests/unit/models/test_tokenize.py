from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from ragqa.errors import ModelError
from ragqa.models.catalog import PRETRAINED
from ragqa.models.tokenize import PairTokenizer, pad


def bert(max_length: int = 32) -> PairTokenizer:
    return PairTokenizer.from_file(PRETRAINED / "encoder" / "tokenizer.json", max_length)


def roberta_like() -> PairTokenizer:
    """``<s> q </s></s> p </s>``, as RoBERTa joins pairs."""
    words = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", "a", "b", "c"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PairTokenizer(tokenizer, 16)


@pytest.mark.parametrize("make", [bert, roberta_like])
def test_a_window_is_what_the_tokenizer_itself_would_join(make):
    ours = make()
    question, passage = ours.encode(["a b", "c a b"])
    (window,) = ours.windows(question.ids, passage.ids, stride=2)
    expected = ours.tokenizer.encode("a b", "c a b")
    assert window.ids.tolist() == expected.ids
    assert window.type_ids.tolist() == expected.type_ids
    assert window.context == expected.sequence_ids.index(1) and window.size == 3


@pytest.mark.parametrize("make", [bert, roberta_like])
def test_a_single_text_is_what_the_tokenizer_itself_would_make(make):
    ours = make()
    (tokens,) = ours.encode(["a b c"])
    assert ours.single(tokens.ids).ids.tolist() == ours.tokenizer.encode("a b c").ids


@given(st.integers(0, 120), st.integers(0, 60), st.integers(0, 40))
def test_windows_cover_the_passage_and_fit(passage_length, question_length, stride):
    tokenizer = bert(32)
    question, passage = np.arange(question_length), np.arange(1000, 1000 + passage_length)
    windows = tokenizer.windows(question, passage, stride)
    covered = set()
    for window in windows:
        assert len(window.ids) <= 32
        inside = window.ids[window.context : window.context + window.size]
        assert inside.tolist() == passage[window.first : window.first + window.size].tolist()
        covered.update(range(window.first, window.first + window.size))
    assert covered == set(range(passage_length))


@pytest.mark.parametrize("make", [bert, roberta_like])
def test_a_title_stands_between_question_and_passage(make):
    ours = PairTokenizer(make().tokenizer, 32)
    question, title, passage = (tokens.ids for tokens in ours.encode(["a b", "c", "b c a"]))
    (window,) = ours.windows(ours.about(question, title), passage, stride=2)
    parts, separator = window.ids.tolist(), (window.context - 1 - len(question) - len(title)) // 2
    assert parts[1:3] == question.tolist()
    assert parts[3 : 3 + separator] == parts[window.context - separator : window.context], "separated alike"
    assert parts[3 + separator] == title[0] and parts[window.context : window.context + 3] == passage.tolist()
    assert ours.about(question, title[:0]).tolist() == question.tolist()


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60))
def test_a_title_leaves_room_for_the_passage(question_length, title_length, passage_length):
    tokenizer = bert(64)
    question, title = np.arange(question_length), np.arange(500, 500 + title_length)
    before = tokenizer.about(question, title)
    assert before.tolist()[: min(question_length, 29)] == question.tolist()[:29], "the title is cut first"
    assert len(before) <= min(29, question_length + 1 + 24)
    for window in tokenizer.windows(before, np.arange(1000, 1000 + passage_length), 4):
        assert window.context == len(before) + 2 and len(window.ids) <= 64


def test_offsets_are_code_points():
    text = "Zürich 😀 liegt am Zürichsee"
    (tokens,) = bert().encode([text])
    words = [text[start:end].lower() for start, end in tokens.offsets]
    assert "".join(words) == text.lower().replace(" ", "")


def test_pad_rounds_up_and_masks():
    tokenizer = bert()
    question, passage = tokenizer.encode(["a", "b c"])
    batch = pad(tokenizer.windows(question.ids, passage.ids, 0), tokenizer.pad_id)
    assert batch.ids.shape[1] % 8 == 0
    assert batch.mask.sum() == 6 and batch.ids[0, 6:].tolist() == [tokenizer.pad_id] * (batch.ids.shape[1] - 6)


def test_damaged_tokenizer_is_a_model_error(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        PairTokenizer.from_file(tmp_path / "tokenizer.json")


def changed(tokenizer: PairTokenizer, change, tmp_path: Path) -> PairTokenizer:
    """The same with its file changed."""
    content = json.loads(tokenizer.tokenizer.to_str())
    change(content)
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    return PairTokenizer.from_file(tmp_path / "tokenizer.json", tokenizer.max_length)


def swap(content):
    vocabulary = content["model"]["vocab"]
    vocabulary["the"], vocabulary["of"] = vocabulary["of"], vocabulary["the"]


CHANGES = {
    "vocabulary": swap,
    "case": lambda content: content["normalizer"].update(lowercase=False),
    "accents": lambda content: content["normalizer"].update(strip_accents=False),
    "splitting": lambda content: content.update(pre_tokenizer={"type": "WhitespaceSplit"}),
    "a word of its own": lambda content: content["added_tokens"].append(
        {**content["added_tokens"][0], "id": 30522, "content": "Zürich", "special": False}
    ),
    "longest word": lambda content: content["model"].update(max_input_chars_per_word=3),
}
SAMPLE = ["The mouth of the Limmat, Zürich; naïve Café-owners, unbelievably!"]


@pytest.mark.parametrize("name", CHANGES)
def test_the_fingerprint_changes_with_the_tokens(name, tmp_path):
    before, after = bert(), changed(bert(), CHANGES[name], tmp_path)
    assert before.encode(SAMPLE)[0].ids.tolist() != after.encode(SAMPLE)[0].ids.tolist()
    assert before.fingerprint != after.fingerprint


def test_the_fingerprint_is_that_of_the_tokens_alone(tmp_path):
    def settings(content):
        content["truncation"] = {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0}
        content["decoder"] = None

    fingerprint = bert(384).fingerprint
    assert fingerprint == bert(64).fingerprint == changed(bert(), settings, tmp_path).fingerprint
    assert fingerprint != roberta_like().fingerprint
    reader = PairTokenizer.from_file(PRETRAINED / "reader" / "tokenizer.json")
    assert reader.fingerprint == fingerprint, "the packaged reader's and encoder's cut text alike"
    assert all(letter.isalnum() or letter == "-" for letter in fingerprint)


def test_a_file_is_held_once_as_long_as_it_is_the_same(tmp_path):
    path = Path(shutil.copy(PRETRAINED / "encoder" / "tokenizer.json", tmp_path))
    one, other = PairTokenizer.from_file(path, 64), PairTokenizer.from_file(path, 128)
    assert one.tokenizer is other.tokenizer and (one.max_length, other.max_length) == (64, 128)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert PairTokenizer.from_file(path).tokenizer is not one.tokenizer
