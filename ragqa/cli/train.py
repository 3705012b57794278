"""``ragqa train``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from ragqa.cli.options import Command, device_option, index_option, locate_index
from ragqa.cli.terminal import note, say
from ragqa.device import AUTO


@click.group()
def train() -> None:
    """Train models on your own data.

    On several GPUs each has a process: torchrun --nproc-per-node 8 -m ragqa train …
    """


def run_options(output: str, recipe: str) -> Callable[[Command], Command]:
    """The options of every kind of run: where its result goes, its recipe, settings and device."""

    def add(command: Command) -> Command:
        for option in (
            device_option,
            click.option(
                "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a value of the recipe."
            ),
            click.option("--recipe", default=recipe, show_default=True, help="A packaged recipe or a TOML file."),
            click.option("-o", "--output", required=True, type=click.Path(), help=output),
        ):
            command = option(command)
        return command

    return add


def _made(line: str) -> None:
    """Print the result in the first process only; torchrun runs the same command in several processes."""
    if os.environ.get("RANK", "0") == "0":
        say(line)


@train.command()
@click.argument("data", nargs=-1, required=True, type=click.Path())
@run_options("Folder for the checkpoint.", recipe="reader-squad")
def reader(data: tuple[str, ...], output: str, recipe: str, settings: tuple[str, ...], device: str | None) -> None:
    """Fine-tune a reader on DATA, in SQuAD's format or mined; interrupted, the same command goes on.

    Writes a standard question-answering checkpoint. Several files are mixed (data.temperature).
    """
    from ragqa.models.runtime import is_prompted, require_torch

    require_torch("Training")
    from ragqa.train.engine.recipe import ReaderRecipe, load_recipe
    from ragqa.train.reader.fit import fit_reader

    made = fit_reader(data, Path(output), load_recipe(recipe, ReaderRecipe, settings), device=device or AUTO)
    if is_prompted(made):
        _made(f"{made}: a prompt (adapter) on its base; ragqa ask --reader {made} reads with both")
    else:
        _made(f"{made}: standard checkpoint with span heads; ragqa export {made} -o DIR makes the fast form")


@train.command()
@click.argument("data", nargs=-1, required=True, type=click.Path())
@run_options("Folder for the encoder.", recipe="retriever-squad")
def retriever(data: tuple[str, ...], output: str, recipe: str, settings: tuple[str, ...], device: str | None) -> None:
    """Fine-tune the dense encoder on DATA; interrupted, the same command goes on.

    DATA are SQuAD-format files, files of ragqa mine, or with data.weak the documents themselves. With
    method.towers=question the vectors of passages do not change, so an index stays valid.
    """
    from ragqa.models.runtime import require_torch

    require_torch("Training")
    from ragqa.train.engine.recipe import RetrieverRecipe, load_recipe
    from ragqa.train.retriever.fit import fit_retriever

    chosen = load_recipe(recipe, RetrieverRecipe, settings)
    made = fit_retriever(data, output, chosen, note=note, device=device or AUTO)
    if chosen.method.towers == "question":
        _made(f"{made}: question encoder; ask the index that is there with --encoder {made}")
    else:
        _made(f"{made}: sentence-transformers encoder; index again with --encoder {made}")


@train.command()
@click.argument("data", nargs=-1, required=True, type=click.Path())
@run_options("Folder for the checkpoint.", recipe="reranker-mined")
def reranker(data: tuple[str, ...], output: str, recipe: str, settings: tuple[str, ...], device: str | None) -> None:
    """Fine-tune a reranker (a cross-encoder) on DATA, files of ragqa mine; interrupted, the same command goes on.

    Writes a standard checkpoint with one label. DATA may be in SQuAD's format too; negatives are other passages then.
    """
    from ragqa.models.runtime import require_torch

    require_torch("Training")
    from ragqa.train.engine.recipe import RerankerRecipe, load_recipe
    from ragqa.train.reranker.fit import fit_reranker

    chosen = load_recipe(recipe, RerankerRecipe, settings)
    made = fit_reranker(data, output, chosen, note=note, device=device or AUTO)
    _made(f"{made}: ask with --reranker {made}; ragqa export {made} --as reranker -o DIR makes the fast form")


@train.command()
@click.option("--questions", required=True, type=click.Path(), help="Questions with answers, in any form eval reads.")
@index_option
@run_options("Folder for the encoder and the reader.", recipe="joint-qa")
def joint(
    questions: str, index_dir: str | None, output: str, recipe: str, settings: tuple[str, ...], device: str | None
) -> None:
    """Fine-tune question encoder and reader together on an index; interrupted, the same command goes on.

    It needs questions and answers only. The vectors of passages do not change; with method.refresh_every they are
    trained as well, in a copy of the index.
    """
    from ragqa.models.runtime import require_torch

    directory = locate_index(index_dir)
    require_torch("Training")
    from ragqa.train.engine.recipe import JointRecipe, load_recipe
    from ragqa.train.joint.fit import fit_joint

    chosen = load_recipe(recipe, JointRecipe, settings)
    made = fit_joint(directory, questions, output, chosen, device=device or AUTO)
    if not chosen.method.refresh_every:
        _made(f"{made}: ask with -i {directory} --encoder {made / 'encoder'} --reader {made / 'reader'}")
        return
    models = f"--encoder {made / 'encoder'} --reader {made / 'reader'}"
    _made(f"{made}: ask with -i {made / 'index'} {models}; {directory} is as it was")
    _made(f"documents of your own: ragqa index FOLDER --encoder {made / 'encoder'}")
