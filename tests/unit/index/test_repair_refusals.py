"""What a repair leaves as it is: whole indexes, places that hold none, and everything if it cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.repairing import (
    file_of,
    flip,
    make_history,
    make_index,
    mend,
)
from support.writing import contents

from ragqa.convert import read_json
from ragqa.documents import Passage
from ragqa.errors import ConfigError, FingerprintMismatch, IndexFormatError, IndexLocked, IndexNotFound
from ragqa.store.lock import writer_lock
from ragqa.store.record import seal, unseal
from ragqa.testing import HashEncoder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path / "index")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return make_history(tmp_path / "history")


def test_a_whole_index_is_left_alone(history: Path) -> None:
    before = contents(history)
    report = mend(history)
    assert (report.steps, report.damage, report.lost, report.aside, report.problems) == ((), (), 0, None, ())
    assert (report.generation, report.documents) == (2, 3) and contents(history) == before


def test_another_encoder_changes_nothing(index: Path) -> None:
    flip(file_of(index, "vectors.f16"))
    before = contents(index)
    with pytest.raises(FingerprintMismatch, match="--encoder"):
        mend(index, encoder=HashEncoder(name="other"))
    assert contents(index) == before | {"LOCK": contents(index)["LOCK"]}


class Failing(HashEncoder):
    def encode_passages(self, passages: Sequence[Passage]) -> np.ndarray[Any, np.dtype[np.float32]]:
        raise KeyboardInterrupt


def test_a_failing_repair_changes_nothing(index: Path) -> None:
    flip(file_of(index, "passages.arrow"))
    before = contents(index)
    with pytest.raises(KeyboardInterrupt):
        mend(index, encoder=Failing())
    assert contents(index) == before | {"LOCK": contents(index)["LOCK"]}


def test_a_dry_run_writes_nothing(history: Path) -> None:
    flip(file_of(history, "vectors.f16"))
    (history / "CURRENT").unlink()
    (history / "LOCK").unlink()
    before = contents(history)
    assert len(mend(history, dry_run=True).damage) == 2 and contents(history) == before


def test_a_writer_goes_first(index: Path) -> None:
    with writer_lock(index / "LOCK"), pytest.raises(IndexLocked):
        mend(index)


def test_another_format_is_no_damage(history: Path) -> None:
    path = file_of(history, "manifest.json")
    path.write_text(seal(unseal(read_json(path.read_bytes()))[0] | {"format": 99}))
    before = contents(history)
    with pytest.raises(IndexFormatError, match="index format 99"):
        mend(history)
    assert contents(history) == before | {"LOCK": contents(history)["LOCK"]}


def test_no_index(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    for place in (tmp_path / "none", tmp_path / "mine", tmp_path / "mine" / "thesis.txt"):
        with pytest.raises(IndexNotFound):
            mend(place)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_packed_index_is_not_repaired(index: Path, tmp_path: Path) -> None:
    from ragqa.index.pack import pack

    pack(index, tmp_path / "kb.ragqa")
    with pytest.raises(ConfigError, match="unpack"):
        mend(tmp_path / "kb.ragqa")
