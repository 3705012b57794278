"""``ragqa log``: the log of questions that a service keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ragqa.cli.terminal import note


@click.group()
def log() -> None:
    """Learn from the log of questions of a service.

    `ragqa serve --question-log FILE` writes it.
    """


@log.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="Write the questions with known answers, JSON lines.")
@click.option("--unanswered", type=click.Path(), help="Write the questions that could not be answered, JSON lines.")
@click.option("--index", "index_name", help="Only those to this index of the service.")
def export(file: str, output: str | None, unanswered: str | None, index_name: str | None) -> None:
    """Write what the log FILE teaches.

    Questions whose right answer somebody has told are written in a form that ragqa calibrate, mine, train and eval
    read; questions without an answer, the most frequent ones first, show what the documents lack.
    """
    from ragqa.serve import questionlog

    entries = [entry for entry in questionlog.read_log(Path(file)) if index_name is None or entry.index == index_name]
    for path, found in ((output, questionlog.labelled(entries)), (unanswered, questionlog.unanswered(entries))):
        if path is not None:
            _write(Path(path), found)
    counts = questionlog.counted(entries)
    note(
        f"{counts['asked']} questions, {counts['answered']} answered; said to be right {counts['right']}, "
        f"wrong {counts['wrong']}, without an answer {counts['none']}"
    )


def _write(path: Path, found: list[dict[str, Any]]) -> None:
    from ragqa.store.atomic import replace_file, storing

    with storing(path):
        replace_file(path, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found).encode())
    note(f"{path}: {len(found)} questions")
