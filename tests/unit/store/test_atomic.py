"""Files that change all at once, clones by hard links, and errors of the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ragqa.errors import StorageError
from ragqa.store.atomic import clone_folder, replace_file, sha256, storing


def test_replace_file_leaves_no_strays(tmp_path: Path) -> None:
    path = tmp_path / "CURRENT"
    replace_file(path, b"1")
    replace_file(path, b"2")
    assert path.read_bytes() == b"2" and list(tmp_path.iterdir()) == [path]


def test_a_failed_replacement_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "CURRENT"
    replace_file(path, b"1")

    def fail(handle: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="I/O error"):
        replace_file(path, b"2")
    assert path.read_bytes() == b"1"


def test_clone_links_what_is_to_keep(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.mkdir()
    for name in ("x.idx", "x.lock"):
        (source / name).write_text(name)
    clone_folder(source, tmp_path / "b", keep=lambda name: not name.endswith(".lock"))
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["x.idx"]
    assert (tmp_path / "b" / "x.idx").samefile(source / "x.idx")


def test_clone_copies_where_links_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a"
    source.mkdir()
    (source / "x.idx").write_text("x")

    def refuse(*arguments: object, **named: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    clone_folder(source, tmp_path / "b", keep=lambda name: True)
    assert (tmp_path / "b" / "x.idx").read_text() == "x"
    assert not (tmp_path / "b" / "x.idx").samefile(source / "x.idx")


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "not permitted"),
        (errno.EIO, "disk is failing"),
        (errno.EMFILE, r"too many open files: raise the limit \(ulimit -n\)"),
        (errno.ENOMEM, "not enough memory"),
    ],
)
def test_errors_of_the_disk_name_the_file_and_what_to_do(tmp_path: Path, code: int, advice: str) -> None:
    with pytest.raises(StorageError, match=f"/some/file: cannot be written, .*{advice}"), storing(tmp_path):
        raise OSError(code, "x", "/some/file")
    with pytest.raises(StorageError, match=tmp_path.name) as caught, storing(tmp_path):
        raise OSError(code, "x")
    assert "\n" not in str(caught.value)
    with pytest.raises(StorageError, match=r"^/the/target: "), storing(tmp_path):
        raise OSError(code, "x", "/the/source", None, "/the/target")


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_errors_of_the_disk_that_a_library_only_tells(tmp_path: Path) -> None:
    """As safetensors and Tantivy do, which are written in Rust."""
    with pytest.raises(StorageError, match=f"{tmp_path.name}: cannot be written, the disk is full"), storing(tmp_path):
        raise RuntimeError("while serializing: No space left on device (os error 28)")
    for bug in ("a bug", "CUDA out of memory"):
        with pytest.raises(RuntimeError, match=bug), storing(tmp_path):
            raise RuntimeError(bug)
    with pytest.raises(StorageError, match="cannot be written, not enough memory: close"), storing(tmp_path):
        raise MemoryError
