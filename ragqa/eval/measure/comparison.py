"""Compares two runs question by question: which measures differ, by how much, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import ConfigError
from ragqa.eval.measure.measures import load_parts
from ragqa.eval.measure.stats import holm, paired_interval, randomization_test
from ragqa.eval.runs.folder import SuiteRun

Values = NDArray[np.float64]
HEADLINES = (
    "open/em@1",
    "open/f1@1",
    "open/top_em",
    "open/top_f1",
    "open/em@5",
    "open/answered",
    "open/has_answer_em",
    "open/no_answer_accuracy",
    "read/em@1",
    "read/f1@1",
    "read/answered",
    "read/has_answer_em",
    "read/no_answer_accuracy",
    "gold/em",
    "gold/f1",
    "fused/gold@1",
    "fused/gold@5",
    "fused/gold@20",
    "fused/answer@20",
    "reranked/gold@1",
    "reranked/gold@5",
    "reranked/gold@20",
    "bm25/gold@20",
    "dense/gold@20",
    "bm25/ndcg@10",
    "dense/ndcg@10",
    "fused/ndcg@10",
    "reranked/ndcg@10",
    "bm25/map",
    "dense/map",
    "fused/map",
    "reranked/map",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A run's part for comparison: the questions' ids, and for each measure a value for each question (NaN: none)."""

    ids: tuple[str, ...]
    values: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs: its name, hash, suite and parts. ``chosen`` says that it had a limit or a
    sample of questions.
    """

    name: str
    hash: str
    suite: str
    parts: Mapping[str, Judged]
    chosen: bool = False


def side_of(run: str | Path | SuiteRun) -> Side:
    """A finished run as a side of a comparison."""
    folder = run if isinstance(run, SuiteRun) else SuiteRun(run)
    facts = folder.facts()
    parts = {
        name: Judged(tuple(part.ids), {key: part.values[key] for key in HEADLINES if key in part.values})
        for name, part in load_parts(folder).items()
    }
    chosen = any(facts.get(key) is not None for key in ("limit", "sample"))
    return Side(folder.path.name, facts["hash"], facts["suite"], parts, chosen)


def compare(one: str | Path | SuiteRun, other: str | Path | SuiteRun, *, seed: int = 0) -> dict[str, Any]:
    """The comparison of two finished runs, as `ragqa eval compare --json` prints it (see `compare_sides`)."""
    return compare_sides(side_of(one), side_of(other), seed=seed)


def compare_sides(one: Side, other: Side, *, seed: int = 0) -> dict[str, Any]:
    """For each part and headline measure: both means, the difference (second − first) with its 95 % paired bootstrap
    interval, the p of the paired randomisation test, and that p after Holm's correction over the whole table.

    A question that only one run has counts as 0 for the other, if the measure applies to it; ``missing`` is the number
    of these questions. Questions that are outside of a run's limit or sample are left out; ``left_out`` is their
    number. Runs without a common question are a `ConfigError`.
    """
    shared = [
        name for name in one.parts if name in other.parts and set(one.parts[name].ids) & set(other.parts[name].ids)
    ]
    if not shared:
        sides = " and ".join(f"{side.name} ({side.suite})" for side in (one, other))
        raise ConfigError(f"{sides} have no question in common: compare runs of the same questions")
    tables = {name: _table(one, other, name, seed) for name in shared}
    rows = [row for table in tables.values() for row in table["rows"]]
    for row, adjusted in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
    return {"runs": [{"name": side.name, "hash": side.hash} for side in (one, other)], "parts": tables}


def _table(one: Side, other: Side, part: str, seed: int) -> dict[str, Any]:
    a, b = one.parts[part], other.parts[part]
    every, both = list(dict.fromkeys([*a.ids, *b.ids])), set(a.ids) & set(b.ids)
    unasked = {*(set(every) - set(a.ids) if one.chosen else ()), *(set(every) - set(b.ids) if other.chosen else ())}
    ids = [name for name in every if name not in unasked]
    rows = [_row(a, b, measure, ids, seed) for measure in a.values if measure in b.values]
    return {
        "n": len(ids),
        "missing": len(ids) - len(both),
        "left_out": len(unasked),
        "rows": [row for row in rows if row["n"]],
    }


def _row(one: Judged, other: Judged, measure: str, ids: Sequence[str], seed: int) -> dict[str, Any]:
    a, b = _aligned(one, measure, ids), _aligned(other, measure, ids)
    known = ~(np.isnan(a) & np.isnan(b))  # the measure applies if either run has a value
    a, b = np.nan_to_num(a[known]), np.nan_to_num(b[known])
    interval = paired_interval(b - a, seed=seed)
    return {
        "measure": measure,
        "n": int(known.sum()),
        "a": float(a.mean()) if len(a) else float("nan"),
        "b": float(b.mean()) if len(b) else float("nan"),
        "difference": interval.value,
        "low": interval.low,
        "high": interval.high,
        "p": randomization_test(b - a, seed=seed),
    }


def _aligned(judged: Judged, measure: str, ids: Sequence[str]) -> Values:
    """The values of a measure for these questions; NaN for questions that it does not have."""
    own = dict(zip(judged.ids, judged.values[measure].tolist(), strict=True))
    return np.array([own.get(name, np.nan) for name in ids])
