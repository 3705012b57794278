"""The page's sections, from the header to the differences between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ragqa.eval.page import figures, tables
from ragqa.eval.page.charts import swatch
from ragqa.eval.page.markup import Html, el, many
from ragqa.eval.page.words import Run, count

_MAIN = ("open/em@1", "read/em@1", "fused/ndcg@10", "bm25/ndcg@10", "dense/ndcg@10", "fused/gold@20", "bm25/gold@20")
_TILES = (
    "open/em@1",
    "open/f1@1",
    "read/em@1",
    "read/f1@1",
    "gold/em",
    "fused/gold@20",
    "fused/ndcg@10",
    "fused/map",
    "bm25/ndcg@10",
    "dense/ndcg@10",
)
_MOST_TILES = 4
Links = Mapping[tuple[str, str], tuple[int, str]]  # part and id of a question → its row among those to browse, its text


def header(runs: Sequence[Run]) -> Html:
    """The suite and its task, and each run's name, hash and number of questions."""
    suites = tables.ordered([str(run.scores["run"]["suite"])] for run in runs)
    tasks = tables.ordered([str(run.scores["run"].get("task", ""))] for run in runs)
    rows = []
    for run in runs:
        total = sum(part["n"] for part in run.scores["parts"].values())
        digest = el("code", str(run.scores["run"]["hash"]))
        cells = [el("td", count(total), class_="n"), el("td", digest)]
        rows.append(el("tr", el("th", swatch(run.number), " ", el("bdi", run.name), scope="row"), cells))
    head = [tables.column("Run", numbers=False), tables.column("Questions"), tables.column("Hash", numbers=False)]
    kind = el("p", f"ragqa evaluation · {', '.join(tasks)}", class_="kind")
    title = el("h1", el("bdi", ", ".join(suites)))
    return many(kind, title, tables.table("Runs on this page", head, [rows], class_="runs"))


def navigation(parts: Sequence[str], *, browse: bool) -> Html:
    """Links to the parts and the questions; empty if there is only one link."""
    links = [el("a", el("bdi", name), href=f"#part-{place}") for place, name in enumerate(parts, 1)]
    links += [el("a", "Questions", href="#questions")] if browse else []
    if len(links) < 2:
        return Html("")
    return el("nav", el("ul", [el("li", link) for link in links]), aria_label="On this page")


def overview(parts: Sequence[str], runs: Sequence[Run]) -> Html:
    """A table of all parts; empty if there is only one."""
    if len(parts) < 2:
        return Html("")
    main = {part: _main(runs, part) for part in parts}
    return el("section", el("h2", "Overview"), tables.overview(parts, runs, main), id="overview")


def _main(runs: Sequence[Run], part: str) -> str | None:
    known = tables.ordered(run.part(part).get("figures", {}) for run in runs)
    return next((measure for measure in _MAIN if measure in known), known[0] if known else None)


def part_section(
    place: int, part: str, runs: Sequence[Run], comparison: Mapping[str, Any] | None, links: Links
) -> Html:
    """The section of one part: figures, ladder, causes, curves, slices, retrieval, differences, cost."""
    key = f"p{place}"
    here = [run for run in runs if run.part(part)]
    n = " / ".join(tables.ordered([count(run.part(part)["n"])] for run in here))
    known = tables.ordered(run.part(part).get("figures", {}) for run in here)
    tiles = [figures.tile(measure, here, part) for measure in [one for one in _TILES if one in known][:_MOST_TILES]]
    bars = [figures.ladder(runs, part, f"{key}-ladder"), figures.causes(runs, part, f"{key}-why")]
    slices = [
        tables.slices(runs, part, name, f"{key}-slice-{number}")
        for number, name in enumerate(tables.ordered(run.part(part).get("slices", {}) for run in runs), 1)
    ]
    pieces = [
        el("h2", el("bdi", part), " ", el("small", f"{n} questions"), id=f"{key}-title"),
        el("dl", tiles, class_="tiles") if tiles else None,
        _block("Where answers are lost", _grid([chart for chart in bars if chart]), _examples(runs, part, links)),
        _differences(part, runs, comparison, key),
        _block("How far scores can be trusted, and what effort brings", _grid(figures.curves(runs, part, key))),
        _block("Key figures", tables.key_figures(runs, part)),
        _block("Slices", _grid(slices) if len(runs) == 1 else many(*slices)),
        _block("Retrieval", _grid(figures.ranking(runs, part, key)), *tables.retrieval(runs, part)),
        _block("Cost", *tables.cost(runs, part)),
    ]
    return el("section", pieces, id=f"part-{place}", class_="part", aria_labelledby=f"{key}-title")


def _block(title: str, *pieces: Html) -> Html | None:
    return el("section", el("h3", title), pieces, class_="block") if any(pieces) else None


def _grid(pieces: Sequence[Html]) -> Html:
    return el("div", pieces, class_="grid") if pieces else Html("")


def _differences(part: str, runs: Sequence[Run], comparison: Mapping[str, Any] | None, key: str) -> Html | None:
    own = comparison["parts"].get(part) if comparison else None
    if not own or not own["rows"]:
        return None
    one, other = runs[0], runs[-1]
    charts = figures.effects(own["rows"], one, other, f"{key}-difference")
    said = f"{count(own['n'])} questions, paired. p: randomisation test; Holm corrects for all that is compared here."
    if own.get("missing"):
        said += f" {count(own['missing'])} of them only one run has; the other counts as wrong there."
    if own.get("left_out"):
        said += f" {count(own['left_out'])} more, which only one run was asked, are left out."
    words = el("p", said, class_="note")
    return _block("Differences between runs", words, _grid(charts), tables.differences(own["rows"], one, other))


def _examples(runs: Sequence[Run], part: str, links: Links) -> Html:
    """Example questions by run and cause; those that can be browsed are links."""
    lists = []
    for run in runs:
        entries = []
        for row in run.part(part).get("causes", ()):
            items = [el("li", _example(part, name, links)) for name in row.get("examples", ())]
            entries += [el("dt", row["cause"]), el("dd", el("ul", items))] if items else []
        if entries:
            title = f"Examples of each cause, {run.name}" if len(runs) > 1 else "Examples of each cause"
            lists.append(el("details", el("summary", title), el("dl", entries), class_="examples"))
    return many(lists)


def _example(part: str, name: str, links: Links) -> Html:
    found = links.get((part, name))
    if found is None:
        return el("code", name)
    row, text = found
    return el("a", el("bdi", text), href=f"#q-{row}")
