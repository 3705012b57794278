"""The command line as a user has it: the real models, the sample corpus, real processes where they are the point."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import run_here

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "corpora" / "sample"


@pytest.fixture(scope="session")
def ragqa():
    """Run ``ragqa …``; returns what it printed and its exit code, as of a finished process. It is a process of its own
    only where something is to be done in it before (``preexec_fn``).
    """

    def run(*arguments, cwd=None, stdin=None, preexec_fn=None, code=0):
        if preexec_fn is None:
            done = run_here(*arguments, cwd=cwd, stdin=stdin)
        else:
            done = subprocess.run(
                [sys.executable, "-m", "ragqa", *map(str, arguments)],
                cwd=cwd,
                input=stdin,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
                preexec_fn=preexec_fn,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        assert done.returncode == code, f"exit {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        if code and not done.stdout:
            lines = [line for line in done.stderr.splitlines() if not line.startswith("skipped ")]  # told as it happens
            assert lines and lines[0].startswith(("ragqa: ", "Usage: ")), done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def sample_index(ragqa, tmp_path_factory):
    """The sample corpus, indexed once; not to be changed."""
    directory = tmp_path_factory.mktemp("indexes") / "sample"
    ragqa("index", SAMPLE, "-o", directory)
    return directory


@pytest.fixture
def own_index(sample_index, tmp_path):
    """A copy of the sample's index that a test may spoil."""
    return Path(shutil.copytree(sample_index, tmp_path / "copy"))
