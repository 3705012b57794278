"""Calculates scores from measures: figures with n and 95 % interval, where questions are lost, causes of error, slices,
curves, cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.eval.measure.causes import CAUSES, Found, cause
from ragqa.eval.measure.confidence import (
    auroc,
    best_no_answer_threshold,
    brier,
    expected_calibration_error,
    reliability,
    risk_coverage,
    selective,
)
from ragqa.eval.measure.measures import MeasuredPart, Record, Values, best_of, given, load_parts, top_score
from ragqa.eval.measure.slices import slices_of
from ragqa.eval.measure.stats import Figure, bootstrap_each, bootstrap_means
from ragqa.eval.runs.folder import SuiteRun
from ragqa.eval.runs.forms import Cost
from ragqa.judging.matching import has_answer
from ragqa.judging.metrics import exact_match, f1

EXAMPLES = 5
CURVE_POINTS = 200
PRECISIONS = (0.8, 0.9, 0.95)
Scores = dict[str, Any]
Bools = NDArray[np.bool_]
Columns = dict[tuple[str, ...], Values]  # ("figure", measure), ("rung", rung) or ("slice", name, value, "em" | "f1")
Means = dict[tuple[str, ...], Figure]


def score(run: str | Path | SuiteRun) -> Scores:
    """The scores of a finished run, as `ragqa eval score --json` prints them."""
    folder = run if isinstance(run, SuiteRun) else SuiteRun(run)
    facts = folder.facts()
    about = {"hash": facts["hash"], "suite": facts["suite"], "task": facts["task"], "name": folder.path.name}
    whole = folder.cost()
    return {"run": about, "parts": {name: _score(part, whole) for name, part in load_parts(folder).items()}}


def main_group(part: MeasuredPart) -> str:
    """The prefix of the measures of answers: "open", "read", or "" in a retrieval task."""
    return next((group for group in ("open", "read") if f"{group}/em@1" in part.values), "")


def causes_of(part: MeasuredPart) -> list[str]:
    """For each question the cause of its wrong answer, "" where it is right."""
    group = main_group(part)
    if not group:
        return [""] * len(part.records)
    right = part.values[f"{group}/em@1"] == 100.0
    return ["" if ok else _cause(part, place) for place, ok in enumerate(right)]


def _cause(part: MeasuredPart, place: int) -> str:
    record = part.records[place]
    answers = given(record, part.min_score)
    answer = answers[0] if answers else None
    if "fused" not in part.grids:  # read on the paragraph that it was asked on
        return cause(record, answer, Found(1, answer is not None))
    handed = part.facts["config"]["read"]["passages"]
    order = part.grids.get("reranked", part.grids["fused"])  # the order in which passages were read
    good = (order.grades[place] > 0) | order.answers[place]
    ranks = np.flatnonzero(good[:handed]) + 1
    from_it = answer is not None and _holds_answer(part, record, good)
    return cause(record, answer, Found(int(ranks[0]) if len(ranks) else 0, from_it))


def _holds_answer(part: MeasuredPart, record: Record, good: Bools) -> bool:
    """Whether the best answer's passage holds a right answer. If the passage is not in the kept rankings, its text
    decides.
    """
    best = record["answers"][0]
    if best["rank"] <= len(good):
        return bool(good[best["rank"] - 1])
    return has_answer(part.passages[best["passage"]][1], record["references"], pattern=record["pattern"])


def _score(part: MeasuredPart, whole: Cost | None) -> Scores:
    group = main_group(part)
    columns: Columns = {("figure", name): values for name, values in part.values.items()}
    columns |= _rungs(part) if group == "open" else {}
    columns |= _slice_columns(part, group) if group else {}
    means = _means(columns)
    figures = {name: means["figure", name] for name in part.values}
    result: Scores = {"n": len(part.records)}
    curves: dict[str, Any] = {}
    if group:
        scores = np.array([top_score(record) for record in part.records])
        right = _right_if_given(part)
        figures |= _confidence(scores, right, group) | _best_threshold(part, scores, group)
        curves = _curves(part, scores, right, group)
    result["figures"] = {name: figure.to_dict() for name, figure in figures.items() if figure.n}
    result["ladder"] = _ladder(means)
    result["causes"] = _causes(part) if group else []
    result["slices"] = _slices(means)
    result["curves"] = curves
    result["cost"] = _cost(part, whole)
    return result


def _means(columns: Columns) -> Means:
    """The means of all columns, over the same resampled questions, because drawing samples takes most of the time."""
    figures = bootstrap_means(np.stack(list(columns.values()), axis=1)) if columns else []
    return dict(zip(columns, figures, strict=True))


def _right_if_given(part: MeasuredPart) -> Bools:
    """Whether the best answer is right, whatever its score. It never is for a question without an answer."""
    return np.array(
        [
            record["answerable"]
            and best_of(record, [answer["text"] for answer in record["answers"][:1]], exact_match) > 0
            for record in part.records
        ],
        bool,
    )


def _confidence(scores: Values, right: Bools, group: str) -> dict[str, Figure]:
    """Figures on how close the score of the best answer is to the probability that it is right."""

    def all_of(rows: NDArray[np.intp]) -> list[float]:
        drawn, correct = scores[rows], right[rows]
        area, *coverage = selective(drawn, correct, PRECISIONS)
        errors = expected_calibration_error(drawn, correct), brier(drawn, correct), auroc(drawn, correct)
        return [*errors, area, *(100.0 * share for share in coverage)]

    levels = [f"coverage_at_precision_{round(100 * level)}" for level in PRECISIONS]
    names = [f"{group}/{name}" for name in ("ece", "brier", "auroc", "aurc", *levels)]
    return dict(zip(names, bootstrap_each(all_of, len(scores)), strict=True))


def _best_threshold(part: MeasuredPart, scores: Values, group: str) -> dict[str, Figure]:
    """The best EM and F1 (percent) that a single threshold on the score can give, and the threshold for EM.

    If every question has an answer, the best threshold gives every answer; the figures are then those of SQuAD v1.1.
    """
    judged = [_with_and_without(part, name) for name in ("em", "f1")]

    def all_of(rows: NDArray[np.intp]) -> list[float]:
        doubts = 1.0 - scores[rows]
        (em, doubt), (f1_score, _) = [best_no_answer_threshold(doubts, kept[rows], none[rows]) for kept, none in judged]
        return [em, f1_score, 1.0 - doubt]

    names = [f"{group}/{name}" for name in ("em_best", "f1_best", "threshold_best")]
    return dict(zip(names, bootstrap_each(all_of, len(scores)), strict=True))


def _with_and_without(part: MeasuredPart, name: str) -> tuple[Values, Values]:
    """A measure (percent) when every question is given its best answer, and when none is."""
    measure = exact_match if name == "em" else f1
    best = [[answer["text"] for answer in record["answers"][:1]] for record in part.records]
    kept = [best_of(record, texts, measure) for record, texts in zip(part.records, best, strict=True)]
    dropped = [0.0 if record["answerable"] else 1.0 for record in part.records]
    return 100.0 * np.array(kept), 100.0 * np.array(dropped)


def _rungs(part: MeasuredPart) -> Columns:
    """For each step from the corpus to the answer, 100 for the questions that reach it and 0 for others; NaN for
    questions without an answer.
    """
    handed = part.facts["config"]["read"]["passages"]
    asked = np.array([record["answerable"] for record in part.records], bool)
    held = part.values["open/in_corpus"] == 100.0
    rungs = {"in the corpus": held}
    for source, rung in (("fused", "retrieved"), ("reranked", "reranked")):
        if grid := part.grids.get(source):
            ranks = np.where(grid.rank_of_gold() > 0, grid.rank_of_gold(), grid.rank_of_answer())
            held = rungs[rung] = held & (ranks > 0) & (ranks <= handed)
    rungs["read on the gold passage"] = held & (part.values["gold/em"] == 100.0)
    rungs["answered end to end"] = part.values["open/em@1"] == 100.0
    return {("rung", rung): np.where(asked, 100.0 * reached, np.nan) for rung, reached in rungs.items()}


def _ladder(means: Means) -> list[dict[str, Any]]:
    """For each step, the percentage of answerable questions that reach it.

    The last step may be higher than the one before: an answer can be right though the reader fails on the gold passage.
    """
    ladder, before = [], 100.0
    for (kind, *names), figure in means.items():
        if kind == "rung":
            ladder.append({"rung": names[0], **figure.to_dict(), "lost": round(before - figure.value, 9) + 0.0})
            before = figure.value
    return ladder


def _causes(part: MeasuredPart) -> list[dict[str, Any]]:
    names = causes_of(part)
    wrong = max(1, sum(map(bool, names)))
    table = []
    for name in CAUSES:
        ids = [record["id"] for record, own in zip(part.records, names, strict=True) if own == name]
        if ids:
            table.append({"cause": name, "n": len(ids), "share": 100.0 * len(ids) / wrong, "examples": ids[:EXAMPLES]})
    return sorted(table, key=lambda row: -row["n"])


def gold_texts(part: MeasuredPart) -> list[str | None]:
    """For each question the text of its gold passage, None if there is none."""
    names = [_gold_name(record) for record in part.records]
    return [None if name is None else part.passages[name][1] for name in names]


def _gold_name(record: Record) -> str | None:
    if "in_corpus" not in record:  # read on the paragraph that it was asked on
        return record["answers"][0]["passage"] if record["answers"] else None
    return record["gold"]["passage"] if record.get("gold") else None


def _slice_columns(part: MeasuredPart, group: str) -> Columns:
    """EM and F1 of each slice's values, NaN for all other questions."""
    columns: Columns = {}
    for name, values in slices_of(part.records, gold_texts(part)).items():
        for value in sorted({own for own in values if own is not None}, key=_natural):
            mine = np.array([own == value for own in values], bool)
            for measure in ("em", "f1"):
                columns["slice", name, value, measure] = np.where(mine, part.values[f"{group}/{measure}@1"], np.nan)
    return columns


