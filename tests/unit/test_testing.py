"""The stand-in encoder does the arithmetic that it says."""

from __future__ import annotations

import numpy as np

from ragqa.documents import Passage
from ragqa.protocols import Encoder
from ragqa.testing import HashEncoder


def test_it_is_an_encoder() -> None:
    encoder = HashEncoder()
    assert isinstance(encoder, Encoder) and encoder.fingerprint == "hash-64"
    assert encoder.encode_questions([]).shape == (0, 64)


def test_words_are_counted_where_their_hash_says() -> None:
    encoder = HashEncoder(dim=1024)
    (vector,) = encoder.encode_questions(["Red stone, red"])
    expected = np.zeros(1024)
    expected[encoder.place("red")], expected[encoder.place("stone")] = 2, 1
    np.testing.assert_allclose(vector, expected / np.sqrt(5), rtol=1e-6)
    assert vector.dtype == np.float32


def test_a_passage_counts_with_its_context() -> None:
    encoder = HashEncoder()
    passage = Passage("p", "d", "stone", "Bridge", 0, 5, heading="Old")
    np.testing.assert_array_equal(encoder.encode_passages([passage]), encoder.encode_questions(["bridge old STONE"]))


def test_no_words_have_a_vector_too() -> None:
    (vector,) = HashEncoder().encode_questions(["?!"])
    assert vector[0] == 1.0 and np.linalg.norm(vector) == 1.0


def test_another_name_is_another_encoder() -> None:
    first, second = HashEncoder(name="a"), HashEncoder(name="b")
    assert first.fingerprint != second.fingerprint
    assert (first.encode_questions(["some words here"]) != second.encode_questions(["some words here"])).any()
