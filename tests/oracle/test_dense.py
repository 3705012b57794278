"""Dense search against brute force: exact engines exactly, approximate ones by recall."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ragqa.errors import ConfigError, FingerprintMismatch, IndexFormatError, MissingExtra, ModelError
from ragqa.index import ann, dense, exact, gpu
from ragqa.index.ann import build_ann, check_spec, wants_ann
from ragqa.index.dense import DenseIndex, DenseSegment, open_vectors, write_vectors
from ragqa.index.facts import Allowed
from ragqa.index.ranking import Ranking

DIM = 24
Vectors = NDArray[np.float32]
needs_faiss = pytest.mark.skipif(importlib.util.find_spec("faiss") is None, reason="faiss is not installed")
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def unit(vectors: NDArray[np.float64]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clustered(rows: int, seed: int, dim: int = DIM, questions: int = 40) -> tuple[NDArray[np.float16], Vectors]:
    """Vectors around 50 centres, and questions near some of them."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(50, dim))
    vectors = centres[chance.integers(50, size=rows)] + 0.5 * chance.normal(size=(rows, dim))
    asked = vectors[chance.integers(rows, size=questions)] + 0.3 * chance.normal(size=(questions, dim))
    return unit(vectors).astype(np.float16), unit(asked)


def brute(vectors: NDArray[np.float16], questions: Vectors, k: int, alive: NDArray[np.bool_]) -> list[list[int]]:
    """Sort everything, in float64 rounded to float32, ties by row."""
    products = (vectors.astype(np.float64)[None] * questions.astype(np.float64)[:, None]).sum(2).astype(np.float32)
    rows = np.flatnonzero(alive)
    return [rows[np.lexsort((rows, -own[rows]))][:k].tolist() for own in products]


def hits(ranking: Ranking) -> list[list[int]]:
    return [[row for row in own if row >= 0] for own in ranking.rows.tolist()]


def segments(vectors: NDArray[np.float16], *borders: int) -> list[DenseSegment]:
    starts = [0, *borders]
    return [DenseSegment(start, part) for start, part in zip(starts, np.split(vectors, borders), strict=True)]


def index(vectors: NDArray[np.float16], *borders: int) -> DenseIndex:
    return DenseIndex(segments(vectors, *borders), vectors.shape[1], "auto")


@pytest.mark.parametrize("keep_rows", [0, 100_000])
@pytest.mark.parametrize("share_alive", [1.0, 0.6, 0.1])
def test_exact_is_brute_force(monkeypatch: pytest.MonkeyPatch, keep_rows: int, share_alive: float) -> None:
    monkeypatch.setattr(dense, "KEEP_ROWS", keep_rows)
    monkeypatch.setattr(exact, "BLOCK_ROWS", 100)
    monkeypatch.setattr(exact, "CHUNK_SCORES", 5_000)  # seven questions at a time
    vectors, questions = clustered(700, 1)
    alive = np.random.default_rng(2).random(700) < share_alive
    for borders in ((), (300, 301, 301)):
        found = index(vectors, *borders).search(questions, 10, Allowed.of(alive))
        assert hits(found) == brute(vectors, questions, 10, alive)


def test_scores_are_inner_products() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], np.float16)
    found = index(vectors).search(np.array([[1, 0], [0, 1]], np.float32), 3, Allowed.of(np.ones(3, bool)))
    assert found.rows.tolist() == [[0, 1, 2], [1, 0, 2]]
    np.testing.assert_allclose(found.scores, [[1, 0.6, -1], [0.8, 0, 0]], atol=1e-3)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 50), st.integers(0, 40), st.integers(0, 2**40)
)
def test_ties_masks_and_padding(kinds: list[int], k: int, border: int, bits: int) -> None:
    """Many equal vectors: rows decide; what is dead is not found; what is missing is padded."""
    vectors = unit(np.random.default_rng(3).normal(size=(4, 5))).astype(np.float16)[kinds]
    alive = np.array([bool(bits >> row & 1) for row in range(len(kinds))])
    questions = unit(np.random.default_rng(4).normal(size=(3, 5)))
    found = index(vectors, min(border, len(kinds))).search(questions, k, Allowed.of(alive))
    assert hits(found) == brute(vectors, questions, k, alive)
    assert ((found.rows == -1) == (found.scores == -np.inf)).all()


