"""Copies of an index, and the same index under another encoder's vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragqa.config import IndexConfig, SplitConfig
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.documents import Document, Passage
from ragqa.errors import ConfigError, IndexNotFound, ModelError
from ragqa.index.derive import copy_index, reencode
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=10))
OTHER = HashEncoder(48, "other")


def document(name: str, text: str | None = None) -> Document:
    return Document(name, text or f"This is about {name}. It is said well. And once more, in other words, of {name}.")


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != "LOCK"
    }


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two segments and a dead document."""
    first = [document(name) for name in "abc"]
    update(tmp_path / "index", CONFIG, HashEncoder(), first)
    update(tmp_path / "index", CONFIG, HashEncoder(), [*first[:2], document("d")])
    return tmp_path / "index"


def everything(snapshot: Snapshot) -> list[tuple[str, bool]]:
    passages = snapshot.passages(np.arange(snapshot.rows))
    return [(passage.id, alive) for passage, alive in zip(passages, snapshot.alive.tolist(), strict=True)]


def stored(snapshot: Snapshot) -> np.ndarray[Any, Any]:
    return snapshot.dense.vectors(np.arange(snapshot.rows))


def test_other_vectors_and_nothing_else(index: Path) -> None:
    old = Snapshot.open(index)
    asked = ["what is said about b"]
    words = old.lexical.search(asked, 10, old.allowed())
    manifest, new = reencode(index, OTHER, "another")
    assert new and manifest.generation == old.generation + 1
    made = Snapshot.open(index)
    assert verify(index) == []
    assert (made.manifest.encoder.name, made.manifest.config.encoder) == ("another", "another")
    assert everything(made) == everything(old) and not old.alive.all()
    expected = OTHER.encode_passages(made.passages(np.arange(made.rows)))
    np.testing.assert_array_equal(stored(made), expected.astype(np.float16))
    found = made.lexical.search(asked, 10, made.allowed())
    np.testing.assert_array_equal(found.rows, words.rows)
    np.testing.assert_array_equal(found.scores, words.scores)
    assert old.dense.search(HashEncoder().encode_questions(asked), 3, old.allowed()).rows[0, 0] >= 0, (
        "it goes on serving"
    )


def test_synonyms_stay(index: Path, tmp_path: Path) -> None:
    rules = parse_synonyms("said, told\n", "s")
    update(index, CONFIG, HashEncoder(), [document("a")], synonyms=rules)
    copy_index(index, tmp_path / "copy")
    reencode(index, OTHER, "another")
    for place in (index, tmp_path / "copy"):
        assert Snapshot.open(place).synonyms == rules and verify(place) == []


def test_the_texts_are_shared_between_generations(index: Path) -> None:
    old = Snapshot.open(index)
    made, _ = reencode(index, OTHER, "another")
    for before, after in zip(old.manifest.segments, made.segments, strict=True):
        for name in ("documents.arrow", "passages.arrow"):
            assert (index / "segments" / before.id / name).samefile(index / "segments" / after.id / name)


def test_its_own_vectors_are_not_made_again(index: Path) -> None:
    first, _ = reencode(index, OTHER, "another")
    again, new = reencode(index, Failing(48, "other"), "another")
    assert not new and again == first == Snapshot.open(index).manifest and verify(index) == []


def test_it_can_be_updated_and_compacted_afterwards(index: Path) -> None:
    reencode(index, OTHER, "another")
    config = IndexConfig(split=CONFIG.split, encoder="another")
    report = update(index, config, OTHER, [document("a"), document("b"), document("e")])
    assert (report.rebuilt, report.added, report.removed, report.unchanged) == (False, 1, 1, 2)
    compact(index)
    assert verify(index) == []


class Failing(HashEncoder):
    def encode_passages(self, passages: Sequence[Passage]) -> np.ndarray[Any, np.dtype[np.float32]]:
        raise KeyboardInterrupt


class Short(HashEncoder):
    def encode_passages(self, passages: Sequence[Passage]) -> np.ndarray[Any, np.dtype[np.float32]]:
        return super().encode_passages(passages)[1:]


@pytest.mark.parametrize(
    ("encoder", "error"),
    [(Failing(name="x"), KeyboardInterrupt), (Short(name="x"), ModelError), (HashEncoder(name="x/y"), ModelError)],
)
def test_a_failing_encoder_changes_nothing(index: Path, encoder: HashEncoder, error: type[BaseException]) -> None:
    before = contents(index)
    with pytest.raises(error):
        reencode(index, encoder, "x")
    assert contents(index) == before


@pytest.mark.parametrize("links", [True, False])
def test_a_copy_is_an_index_of_its_own(
    index: Path, tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    before, original = contents(index), Snapshot.open(index)
    copy = tmp_path / "copy"
    copy_index(index, copy)
    made = Snapshot.open(copy)
    assert made.generation == 1 and everything(made) == everything(original) and verify(copy) == []
    segment = f"segments/{made.manifest.segments[0].id}/passages.arrow"
    assert (copy / segment).samefile(index / segment) == links
    reencode(copy, OTHER, "another")
    update(copy, CONFIG, HashEncoder(), [document("z")])
    compact(copy)
    assert contents(index) == before and verify(index) == []
    update(index, CONFIG, HashEncoder(), [document("y")])
    assert verify(copy) == []


def test_a_copy_takes_no_place_that_is_taken(index: Path, tmp_path: Path) -> None:
    copy_index(index, tmp_path / "copy")
    with pytest.raises(ConfigError, match="an index already"):
        copy_index(index, tmp_path / "copy")
    assert verify(tmp_path / "copy") == []
    with pytest.raises(IndexNotFound):
        copy_index(tmp_path / "nothing", tmp_path / "other")
    assert not (tmp_path / "other").exists()
