"""What fails in the middle of a change leaves the index as it was."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.writing import CONFIG, A, B, C, contents, document

from ragqa.documents import Document, Passage
from ragqa.errors import ModelError, StorageError
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import compact, update
from ragqa.store.layout import Layout, current_line
from ragqa.testing import HashEncoder


class Raising(HashEncoder):
    """Fails as it is told."""

    def __init__(self, failure: BaseException | np.ndarray[Any, Any]) -> None:
        super().__init__()
        self.failure = failure

    def encode_passages(self, passages: Sequence[Passage]) -> np.ndarray[Any, np.dtype[np.float32]]:
        if isinstance(self.failure, BaseException):
            raise self.failure
        return self.failure


UNIT = HashEncoder().encode_questions(["x"])
FAILURES: list[tuple[HashEncoder, type[BaseException]]] = [
    (Raising(KeyboardInterrupt()), KeyboardInterrupt),
    (Raising(RuntimeError("no memory")), RuntimeError),
    (Raising(np.zeros((1, 64), np.float32)), ModelError),
    (Raising(np.full((1, 64), np.nan, np.float32)), ModelError),
    (Raising(UNIT * 3), ModelError),
    (Raising(UNIT[:, :32]), ModelError),
    (Raising(UNIT[0]), ModelError),
    (Raising(np.concatenate([UNIT, UNIT])), ModelError),
    (HashEncoder(name="../up"), ModelError),
]


@pytest.mark.parametrize(("encoder", "expected"), FAILURES)
def test_a_failing_encoder_changes_nothing(
    index: Path, tmp_path: Path, encoder: HashEncoder, expected: type[BaseException]
) -> None:
    before = contents(index)
    with pytest.raises(expected):
        update(index, CONFIG, encoder, [A, B, C, document("d")])
    assert contents(index) == before
    with pytest.raises(expected):
        update(tmp_path / "new", CONFIG, encoder, [A])
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(expected):
        update(tmp_path / "empty", CONFIG, encoder, [A])
    assert list((tmp_path / "empty").iterdir()) == []


def test_failing_documents_change_nothing(index: Path) -> None:
    def stream() -> Iterator[Document]:
        yield document("d")
        raise KeyboardInterrupt

    before = contents(index)
    with pytest.raises(KeyboardInterrupt):
        update(index, CONFIG, HashEncoder(), stream())
    assert contents(index) == before


@pytest.mark.parametrize("call", ["fsync", "replace", "mkdir", "open"])
@pytest.mark.parametrize("change", ["update", "compact", "build"])
def test_a_full_disk_changes_nothing(
    index: Path, tmp_path: Path, call: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(index, CONFIG, HashEncoder(), [A, B])
    before = contents(index)
    real: Callable[..., Any] = getattr(os, call)
    failures = 0

    for fail_at in (1, 2, 5, 9, 14):
        count = 0

        def full(*arguments: Any, fail_at: int = fail_at, **named: Any) -> Any:
            nonlocal count, failures
            count += 1
            if count == fail_at:
                failures += 1
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            try:
                if change == "update":
                    update(index, CONFIG, HashEncoder(), [A, B, document("d", f"At {fail_at}.")])
                elif change == "compact":
                    compact(index)
                else:
                    update(tmp_path / "new", CONFIG, HashEncoder(), [A])
            except StorageError as error:
                assert "disk is full: free some space" in str(error) and "\n" not in str(error)
            else:
                break
        if change == "build":
            assert not (tmp_path / "new").exists() or verify(tmp_path / "new") == []
        if Snapshot.open(index).generation > 2:
            break  # CURRENT was replaced, then its folder could not be synced
        assert contents(index) | {"LOCK": ""} == before | {"LOCK": ""}
    assert failures >= 1 and verify(index) == []


def test_everything_is_on_the_disk_before_current_names_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    synced: dict[str, int] = {}
    fsync, replace = os.fsync, os.replace
    missing: list[str] = []

    def note(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")  # noqa: PTH115
        fsync(handle)
        synced[path] = os.stat(handle).st_size

    def check(source: Any, target: Any) -> None:
        layout = Layout(index)
        new = [layout.generation(2), *(layout.segment(name) for name in layout.stored_segments() if name not in old)]
        below = [path for top in new for path in top.rglob("*")]
        for path in [index, layout.generations, layout.segments, *new, *below]:
            if path.suffix == ".lock" or (path.is_file() and path.stat().st_nlink > 1):
                continue
            if str(path) not in synced or (path.is_file() and synced[str(path)] != path.stat().st_size):
                missing.append(str(path))
        assert synced[str(source)] == len(current_line(2))
        replace(source, target)

    old = Layout(index).stored_segments()
    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(os, "replace", check)
    update(index, CONFIG, HashEncoder(), [A, document("d")])
    assert missing == [] and len(synced) > 10
    assert synced[str(index)] and verify(index) == []