def test_a_batch_is_its_questions_bit_by_bit() -> None:
    vectors, questions = clustered(3_000, 5, dim=384, questions=33)
    searched, alive = index(vectors, 1_000), np.ones(3_000, bool)
    batch = searched.search(questions, 20, Allowed.of(alive))
    for question in range(33):
        alone = searched.search(questions[question : question + 1], 20, Allowed.of(alive))
        np.testing.assert_array_equal(alone.rows[0], batch.rows[question])
        np.testing.assert_array_equal(alone.scores[0], batch.scores[question])


def test_a_scan_proposes_all_that_rounding_could_put_first() -> None:
    vectors = np.array([[1, 0], [1, 2**-24], [0.99, 0]], np.float16)
    question = np.array([[0.6, 0.8]], np.float32)  # the second is nearer by 5e-8, less than products may be off
    for keep in (False, True):
        assert exact.NumpyScan(vectors, keep).propose(question, 1, None)[0].tolist() == [0, 1]


def test_nothing_to_search() -> None:
    vectors, questions = clustered(5, 6)
    everything = np.ones(5, bool)
    assert DenseIndex([], DIM, "auto").search(questions, 3, Allowed.of(np.empty(0, bool))).rows.shape == (40, 0)
    assert index(vectors[:0]).search(questions, 3, Allowed.of(np.empty(0, bool))).rows.shape == (40, 0)
    assert index(vectors).search(questions, 0, Allowed.of(everything)).rows.shape == (40, 0)
    assert index(vectors).search(questions, 3, Allowed.of(~everything)).rows.shape == (40, 0)
    assert index(vectors).search(questions[:0], 3, Allowed.of(everything)).rows.shape[0] == 0
    assert index(vectors).search(questions, 10**9, Allowed.of(everything)).rows.shape == (40, 5)


def test_a_question_that_is_no_number_finds_nothing() -> None:
    vectors, questions = clustered(50, 7)
    questions[1] = np.nan
    found = index(vectors).search(questions, 3, Allowed.of(np.ones(50, bool)))
    assert [len(own) for own in hits(found)[:3]] == [3, 0, 3]


def test_vectors_of_another_length_are_refused() -> None:
    vectors, questions = clustered(5, 8)
    with pytest.raises(FingerprintMismatch, match="length 23, the index holds 24"):
        index(vectors).search(questions[:, :-1], 3, Allowed.of(np.ones(5, bool)))


# ---- files


def test_vectors_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "WRITE_ROWS", 3)
    _, vectors = clustered(8, 9, questions=8)
    write_vectors(tmp_path / "v", vectors)
    assert (tmp_path / "v").read_bytes() == vectors.astype("<f2").tobytes()
    opened = open_vectors(tmp_path / "v", 8, DIM)
    np.testing.assert_array_equal(opened, vectors.astype(np.float16))
    with pytest.raises(ValueError, match="read-only"):
        opened[0] = 0
    for rows, dim in ((7, DIM), (9, DIM), (8, DIM - 1)):
        with pytest.raises(IndexFormatError, match=f"{tmp_path / 'v'}: .* bytes"):
            open_vectors(tmp_path / "v", rows, dim)
    with pytest.raises(IndexFormatError, match="missing"):
        open_vectors(tmp_path / "w", 8, DIM)


