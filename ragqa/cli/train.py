"""``ragqa train``."""

from __future__ import annotations

from pathlib import Path

import click

from ragqa.cli.options import index_option, locate_index
from ragqa.cli.terminal import note, say


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
    from ragqa.train.engine.recipe import ReaderRecipe, load_recipe
    from ragqa.train.reader.fit import fit_reader

    made = fit_reader(data, Path(output), load_recipe(recipe, ReaderRecipe, settings))
    if is_prompted(made):
        say(f"{made}: a prompt (adapter) on its base; ragqa ask --reader {made} reads with both")
    else:
        say(f"{made}: standard checkpoint with span heads; ragqa export {made} -o DIR makes the fast form")


@train.command()
@click.argument("data", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the encoder.")
@click.option("--recipe", default="retriever-squad", show_default=True, help="A packaged recipe or a TOML file.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a value of the recipe.")
def retriever(data: tuple[str, ...], output: str, recipe: str, settings: tuple[str, ...]) -> None:
    """Fine-tune the dense encoder on DATA; interrupted, the same command goes on.

    DATA are SQuAD-format files, files of ragqa mine, or with data.weak the documents themselves. With
    method.towers=question passages stay as they are indexed.
    """
    from ragqa.models.runtime import require_torch

    require_torch("Training")
    from ragqa.train.engine.recipe import RetrieverRecipe, load_recipe
    from ragqa.train.retriever.fit import fit_retriever

    chosen = load_recipe(recipe, RetrieverRecipe, settings)
    made = fit_retriever(data, output, chosen, note=note)
    if chosen.method.towers == "question":
        say(f"{made}: question encoder; ask the index that is there with --encoder {made}")
    else:
        say(f"{made}: sentence-transformers encoder; index again with --encoder {made}")


@train.command()
@click.option("--questions", required=True, type=click.Path(), help="Questions with answers, in any form eval reads.")
@index_option
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the encoder and the reader.")
@click.option("--recipe", default="joint-qa", show_default=True, help="A packaged recipe or a TOML file.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a value of the recipe.")
def joint(questions: str, index_dir: str | None, output: str, recipe: str, settings: tuple[str, ...]) -> None:
    """Fine-tune question encoder and reader together on an index; interrupted, the same command goes on.

    Questions and answers are all it needs. Passages stay as they are indexed; with method.refresh_every they move as
    well, in a copy of the index.
    """
    from ragqa.models.runtime import require_torch

    directory = locate_index(index_dir)
    require_torch("Training")
    from ragqa.train.engine.recipe import JointRecipe, load_recipe
    from ragqa.train.joint.fit import fit_joint

    chosen = load_recipe(recipe, JointRecipe, settings)
    made = fit_joint(directory, questions, output, chosen)
    if not chosen.method.refresh_every:
        say(f"{made}: ask with -i {directory} --encoder {made / 'encoder'} --reader {made / 'reader'}")
        return
    models = f"--encoder {made / 'encoder'} --reader {made / 'reader'}"
    say(f"{made}: ask with -i {made / 'index'} {models}; {directory} is as it was")
    say(f"documents of your own: ragqa index FOLDER --encoder {made / 'encoder'}")
