"""Recipes: TOML files that hold all settings of a training run. To make one, copy a packaged recipe and change it.

    kind = "reader"                 # reader, retriever, joint or reranker
    base = "all-MiniLM-L6-v2"       # what is trained: the packaged name, a folder or a hub name
    [train]                         # steps, learning rate, seed …: `TrainSettings`, the same for all kinds
    [data]                          # what a step is given
    [loss]                          # what is minimised
    [method]                        # which weights are trained, and how

Every setting has one dotted name (`ragqa train … --set train.lr=2e-5`). Names, types and ranges are checked before
anything is loaded.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ragqa.convert import flatten, misfit, one_of, override, parse_setting, read_toml
from ragqa.errors import ConfigError
from ragqa.train.engine.settings import (
    JointData,
    JointLoss,
    JointMethod,
    ReaderData,
    ReaderLoss,
    ReaderMethod,
    RerankerData,
    RerankerLoss,
    RerankerMethod,
    RetrieverData,
    RetrieverLoss,
    RetrieverMethod,
    TrainSettings,
)

RECIPES = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True, slots=True)
class ReaderRecipe:
    """Everything that decides how a reader is trained."""

    base: str = "all-MiniLM-L6-v2"
    train: TrainSettings = field(default_factory=TrainSettings)
    data: ReaderData = field(default_factory=ReaderData)
    loss: ReaderLoss = field(default_factory=ReaderLoss)
    method: ReaderMethod = field(default_factory=ReaderMethod)

    def __post_init__(self) -> None:
        """Refuse sections that contradict each other."""
        if self.loss.r_drop and not self.method.dropout:
            raise ConfigError("loss.r_drop compares two passes with different dropout: set method.dropout above 0")
        if self.train.eval_every and not self.data.held_out:
            raise ConfigError("train.eval_every scores held-out articles: set data.held_out above 0")
        if self.method.unfreeze_every and self.method.tune != "full":
            raise ConfigError("method.unfreeze_every goes with method.tune=full: the other ways say what moves")
        if self.method.tune == "adalora" and self.train.bf16:
            raise ConfigError(
                "method.tune=adalora prunes weights, which the fp32 copies of train.bf16 would bring back"
            )


@dataclass(frozen=True, slots=True)
class RetrieverRecipe:
    """Everything that decides how a retriever's encoder is trained."""

    base: str = "all-MiniLM-L6-v2"
    train: TrainSettings = field(default_factory=TrainSettings)
    data: RetrieverData = field(default_factory=RetrieverData)
    loss: RetrieverLoss = field(default_factory=RetrieverLoss)
    method: RetrieverMethod = field(default_factory=RetrieverMethod)

    def __post_init__(self) -> None:
        """Refuse settings of two sections that exclude each other."""
        if self.data.topical and (self.loss.objective != "infonce" or self.loss.chunk):
            raise ConfigError("data.topical is for loss.objective = 'infonce' without loss.chunk")


@dataclass(frozen=True, slots=True)
class JointRecipe:
    """Everything that decides how a question encoder and a reader are trained together; ``base`` names the encoder."""

    base: str = "default"
    reader: str = "default"
    train: TrainSettings = field(default_factory=TrainSettings)
    data: JointData = field(default_factory=JointData)
    loss: JointLoss = field(default_factory=JointLoss)
    method: JointMethod = field(default_factory=JointMethod)


@dataclass(frozen=True, slots=True)
class RerankerRecipe:
    """Everything that decides how a reranker (a cross-encoder) is trained."""

    base: str = "all-MiniLM-L6-v2"
    train: TrainSettings = field(default_factory=TrainSettings)
    data: RerankerData = field(default_factory=RerankerData)
    loss: RerankerLoss = field(default_factory=RerankerLoss)
    method: RerankerMethod = field(default_factory=RerankerMethod)

    def __post_init__(self) -> None:
        """Refuse sections that contradict each other."""
        if self.train.eval_every and not self.data.held_out:
            raise ConfigError("train.eval_every scores held-out articles: set data.held_out above 0")


Recipe = ReaderRecipe | RetrieverRecipe | JointRecipe | RerankerRecipe
KINDS: dict[str, type[ReaderRecipe] | type[RetrieverRecipe] | type[JointRecipe] | type[RerankerRecipe]] = {
    "reader": ReaderRecipe,
    "retriever": RetrieverRecipe,
    "joint": JointRecipe,
    "reranker": RerankerRecipe,
}
Kind = TypeVar("Kind", ReaderRecipe, RetrieverRecipe, JointRecipe, RerankerRecipe)


def load_recipe(name: str, kind: type[Kind], settings: Sequence[str] = ()) -> Kind:
    """A packaged recipe by name or a TOML file by path, then ``name=value`` settings; another kind is an error."""
    recipe = read_recipe(find_recipe(name))
    if not isinstance(recipe, kind):
        raise ConfigError(f"{name} is a recipe for a {kind_of(recipe)}, not for a {kind_of(kind())}")
    return override(recipe, dict(map(parse_setting, settings)), "--set")


def read_recipe(path: Path) -> Recipe:
    """A recipe of any kind from its file."""
    content = read_toml(path)
    kind = content.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ConfigError(f"{path}: {misfit('kind', kind, one_of(list(KINDS)))}, with which a recipe begins")
    return override(KINDS[kind](), dict(flatten(content)), str(path))


def find_recipe(name: str) -> Path:
    """The file of a packaged recipe, or the path itself; if there is neither, a `ConfigError` lists the recipes."""
    packaged = RECIPES / f"{name}.toml"
    path = packaged if packaged.is_file() else Path(name)
    if not path.is_file():
        choice = ", ".join(recipe.stem for recipe in packaged_recipes())
        raise ConfigError(f"{name}: neither a recipe file nor a packaged recipe ({choice})")
    return path


def packaged_recipes() -> list[Path]:
    """The files of the packaged recipes, by name."""
    return sorted(RECIPES.glob("*.toml"), key=lambda path: path.stem)


def describe(path: Path) -> str:
    """The first line of the comment at the top of a recipe; empty if it has none."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def kind_of(recipe: Recipe) -> str:
    """The name of a recipe's kind."""
    return next(name for name, kind in KINDS.items() if isinstance(recipe, kind))


def copy_recipe(name: str, target: Path) -> Path:
    """Copy a recipe to a new file; an existing file is a `ConfigError`."""
    if target.is_dir():
        target = target / f"{Path(name).stem}.toml"
    if target.exists():
        raise ConfigError(f"{target} exists already: choose another name")
    shutil.copyfile(find_recipe(name), target)
    return target