def test_no_vectors_on_disk(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", np.empty((0, DIM), np.float32))
    assert open_vectors(tmp_path / "v", 0, DIM).shape == (0, DIM)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_vectors_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    with pytest.raises(ModelError, match="not finite"):
        write_vectors(tmp_path / "v", np.array([[0.0, value]], np.float32))


# ---- approximate


@pytest.fixture(scope="module")
def large() -> tuple[NDArray[np.float16], Vectors]:
    return clustered(3_000, 10, dim=48)


@pytest.fixture
def approximate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let masked searches use the index however few rows are alive."""
    monkeypatch.setattr(ann, "EXACT_BELOW", 0)


RECALL = {"hnsw": 0.98, "ivf": 0.95, "Flat": 1.0, "SQ8": 0.98, "PCA32,IVF16,Flat": 0.75, "IVF16,SQ8,RFlat": 0.9}


@needs_faiss
@pytest.mark.parametrize("spec", RECALL)
@pytest.mark.parametrize("share_alive", [1.0, 0.7, 0.02])
@pytest.mark.usefixtures("approximate")
def test_recall(large: tuple[NDArray[np.float16], Vectors], tmp_path: Path, spec: str, share_alive: float) -> None:
    vectors, questions = large
    assert build_ann(vectors, spec, tmp_path / "index.faiss")
    searched = DenseIndex([DenseSegment(0, vectors, tmp_path / "index.faiss")], 48, spec)
    alive = np.random.default_rng(11).random(3_000) < share_alive
    found, expected = hits(searched.search(questions, 10, Allowed.of(alive))), brute(vectors, questions, 10, alive)
    assert all(alive[own].all() and len(set(own)) == len(own) for own in found)
    recall = np.mean([len(set(own) & set(best)) / 10 for own, best in zip(found, expected, strict=True)])
    assert recall >= RECALL[spec]


@needs_faiss
def test_few_alive_rows_are_searched_exactly(large: tuple[NDArray[np.float16], Vectors], tmp_path: Path) -> None:
    vectors, questions = large
    assert build_ann(vectors, "PCA4,Flat", tmp_path / "index.faiss")
    searched = DenseIndex([DenseSegment(0, vectors, tmp_path / "index.faiss")], 48, "PCA4,Flat")
    alive = np.arange(3_000) % 3 == 0
    assert hits(searched.search(questions, 10, Allowed.of(alive))) == brute(vectors, questions, 10, alive)


@needs_faiss
def test_approximate_and_exact_segments_together(large: tuple[NDArray[np.float16], Vectors], tmp_path: Path) -> None:
    vectors, questions = large
    assert build_ann(vectors[:2_000], "Flat", tmp_path / "index.faiss")
    parts = [DenseSegment(0, vectors[:2_000], tmp_path / "index.faiss"), DenseSegment(2_000, vectors[2_000:])]
    everything = np.ones(3_000, bool)
    found = DenseIndex(parts, 48, "Flat").search(questions, 10, Allowed.of(everything))
    whole = index(vectors).search(questions, 10, Allowed.of(everything))
    np.testing.assert_array_equal(found.rows, whole.rows)
    np.testing.assert_array_equal(found.scores, whole.scores)


@needs_faiss
def test_more_neighbours_than_rows(tmp_path: Path) -> None:
    vectors, questions = clustered(60, 12)
    assert build_ann(vectors, "hnsw", tmp_path / "index.faiss")
    searched = DenseIndex([DenseSegment(0, vectors, tmp_path / "index.faiss")], DIM, "hnsw")
    everything = np.ones(60, bool)
    assert hits(searched.search(questions, 500, Allowed.of(everything))) == brute(vectors, questions, 60, everything)


@needs_faiss
def test_bad_factory_strings(tmp_path: Path) -> None:
    vectors, _ = clustered(50, 13)
    for spec in ("nonsense", "IVF", "PQ7"):  # 24 dimensions are not 7 equal parts
        with pytest.raises(ConfigError, match=spec):
            check_spec(spec, DIM)
        with pytest.raises(ConfigError, match=spec):
            build_ann(vectors, spec, tmp_path / "index.faiss")
    for spec in ("auto", "flat", "hnsw", "ivf", "IVF64,PQ8"):
        check_spec(spec, DIM)


@needs_faiss
def test_too_few_rows_to_train_stay_exact(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    vectors, _ = clustered(50, 14)
    with caplog.at_level(logging.WARNING, "ragqa"):
        assert not build_ann(vectors, "IVF64,Flat", tmp_path / "index.faiss")
    assert not (tmp_path / "index.faiss").exists()
    assert "50 passages do not train IVF64,Flat" in caplog.text


@needs_faiss
def test_damaged_and_foreign_faiss_files(tmp_path: Path) -> None:
    vectors, _ = clustered(200, 15)
    path = tmp_path / "index.faiss"
    assert build_ann(vectors, "hnsw", path)
    content = path.read_bytes()
    for damaged in (b"", content[:100], content[: len(content) // 2], b"garbage" * 100):
        path.write_bytes(damaged)
        with pytest.raises(IndexFormatError, match=str(path)):
            DenseIndex([DenseSegment(0, vectors, path)], DIM, "hnsw")
    path.write_bytes(content)
    with pytest.raises(IndexFormatError, match="does not belong"):
        DenseIndex([DenseSegment(0, vectors[1:], path)], DIM, "hnsw")
    path.unlink()
    with pytest.raises(IndexFormatError, match=str(path)):
        DenseIndex([DenseSegment(0, vectors, path)], DIM, "hnsw")


def test_who_wants_an_approximate_index() -> None:
    wants = {
        (spec, rows): wants_ann(spec, rows, DIM) for spec in ("flat", "hnsw", "IVF9,PQ8") for rows in (0, 999, 1_000)
    }
    assert [key for key, value in wants.items() if value] == [("hnsw", 1_000), ("IVF9,PQ8", 1_000)]
    assert not wants_ann("auto", 199_999, DIM)
    assert wants_ann("auto", 200_000, DIM) == (importlib.util.find_spec("faiss") is not None)


# ---- without faiss


@pytest.fixture
def no_faiss(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (ann, dense):
        monkeypatch.setattr(module, "faiss_installed", lambda: False)
    dense._advise.cache_clear()
    yield
    dense._advise.cache_clear()


@pytest.mark.usefixtures("no_faiss")
def test_without_faiss_a_large_index_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(dense, "LARGE_ROWS", 60)
    vectors, questions = clustered(80, 16)
    with caplog.at_level(logging.WARNING, "ragqa"):
        DenseIndex(segments(vectors), DIM, "flat")  # asked for
        DenseIndex(segments(vectors[:60]), DIM, "auto")  # not large
        assert not caplog.records
        parts = [DenseSegment(0, vectors, tmp_path / "index.faiss")]  # built elsewhere
        found = DenseIndex(parts, DIM, "auto").search(questions, 5, Allowed.of(np.ones(80, bool)))
        DenseIndex(segments(vectors), DIM, "hnsw")
    assert [record.name for record in caplog.records] == ["ragqa"] and "ragqa[cpu]" in caplog.text
    assert hits(found) == brute(vectors, questions, 5, np.ones(80, bool))


@pytest.mark.usefixtures("no_faiss")
def test_without_faiss_a_named_kind_needs_the_extra(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match="cpu"):
        check_spec("hnsw", DIM)
    with pytest.raises(MissingExtra, match="cpu"):
        build_ann(clustered(50, 17)[0], "hnsw", tmp_path / "index.faiss")
    check_spec("auto", DIM)
    assert not wants_ann("auto", 10**6, DIM)


@needs_torch
@pytest.mark.slow
@pytest.mark.parametrize("share_alive", [1.0, 0.5, 0.002])
def test_torch_scan_is_brute_force(share_alive: float) -> None:
    vectors, questions = clustered(1_000, 18)
    alive = np.random.default_rng(19).random(1_000) < share_alive
    scan = gpu.TorchScan(vectors, "cpu")  # the same code as on a GPU
    found = dense._search(DenseSegment(0, vectors), scan, questions, 10, None if alive.all() else alive)
    assert hits(found) == brute(vectors, questions, 10, alive)
