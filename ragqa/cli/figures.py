"""Prints scores and comparisons on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ragqa.cli.escape import visible
from ragqa.cli.terminal import Styled, say

SOURCES = ("bm25", "dense", "fused", "reranked")
RETRIEVAL = ("gold", "answer", "recall", "ndcg")
SHOWN_DEPTHS = {"gold": (1, 5, 20), "answer": (1, 5, 20), "recall": (20, 100), "ndcg": (10,)}  # all are in --json
FRACTIONS = ("recall", "ndcg", "mrr", "map", "ece", "brier", "auroc", "aurc", "threshold")


def print_scores(scores: Mapping[str, Any]) -> None:
    """Part by part: answers, retrieval, ladder, slices, causes, cost."""
    run = scores["run"]
    say(f"{run['name']}: {run['suite']} ({run['hash']})")
    for name, part in scores["parts"].items():
        say()
        say(Styled(f"{name}, {part['n']:,} questions", bold=True))
        figures = part["figures"]
        rest = [key for key in figures if key.partition("/")[0] not in SOURCES]
        _table(("", "value", "95 %", "n"), [(key, *_figure(key, figures[key])) for key in rest])
        _table(("", *_retrieval_columns(figures)), _retrieval_rows(figures))
        ladder = [(row["rung"], f"{row['value']:.1f}", f"{row['lost'] + 0.0:.1f}") for row in part["ladder"]]
        _table(("ladder", "%", "lost"), ladder)
        _table(("slice", "n", "EM", "95 %", "F1"), _slice_rows(part["slices"]))
        causes = [(row["cause"], str(row["n"]), f"{row['share']:.1f}") for row in part["causes"]]
        _table(("cause of error", "n", "%"), causes)
        _table(("cost", ""), [(key, f"{value:,g}") for key, value in part["cost"].items()])


def print_comparison(comparison: Mapping[str, Any]) -> None:
    """Part by part: both values, the difference with its interval, p after Holm's correction."""
    one, other = comparison["runs"]
    for name, part in comparison["parts"].items():
        say()
        say(Styled(f"{name}, {part['n']:,} questions", bold=True))
        if part["missing"]:
            say(f"{part['missing']:,} of them only one of the runs has; the other counts as wrong there")
        if part["left_out"]:
            say(f"{part['left_out']:,} more, which only one of the runs was asked, are left out")
        rows = [
            (
                row["measure"],
                f"{row['a']:.4g}",
                f"{row['b']:.4g}",
                f"{row['difference']:+.3g}",
                f"{row['low']:+.3g} … {row['high']:+.3g}",
                f"{row['p']:.4f}",
                f"{row['p_holm']:.4f}",
            )
            for row in part["rows"]
        ]
        _table(("", one["name"], other["name"], "difference", "95 %", "p", "p (Holm)"), rows)


def _figure(key: str, figure: Mapping[str, float]) -> tuple[str, str, str]:
    digits = 3 if _is_fraction(key) else 1
    low, high = f"{figure['low']:.{digits}f}", f"{figure['high']:.{digits}f}"
    return f"{figure['value']:.{digits}f}", f"{low}–{high}", f"{figure['n']:,}"


def _slice_rows(slices: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, ...]]:
    return [
        (f"{name}: {row['value']}", f"{row['n']:,}", *_figure("em", row["em"])[:2], _figure("f1", row["f1"])[0])
        for name, rows in slices.items()
        for row in rows
    ]


def _is_fraction(key: str) -> bool:
    return key.partition("/")[2].startswith(FRACTIONS)


def _retrieval_columns(figures: Mapping[str, Any]) -> list[str]:
    wanted = [f"{measure}@{depth}" for measure in RETRIEVAL for depth in SHOWN_DEPTHS[measure]] + ["mrr", "map"]
    present = {key.partition("/")[2] for key in figures if key.partition("/")[0] in SOURCES}
    return [name for name in wanted if name in present]


def _retrieval_rows(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    columns = _retrieval_columns(figures)
    rows = []
    for source in SOURCES:
        keys = [f"{source}/{column}" for column in columns]
        if any(key in figures for key in keys):
            values = [
                f"{figures[key]['value']:.{3 if _is_fraction(key) else 1}f}" if key in figures else "" for key in keys
            ]
            rows.append((source, *values))
    return rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns, the first to the left, the others to the right; without rows print nothing."""
    if not rows:
        return
    cells_of = [[visible(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells_of) for column in range(len(head))]
    say()
    for number, row in enumerate(cells_of):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        line = "  ".join(cells).rstrip()
        say(Styled(line, dim=True) if number == 0 else line)
