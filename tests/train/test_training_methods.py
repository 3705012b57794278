"""The script behind the table "what each method is worth": on a tiny base, two cells and a soup, then the table."""

from __future__ import annotations

import argparse
import json

import pytest

pytest.importorskip("torch", reason="needs ragqa[train]")


@pytest.fixture
def script(eval_script):
    return eval_script("training_methods")


@pytest.mark.slow
def test_cells_soup_and_table(script, squad_file, tiny_base, tmp_path):
    arguments = argparse.Namespace(
        train=squad_file,
        dev=squad_file,
        output=tmp_path,
        questions=4,
        steps=2,
        sample=5,
        base=str(tiny_base),
        batch_size=2,
        max_length=64,
        teacher=str(tiny_base),
        also="",
    )
    for method, seed in script.cells(["full", "prompt", "distilled", "soup"], [1]):
        if not script.result_file(arguments, method, seed).exists():
            script.run_cell(arguments, method, seed)
    budget = json.loads(script.budget(arguments, "train").read_text())
    assert sum(len(own["qas"]) for article in budget["data"] for own in article["paragraphs"]) == 4
    lines = script.table(arguments, ["full", "prompt", "distilled", "soup"], [1]).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["full", "prompt", "distilled", "soup"]
    assert {line.count("|") for line in lines} == {9}
    rows = {row["method"]: row for row in json.loads((tmp_path / "table.json").read_text())["rows"]}
    assert rows["prompt"]["trainable"] == 20 * 32 + 2 * 32 + 2 < rows["full"]["trainable"]
    assert rows["soup"]["seconds"] > rows["full"]["seconds"]
    assert rows["soup"]["peak_mb"] >= rows["full"]["peak_mb"] > 50
    for row in rows.values():
        assert row["em"][1] <= row["em"][0] <= row["em"][2] and row["em"][0] <= row["f1"][0]
    shorter = script.result_file(arguments, "full", 2)
    kept = json.loads(shorter.read_text())
    shorter.write_text(json.dumps({**kept, "em": kept["em"][:3], "f1": kept["f1"][:3]}))
    script.table(arguments, ["full", "prompt"], [1])
    assert json.loads((tmp_path / "table.json").read_text())["sample"] == 5
    script.table(arguments, ["full"], [1, 2])
    assert json.loads((tmp_path / "table.json").read_text())["sample"] == 3


def test_every_method_is_a_valid_recipe(script):
    arguments = argparse.Namespace(steps=100, batch_size=32, base="x", max_length=320, teacher="default")
    for method in script.METHODS:
        recipe = script.recipe_of(arguments, method, 1)
        assert recipe.train.steps == 100 and recipe.train.seed == 1
