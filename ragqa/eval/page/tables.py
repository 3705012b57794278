"""The page's tables: key figures, retrieval, slices, cost, differences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ragqa.eval.page.charts import interval_bars, swatch
from ragqa.eval.page.markup import Html, el, many
from ragqa.eval.page.words import (
    GROUPS,
    NOTHING,
    RANKED,
    SOURCES,
    Figure,
    Run,
    count,
    full_label,
    interval,
    is_confidence,
    is_share,
    label,
    number,
    probability,
    quantity,
    with_unit,
)

_STAGE = re.compile(r"(.+) (wall|cpu) ms p(\d+)")


def ordered(names: Iterable[Iterable[str]]) -> list[str]:
    """All names once, in the order of their first occurrence."""
    return list(dict.fromkeys(name for some in names for name in some))


def table(caption: str, head: Sequence[Html], bodies: Iterable[Sequence[Html]], class_: str | None = None) -> Html:
    """A table; if it is wider than the page, it scrolls sideways by itself."""
    body = [el("tbody", rows) for rows in bodies if rows]
    whole = el("table", el("caption", caption), el("thead", el("tr", head)), body, class_=class_)
    return el("div", whole, class_="scroll", role="group", aria_label=caption, tabindex=0)


def column(text: str, *, numbers: bool = True) -> Html:
    """The head of a column."""
    return el("th", text, scope="col", class_="n" if numbers else None)


def run_column(run: Run) -> Html:
    """The head of a run's column."""
    return el("th", swatch(run.number), " ", el("bdi", run.name), scope="col", class_="n")


def figure_cell(measure: str, figure: Figure | None) -> Html:
    """A value with its interval below it."""
    if figure is None:
        return el("td", NOTHING, class_="n")
    return el("td", with_unit(measure, figure["value"]), el("small", interval(measure, figure)), class_="n")


def overview(parts: Sequence[str], runs: Sequence[Run], main: Mapping[str, str | None]) -> Html:
    """A row for each part of the suite: how many questions, and its main measure by run."""
    rows = []
    for place, part in enumerate(parts, 1):
        measure = main[part]
        link = el("a", el("bdi", part), href=f"#part-{place}")
        row = [el("th", link, scope="row"), el("td", _counts(runs, part), class_="n")]
        row.append(el("td", full_label(measure) if measure else NOTHING))
        for run in runs:
            found = run.part(part).get("figures", {}).get(measure)
            row.append(figure_cell(measure or "", found))
        rows.append(el("tr", row))
    head = [column("Part", numbers=False), column("Questions"), column("Measure", numbers=False)]
    return table("The parts of the suite", [*head, *map(run_column, runs)], [rows], class_="figures")


def _counts(runs: Sequence[Run], part: str) -> str:
    counts = ordered([count(own["n"])] for run in runs if (own := run.part(part)))
    return " / ".join(counts)


def key_figures(runs: Sequence[Run], part: str) -> Html:
    """Every figure but those of retrieval, by group, with its interval and n."""
    groups: dict[str, list[Html]] = {}
    for measure in ordered(run.part(part).get("figures", {}) for run in runs):
        group = measure.partition("/")[0]
        if group in SOURCES:
            continue
        found = [run.part(part).get("figures", {}).get(measure) for run in runs]
        cells = [figure_cell(measure, figure) for figure in found]
        n = " / ".join(ordered([count(figure["n"])] for figure in found if figure))
        row = el("tr", el("th", label(measure), scope="row", title=measure), cells, el("td", n, class_="n soft"))
        groups.setdefault("Confidence" if is_confidence(measure) else GROUPS.get(group, group), []).append(row)
    if not groups:
        return Html("")
    wide = len(runs) + 2
    bodies = [
        [el("tr", el("th", name, scope="rowgroup", colspan=wide), class_="group"), *rows]
        for name, rows in groups.items()
    ]
    head = [column("Measure", numbers=False), *map(run_column, runs), column("n")]
    return table("With 95\u202f% intervals", head, bodies, class_="figures")


def retrieval(runs: Sequence[Run], part: str) -> list[Html]:
    """For each measure that has a k a table of source × k, and one for those that have none."""
    keys = ordered(run.part(part).get("figures", {}) for run in runs)
    keys = [key for key in keys if key.partition("/")[0] in SOURCES]
    families: dict[str, list[str]] = {}
    for key in keys:
        tail = key.partition("/")[2]
        family = tail.partition("@")[0] if "@" in tail else ""
        families.setdefault(family, []).append(tail)
    known = [family for family in RANKED if family in families]
    rest = [family for family in families if family not in RANKED]
    tables = []
    for family in (*known, *rest):
        tails = sorted(ordered([families[family]]), key=_depth)
        caption = RANKED.get(family, family) if family else "Over the whole ranking"
        tables.append(_by_source(runs, part, caption, tails, class_=None if family else "narrow"))
    return tables


def _depth(tail: str) -> int:
    depth = tail.partition("@")[2]
    return int(depth) if depth.isdigit() else 0


def _by_source(runs: Sequence[Run], part: str, caption: str, tails: Sequence[str], class_: str | None) -> Html:
    bodies = []
    for source, name in SOURCES.items():
        lines = []
        for run in runs:
            figures = run.part(part).get("figures", {})
            found = [(f"{source}/{tail}", figures.get(f"{source}/{tail}")) for tail in tails]
            if any(figure for _, figure in found):
                lines.append((run, [figure_cell(key, figure) for key, figure in found]))
        bodies.append(_by_run(name, lines, len(runs)))
    head = [column("Source", numbers=False)] + ([column("Run", numbers=False)] if len(runs) > 1 else [])
    labels = [f"k = {tail.partition('@')[2]}" if "@" in tail else label(tail and f"/{tail}") for tail in tails]
    return table(caption, [*head, *map(column, labels)], bodies, class_=class_)


