"""The short form of the campaign: a few trials of each kind with a fixed seed; none may break a promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from campaign.__main__ import KINDS, SHORT
from campaign.outcome import BAD, Outcome
from campaign.table import render

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")


def campaign(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command as RELIABILITY.md gives it, from the repository's root."""
    return subprocess.run(
        [sys.executable, "-m", "tests.campaign", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=900,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What one run of all kinds reports, as JSON and on stdout. The kinds share what they begin with."""
    place = tmp_path_factory.mktemp("campaign") / "report.json"
    done = campaign("--short", "--json", place)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return json.loads(place.read_text(encoding="utf-8")), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_promise_is_broken(told: tuple[dict[str, Any], str], kind: str) -> None:
    report, said = told
    if kind in report["left_out"]:
        pytest.skip(f"{kind}: {report['left_out'][kind]}")
    assert sum(report["kinds"][kind].values()) == SHORT[kind]
    assert [broken for broken in report["broken"] if broken["kind"] == kind] == []
    assert render(report) in said


def test_unknown_kinds_are_refused() -> None:
    done = campaign("--only", "kills,nonsense")
    assert done.returncode == 1 and "no kind called nonsense" in done.stderr


def test_the_table_counts_by_kind_and_in_all() -> None:
    kinds = {"kills": {"whole old": 5, "whole new": 2}, "fuzz": {"held": 1, "LOST": 1}}
    left_out = {"power": "needs ptrace"}
    table = render({"kinds": kinds, "seed": 3, "seconds": 3600, "system": "Linux", "left_out": left_out})
    lines = table.splitlines()
    assert lines[2].startswith("| kills | 7 | 0 | 5 | 2 | 0 |")
    assert lines[4] == "| all | 9 | 1 | 5 | 2 | 0 | 0 | 1 | 0 | 0 | 0 | 0 | 0 |"
    assert "Seed 3, 60 minutes, Linux." in table and "Left out: power (needs ptrace)." in table
    assert len(BAD) == 7 and Outcome.REFUSED not in BAD
