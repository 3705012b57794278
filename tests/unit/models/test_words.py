"""Word tables in 4 bits: what is kept, and what a damaged one does."""

from __future__ import annotations

import numpy as np
import pytest

from ragqa.errors import ModelError
from ragqa.models.words import BLOCK, WordTable, pack


def table(rows: int = 7, dim: int = 64) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(rows, dim)).astype(np.float32)


def test_a_packed_table_is_near_and_packs_to_itself(tmp_path):
    own = table()
    packed = pack(own)
    assert packed.dtype == np.uint8 and packed.shape == (7, 64 // BLOCK * 18)
    WordTable(packed, tmp_path / "words.npy").save()
    words = WordTable.open(tmp_path / "words.npy")
    again = words.rows(np.arange(7))
    assert words.shape == (7, 64) == again.shape and again.dtype == np.float32
    assert 0.0 < words.distance(own) < 0.12
    blocks = own.reshape(-1, BLOCK)
    steps = np.abs(blocks).max(axis=1, keepdims=True) / 8
    assert (np.abs(again.reshape(-1, BLOCK) - blocks) <= 1.01 * steps).all()
    np.testing.assert_array_equal(pack(again), packed)  # what was kept in this form before is kept to the last bit
    assert words.distance(again) == 0.0


def test_rows_come_as_asked_and_repeat(tmp_path):
    words = WordTable(pack(table()), tmp_path)
    ids = np.array([3, 0, 3, 6])
    np.testing.assert_array_equal(words.rows(ids), words.rows(np.arange(7))[ids])
    assert words.rows(np.empty(0, np.int64)).shape == (0, 64)


def test_the_largest_number_of_a_block_is_kept_whatever_its_sign():
    row = np.zeros((2, BLOCK), np.float32)
    row[0, 5], row[1, 30] = 2.0, -2.0
    again = WordTable(pack(row), None).rows(np.arange(2))  # type: ignore[arg-type]
    assert again[0, 5] == 2.0 and again[1, 30] == -2.0 and np.count_nonzero(again) == 2


@pytest.mark.parametrize("ids", [[7], [-1], [0, 99]])
def test_a_word_that_is_not_there_is_an_error(tmp_path, ids):
    with pytest.raises(ModelError, match="has 7 words"):
        WordTable(pack(table()), tmp_path / "words.npy").rows(np.array(ids))


def test_a_table_that_fits_no_blocks():
    with pytest.raises(ModelError, match="33 numbers"):
        pack(table(2, 33))


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", np.zeros((3, 36), np.float32), np.zeros(36, np.uint8), np.zeros((3, 35), np.uint8)]
)
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "words.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(ModelError, match=r"words\.npy: not a usable word table"):
        WordTable.open(path)


def test_objects_are_never_loaded(tmp_path):
    np.save(tmp_path / "words.npy", np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(ModelError, match="not a usable word table"):
        WordTable.open(tmp_path / "words.npy")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"words\.npy"):
        WordTable.open(tmp_path / "words.npy")
