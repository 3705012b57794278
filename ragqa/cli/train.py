"""``ragqa train``."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def train() -> None:
    """Train models on your own data."""


@train.command()
@click.argument("data", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the checkpoint.")
@click.option("--recipe", default="reader-squad", show_default=True, help="A packaged recipe or a TOML file.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a value of the recipe.")
def reader(data: tuple[str, ...], output: str, recipe: str, settings: tuple[str, ...]) -> None:
    """Fine-tune a reader on DATA, in SQuAD's format or mined; interrupted, the same command goes on.

    Writes a standard question-answering checkpoint. Several files are mixed (data.temperature).
    """
    from ragqa.models.runtime import is_prompted, require_torch

    require_torch("Training")
    from ragqa.train.reader import fit_reader
    from ragqa.train.recipe import ReaderRecipe, load_recipe

    made = fit_reader(data, Path(output), load_recipe(recipe, ReaderRecipe, settings))
    if is_prompted(made):
        click.echo(f"{made}: a prompt (adapter) on its base; ragqa ask --reader {made} reads with both")
    else:
        click.echo(f"{made}: standard checkpoint with span heads; ragqa export {made} -o DIR makes the fast form")
