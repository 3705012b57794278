"""`ragqa models soup`: the average, as a checkpoint that loads; and what it refuses."""

from __future__ import annotations

import json
import shutil

import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")
transformers = pytest.importorskip("transformers", reason="needs ragqa[train]")

from safetensors.torch import load_file, save_file  # noqa: E402

from ragqa.errors import ConfigError, ModelError  # noqa: E402
from ragqa.models.catalog import load_reader  # noqa: E402
from ragqa.train.checkpoints.soup import soup  # noqa: E402


def variant(base, folder, change):
    shutil.copytree(base, folder)
    weights = {name: change(name, value) for name, value in load_file(str(base / "model.safetensors")).items()}
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    return folder


def test_soup_is_the_average_and_reads(tiny_base, tmp_path):
    from click.testing import CliRunner

    from ragqa.cli import cli

    higher = variant(tiny_base, tmp_path / "higher", lambda _, value: value + 3.0)
    lower = variant(tiny_base, tmp_path / "lower", lambda _, value: value - 6.0)
    (tiny_base / "run.json").write_text("{}")
    line = ["models", "soup", *map(str, (tiny_base, higher, lower)), "-o", str(tmp_path / "soup")]
    done = CliRunner().invoke(cli, line, standalone_mode=False)
    (tiny_base / "run.json").unlink()
    assert done.exception is None and "average of 3 checkpoints" in done.output
    plain = load_file(str(tiny_base / "model.safetensors"))
    for name, value in load_file(str(tmp_path / "soup" / "model.safetensors")).items():
        torch.testing.assert_close(value, plain[name] - 1.0)
    assert load_reader(str(tmp_path / "soup")).read_texts(["Where?"], ["Here."])[0].spans
    assert not (tmp_path / "soup" / "run.json").exists()


def test_other_shapes_tokenizers_and_kinds_are_refused(tiny_base, tmp_path):
    wide = variant(
        tiny_base, tmp_path / "wide", lambda name, value: value.repeat(2) if "qa_outputs.bias" in name else value
    )
    words = variant(tiny_base, tmp_path / "words", lambda _, value: value)
    content = json.loads((words / "tokenizer.json").read_text())
    content["model"]["vocab"]["rhine"], content["model"]["vocab"]["elbe"] = 1, 2
    (words / "tokenizer.json").write_text(json.dumps(content))
    kind = variant(tiny_base, tmp_path / "kind", lambda _, value: value)
    config = json.loads((kind / "config.json").read_text()) | {"model_type": "electra"}
    (kind / "config.json").write_text(json.dumps(config))
    for other, complaint in ((wide, r"\(4,\) in .*wide"), (words, "another tokenizer"), (kind, "is a electra")):
        with pytest.raises(ModelError, match=complaint):
            soup([tiny_base, other], tmp_path / "soup")
        assert not (tmp_path / "soup").exists()
    with pytest.raises(ModelError, match="not a standard checkpoint"):
        soup([tiny_base, tmp_path], tmp_path / "soup")
    with pytest.raises(ConfigError, match="at least two"):
        soup([tiny_base], tmp_path / "soup")
    with pytest.raises(ConfigError, match="exists already"):
        soup([tiny_base, tiny_base], tmp_path / "wide")