def _by_run(name: str, lines: Sequence[tuple[Run, Sequence[Html]]], runs: int) -> list[Html]:
    """A row for each run under a common name; if the page has several runs, each row names its run."""
    rows = []
    for place, (run, cells) in enumerate(lines):
        head = el("th", name, scope="rowgroup", rowspan=len(lines)) if place == 0 else None
        who = el("td", swatch(run.number), " ", el("bdi", run.name)) if runs > 1 else None
        rows.append(el("tr", head, who, cells))
    return rows


def slices(runs: Sequence[Run], part: str, name: str, key: str) -> Html:
    """For each value of a slice EM with its interval, as a chart and in numbers, and F1."""
    found = {run.number: {row["value"]: row for row in run.part(part).get("slices", {}).get(name, ())} for run in runs}
    rows = []
    for place, value in enumerate(ordered(found.values()), 1):
        own = {number: rows[value] for number, rows in found.items() if value in rows}
        ems = {number: row["em"] for number, row in own.items() if isinstance(row["em"]["value"], (int, float))}
        picture = interval_bars(
            f"{key}-{place}",
            f"Exact match where {name} is {value}: "
            + "; ".join(f"{runs[number - 1].name} {with_unit('/em', em['value'])}" for number, em in ems.items()),
            {number: (em["value"], em["low"], em["high"]) for number, em in ems.items()},
            100.0,
        )
        n = " / ".join(ordered([count(row["n"])] for row in own.values()))
        cells = [el("th", el("bdi", value), scope="row"), el("td", n, class_="n soft"), el("td", picture)]
        cells += [figure_cell("/em", own.get(run.number, {}).get("em")) for run in runs]
        cells += [figure_cell("/f1", own.get(run.number, {}).get("f1")) for run in runs]
        rows.append(el("tr", cells))
    head = [column(_capital(name), numbers=False), column("n"), column("Exact match, 0–100\u202f%", numbers=False)]
    head += [_headed("EM", run, runs) for run in runs] + [_headed("F1", run, runs) for run in runs]
    return table(f"By {name}", head, [rows], class_="slices")


def _headed(measure: str, run: Run, runs: Sequence[Run]) -> Html:
    if len(runs) == 1:
        return column(measure)
    return el("th", measure, " ", swatch(run.number), el("bdi", run.name, class_="name"), scope="col", class_="n")


def cost(runs: Sequence[Run], part: str) -> list[Html]:
    """Milliseconds by stage and percentile, and the other costs."""
    costs = {run.number: run.part(part).get("cost", {}) for run in runs}
    names = ordered(costs.values())
    matches = {name: match for name in names if (match := _STAGE.fullmatch(name))}
    clocks = ordered([f"{match[2]} p{match[3]}"] for match in matches.values())
    bodies = []
    for stage in ordered([match[1]] for match in matches.values()):
        lines = []
        for run in runs:
            own = {f"{m[2]} p{m[3]}": costs[run.number].get(name) for name, m in matches.items() if m[1] == stage}
            lines.append((run, [_quantity_cell(own.get(clock)) for clock in clocks]))
        bodies.append(_by_run(SOURCES.get(stage, _capital(stage)), lines, len(runs)))
    tables = []
    if bodies:
        head = [column("Stage", numbers=False)] + ([column("Run", numbers=False)] if len(runs) > 1 else [])
        labels = [clock.replace("cpu", "CPU").replace("wall", "Wall") for clock in clocks]
        caption = "Milliseconds a question: median, 95th and 99th percentile"
        tables.append(table(caption, [*head, *map(column, labels)], bodies))
    rest = [name for name in names if name not in matches]
    if rest:
        cells = {name: [_quantity_cell(costs[run.number].get(name)) for run in runs] for name in rest}
        rows = [el("tr", el("th", _capital(name), scope="row"), own) for name, own in cells.items()]
        head = [column("What", numbers=False), *map(run_column, runs)]
        tables.append(table("Spent in all", head, [rows], class_="narrow"))
    return tables


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _quantity_cell(value: float | None) -> Html:
    return el("td", quantity(value), class_="n")


def differences(rows: Sequence[Mapping[str, Any]], one: Run, other: Run) -> Html:
    """The comparison, a row for each measure; bold if p after Holm's correction is below 0.05."""
    body = []
    for row in rows:
        measure = row["measure"]
        p = row.get("p_holm")
        shown = number(measure, row["difference"], sign=True)
        cells = [el("td", with_unit(measure, row[side]), class_="n") for side in ("a", "b")]
        cells.append(el("td", el("strong", shown) if p is not None and p < 0.05 else shown, class_="n"))
        cells.append(el("td", interval(measure, row, sign=True), class_="n"))
        cells += [el("td", probability(row.get(name)), class_="n") for name in ("p", "p_holm")]
        unit = "" if is_share(measure) else " (fraction)"
        body.append(el("tr", el("th", full_label(measure), el("small", measure, unit), scope="row"), cells))
    head = [column("Measure", numbers=False), run_column(one), run_column(other)]
    head += map(column, ("Difference", "95\u202f% interval", "p", "p, Holm"))
    return many(table(f"{other.name} less {one.name}", head, [body]))