def _slices(means: Means) -> dict[str, list[dict[str, Any]]]:
    slices: dict[str, dict[str, dict[str, Any]]] = {}
    for (kind, *names), figure in means.items():
        if kind == "slice":
            name, value, measure = names
            row = slices.setdefault(name, {}).setdefault(value, {"value": value, "n": figure.n})
            row[measure] = figure.to_dict()
    return {name: list(rows.values()) for name, rows in slices.items()}


def _natural(value: str) -> tuple[bool, int, str]:
    """A sort key: ranges by their numbers ("≤ 25 %" < "26–50 %" < "> 50 %"), other values alphabetically."""
    digits = "".join(c if c.isdigit() else " " for c in value).split()
    number = int(digits[0]) if digits else 0
    return (value.startswith(">"), number, value)


def _curves(part: MeasuredPart, scores: Values, right: Bools, group: str) -> dict[str, Any]:
    coverage, risk = risk_coverage(scores, right)
    places = np.unique(np.linspace(0, len(coverage) - 1, min(CURVE_POINTS, len(coverage))).round().astype(int))
    em = part.values[f"{group}/em@1"]
    total = sum(part.wall.values(), np.zeros(len(part.records)))
    return {
        "risk_coverage": [[float(coverage[place]), float(risk[place])] for place in places],
        "reliability": [list(point) for point in reliability(scores, right, 15)],
        "em_by_read": _cumulative(part.values[f"{group}/passages_read"], em),
        "em_by_ms": _cumulative(total, em),
    }


