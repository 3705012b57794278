"""Sweeping while readers look; what is on the disk first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ragqa.errors import ModelError
from ragqa.store import transaction as transactions
from ragqa.store.transaction import _remove, transaction


@pytest.mark.skipif(os.name == "nt", reason="hooks into removal as POSIX does it")
@pytest.mark.parametrize("moment", ["a lock file appears before the folder goes", "a lock file goes by itself"])
def test_a_folder_is_removed_while_a_reader_is_opening_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Tantivy makes a lock file where it opens an index to read, and removes it."""
    folder = tmp_path / "lexical"
    folder.mkdir()
    lock = folder / ".tantivy-meta.lock"
    lock.touch()
    rmdir, unlink, times = os.rmdir, os.unlink, 3

    def late(*given: Any, **named: Any) -> None:
        nonlocal times
        if times and moment.startswith("a lock file appears"):
            times -= 1
            lock.touch()
        rmdir(*given, **named)

    def twice(name: Any, **named: Any) -> None:
        nonlocal times
        if times and moment.endswith("by itself"):
            times -= 1
            unlink(lock)
        unlink(name, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", late)
        patch.setattr(os, "unlink", twice)
        _remove(folder)
    assert times < 3 and not folder.exists()
    _remove(folder)  # which another one has done


def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        _remove(tmp_path / "file")


def test_what_failed_first_is_told(tmp_path: Path) -> None:
    """Though then the sweep fails as well."""
    with pytest.raises(ModelError, match="the first"), transaction(tmp_path, create=True):
        (tmp_path / "CURRENT").mkdir()  # cannot be read
        raise ModelError("the first")


def test_the_lock_of_a_new_index_is_on_the_disk_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a power failure could leave segments in a place that no longer looks like ours."""
    synced, sync = [], transactions.sync_folder

    def watched(path: Path) -> None:
        sync(path)
        synced.append((path, {inside.name for inside in path.iterdir()}))

    monkeypatch.setattr(transactions, "sync_folder", watched)
    with transaction(tmp_path / "new", create=True):
        assert (tmp_path / "new", {"LOCK"}) in synced
