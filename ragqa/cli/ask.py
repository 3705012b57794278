"""``ragqa ask`` and ``ragqa search``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from ragqa.cli.options import (
    answering_config,
    answering_options,
    device_option,
    encoder_option,
    fusion_option,
    index_option,
    locate_index,
    parse_where,
    reranker_option,
    settings_options,
    where_option,
)
from ragqa.cli.questions import Asking, asked
from ragqa.cli.terminal import Styled, note, print_json, say

if TYPE_CHECKING:
    from ragqa.explanation import Explanation
    from ragqa.filters import Filter
    from ragqa.pipeline import Pipeline
    from ragqa.types import Reply


@click.command(cls=Asking)
@click.argument("question", nargs=-1)
@index_option
@answering_options
@click.option("--file", "file", type=click.Path(), help="Questions from a file, one a line (- for stdin).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--jsonl", is_flag=True, help="One JSON object a line.")
@click.option("--explain", "why", is_flag=True, help="Show what each stage saw, and why the answer is what it is.")
@where_option
@settings_options
def ask(
    question: tuple[str, ...],
    index_dir: str | None,
    file: str | None,
    as_json: bool,
    jsonl: bool,
    why: bool,
    where: tuple[str, ...],
    config_file: str | None,
    settings: tuple[str, ...],
    **answering: Any,
) -> None:
    """Ask a QUESTION.

    The answer comes with its score, its sentence and its place.
    """
    from ragqa.cli.explaining import print_explanation
    from ragqa.cli.output import note_unchecked, note_unpromised, print_reply
    from ragqa.cli.progress import progress_bar

    config = answering_config(config_file, settings, answering)
    filters = parse_where(where)
    questions = asked(question, file)
    directory = locate_index(index_dir)
    from ragqa.pipeline import Pipeline

    with ExitStack() as bar:
        progress = bar.enter_context(progress_bar())
        progress("loading", 0, None)
        pipeline = Pipeline.load(directory, config)
        promised = not note_unpromised(pipeline)
        progress("answering", 0, len(questions))
        for number, (reply, explanation) in enumerate(_replies(pipeline, questions, filters, why), 1):
            if sys.stdout.isatty():
                bar.close()  # printed replies show the progress from here on
            else:
                progress("answering", number, len(questions))
            if as_json or jsonl:
                more = {"explanation": explanation.to_dict()} if explanation else {}
                print_json({**reply.to_dict(), **more}, indent=None if jsonl else 2)
                continue
            if file is not None:
                say()
                say(Styled(reply.question, underline=True))
            print_reply(reply, promised=promised)
            if explanation:
                print_explanation(explanation)
    note_unchecked(pipeline.snapshot)


@click.command(cls=Asking)
@click.argument("question", nargs=-1)
@index_option
@click.option("-k", "count", type=click.IntRange(1), default=10, show_default=True, help="Passages to show.")
@click.option("--json", "as_json", is_flag=True, help="A JSON array of hits.")
@encoder_option
@fusion_option
@reranker_option
@device_option
@where_option
@settings_options
def search(
    question: tuple[str, ...],
    index_dir: str | None,
    count: int,
    as_json: bool,
    where: tuple[str, ...],
    config_file: str | None,
    settings: tuple[str, ...],
    **searching: Any,
) -> None:
    """Show the passages nearest to a QUESTION.

    They are not read for an answer.
    """
    from ragqa.cli.output import note_unchecked, print_hit
    from ragqa.cli.progress import progress_bar

    config = answering_config(config_file, settings, searching)
    filters = parse_where(where)
    (text,) = asked(question, None)
    directory = locate_index(index_dir)
    from ragqa.pipeline import Pipeline

    with progress_bar() as progress:
        progress("searching", 0, None)
        pipeline = Pipeline.load(directory, config, reads=False)
        hits = pipeline.search(text, count, where=filters)
    note_unchecked(pipeline.snapshot)
    if as_json:
        print_json([hit.to_dict() for hit in hits])
        return
    for hit in hits:
        print_hit(hit)
    if not hits:
        note("no passage matches")


def _replies(
    pipeline: Pipeline, questions: Sequence[str], where: Filter | None, why: bool
) -> Iterator[tuple[Reply, Explanation | None]]:
    """Replies in order. With explanations, questions are asked one at a time."""
    if not why:
        yield from ((reply, None) for reply in pipeline.ask_iter(questions, where=where))
        return
    for question in questions:
        explanation = pipeline.explain(question, where=where)
        yield explanation.reply, explanation
