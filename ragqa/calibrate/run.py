"""Calibrates an index with a file of questions and writes the calibration."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ragqa.calibrate.fit import Fit, check_number, fit, read_answers
from ragqa.calibrate.gather import Seen, gather
from ragqa.calibrate.unanswerable import unanswered
from ragqa.calibrate.worth import share_between
from ragqa.composition import readers_of
from ragqa.config import Config
from ragqa.errors import ConfigError
from ragqa.eval.measure.confidence import expected_calibration_error
from ragqa.evidence.calibration import Calibration, save_calibration
from ragqa.index.report import Progress, silent
from ragqa.judging.questions import read_questions
from ragqa.models.ensemble import readers_fingerprint
from ragqa.pipeline import Pipeline
from ragqa.store.atomic import sha256, storing
from ragqa.store.layout import CALIBRATION
from ragqa.store.packed import refuse_packed


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a calibration. ``right`` is in percent, as is between what it may be on other questions like these
    (``right_between``). The calibration errors are those of the scores of the best
    answers; ``error`` uses cross-fitted scores. ``coverage`` is, for each risk, the percentage of questions that are
    answered, None if no threshold keeps that risk.
    """

    path: str
    questions: int
    right: float
    right_between: tuple[float, float]
    error_before: float
    error: float
    coverage: dict[float, float | None]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def calibrate_index(
    index: str | Path,
    questions: str | Path,
    output: str | Path,
    config: Config | None = None,
    *,
    sample: int | None = None,
    seed: int = 1,
    weights: bool = False,
    unanswerable: float = 0.0,
    risks: Sequence[float] = (),
    progress: Progress = silent,
) -> Report:
    """Fit to the questions of a file (``sample`` of them at random) and write ``calibration.json`` into ``output``.
    With ``unanswerable`` a share of all questions is made from these (see `unanswered`); the report is of the others.

    The folder is made if there is none. A place where none can be written to is told before anything is asked.
    """
    config = config or Config()
    output = Path(output)
    refuse_packed(output)
    asked = read_questions(questions)
    if sample is not None and sample < len(asked):
        order = np.random.default_rng(seed).permutation(len(asked))[:sample]
        asked = [asked[place] for place in sorted(order)]
    check_number(len(asked), weights=weights)
    pipeline = Pipeline.load(index, config)
    _make_folder(output)
    seen = list(gather(pipeline, asked, pipeline.language, progress))
    start = replace(
        pipeline.calibration,
        reader=readers_fingerprint(readers_of(pipeline.snapshot, config.read), pipeline.language),
        encoder=pipeline.retriever.encoder.fingerprint,
    )
    data, change = {Path(questions).name: sha256(Path(questions))}, config.read.change
    every = [*seen, *unanswered(seen, unanswerable, seed)]
    found = fit(every, start, weights=weights, change=change, data=data, seed=seed)
    path = save_calibration(output, found.calibration)
    of_file = replace(found, scores=found.scores[: len(seen)], right=found.right[: len(seen)])
    return _report(path, seen, start, of_file, change, risks)


def _make_folder(folder: Path) -> None:
    """Make sure that a file can be written into a folder."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; -o names the folder that {CALIBRATION} goes into")
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def _report(
    path: Path, seen: Sequence[Seen], start: Calibration, found: Fit, change: float, risks: Sequence[float]
) -> Report:
    best = [(one, read_answers(one, start.weights, 1, start.stop, change)) for one in seen]
    before = np.array([start.score.probability(list(own[0].features.values())) if own else 0.0 for _, own in best])
    right = np.array([bool(own) and one.right(own[0].text) for one, own in best])
    coverage: dict[float, float | None] = {}
    for risk in risks:
        threshold = found.calibration.threshold(risk)
        coverage[risk] = None if threshold is None else 100.0 * float((found.scores >= threshold).mean())
    low, high = share_between(int(found.right.sum()), len(seen))
    return Report(
        path=str(path),
        questions=len(seen),
        right=100.0 * float(found.right.mean()),
        right_between=(100.0 * low, 100.0 * high),
        error_before=expected_calibration_error(before, right),
        error=expected_calibration_error(found.scores, found.right),
        coverage=coverage,
    )
