"""Renders scores, questions and a comparison as one self-contained HTML page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from ragqa.errors import StorageError
from ragqa.eval.page import sections
from ragqa.eval.page.browsing import browsing_data, embedded_json
from ragqa.eval.page.markup import Html, el, many
from ragqa.eval.page.tables import ordered
from ragqa.eval.page.words import name_runs
from ragqa.store.atomic import replace_file, storing

PAGE = Path(__file__).parent


def write_report(
    output: Path,
    scores: Sequence[Mapping[str, Any]],
    questions: Sequence[Sequence[Mapping[str, Any]]],
    comparison: Mapping[str, Any] | None,
    names: Sequence[str],
) -> None:
    """Write the page on one or more runs to ``output``, completely or not at all; missing folders are made.

    ``scores``, ``questions`` and ``names`` have one entry for each run, in the same order; ``comparison`` compares the
    first run with the last. In a row of ``questions`` em and f1 are percent, start and end code points in the passage's
    text. `StorageError` if the page cannot be written.
    """
    page = render(scores, questions, comparison, names)
    if output.is_dir():
        raise StorageError(f"{output}: is a folder, choose the name of a file for the report")
    with storing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        replace_file(output, page.encode("utf-8", "xmlcharrefreplace"))


def render(
    scores: Sequence[Mapping[str, Any]],
    questions: Sequence[Sequence[Mapping[str, Any]]],
    comparison: Mapping[str, Any] | None,
    names: Sequence[str],
) -> str:
    """The page as text. It loads nothing and runs only its own script; without the script it shows everything except
    the questions.
    """
    if not scores or not len(scores) == len(questions) == len(names):
        raise ValueError(f"{len(scores)} scores, {len(questions)} lists of questions and {len(names)} names")
    runs = name_runs(scores, names)
    parts = ordered(run.scores["parts"] for run in runs)
    data = browsing_data(questions, [run.name for run in runs])
    links = {(row["part"], row["id"]): (place, row["question"]) for place, row in enumerate(data["rows"])}
    body = many(
        sections.overview(parts, runs),
        (sections.part_section(place, part, runs, comparison, links) for place, part in enumerate(parts, 1)),
    )
    style, script = _file("style.css"), many(_file("question.js"), _file("page.js"))
    suites = ", ".join(ordered([str(run.scores["run"]["suite"])] for run in runs))
    return Template(_file("template.html")).substitute(
        policy=_policy(style, script),
        title=many(f"{suites}: {', '.join(run.name for run in runs)}"),
        style=style,
        header=sections.header(runs),
        navigation=sections.navigation(parts, browse=bool(data["rows"])),
        body=body,
        browse=_file("browse.html") if data["rows"] else el("p", "No questions were kept for browsing.", class_="note"),
        data=embedded_json(data),
        script=script,
    )


def _file(name: str) -> Html:
    return Html((PAGE / name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    """The content security policy: nothing may be loaded, and only this script and this style are allowed, by their
    hashes.
    """
    own = f"script-src {_hash(script)}; style-src {_hash(style)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
