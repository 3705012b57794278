"""``ragqa recipes``."""

from __future__ import annotations

from pathlib import Path

import click

from ragqa.cli.terminal import say


@click.group()
def recipes() -> None:
    """Recipes: files that decide everything about a training run."""


@recipes.command()
def ls() -> None:
    """List the packaged recipes: name, kind, what they are for."""
    from ragqa.train.engine.recipe import describe, kind_of, packaged_recipes, read_recipe

    found = [(path.stem, kind_of(read_recipe(path)), describe(path)) for path in packaged_recipes()]
    widths = [max(len(row[column]) for row in found) for column in (0, 1)]
    for name, kind, about in found:
        say(f"{name:{widths[0]}}  {kind:{widths[1]}}  {about}".rstrip())


@recipes.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a recipe by NAME or path."""
    from ragqa.train.engine.recipe import find_recipe

    for line in find_recipe(name).read_text(encoding="utf-8").splitlines():
        say(line.expandtabs(4))


@recipes.command()
@click.argument("name")
@click.argument("target", type=click.Path(path_type=Path), default=".")
def copy(name: str, target: Path) -> None:
    """Copy a recipe by NAME to TARGET (a file or a folder), to change it."""
    from ragqa.train.engine.recipe import copy_recipe

    say(str(copy_recipe(name, target)))


@recipes.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> int:
    """Check recipe FILES: names, types, ranges. Exit code 2 if any is wrong."""
    from ragqa.errors import ConfigError
    from ragqa.train.engine.recipe import find_recipe, kind_of, read_recipe

    wrong = 0
    for file in files:
        try:
            say(f"{file}: a recipe for a {kind_of(read_recipe(find_recipe(str(file))))}")
        except ConfigError as error:
            wrong += 1
            say(" ".join(str(error).split()))
    return ConfigError.exit_code if wrong else 0
