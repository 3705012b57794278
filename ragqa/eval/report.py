"""Scores, questions and a comparison → one HTML page that needs nothing else.

Whatever comes from documents or questions is escaped here, and reaches the page by ``textContent`` alone there; the
page's policy forbids it to load anything.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ragqa.eval.charts import bars, forest, lines, nice_top
from ragqa.store.atomic import replace_file, storing

PAGE = Path(__file__).parent / "page"
SOURCES = ("bm25", "dense", "fused", "reranked")
KEY_FIGURES = {
    "open/em@1": "EM",
    "open/f1@1": "F1",
    "open/em@3": "EM in 3",
    "open/em@5": "EM in 5",
    "open/answered": "answered, %",
    "open/no_answer_accuracy": "unanswerable left, %",
    "read/em@1": "EM",
    "read/f1@1": "F1",
    "read/em_best": "EM at the best threshold",
    "read/f1_best": "F1 at the best threshold",
    "read/no_answer_accuracy": "unanswerable left, %",
    "gold/em": "EM on the gold passage",
    "gold/f1": "F1 on the gold passage",
    "fused/gold@1": "top-1, %",
    "fused/gold@5": "top-5, %",
    "fused/gold@20": "top-20, %",
    "fused/ndcg@10": "nDCG@10",
    "fused/map": "MAP",
    "open/ece": "ECE",
    "open/auroc": "AUROC",
    "open/aurc": "AURC",
    "open/coverage_at_precision_90": "coverage at 90 % precision",
    "open/passages_read": "passages read",
}
Scores = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


def write_report(
    output: Path,
    scores: Sequence[Scores],
    questions: Sequence[Rows],
    comparison: Mapping[str, Any] | None,
    names: Sequence[str],
) -> None:
    """Write the page: ``scores`` as `ragqa.eval.scores.score` gives them, ``questions`` as `browse` does, one of each
    for every run; ``comparison`` as `compare` gives it, of the first run and the last.
    """
    page = render(scores, questions, comparison, names)
    with storing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        replace_file(output, page.encode("utf-8", "replace"))


def render(
    scores: Sequence[Scores], questions: Sequence[Rows], comparison: Mapping[str, Any] | None, names: Sequence[str]
) -> str:
    """The page as text."""
    style, script = ((PAGE / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    data = {"runs": [{"name": name, "rows": list(rows)} for name, rows in zip(names, questions, strict=True)]}
    parts = list(dict.fromkeys(part for run in scores for part in run["parts"]))
    title = f"{scores[0]['run']['suite']}: {', '.join(names)}"
    runs = "; ".join(f"{name} ({run['run']['hash']})" for name, run in zip(names, scores, strict=True))
    links = "".join(f'<a href="#part-{escape(part, quote=True)}">{escape(part)}</a>' for part in parts)
    sections = "".join(
        _part(
            part, [(name, run["parts"][part]) for name, run in zip(names, scores, strict=True) if part in run["parts"]]
        )
        + _differences(part, comparison)
        for part in parts
    )
    policy = f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; base-uri 'none'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>"
        f'<h1>{escape(title)}</h1><p class="about">{escape(runs)}</p>'
        f"<nav>{links if len(parts) > 1 else ''}</nav>\n{sections}\n"
        '<section id="browse" hidden><h2>Questions</h2><div class="tools"></div><p class="count note"></p>'
        '<div class="list"></div><p class="note">Questions that were kept for looking at; figures above are of all.</p>'
        f'</section>\n<script type="application/json" id="questions">{_json(data)}</script>\n'
        f"<script>{script}</script></body></html>\n"
    )


def _part(name: str, runs: Sequence[tuple[str, Scores]]) -> str:
    count = runs[0][1]["n"]
    blocks = [
        _key_figures(runs),
        _retrieval(runs),
        _ladders(runs),
        _curves(runs),
        _causes(runs),
        _slices(runs),
        _costs(runs),
    ]
    anchor = escape(name, quote=True)
    return f'<section><h2 id="part-{anchor}">{escape(name)}: {count:,} questions</h2>{"".join(blocks)}</section>\n'


def _key_figures(runs: Sequence[tuple[str, Scores]]) -> str:
    rows = []
    for key, label in KEY_FIGURES.items():
        figures = [part["figures"].get(key) for _, part in runs]
        if any(figures):
            rows.append([escape(label), *(_figure(figure) for figure in figures)])
    return _table("Key figures, with 95 % intervals and n", ["", *(escape(name) for name, _ in runs)], rows)


def _retrieval(runs: Sequence[tuple[str, Scores]]) -> str:
    wanted = ("gold@1", "gold@5", "gold@20", "gold@100", "answer@20", "recall@100", "ndcg@10", "mrr", "map")
    rows = []
    for name, part in runs:
        for source in SOURCES:
            figures = [part["figures"].get(f"{source}/{measure}") for measure in wanted]
            if any(figures):
                cells = ["" if figure is None else _number(figure["value"]) for figure in figures]
                rows.append([f"{escape(name)}, {source}", *cells])
    return _table(
        "Retrieval: by gold passage and answer string in percent; recall, nDCG, MRR, MAP", ["", *wanted], rows
    )


def _ladders(runs: Sequence[tuple[str, Scores]]) -> str:
    charts = []
    for name, part in runs:
        rows = [(row["rung"], row["value"], f"{row['value']:.1f} % (lost {row['lost']:.1f})") for row in part["ladder"]]
        if rows:
            charts.append(_chart(f"From the corpus to the answer: {name}", bars(f"Ladder of {name}", rows)))
    return _pair(charts)


def _curves(runs: Sequence[tuple[str, Scores]]) -> str:
    def series(key: str) -> dict[str, Any]:
        return {name: part["curves"][key] for name, part in runs if part["curves"].get(key)}

    if not series("risk_coverage"):
        return ""
    reliability = {name: [point[:2] for point in points] for name, points in series("reliability").items()}
    budgets = []
    for key, label in (("em_by_read", "passages read at most"), ("em_by_ms", "milliseconds at most")):
        curves = series(key)
        top = nice_top(max(point[0] for points in curves.values() for point in points))
        chart = lines(f"EM against {label}", curves, label, "% of all answered right", x_top=top, y_top=100.0)
        budgets.append(_chart(f"Answered right within a budget: {label}", chart))
    risk = lines(
        "Risk against coverage", series("risk_coverage"), "coverage", "share wrong of those answered", x_top=1, y_top=1
    )
    trust = lines("Reliability", reliability, "score", "share right", x_top=1.0, y_top=1.0, diagonal=True, dots=True)
    return _pair([_chart("Risk and coverage", risk), _chart("Is a score a probability?", trust), *budgets])


def _causes(runs: Sequence[tuple[str, Scores]]) -> str:
    charts = []
    for name, part in runs:
        rows = [(row["cause"], row["share"], f"{row['n']:,} ({row['share']:.1f} %)") for row in part["causes"]]
        if rows:
            top = max(row[1] for row in rows)
            charts.append(_chart(f"Why answers are wrong: {name}", bars(f"Causes of error of {name}", rows, top)))
    return _pair(charts)


def _slices(runs: Sequence[tuple[str, Scores]]) -> str:
    tables = []
    for slice_name in runs[0][1]["slices"]:
        rows = []
        for row in runs[0][1]["slices"][slice_name]:
            cells = []
            for _, part in runs:
                own = next((one for one in part["slices"].get(slice_name, ()) if one["value"] == row["value"]), None)
                cells += ["", ""] if own is None else [_figure(own["em"]), _number(own["f1"]["value"])]
            rows.append([escape(row["value"]), *cells])
        head = [escape(slice_name), *(f"{escape(name)} {kind}" for name, _ in runs for kind in ("EM", "F1"))]
        tables.append(_table(f"By {slice_name}", head, rows))
    return _pair(tables)


def _costs(runs: Sequence[tuple[str, Scores]]) -> str:
    names = list(dict.fromkeys(key for _, part in runs for key in part["cost"]))
    rows = [[escape(key), *(f"{part['cost'].get(key, 0):,g}" for _, part in runs)] for key in names]
    return _table("Cost", ["", *(escape(name) for name, _ in runs)], rows)


def _differences(part: str, comparison: Mapping[str, Any] | None) -> str:
    if comparison is None or part not in comparison["parts"]:
        return ""
    one, other = (run["name"] for run in comparison["runs"])
    found = comparison["parts"][part]
    rows = [
        (row["measure"], row["difference"], row["low"], row["high"], f"{row['difference']:+.2f}, p {row['p_holm']:.3f}")
        for row in found["rows"]
        if not row["measure"].endswith(("/ndcg@10", "/map"))
    ]
    note = f"{other} − {one}, paired 95 % intervals, p after Holm's correction"
    if found.get("missing"):
        note += f"; {found['missing']:,} questions only one of them has"
    return f"<section>{_chart(note, forest(note, rows))}</section>\n" if rows else ""


def _figure(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return ""
    low, high = _number(figure["low"]), _number(figure["high"])
    return f"{_number(figure['value'])} <small>{low}–{high}, n {figure['n']:,}</small>"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) <= 1.0 else f"{value:.1f}"


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are markup already; nothing without rows."""
    if not rows:
        return ""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div></figure>'
    )


def _chart(caption: str, svg: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{svg}</figure>"


def _pair(figures: Sequence[str]) -> str:
    kept = [figure for figure in figures if figure]
    return f'<div class="pair">{"".join(kept)}</div>' if kept else ""


def _json(data: Any) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _source(content: str) -> str:
    """A policy's word for exactly this style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
