"""Recipes: all packaged ones are valid, mistakes are named, a copy is one's own."""

from __future__ import annotations

import pytest

from ragqa.errors import ConfigError
from ragqa.train.engine.recipe import (
    ReaderRecipe,
    RetrieverRecipe,
    copy_recipe,
    load_recipe,
    packaged_recipes,
    read_recipe,
)


@pytest.mark.parametrize("path", packaged_recipes(), ids=lambda path: path.stem)
def test_every_packaged_recipe_is_valid(path):
    assert read_recipe(path).train.steps > 0


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (["train.stepz=3"], r"^--set: unknown key train\.stepz \(did you mean train\.steps\?\)"),
        (["steps=3"], r"unknown key steps \(did you mean train\.steps\?\)"),
        (["train.steps=3"], "warmup_steps"),
        (["train.steps=many"], "train.steps is 'many': expected a whole number"),
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


def run(*line):
    from click.testing import CliRunner

    from ragqa.cli import cli

    return CliRunner().invoke(cli, ["recipes", *map(str, line)], standalone_mode=False)


def test_ls_names_kind_and_purpose_of_each():
    lines = run("ls").output.splitlines()
    assert [line.split()[0] for line in lines] == [path.stem for path in packaged_recipes()]
    lora = next(line for line in lines if line.startswith("reader-lora"))
    assert lora.split()[1] == "reader" and "Low-rank adapters (LoRA)" in lora and "#" not in lora


def test_show_prints_the_file_and_copy_makes_ones_own(tmp_path):
    shown = run("show", "reader-squad").output
    assert run("copy", "reader-squad", tmp_path / "mine.toml").output.strip() == str(tmp_path / "mine.toml")
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == shown
    assert run("show", tmp_path / "mine.toml").output == shown


def test_check_has_a_line_for_each_file_and_its_exit_code(tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('kind = "reader"\n')
    bad.write_text('kind = "reader"\n[method]\ntune = "magic"\n')
    fine = run("check", good, "reader-squad")
    assert fine.return_value == 0 and fine.output.splitlines()[0] == f"{good}: a recipe for a reader"
    found = run("check", good, bad, tmp_path / "none.toml")
    lines = found.output.splitlines()
    assert found.return_value == 2 and len(lines) == 3
    assert str(bad) in lines[1] and "method.tune" in lines[1] and "none.toml" in lines[2]
