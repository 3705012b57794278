"""A calibration.json that others wrote: whatever it holds, it is used as it says or is one clear error, at once."""

from __future__ import annotations

import json
import math
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.errors import ModelError
from ragqa.evidence.calibration import Calibration, Step, binomial_tail, load_calibration, save_calibration

CURVE = [{"score": 0.9, "given": 100, "wrong": 1}, {"score": 0.5, "given": 200, "wrong": 20}]


def steps(*changes):
    """A curve with one value of its first step changed."""
    name, value = changes
    return {"curve": [{**CURVE[0], name: value}, CURVE[1]]}


@pytest.mark.parametrize(
    "change",
    [
        steps("score", math.nan),
        steps("score", math.inf),
        steps("score", 0.1),
        steps("score", None),
        steps("given", -5),
        steps("given", 10**12),
        steps("given", 300),
        steps("given", math.inf),
        steps("given", "many"),
        steps("wrong", -1),
        steps("wrong", 150),
        steps("wrong", 10**400),
        {"curve": [CURVE[0]] * 100_000},
        {"curve": {"a": 1}},
        {"curve": [[1, 2, 3]]},
        {"curve": None},
        {"questions": -1},
        {"questions": 10**30},
        {"questions": math.nan},
        {"score": {"bias": math.nan, "weights": [1, 0, 0, 0, 0, 0]}},
        {"score": {"bias": 0, "weights": [math.inf, 0, 0, 0, 0, 0]}},
        {"score": {"bias": 0, "weights": [1] * 100_000}},
        {"score": {"bias": 10**400, "weights": [1, 0, 0, 0, 0, 0]}},
        {"score": []},
        {"weights": []},
        {"weights": {"bm25": math.nan}},
        {"weights": {"bm25": [1]}},
        {"data": ["a"]},
        {"format": [1]},
    ],
)
def test_numbers_that_cannot_be(tmp_path, change):
    path = save_calibration(tmp_path, Calibration())
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=r"calibration\.json") as error:
        load_calibration(path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"3",
        b'"x"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\x00" * 50,
        b"{} {}",
        b"1" * 9999,
    ],
    ids=lambda content: repr(content[:6]),
)
def test_bytes_that_are_none(tmp_path, content):
    (tmp_path / "calibration.json").write_bytes(content)
    with pytest.raises(ModelError, match="not a usable calibration"):
        load_calibration(tmp_path / "calibration.json")


def test_files_that_are_none(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b" " * (4 << 20) + b"{}")
    for name, complaint in (("folder", "is no file"), ("missing", "no calibration there"), ("large", "at most")):
        with pytest.raises(ModelError, match=complaint):
            load_calibration(tmp_path / name)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ModelError, match="is no file"):
            load_calibration(tmp_path / "pipe")


@given(given=st.integers(1, 400), share=st.floats(0, 1), risk=st.floats(0.001, 0.999))
def test_the_tail_is_the_sum_of_all_its_terms(given, share, risk):
    wrong = int(share * given)
    whole = math.fsum(math.comb(given, k) * risk**k * (1 - risk) ** (given - k) for k in range(wrong + 1))
    assert binomial_tail(wrong, given, risk) == pytest.approx(
        min(1.0, whole), rel=1e-8, abs=1e-100
    )  # of less nothing depends


def test_the_longest_curve_is_read_at_once():
    """A term for each wrong answer would be a billion."""
    curve = tuple(Step(1.0 - n / 1000, 9_000_000 + n, 3_500_000 + n) for n in range(500))
    started = time.monotonic()
    assert Calibration(curve=curve).threshold(0.4) == curve[-1].score
    assert time.monotonic() - started < 30
