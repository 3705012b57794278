"""Recipes: all packaged ones are valid, mistakes are named, a copy is one's own."""

from __future__ import annotations

import pytest

from ragqa.errors import ConfigError
from ragqa.train.recipe import ReaderRecipe, RetrieverRecipe, copy_recipe, load_recipe, packaged_recipes, read_recipe


@pytest.mark.parametrize("path", packaged_recipes(), ids=lambda path: path.stem)
def test_every_packaged_recipe_is_valid(path):
    assert read_recipe(path).train.steps > 0


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (["train.stepz=3"], "unknown setting"),
        (["steps=3"], "unknown setting"),
        (["train.steps=3"], "warmup_steps"),
        (["train.steps=many"], "expected int"),
        (["method.tune=magic"], "method.tune"),
        (["data.negatives=1.5"], "from 0 to 1"),
        (["train.lr"], "name=value"),
    ],
)
def test_mistakes_are_named(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load_recipe("reader-minilm", ReaderRecipe, settings)


def test_another_kind_or_none_is_named(tmp_path):
    with pytest.raises(ConfigError, match="for a reader, not for a retriever"):
        load_recipe("reader-minilm", RetrieverRecipe)
    with pytest.raises(ConfigError, match="packaged recipe"):
        load_recipe("nonsense", ReaderRecipe)
    (tmp_path / "mine.toml").write_text('base = "x"\n')
    with pytest.raises(ConfigError, match="kind is None"):
        read_recipe(tmp_path / "mine.toml")


def test_settings_reach_their_section():
    recipe = load_recipe("reader-minilm", ReaderRecipe, ["train.lr=2e-5", "method.freeze=a,b"])
    assert recipe.train.lr == 2e-5 and recipe.method.freeze == ("a", "b") and recipe.data.crop_tokens == 104


def test_a_copy_is_ones_own(tmp_path):
    copied = copy_recipe("reader-minilm", tmp_path)
    assert read_recipe(copied) == load_recipe("reader-minilm", ReaderRecipe)
    with pytest.raises(ConfigError, match="exists already"):
        copy_recipe("reader-minilm", copied)
