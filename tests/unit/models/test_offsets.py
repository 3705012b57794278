"""Tokens begin and end where their characters do, also where a tokenizer says otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from ragqa.models.offsets import settled
from ragqa.models.tokenize import PairTokenizer

PIECES = ["<s>", "</s>", "<unk>", "▁", "▁caf", "é", "▁noir", "東京", "です", "ไทย", "▁हि", "न्दी", "▁a", "b", "e"]


@pytest.fixture(scope="module")
def unigram() -> PairTokenizer:
    """As multilingual tokenizers are made: a character map that composes, SentencePiece's blanks."""
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0 - 0.01 * len(piece)) for piece in PIECES], unk_id=2))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return PairTokenizer(tokenizer)


def cut(tokenizer: PairTokenizer, text: str) -> list[str]:
    (tokens,) = tokenizer.encode([text])
    return [text[start:end] for start, end in tokens.offsets]


def test_a_blank_that_stands_alone_has_no_width(unigram: PairTokenizer) -> None:
    assert cut(unigram, "東京 です") == ["", "東京", "", "です"]
    assert cut(unigram, " ไทย") == ["", "ไทย"]


def test_a_letter_keeps_its_marks(unigram: PairTokenizer) -> None:
    assert "".join(cut(unigram, "cafe\u0301 noir")) == "cafe\u0301noir"
    assert cut(unigram, "cafe\u0301 noir")[-2:] == ["e\u0301", "noir"]
    assert "".join(cut(unigram, "हिन्दी")) == "हिन्दी"


def test_of_marks_that_are_tokens_each_has_its_own() -> None:
    offsets = np.array([[0, 1], [1, 2], [2, 3]])
    np.testing.assert_array_equal(settled("e\u0301\u0302", offsets, np.zeros(3, bool)), offsets)


def test_marks_between_tokens_belong_to_the_one_before() -> None:
    text = "xe\u0301\u0327y \u200d z"
    offsets = np.array([[0, 2], [4, 5], [6, 7], [8, 9]])
    blank = np.array([False, False, True, False])
    assert settled(text, offsets, blank).tolist() == [[0, 4], [4, 5], [6, 6], [8, 9]]


def test_nothing_else_moves() -> None:
    text = "déjà vu, naïve 東京"
    offsets = np.array([[0, 4], [5, 7], [7, 8], [9, 14], [15, 17]])
    np.testing.assert_array_equal(settled(text, offsets, np.zeros(5, bool)), offsets)
    assert settled("", np.empty((0, 2), np.int64), np.empty(0, bool)).shape == (0, 2)
    assert settled("e\u0301", np.empty((0, 2), np.int64), np.empty(0, bool)).shape == (0, 2)
