"""Writes one page about finished runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragqa.errors import ConfigError
from ragqa.eval.measure.comparison import compare
from ragqa.eval.measure.scores import score
from ragqa.eval.page.rendering import write_report
from ragqa.eval.page.rows import browse
from ragqa.eval.runs.folder import SuiteRun

MOST_QUESTIONS = 1000


def report(runs: Sequence[str | Path | SuiteRun], output: str | Path, *, questions: int = MOST_QUESTIONS) -> Path:
    """Write one self-contained HTML page on one or more runs of a suite; the first and the last are compared.

    At most ``questions`` questions can be browsed there, the same ones for all runs.
    """
    folders = [run if isinstance(run, SuiteRun) else SuiteRun(run) for run in runs]
    if not folders:
        raise ConfigError("a report needs at least one run")
    scores = [score(folder) for folder in folders]
    rows = [browse(folder, questions) for folder in folders]
    comparison = compare(folders[0], folders[-1]) if len(folders) > 1 else None
    write_report(Path(output), scores, rows, comparison, [folder.path.name for folder in folders])
    return Path(output)