def _cumulative(spent: Values, em: Values) -> list[list[float]]:
    """Points [budget, percent of all questions that are answered right within the budget]."""
    order = np.argsort(spent, kind="stable")
    reached = np.cumsum(em[order]) / max(1, len(em))
    last = np.flatnonzero(np.append(np.diff(spent[order]) > 0, True)) if len(em) else np.empty(0, int)
    places = last[np.unique(np.linspace(0, len(last) - 1, min(CURVE_POINTS, len(last))).round().astype(int))]
    return [[float(spent[order][place]), float(reached[place])] for place in places]


def _cost(part: MeasuredPart, whole: Cost | None) -> dict[str, float]:
    cost: dict[str, float] = {}
    for clock, stages in (("wall", part.wall), ("cpu", part.cpu)):
        total = sum(stages.values(), np.zeros(len(part.records)))
        for stage, values in {**stages, "total": total}.items():
            for share in (50, 95, 99):
                cost[f"{stage} {clock} ms p{share}"] = round(float(np.percentile(values, share)), 2)
    wall = sum(part.wall.values(), np.zeros(len(part.records))).sum()
    cost["questions per second"] = round(1000.0 * len(part.records) / wall, 1) if wall else 0.0
    for name in ("read", "tokens"):
        if part.records and name in part.records[0]:
            label = "passages read" if name == "read" else "tokens read"
            cost[f"{label}, mean"] = round(float(np.mean([record[name] for record in part.records])), 2)
    if whole is None:
        return cost
    if part.name in whole.index_mb:
        cost["index MB"] = whole.index_mb[part.name]
    if whole.peak_memory_mb is not None:
        cost["peak memory MB, whole run"] = whole.peak_memory_mb
    return cost | {"seconds, whole run": whole.seconds}
