"""Suites are checked whole before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragqa.errors import ConfigError, SourceError
from ragqa.eval.runs.suite import config_for, load_suite, locate

ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "eval" / "suites").glob("*.toml"))
GOOD = """
task = "open"
depth = 50
ks = [1, 20]
[set]
read.passages = 5
[parts.main]
corpus = ["corpus.txt"]
questions = "questions.jsonl"
language = "de"
[parts.main.set]
"retrieve.dense_weight" = 0.2
"""


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_every_shipped_suite_is_valid(path):
    suite = load_suite(path)
    assert suite.description and suite.parts
    assert path.stem == "sample" or all(part.about.startswith("https://") for part in suite.parts)


def test_all_the_suites_are_shipped():
    wanted = {"sample", "squad-open", "squad-reading", "shifts", "policy", "xquad", "ir"}
    assert wanted <= {path.stem for path in SHIPPED}


def suite_of(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_settings_and_where_they_came_from(tmp_path):
    suite = load_suite(suite_of(tmp_path, GOOD))
    (part,) = suite.parts
    assert (suite.name, suite.depth, suite.ks, part.index) == ("mine", 50, (1, 20), "eval-mine-main")
    config, origins = config_for(suite, part, ["read.passages=7"])
    assert (config.read.passages, config.retrieve.dense_weight, config.index.language) == (7, 0.2, "de")
    assert origins["read.passages"] == "--set"
    assert "parts.main.set" in origins["retrieve.dense_weight"]


def test_a_language_without_a_stemmer_gets_plain_words(tmp_path):
    suite = load_suite(suite_of(tmp_path, GOOD.replace('"de"', '"pl"')))
    assert config_for(suite, suite.parts[0])[0].index.language == "simple"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('task = "open"', 'task = "opne"', "task is 'opne': expected one of open"),
        ('task = "open"', "", "task is missing"),
        ("depth = 50", 'depth = "fifty"', "depth"),
        ("depth = 50", "depth = 10", "ks"),
        ("ks = [1, 20]", 'ks = ["1"]', "ks"),
        ("depth = 50", "dephts = 50", "unknown key dephts"),
        ("read.passages = 5", "read.pasages = 5", "pasages"),
        ("read.passages = 5", "read.passages = 0", "at least 1"),
        ('questions = "questions.jsonl"', "", "questions is missing"),
        ('corpus = ["corpus.txt"]', "", "corpus is .*: expected files"),
        ('language = "de"', 'corpus_format = "pdf"', "corpus_format"),
        ('language = "de"', 'questions_format = "x"', "questions_format"),
        ('language = "de"', 'index = "../elsewhere"', "expected a name of letters"),
        ("[parts.main]", "[parts.'a/b']", "name"),
        (GOOD, "task = 'open'", "at least one table"),
        (GOOD, "task = ", "TOML"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path, old, new, words):
    assert old in GOOD
    with pytest.raises(ConfigError, match=words):
        load_suite(suite_of(tmp_path, GOOD.replace(old, new)))


def test_files_are_found_beside_above_or_in_the_data_folder(tmp_path):
    path = suite_of(tmp_path, GOOD)
    suite = load_suite(path)
    with pytest.raises(SourceError, match=r"corpus\.txt is missing.*--data"):
        locate(suite, suite.parts[0])
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path.parent / "corpus.txt").write_text("above")
    (data / "questions.jsonl").write_text("{}")
    files = locate(suite, suite.parts[0], data)
    assert files.corpus == (tmp_path.parent / "corpus.txt",)
    assert files.questions == data / "questions.jsonl"


def test_a_missing_suite():
    with pytest.raises(ConfigError, match="no such suite"):
        load_suite("eval/suites/nothing.toml")


def test_a_missing_suite_is_told_with_where_suites_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("sample", "eval/suites/sample.toml"):
        with pytest.raises(ConfigError, match="the installed package has none: those in eval/suites come with"):
            load_suite(name)
    (tmp_path / "eval" / "suites").mkdir(parents=True)
    (tmp_path / "eval" / "suites" / "sample.toml").write_text("")
    with pytest.raises(ConfigError, match=r"name a file, such as eval/suites/sample\.toml"):
        load_suite("sample")
    with pytest.raises(ConfigError, match=r"did you mean eval/suites/sample\.toml\?"):
        load_suite("eval/suites/smaple.toml")
