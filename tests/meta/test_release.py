"""The lock file fits pyproject.toml, and its check can fail."""

from __future__ import annotations

import json

import pytest
from packaging.requirements import Requirement
from release import GOOD as FINE
from release import LOCK, UNCHECKED, WRONG, audited, check_lock, core

GOOD = f"click==8.1.7 \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n"
WANTED = [Requirement("click>=8.1.7,<9")]


def test_the_lock_fits_the_project() -> None:
    assert check_lock(LOCK.read_text(encoding="utf-8"), core()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("==", ">="), "not an exact version"),
        ("click==8.1.7\n", "not an exact version"),
        (GOOD.replace("8.1.7", "9.0"), "is locked at 9.0"),
        (GOOD + "--index-url https://registry.invalid/simple\n", "names a host"),
        (GOOD.replace("click", "other"), "click is missing"),
    ],
)
def test_a_lock_that_does_not_fit_is_refused(text: str, problem: str) -> None:
    assert check_lock(GOOD, WANTED) == []
    assert any(problem in line for line in check_lock(text, WANTED))


@pytest.mark.parametrize(
    ("packages", "outcome"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], FINE),
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-0"}]}, {"name": "b", "skip_reason": "x"}], WRONG),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}], UNCHECKED),
        ([], UNCHECKED),
    ],
)
def test_an_audit_of_which_nothing_is_known_is_not_good(packages: list[dict[str, object]], outcome: int) -> None:
    assert audited(json.dumps({"dependencies": packages}))[0] == outcome
    assert audited("no JSON")[0] == UNCHECKED
