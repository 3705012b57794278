from __future__ import annotations

import dataclasses

import pytest

from ragqa.config import Config, ReadConfig, RetrieveConfig, SplitConfig, load_config
from ragqa.convert import override
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
        (
            "retrieve.depht=3",
            r"^--set: unknown key retrieve.depht \(did you mean retrieve.depth\?\): expected one ",
        ),
        ("depth=3", r"unknown key depth \(did you mean retrieve.depth\?\): expected one of index, retrieve, read"),
        ("retrieve=3", "retrieve is '3': expected a table of fusion"),
        ("retrieve.depth.x=3", r"retrieve.depth is {'x': '3'}: expected a whole number"),
        ("retrieve.depth=many", "^--set: retrieve.depth is 'many': expected a whole number$"),
        ("retrieve.depth=1.5", "expected a whole number"),
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
    with pytest.raises(ConfigError, match=r"ragqa\.toml: retrieve\.depth is True: expected a whole number$"):
        load_config(path)


@pytest.mark.parametrize("content", ["not toml [", None])
def test_unreadable_file(tmp_path, content):
    path = tmp_path / "ragqa.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"ragqa\.toml"):
        load_config(path)


NUMBERS = [
    (RetrieveConfig, "retrieve", ("dense_scale", "dense_weight"), ("rrf_k", "depth", "rerank_depth")),
    (ReadConfig, "read", ("risk", "min_score", "change"), ("passages", "answers", "max_answer_chars")),
    (SplitConfig, "index.split", (), ("words", "overlap")),
]


def test_every_number_is_in_the_table():
    """A new one gets its check by being a field; here, that it is tried."""
    for section, _, floats, whole in NUMBERS:
        kinds = {item.name: str(item.type) for item in dataclasses.fields(section)}
        assert {name for name, kind in kinds.items() if kind.startswith("float")} == set(floats)
        assert {name for name, kind in kinds.items() if kind == "int"} == set(whole)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1e400", "1e400", "NaN", "1e9999999999"])
@pytest.mark.parametrize(("section", "place", "floats", "whole"), NUMBERS, ids=["retrieve", "read", "split"])
def test_what_is_no_number_is_refused_from_text_and_in_python(section, place, floats, whole, value):
    for name in floats:
        with pytest.raises(ConfigError, match=name):
            load_config(None, [f"{place}.{name}={value}"])
        with pytest.raises(ConfigError, match=name):
            section(**{name: float(value)})
    for name in whole:
        with pytest.raises(ConfigError, match=name):
            load_config(None, [f"{place}.{name}={value}"])
        with pytest.raises(ConfigError, match=name):
            section(**{name: float(value)})


@pytest.mark.parametrize("value", [10**12, -(10**12), 10**400, -1, True, 2.5, "3", [1]])
@pytest.mark.parametrize(("section", "place", "floats", "whole"), NUMBERS, ids=["retrieve", "read", "split"])
def test_counts_that_cannot_be_are_refused(tmp_path, section, place, floats, whole, value):
    for name in whole:
        with pytest.raises(ConfigError) as error:
            section(**{name: value})
        assert len(str(error.value)) < 300 and len(str(error.value).splitlines()) == 1
        if type(value) is int:
            with pytest.raises(ConfigError):
                override(Config(), {f"{place}.{name}": value})
            with pytest.raises(ConfigError):
                override(Config(), {f"{place}.{name}": str(value)[:4000]})


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("read.min_score=-0.1", "from 0 to 1"),
        ("read.min_score=1.5", "from 0 to 1"),
        ("read.risk=0", "above 0 and below 1"),
        ("read.risk=-1", "above 0 and below 1"),
        ("retrieve.dense_scale=-1", "at least 0"),
        ("read.passages=0", "at least 1"),
        ("retrieve.depth=0", "at least 1"),
    ],
)
def test_ranges(setting, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load_config(None, [setting])


def test_a_whole_number_fits_a_share_but_not_any_whole_number(tmp_path):
    path = tmp_path / "ragqa.toml"
    path.write_text("[read]\nmin_score = 1\n")
    assert load_config(path)[0].read.min_score == 1.0
    for content in ("[read]\nmin_score = 1" + "0" * 400, "[read]\nmin_score = nan", "[retrieve]\ndense_scale = inf"):
        path.write_text(content)
        with pytest.raises(ConfigError):
            load_config(path)


@pytest.mark.parametrize("content", ["a = " + "[" * 100_000, "a = 1" + "0" * 10_000, "\x00", "a = '\x1b'"])
def test_files_that_break_the_parser(tmp_path, content):
    (tmp_path / "ragqa.toml").write_text(content)
    with pytest.raises(ConfigError, match=r"ragqa\.toml"):
        load_config(tmp_path / "ragqa.toml")
