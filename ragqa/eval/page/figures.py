"""Makes the charts of a part from its scores, each with a sentence that says how to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ragqa.eval.page.axes import Axis, spanning
from ragqa.eval.page.charts import Bar, Effect, Line, bar_chart, forest, legend, line_chart, style
from ragqa.eval.page.markup import Html, el
from ragqa.eval.page.tables import ordered
from ragqa.eval.page.words import (
    RANKED,
    SOURCES,
    Run,
    count,
    full_label,
    interval,
    is_share,
    number,
    probability,
    with_unit,
)

Points = list[tuple[float, float]]
_SHARES = Axis("", 0.0, 100.0)


def framed(title: str, chart: Html, note: str = "", key: Html | None = None) -> Html:
    """A chart with its heading, the legend of its runs, and a line that says how to read it."""
    words = el("p", note, class_="note") if note else None
    return el("figure", el("figcaption", el("h4", title), words, key), chart)


def ladder(runs: Sequence[Run], part: str, key: str) -> Html | None:
    """From the corpus to the answer: how many questions are left after each step, and how many it lost."""
    found = {run: {row["rung"]: row for row in run.part(part).get("ladder", ())} for run in runs}
    rungs = ordered(found.values())
    if not rungs:
        return None
    groups = []
    for rung in rungs:
        bars = []
        for run, rows in found.items():
            if row := rows.get(rung):
                words = (number("", row["value"]), number("", -row["lost"], sign=True))
                ghost = row["value"] + max(0.0, row["lost"])
                bars.append(Bar(run.number, row["value"], words, row.get("low"), row.get("high"), ghost))
        groups.append((_capital(rung), bars))
    said = [
        f"{run.name}: " + ", ".join(f"{rung} {number('', row['value'])}" for rung, row in rows.items())
        for run, rows in found.items()
    ]
    chart = bar_chart(key, "The ladder", f"Percent left at each rung. {'; '.join(said)}.", groups, heads=("%", "lost"))
    note = "Answerable questions that got so far, and what each rung lost (dotted)."
    return framed("The ladder from corpus to answer", chart, note, _legend(runs))


def causes(runs: Sequence[Run], part: str, key: str) -> Html | None:
    """Why answers are wrong, the most frequent cause first."""
    found = {run: {row["cause"]: row for row in run.part(part).get("causes", ())} for run in runs}
    names = ordered(found.values())
    if not names:
        return None
    names.sort(key=lambda name: -max(rows[name]["share"] for rows in found.values() if name in rows))
    most = max(row["share"] for rows in found.values() for row in rows.values())
    groups = []
    for name in names:
        bars = []
        for run, rows in found.items():
            row = rows.get(name, {"n": 0, "share": 0.0})
            bars.append(Bar(run.number, row["share"], (number("", row["share"]), count(row["n"]))))
        groups.append((_capital(name), bars))
    words = [
        f"{run.name}: " + ", ".join(f"{name} {count(row['n'])}" for name, row in rows.items())
        for run, rows in found.items()
    ]
    chart = bar_chart(key, "Causes of error", f"Questions. {'; '.join(words)}.", groups, most, ("% of errors", "n"))
    return framed("Why answers are wrong", chart, "Each wrong answer has one cause, by rule.", _legend(runs))


def curves(runs: Sequence[Run], part: str, key: str) -> list[Html]:
    """Risk-coverage, reliability, EM against passages read and against milliseconds, as far as there are points."""
    drawn = (_risk(runs, part, key), _reliability(runs, part, key), _read(runs, part, key), _time(runs, part, key))
    return [figure for figure in drawn if figure is not None]


def _risk(runs: Sequence[Run], part: str, key: str) -> Html | None:
    lines = _lines(runs, part, "risk_coverage", lambda x, y: (100 * x, 100 * y))
    if not lines:
        return None
    up = spanning("Wrong among those answered, %", [y for line in lines for _, y in line.points])
    axes = (Axis("Questions answered, the surest first, %", 0, 100), up)
    words = _ends(lines, "{0} % answered, {1} % of them wrong")
    chart = line_chart(f"{key}-risk", "Risk and coverage", words, lines, axes)
    return framed("Risk and coverage", chart, "The lower, the better scores tell right from wrong.", _legend(runs))


def _reliability(runs: Sequence[Run], part: str, key: str) -> Html | None:
    lines = _lines(runs, part, "reliability", lambda x, y: (100 * x, 100 * y))
    if not lines:
        return None
    axes = (Axis("Mean score, %", 0, 100), Axis("Right, %", 0, 100))
    gaps = [f"{line.name} by {number('', max(abs(x - y) for x, y in line.points))} at most" for line in lines]
    words = f"Share right against mean score in bins of equal size; off the diagonal: {', '.join(gaps)}."
    chart = line_chart(f"{key}-reliability", "Reliability", words, lines, axes, diagonal=True, points=True)
    note = "On the diagonal a score is a probability; below it, too sure."
    return framed("Reliability", chart, note, _legend(runs))


def _read(runs: Sequence[Run], part: str, key: str) -> Html | None:
    lines = _lines(runs, part, "em_by_read", lambda x, y: (x, y))
    if len({x for line in lines for x, _ in line.points}) < 2:  # a curve needs two points
        return None
    across = spanning("Passages read at most", [x for line in lines for x, _ in line.points])
    words = _ends(lines, "with {0} passages exact match is {1} %")
    chart = line_chart(f"{key}-read", "Exact match by passages read", words, lines, (across, _up(lines)), step=True)
    note = "Questions answered right within a budget of passages."
    return framed("Exact match against passages read", chart, note, _legend(runs))


def _time(runs: Sequence[Run], part: str, key: str) -> Html | None:
    lines = _lines(runs, part, "em_by_ms", lambda x, y: (x, y))
    if not lines:
        return None
    across = spanning("Milliseconds at most", [x for line in lines for x, _ in line.points], log=True)
    words = _ends(lines, "within {0} milliseconds exact match is {1} %")
    chart = line_chart(f"{key}-ms", "Exact match by milliseconds", words, lines, (across, _up(lines)), step=True)
    note = "Questions answered right within a budget of time."
    return framed("Exact match against milliseconds", chart, note, _legend(runs))


def ranking(runs: Sequence[Run], part: str, key: str) -> list[Html]:
    """For each run the curves of all sources over k, for the first of gold, answer, recall and nDCG
    that was measured.
    """
    keys = set(ordered(run.part(part).get("figures", {}) for run in runs))
    family = next((name for name in RANKED if any(f"{source}/{name}@1" in keys for source in SOURCES)), None)
    if family is None:
        return []
    scale = 100.0 if is_share(f"fused/{family}@1") else 1.0
    drawn = []
    for run in runs:
        lines = []
        for place, (source, name) in enumerate(SOURCES.items(), 1):
            if points := _by_depth(run.part(part).get("figures", {}), f"{source}/{family}"):
                lines.append(Line(place, name, points))
        if not lines:
            continue
        depths = [k for line in lines for k, _ in line.points]
        across = Axis("k, on a logarithmic scale", min(depths), max(max(depths), 2 * min(depths)), log=True)
        axes = (across, Axis("%" if scale == 100.0 else "", 0.0, scale))
        words = _ends(lines, f"{RANKED[family]}: {{1}} at k = {{0}}")
        title = f"{RANKED[family]}" + (f", {run.name}" if len(runs) > 1 else "")
        chart = line_chart(f"{key}-rank-{run.number}", title, words, lines, axes, points=True)
        drawn.append(framed(title, chart, "", legend([line.name for line in lines], [line.run for line in lines])))
    return drawn


def _by_depth(figures: Mapping[str, Any], measure: str) -> Points:
    heads = ((key.partition("@"), figure["value"]) for key, figure in figures.items())
    return sorted((float(depth), value) for (head, _, depth), value in heads if head == measure and depth.isdigit())


def effects(rows: Sequence[Mapping[str, Any]], one: Run, other: Run, key: str) -> list[Html]:
    """Differences with intervals: percentage points in one chart, fractions in another."""
    drawn = []
    for shares in (True, False):
        own = [row for row in rows if is_share(row["measure"]) == shares]
        if not own:
            continue
        shown = [
            Effect(
                full_label(row["measure"]),
                row["difference"],
                row["low"],
                row["high"],
                (number(row["measure"], row["difference"], sign=True), probability(row.get("p_holm"))),
            )
            for row in own
        ]
        unit = "percentage points" if shares else "fractions"
        words = [f"{full_label(row['measure'])} {interval(row['measure'], row, sign=True)}" for row in own]
        chart = forest(f"{key}-{shares:d}", f"Differences, {unit}", "; ".join(words), shown, ("difference", "p, Holm"))
        note = f"{other.name} less {one.name}, with 95\u202f% intervals; filled where the interval leaves out 0."
        drawn.append(framed(f"In {unit}", chart, note))
    return drawn


def tile(measure: str, runs: Sequence[Run], part: str) -> Html:
    """A measure of all runs in large type."""
    values = []
    for run in runs:
        if figure := run.part(part).get("figures", {}).get(measure):
            value = el("b", with_unit(measure, figure["value"]))
            values.append(el("dd", value, el("small", interval(measure, figure)), *_who(run, runs)))
    return el("div", el("dt", full_label(measure)), values, class_="tile")


def _who(run: Run, runs: Sequence[Run]) -> list[Html]:
    return [el("bdi", run.name, class_=f"who {style(run.number)}")] if len(runs) > 1 else []


def _lines(
    runs: Sequence[Run], part: str, curve: str, convert: Callable[[float, float], tuple[float, float]]
) -> list[Line]:
    found = [(run, run.part(part).get("curves", {}).get(curve, ())) for run in runs]
    return [Line(run.number, run.name, [convert(*point[:2]) for point in points]) for run, points in found if points]


def _up(lines: Sequence[Line]) -> Axis:
    return spanning("Exact match, %", [y for line in lines for _, y in line.points])


def _ends(lines: Sequence[Line], words: str) -> str:
    said = [f"{line.name}: " + words.format(*(f"{value:.4g}" for value in line.points[-1])) for line in lines]
    return "; ".join(said) + "."


def _legend(runs: Sequence[Run]) -> Html:
    return legend([run.name for run in runs])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
