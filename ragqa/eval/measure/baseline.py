"""Baselines: reviewed results with which later runs are compared, in eval/baselines/SUITE.json.

A baseline has the run's hash, its figures for people to read, and for each question the value of each headline measure,
so that the check can be a paired test. A value is one of 250 steps over the measure's range, in one byte (255: does not
apply). The values and the questions' ids are packed by zlib and base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.convert import Misfit, convert, misfit, plain, read_json
from ragqa.errors import ConfigError, SourceError
from ragqa.eval.measure.comparison import Judged, Side, compare_sides, side_of
from ragqa.eval.runs.folder import SuiteRun
from ragqa.store.atomic import replace_file, storing

BASELINES = Path("eval/baselines")
LEVEL = 0.05
_STEPS, _NONE = 250, 255
_MOST_ID_BYTES, _MOST_QUESTIONS = 100_000_000, 10_000_000
_NEUTRAL = "/answered"
_FRACTIONS = ("/ndcg@10", "/map")  # measures from 0 to 1; the others are percent


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a suite in the file. ``means`` are for people to read; null where a measure applies to no question."""

    questions: int
    ids: str
    means: Mapping[str, float | None]
    values: Mapping[str, str]

    def __post_init__(self) -> None:
        """Check the number of questions."""
        if not 0 <= self.questions <= _MOST_QUESTIONS:
            raise Misfit(misfit("questions", self.questions, f"from 0 to {_MOST_QUESTIONS:,}"))


@dataclass(frozen=True, slots=True)
class _Baseline:
    """The file."""

    suite: str
    run: str
    hash: str
    parts: Mapping[str, _Part]


def accept(run: str | Path | SuiteRun, folder: Path = BASELINES) -> Path:
    """Make a finished run its suite's baseline."""
    side = side_of(run)
    parts = {
        name: _Part(
            questions=len(judged.ids),
            ids=_squeeze(json.dumps(judged.ids).encode()),
            means={key: _mean(values) for key, values in judged.values.items()},
            values={key: _pack(values, key) for key, values in judged.values.items()},
        )
        for name, judged in side.parts.items()
    }
    content = plain(_Baseline(side.suite, side.name, side.hash, parts))
    path = folder / f"{side.suite}.json"
    with storing(path):
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def load_baseline(suite: str, folder: Path = BASELINES) -> Side:
    """The baseline of a suite."""
    path = folder / f"{suite}.json"
    try:
        held = convert(_Baseline, read_json(path.read_bytes()), complete=True)
        parts = {
            name: Judged(
                convert(tuple[str, ...], json.loads(_expand(part.ids, _MOST_ID_BYTES)), f"parts.{name}.ids"),
                {key: _unpack(text, key, part.questions) for key, text in part.values.items()},
            )
            for name, part in held.parts.items()
        }
        return Side("baseline", held.hash, held.suite, parts)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no baseline yet; ragqa eval check RUN --accept makes one") from error
    except (OSError, ValueError, RecursionError, zlib.error, binascii.Error) as error:
        raise SourceError(f"{path}: not a usable baseline ({error})") from error


def check(run: str | Path | SuiteRun, folder: Path = BASELINES) -> dict[str, Any]:
    """Compare a run with its suite's baseline: the comparison, and as ``worse`` the rows that are significantly worse.

    Significant means p < 0.05 after Holm's correction. Answering less often counts as neither better nor worse. A run
    with other questions than the baseline is a `ConfigError`.
    """
    side = _rounded(side_of(run))
    baseline = load_baseline(side.suite, folder)
    for name, judged in baseline.parts.items():
        own = side.parts.get(name)
        if own is None or set(own.ids) != set(judged.ids):
            raise ConfigError(
                f"{side.name}: its part {name} has other questions than the baseline's {len(judged.ids):,}: "
                f"run the suite whole"
            )
    comparison = compare_sides(baseline, side)
    worse = [
        {"part": name, **row}
        for name, part in comparison["parts"].items()
        for row in part["rows"]
        if row["difference"] < 0 and row["p_holm"] < LEVEL and not row["measure"].endswith(_NEUTRAL)
    ]
    return {**comparison, "worse": worse}


def _rounded(side: Side) -> Side:
    """The side with its values rounded as the baseline's are, so that rounding does not look like a difference."""
    parts = {
        name: replace(judged, values={key: _values(_steps(own, key), key) for key, own in judged.values.items()})
        for name, judged in side.parts.items()
    }
    return replace(side, parts=parts)


def _top(measure: str) -> float:
    return 1.0 if measure.endswith(_FRACTIONS) else 100.0


def _steps(values: NDArray[np.float64], measure: str) -> NDArray[np.uint8]:
    steps = np.rint(np.nan_to_num(values) / _top(measure) * _STEPS)
    return np.where(np.isnan(values), _NONE, steps).astype(np.uint8)


def _values(steps: NDArray[np.uint8], measure: str) -> NDArray[np.float64]:
    return np.where(steps == _NONE, np.nan, steps / _STEPS * _top(measure))


def _pack(values: NDArray[np.float64], measure: str) -> str:
    return _squeeze(_steps(values, measure).tobytes())


def _unpack(text: str, measure: str, count: int) -> NDArray[np.float64]:
    raw = _expand(text, count + 1)
    if len(raw) != count:
        raise ValueError(f"{measure} has not {count} values")
    return _values(np.frombuffer(raw, np.uint8), measure)


def _squeeze(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def _expand(text: str, most: int) -> bytes:
    """Undo the packing; more than ``most`` bytes are an error."""
    return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), most)


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 4) if len(known) else None
