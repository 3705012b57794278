"""Keys in a file: made, found, revoked, over."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ragqa.errors import ConfigError, IndexLocked, SourceError
from ragqa.filters import parse_conditions
from ragqa.serve.keys import KeyFile
from ragqa.store.lock import writer_lock


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def test_a_key_is_found_by_what_was_shown_once(file: KeyFile) -> None:
    assert file.keys() == () and file.find("ragqa_0_x") is None
    key, token = file.create("ops", ["search", "search"], indexes=["kb"], where=["team=ops"], days=1)
    assert file.find(token) == key == file.keys()[0]
    assert (key.actions, key.indexes) == (("search",), ("kb",)) and key.filter == parse_conditions(["team=ops"])
    secret = token.split("_", 2)[2]
    assert len(secret) > 40 and secret not in file.path.read_text()


def test_a_wrong_key_is_not_found(file: KeyFile) -> None:
    (one, token), (two, other) = file.create("one"), file.create("two")
    prefix, _, secret = token.split("_", 2)
    wrong = ("", "_", "ragqa", token[:-1], token + "x", f"other_{one.id}_{secret}", f"{prefix}_{two.id}_{secret}")
    for each in (*wrong, f"ragqa_{one.id}_", f"ragqa_{one.id}_{one.hash}", "ragqa_none_", token.upper(), "\ud800" * 9):
        assert file.find(each) is None, each
    assert file.find(other) == two


def test_a_revoked_key_is_not_found(file: KeyFile) -> None:
    (one, token), (_, other) = file.create("one"), file.create("two")
    open_elsewhere = KeyFile(file.path)
    assert open_elsewhere.find(token) == one
    assert file.revoke(one.id) == one
    assert open_elsewhere.find(token) is None and open_elsewhere.find(other) is not None
    with pytest.raises(SourceError, match=one.id):
        file.revoke(one.id)


def test_a_key_is_not_found_when_its_time_is_over(file: KeyFile) -> None:
    key, token = file.create("short", days=1)
    assert key.expires is not None
    end = datetime.fromisoformat(key.expires)
    assert not key.expired(datetime.now(UTC)) and key.expired(end)
    _, gone = file.create("gone", days=1e-9)
    assert file.find(token) == key and file.find(gone) is None


def test_a_key_with_a_filter_cannot_write(file: KeyFile) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        file.create("both", ["ask", "write"], where=["team=ops"])
    with pytest.raises(ConfigError, match="expected key=value"):
        file.create("odd", where=["team"])
    assert file.keys() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_only_the_owner_may_read_the_file(file: KeyFile) -> None:
    file.path.with_name("keys.json.tmp").write_text("left over, and readable for all")
    before = os.umask(0)
    try:
        file.create("one")
    finally:
        os.umask(before)
    assert file.path.stat().st_mode & 0o777 == 0o600


KEY = {"id": "a", "name": "b", "hash": "c", "actions": ["ask"], "created": "", "indexes": [], "where": []}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"format": 2, "keys": []},
        {"format": 1, "keys": [{"id": "a"}]},
        *(
            {"format": 1, "keys": [KEY | change]}
            for change in (
                {"actions": ["rule"]},
                {"where": ["x"]},
                {"expires": "soon"},
                {"expires": "2026-01-01"},
                {"rate": "60"},
            )
        ),
    ],
)
def test_a_file_that_is_none_lets_nobody_in(file: KeyFile, content: object) -> None:
    file.path.write_text(json.dumps({"format": 1, "keys": [KEY]}))
    assert file.find("ragqa_a_b") is None
    file.path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=r"keys\.json: cannot be read as keys"):
        file.find("ragqa_a_b")


def test_one_change_at_a_time(file: KeyFile) -> None:
    key, _ = file.create("one")
    with writer_lock(file.path.with_name("keys.json.lock")):
        for change in (lambda: file.create("two"), lambda: file.revoke(key.id)):
            with pytest.raises(IndexLocked, match=r"writing to keys\.json"):
                change()
    assert file.keys() == (key,)


def test_a_file_that_was_written_is_plain(file: KeyFile) -> None:
    file.create("one", days=2)
    (key,) = json.loads(file.path.read_text())["keys"]
    assert {"id", "name", "hash", "actions", "created", "expires"} <= set(key)
