"""``ragqa forms``."""

from __future__ import annotations

import click

from ragqa.cli.terminal import print_json


@click.command()
@click.argument("questions", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="The file to write, SQuAD v2.0's format.")
@click.option("--share", default=0.3, show_default=True, help="Of the questions, in another form.")
@click.option("--lookalikes", default=0.2, show_default=True, help="Of the questions, changed so that none answers.")
@click.option("--seed", default=1, show_default=True, help="The same seed, the same file.")
def forms(questions: str, output: str, share: float, lookalikes: float, seed: int) -> None:
    """Write questions as people type them, made from QUESTIONS (SQuAD format), to train a reader on.

    Keywords, lower case, typing errors and fragments keep their answers. Lookalikes have none: a name, number or
    relation is changed to one that the paragraph does not hold. English and Chinese.
    """
    from dataclasses import asdict

    from ragqa.mining.forms import Shares, rewrite_file

    report = rewrite_file(questions, output, Shares(share, lookalikes), seed)
    print_json({"output": output, **asdict(report)})
