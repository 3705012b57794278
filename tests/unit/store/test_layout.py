"""Places, and what CURRENT may say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ragqa.errors import ConfigError, IndexFormatError, IndexNotFound, StorageError
from ragqa.store.layout import Layout, current_line, is_fingerprint, is_segment_id


def test_places(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert layout.manifest(7) == tmp_path / "generations" / "000007" / "manifest.json"
    assert layout.generation(1_234_567).name == "1234567"
    assert layout.lexical(7).name == "lexical" and layout.tombstones(7).name == "tombstones.npy"


def test_current(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert layout.current_generation() is None
    with pytest.raises(IndexNotFound, match="no index here; build one"):
        layout.require_current()
    with pytest.raises(IndexNotFound):
        Layout(tmp_path / "no").require_current()
    layout.current.write_bytes(current_line(7))
    assert layout.require_current() == 7
    layout.current.write_text("000007\n")  # as it was before there were checksums
    assert layout.require_current() == 7


def test_a_changed_byte_names_no_other_generation(tmp_path: Path) -> None:
    layout, whole = Layout(tmp_path), current_line(1_234_567)
    for place in range(len(whole)):
        for bit in range(8):
            content = bytearray(whole)
            content[place] ^= 1 << bit
            layout.current.write_bytes(content)
            with pytest.raises(IndexFormatError, match="CURRENT"):
                layout.require_current()


@pytest.mark.parametrize("content", ["", "7\n", "../../7\n", "MANIFEST-000001\n", "000007\n\n", "٠٠٠٠٠٧\n", "9" * 200])
def test_current_names_nothing_else(tmp_path: Path, content: str) -> None:
    layout = Layout(tmp_path)
    layout.current.write_text(content, encoding="utf-8")
    with pytest.raises(IndexFormatError, match="CURRENT"):
        layout.require_current()


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "huge", "nul", "loop"])
def test_a_current_that_is_no_such_file_is_told_at_once(tmp_path: Path, kind: str) -> None:
    layout = Layout(tmp_path)
    if kind == "folder":
        layout.current.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no named pipes here")
        os.mkfifo(layout.current)
    elif kind == "device":
        layout.current.symlink_to("/dev/zero" if Path("/dev/zero").exists() else tmp_path)
    elif kind == "loop":
        layout.current.symlink_to(layout.current)
    elif kind == "huge":
        with layout.current.open("wb") as file:
            file.truncate(1 << 40)
    else:
        layout.current.write_bytes(b"000001\0\n")
    with pytest.raises(StorageError if kind == "loop" else IndexFormatError, match="CURRENT") as error:
        layout.require_current()
    assert ("is no file" in str(error.value)) == (kind in ("folder", "pipe", "device"))
    assert len(str(error.value).splitlines()) == 1


def test_only_names_of_ours_are_listed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name in ("000002", "000001", "7", "notes", "00001x"):
        (layout.generations / name).mkdir(parents=True)
    for name in ("0" * 32, "0" * 31, "A" * 32, "notes"):
        (layout.segments / name).mkdir(parents=True)
    assert layout.stored_generations() == [1, 2] and layout.stored_segments() == ["0" * 32]


def test_where_may_be_written(tmp_path: Path) -> None:
    Layout(tmp_path / "new").check_writable_place()
    Layout(tmp_path).check_writable_place()
    (tmp_path / "LOCK").touch()
    (tmp_path / "segments").mkdir()
    Layout(tmp_path).check_writable_place()
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ConfigError, match="holds other files"):
        Layout(tmp_path).check_writable_place()
    with pytest.raises(ConfigError, match="is a file"):
        Layout(tmp_path / "thesis.txt").check_writable_place()
    (tmp_path / "CURRENT").touch()
    Layout(tmp_path).check_writable_place()


def test_names() -> None:
    assert is_segment_id("0123456789abcdef" * 2) and not is_segment_id("../../../../../../../../etc/pass")
    assert is_fingerprint("minilm-l6.int8_1")
    assert not any(map(is_fingerprint, ["", "../x", "a/b", ".x", "x" * 129, "a\n"]))
