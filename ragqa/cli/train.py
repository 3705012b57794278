"""``ragqa train``."""

from __future__ import annotations

from pathlib import Path

import click

from ragqa.cli.interrupt import interruptible


@click.group()
def train() -> None:
    """Train models on your own data."""


@train.command()
@click.argument("data", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the checkpoint.")
@click.option("--recipe", default="reader-minilm", show_default=True, help="A packaged recipe or a TOML file.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a value of the recipe.")
@click.option("--resume", is_flag=True, help="Go on from the newest intermediate checkpoint.")
def reader(data: tuple[str, ...], output: str, recipe: str, settings: tuple[str, ...], resume: bool) -> None:
    """Fine-tune a reader on SQuAD-format DATA.

    Writes a standard question-answering checkpoint.
    """
    from ragqa.models.runtime import require_torch

    require_torch("Training")
    from ragqa.train.reader import train_reader
    from ragqa.train.recipe import load_reader_recipe

    with interruptible(f"add --resume to go on from the newest checkpoint in {Path(output) / 'steps'}"):
        made = train_reader(data, Path(output), load_reader_recipe(recipe, settings), resume=resume)
    click.echo(f"{made}: standard checkpoint with span heads; ragqa export {made} -o DIR makes the fast form")
