"""What every vector store promises: shown by the store that keeps files, and by one that keeps vectors elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.writing import document, texts

from ragqa.config import IndexConfig, SplitConfig
from ragqa.errors import ConfigError, IndexFormatError
from ragqa.index import vectors as stores
from ragqa.index.derive import copy_index, reencode
from ragqa.index.facts import Allowed, Mask
from ragqa.index.pack import pack
from ragqa.index.ranking import Ranking, Rows, top_k
from ragqa.index.report import Progress
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import Vectors
from ragqa.index.verify import verify
from ragqa.index.writer import compact, delete, update, upsert
from ragqa.store.layout import Layout
from ragqa.store.manifest import FILES, EncoderFact, Manifest, SegmentFact, VectorFact, VectorPart
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=10))
ENCODER, OTHER = HashEncoder(), HashEncoder(name="other")


class Elsewhere:
    """Keeps the vectors of each segment in one file, and what a generation may find in another, in a folder that is not
    the index'. It never looks at the mask of a search, as a server far away would not.
    """

    def __init__(self, layout: Layout, device: str) -> None:
        self.layout, self.root = layout, layout.root.with_name(f"{layout.root.name}-vectors")
        self.root.mkdir(exist_ok=True)

    def writer(self, folder: Path, encoder: EncoderFact, spec: str) -> ElsewhereWriter:
        return ElsewhereWriter(self.root / f"{folder.name}.npy")

    def prepare(
        self,
        generation: int,
        encoder: EncoderFact,
        segments: Sequence[SegmentFact],
        parts: Sequence[VectorPart],
        dead: Mask,
    ) -> VectorFact:
        content = {"segments": [segment.id for segment in segments], "dead": np.flatnonzero(dead).tolist()}
        (self.root / f"{generation}.json").write_text(json.dumps(content))
        return VectorFact(encoder, tuple(parts), "elsewhere")

    def open(self, manifest: Manifest) -> ElsewhereIndex:
        try:
            content = json.loads((self.root / f"{manifest.generation}.json").read_text())
            arrays = [np.load(self.root / f"{name}.npy") for name in content["segments"]]
        except FileNotFoundError as error:
            raise IndexFormatError(f"{error.filename}: is gone") from error
        return ElsewhereIndex(np.concatenate([np.empty((0, manifest.encoder.dim), np.float16), *arrays]), content)

    def read(self, manifest: Manifest) -> ElsewhereIndex:
        return self.open(manifest)

    def sweep(self, keep: Sequence[VectorFact]) -> None:
        """Generations are told apart by their number here, so the facts only say how many are kept."""
        made = sorted(self.root.glob("*.json"), key=lambda path: int(path.stem))
        for path in made[: -len(keep)]:
            path.unlink()
        used = {name for path in made[-len(keep) :] for name in json.loads(path.read_text())["segments"]}
        for path in self.root.glob("*.npy"):
            if path.stem not in used:
                path.unlink()


class ElsewhereWriter:
    def __init__(self, path: Path) -> None:
        self.path, self.blocks = path, list[NDArray[np.float16]]()

    def add(self, vectors: Vectors) -> None:
        self.blocks.append(vectors.astype(np.float16))

    def finish(self, rows: int, progress: Progress) -> VectorPart:
        np.save(self.path, np.concatenate(self.blocks))
        return VectorPart(False, {})

    def close(self) -> None: ...


class ElsewhereIndex:
    def __init__(self, stored: NDArray[np.float16], content: dict[str, list[int]]) -> None:
        self.stored, self.dim = stored, stored.shape[1]
        self.rows = np.setdiff1d(np.arange(len(stored)), content["dead"])

    def search(self, vectors: NDArray[np.float32], k: int, allowed: Allowed) -> Ranking:
        assert allowed.where is None
        products = vectors.astype(np.float64) @ self.stored[self.rows].astype(np.float64).T
        return top_k(products.astype(np.float32), self.rows, k)

    def vectors(self, rows: Rows) -> NDArray[np.float16]:
        return self.stored[rows]


@pytest.fixture(params=[FILES, "elsewhere"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(stores.STORES, "elsewhere", Elsewhere)
    yield request.param


def nearest(index: Path, question: str, encoder: HashEncoder = ENCODER) -> list[str]:
    """The documents that dense search finds, best first."""
    snapshot = Snapshot.open(index)
    rows = snapshot.dense.search(encoder.encode_questions([question]), 10, snapshot.allowed()).rows[0]
    return [passage.doc_id for passage in snapshot.passages(rows[rows >= 0])]


def make(index: Path, store: str) -> None:
    update(index, CONFIG, ENCODER, [document(name) for name in "abc"], store=store)


def test_an_index_lives_through_all_changes(tmp_path: Path, store: str) -> None:
    index = tmp_path / "kb"
    make(index, store)
    assert nearest(index, "This is about b. It is said well.")[0] == "b"
    upsert(index, CONFIG, ENCODER, [document("d")])
    delete(index, ["b"])
    assert sorted(nearest(index, "b")) == ["a", "c", "d"], "nobody finds a dead row"
    assert Snapshot.open(index).manifest.vectors.store == store, "an index keeps its store"
    before = Snapshot.open(index)
    stored = before.dense.vectors(np.flatnonzero(before.alive))
    compact(index)
    after = Snapshot.open(index)
    np.testing.assert_array_equal(after.dense.vectors(np.arange(after.rows)), stored)
    assert sorted(nearest(index, "b")) == ["a", "c", "d"] and verify(index) == []
    reencode(index, OTHER, "other")
    assert nearest(index, "This is about d. It is said well.", OTHER)[0] == "d"
    assert sorted(texts(index)) == ["a", "c", "d"]


def test_an_opened_generation_stays_what_it_was(tmp_path: Path, store: str) -> None:
    index = tmp_path / "kb"
    make(index, store)
    old = Snapshot.open(index)
    for name in "xyz":
        upsert(index, CONFIG, ENCODER, [document(name)])
    found = old.dense.search(ENCODER.encode_questions(["x"]), 10, old.allowed()).rows[0]
    assert sorted(passage.doc_id for passage in old.passages(found[found >= 0])) == ["a", "b", "c"]


def test_what_fails_before_the_commit_is_never_searched(tmp_path: Path, store: str) -> None:
    class Failing(HashEncoder):
        def encode_passages(self, passages: Sequence[object]) -> NDArray[np.float32]:
            raise KeyboardInterrupt

    index = tmp_path / "kb"
    make(index, store)
    with pytest.raises(KeyboardInterrupt):
        upsert(index, CONFIG, Failing(), [document("d")])
    assert sorted(nearest(index, "d")) == ["a", "b", "c"]
    upsert(index, CONFIG, ENCODER, [document("e")])
    assert sorted(nearest(index, "d")) == ["a", "b", "c", "e"] and verify(index) == []


def test_old_generations_are_swept(tmp_path: Path, store: str) -> None:
    index = tmp_path / "kb"
    make(index, store)
    for number in range(4):
        reencode(index, HashEncoder(name=f"other{number}"), "other")
    upsert(index, CONFIG, HashEncoder(name="other3"), [])
    kept = list((tmp_path / "kb-vectors").glob("*.npy")) if store == "elsewhere" else list(index.rglob("vectors.f16"))
    assert len(kept) == 2, "those of the current generation and of the one before"


def test_a_copy_holds_its_vectors_itself(tmp_path: Path, store: str) -> None:
    index = tmp_path / "kb"
    make(index, store)
    delete(index, ["a"])
    assert copy_index(index, tmp_path / "copy").vectors.store == FILES
    shutil.rmtree(tmp_path / "kb-vectors", ignore_errors=True)
    assert nearest(tmp_path / "copy", "This is about b. It is said well.") == ["b", "c"]
    assert verify(tmp_path / "copy") == []


def test_only_an_index_with_all_its_files_is_packed(tmp_path: Path, store: str) -> None:
    index = tmp_path / "kb"
    make(index, store)
    if store == FILES:
        assert pack(index, tmp_path / "kb.ragqa").documents == 3
    else:
        with pytest.raises(ConfigError, match=r"its vectors live in 'elsewhere': pack a copy of it \(ragqa copy\)"):
            pack(index, tmp_path / "kb.ragqa")
        assert not (tmp_path / "kb.ragqa").exists()


def test_an_unknown_store_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(stores.STORES, "elsewhere", Elsewhere)
        make(tmp_path / "kb", "elsewhere")
    with pytest.raises(IndexFormatError, match=r"its vectors live in 'elsewhere', which ragqa .* cannot read"):
        Snapshot.open(tmp_path / "kb")
    shutil.rmtree(tmp_path / "kb-vectors")
    monkeypatch.setitem(stores.STORES, "elsewhere", Elsewhere)
    with pytest.raises(IndexFormatError, match="is gone"):
        Snapshot.open(tmp_path / "kb")
    assert Snapshot.open(tmp_path / "kb", parts=("passages", "words")).live == 3, "words need no vectors"
