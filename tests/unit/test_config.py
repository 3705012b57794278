from __future__ import annotations

import pytest

from ragqa.config import Config, load_config, override
from ragqa.errors import ConfigError


def test_defaults_then_file_then_settings_and_their_origins(tmp_path):
    path = tmp_path / "ragqa.toml"
    path.write_text("[retrieve]\ndense_weight = 0.3\ndepth = 50\n[index.split]\nwords = 80\n")
    config, origins = load_config(path, ["retrieve.depth=70", "read.reader=other"])
    assert (config.retrieve.dense_weight, config.retrieve.depth, config.index.split.words) == (0.3, 70, 80)
    assert config.read.reader == "other" and config.read.answers == Config().read.answers
    assert origins["retrieve.dense_weight"] == str(path) and origins["retrieve.depth"] == "--set"
    assert "read.answers" not in origins


def test_values_of_a_section_are_checked_together():
    config = override(Config(), {"index.split.words": 40, "index.split.overlap": 30})
    assert (config.index.split.words, config.index.split.overlap) == (40, 30)
    with pytest.raises(ConfigError, match=r"split\.overlap"):
        override(Config(), {"index.split.words": 20, "index.split.overlap": 30})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("retrieve.depht=3", "unknown setting"),
        ("retrieve=3", "unknown setting"),
        ("retrieve.depth.x=3", "unknown setting"),
        ("retrieve.depth=many", "expected int"),
        ("retrieve.depth=1.5", "expected int"),
        ("retrieve.dense_weight=2", "from 0 to 1"),
        ("retrieve.fusion=magic", "one of linear"),
        ("index.lexical=lucene", "one of tantivy"),
        ("retrieve.depth", "expected name=value"),
        ("=3", "expected name=value"),
    ],
)
def test_mistakes_are_named(setting, message):
    with pytest.raises(ConfigError, match=message):
        load_config(None, [setting])


def test_booleans_are_no_numbers(tmp_path):
    path = tmp_path / "ragqa.toml"
    path.write_text("[retrieve]\ndepth = true\n")
    with pytest.raises(ConfigError, match="expected int"):
        load_config(path)


@pytest.mark.parametrize("content", ["not toml [", None])
def test_unreadable_file(tmp_path, content):
    path = tmp_path / "ragqa.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"ragqa\.toml"):
        load_config(path)
