"""Suites: the shipped ones all hold, and what is wrong in one is said before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.config import Config
from ragqa.corpus.analyze import LANGUAGES
from ragqa.corpus.read import read_documents
from ragqa.errors import ConfigError, RagqaError, SourceError
from ragqa.eval.runs.suite import Suite, SuitePart, config_for, load_suite, locate
from ragqa.judging.questions import read_questions

ROOT = Path(__file__).parents[3]
SUITES = sorted((ROOT / "eval" / "suites").glob("*.toml"))
PART = '[parts.main]\ncorpus = ["c.json"]\nquestions = "q.json"\n'


@pytest.fixture
def suite(tmp_path):
    def make(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return load_suite(path)

    return make


def test_the_suites_that_are_promised_are_shipped():
    promised = {"sample", "squad-open", "squad-reading", "shifts", "policy", "xquad", "ir"}
    assert promised <= {path.stem for path in SUITES}


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_shipped_suites_hold(path):
    suite = load_suite(path)
    assert suite.name == path.stem and suite.description and suite.parts
    for part in suite.parts:
        config, _ = config_for(suite, part)
        assert config.index.language in LANGUAGES
        assert part.about.startswith("https://") or suite.name == "sample"


def test_outside_data_that_is_missing_is_named_with_its_documentation(tmp_path):
    for path in SUITES:
        suite = load_suite(path)
        for part in suite.parts:
            if suite.name == "sample":
                continue
            with pytest.raises(SourceError) as caught:
                locate(suite, part, tmp_path)
            message = str(caught.value)
            missing = (*part.corpus, part.questions)[0]
            assert all(word in message for word in (missing, suite.name, part.name, "--data DIR", part.about))


def test_the_sample_is_found_from_the_suite_alone_and_its_positives_in_the_corpus():
    suite = load_suite(ROOT / "eval" / "suites" / "sample.toml")
    files = locate(suite, suite.parts[0])
    questions = read_questions(files.questions)
    documents = {document.id for document in read_documents(files.corpus, lambda problem: None)}
    assert len(questions) == 60 and sum(not question.answerable for question in questions) == 12
    assert all(question.positives for question in questions if question.answerable)
    assert {name for question in questions for name in question.positives} <= documents


def test_each_language_gets_an_analyzer():
    suite = load_suite(ROOT / "eval" / "suites" / "xquad.toml")
    languages = {part.language: config_for(suite, part)[0].index.language for part in suite.parts}
    assert len(languages) == 12
    assert all(own == used for own, used in languages.items())


def test_everything_in_a_suite_arrives(suite):
    made = suite(
        'name = "other"\ntask = "retrieval"\ndescription = "d"\ndepth = 30\nks = [1, 30]\nseed = 5\n'
        "[set]\nread.passages = 7\n"
        '[parts.one]\ncorpus = "a"\nquestions = "q"\ncorpus_format = "beir"\nquestions_format = "beir"\nqrels = "r"\n'
        'prefix = "P-"\nlanguage = "de"\nindex = "shared"\nabout = "https://example.org"\n'
        '[parts.one.set]\n"read.passages" = 9\n'
        '[parts.two]\ncorpus = ["a", "b"]\nquestions = "q"\n'
    )
    one = SuitePart(
        "one", "q", ("a",), "beir", "beir", "r", "P-", "de", "shared", "https://example.org", {"read.passages": 9}
    )
    two = SuitePart("two", "q", ("a", "b"), index="eval-other-two")
    assert made == Suite("other", "retrieval", (one, two), made.path, "d", 30, (1, 30), 5, {"read": {"passages": 7}})


def test_settings_come_from_the_suite_then_the_part_then_the_command(suite):
    made = suite(
        'task = "open"\n[set]\nread.passages = 7\nread.answers = 2\nindex.split.words = 50\n'
        '[parts.a]\ncorpus = "a"\nquestions = "q"\nlanguage = "de"\n'
        "[parts.a.set]\nread.passages = 9\nread.answers = 4\n"
        '[parts.b]\ncorpus = "a"\nquestions = "q"\n'
    )
    config, origins = config_for(made, made.parts[0], ["read.answers=5"])
    assert (config.read.passages, config.read.answers, config.index.split.words) == (9, 5, 50)
    assert config.index.language == "de" and config.retrieve == Config().retrieve
    assert origins == {
        "index.language": "parts.a.language",
        "read.passages": "mine.toml [parts.a.set]",
        "read.answers": "--set",
        "index.split.words": "mine.toml [set]",
    }
    assert config_for(made, made.parts[1])[0].read.passages == 7
    with pytest.raises(ConfigError, match=r"^--set: unknown key read\.speed: "):
        config_for(made, made.parts[0], ["read.speed=5"])
    with pytest.raises(ConfigError, match=r"index\.language is 'xx'"):
        config_for(made, made.parts[0], ["index.language=xx"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task = ", "cannot be read as TOML"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ('task = "open"', r"at least one table \[parts\.NAME\]"),
        ('task = "open"\nparts = 3', r"at least one table \[parts\.NAME\]"),
        (PART, "task is missing: expected text"),
        ('task = "guess"\n' + PART, "task is 'guess': expected one of open, reading, retrieval"),
        (
            'task = "open"\ndeep = 3\n' + PART,
            "unknown key deep: expected one of name, task, description, depth, ks, seed, set",
        ),
        ('task = "open"\npath = "x"\n' + PART, "unknown key path: expected one of name"),
        ('task = "open"\nname = "a/b"\n' + PART, "name is 'a/b': expected a name of letters"),
        ('task = "open"\ndepth = "9"\n' + PART, "depth is '9': expected a whole number"),
        ('task = "open"\ndepth = true\n' + PART, "depth is True: expected a whole number"),
        ('task = "open"\ndepth = 1001\n' + PART, "from 1 to 1000"),
        ('task = "open"\nks = []\n' + PART, "ks is .*: expected depths from 1 to depth"),
        ('task = "open"\nks = [0]\n' + PART, "ks is .*: expected depths from 1 to depth"),
        ('task = "open"\nks = [200]\n' + PART, "ks is .*: expected depths from 1 to depth"),
        ('task = "open"\nks = [1.5]\n' + PART, r"ks\[0\] is 1\.5: expected a whole number"),
        ('task = "open"\nset = 3\n' + PART, "set is 3: expected a table"),
        ('task = "open"\n[set]\nread.pages = 3\n' + PART, r"\[set\]: unknown key read\.pages"),
        ('task = "open"\n' + PART + "[parts.main.set]\nread.passages = 0\n", r"\[parts\.main\.set\]: .*at least 1"),
        (
            'task = "open"\n' + PART + '[parts.main.set]\nindex.language = "xx"\n',
            "index.language is 'xx': expected one of",
        ),
        ('task = "open"\n' + PART + "colour = 3", "unknown key parts.main.colour: expected one of questions, corpus"),
        ('task = "open"\n' + PART + 'name = "x"', "unknown key parts.main.name: expected one of questions"),
        ('task = "open"\n' + PART + "qrels = 3", "parts.main.qrels is 3: expected text"),
        (
            'task = "open"\n' + PART + 'corpus_format = "marc"',
            "corpus_format is 'marc': expected one of auto, trec, smart, beir",
        ),
        (
            'task = "open"\n' + PART + 'questions_format = "marc"',
            "questions_format is 'marc': expected one of auto",
        ),
        ('task = "open"\n' + PART + 'index = "../x"', "parts.main.index is '../x': expected a name of letters"),
        ('task = "open"\n[parts]\nmain = 3', "parts.main is 3: expected a table of name, questions"),
        ('task = "open"\n[parts."a b"]\nquestions = "q"', "name is 'a b': expected a name of letters"),
        ('task = "open"\n[parts.main]\ncorpus = "c"', "parts.main.questions is missing: expected text"),
        ('task = "open"\n[parts.main]\nquestions = "q"', "parts.main.corpus is \\[\\]: expected files"),
        (
            'task = "open"\n[parts.main]\ncorpus = [""]\nquestions = "q"',
            "parts.main.corpus is '': expected a file",
        ),
        (
            'task = "open"\n[parts.main]\ncorpus = "c"\nquestions = ""',
            "parts.main.questions is '': expected a f",
        ),
        ('task = "open"\n[parts.main]\ncorpus = [3]\nquestions = "q"', r"corpus\[0\] is 3: expected text"),
        ('task = "reading"\n' + PART, "parts.main.corpus is .*: expected none"),
    ],
)
def test_mistakes_are_named(suite, tmp_path, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        suite(text)
    assert str(tmp_path / "mine.toml") in str(caught.value) and "\n" not in str(caught.value)


def test_a_suite_that_is_not_there():
    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such suite"):
        load_suite("nowhere.toml")


@pytest.mark.parametrize(
    ("second", "fits"),
    [
        ('corpus = "a"', True),
        ('corpus = "b"', False),
        ('corpus = "a"\ncorpus_format = "beir"', False),
        ('corpus = "a"\nlanguage = "de"', False),
        ('corpus = "a"\nset.index.split.words = 50', False),
        ('corpus = "a"\nset.read.passages = 5', True),
    ],
)
def test_parts_that_share_an_index_fill_it_alike(suite, second, fits):
    text = (
        'task = "open"\n[parts.x]\nindex = "i"\ncorpus = "a"\nquestions = "q"\n'
        f'[parts.y]\nindex = "i"\nquestions = "q"\n{second}\n'
    )
    if fits:
        assert len(suite(text).parts) == 2
    else:
        with pytest.raises(ConfigError, match=r"parts\.y\.index is 'i': expected a name of its own"):
            suite(text)


def test_where_files_are_looked_for(tmp_path):
    project, data = tmp_path / "outside" / "project", tmp_path / "data"
    folder = project / "eval" / "suites"
    folder.mkdir(parents=True)
    data.mkdir()
    path = folder / "mine.toml"
    path.write_text('task = "retrieval"\n[parts.main]\ncorpus = ["c", "d"]\nquestions = "q"\nqrels = "r"\n')
    suite = load_suite(path)
    part = suite.parts[0]
    (project / "c").mkdir()
    for place in (project / "d", project / "q", project / "r"):
        place.touch()
    files = locate(suite, part)
    assert (files.corpus, files.questions, files.qrels) == (
        (project / "c", project / "d"),
        project / "q",
        project / "r",
    )
    for place in (folder / "d", data / "q", data / "r", folder / "q"):
        place.touch()
    files = locate(suite, part, data)
    assert (files.corpus, files.questions, files.qrels) == ((project / "c", folder / "d"), data / "q", data / "r")
    with pytest.raises(SourceError, match="no such folder"):
        locate(suite, part, data / "q")
    (project / "r").rename(tmp_path / "outside" / "r")  # above the project: not ours
    with pytest.raises(SourceError, match="r is missing, which the suite mine needs for its part main"):
        locate(suite, part)


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "c/d"])
def test_names_that_no_file_can_have_are_missing(suite, tmp_path, name):
    (tmp_path / "c").touch()
    made = suite(f'task = "open"\n[parts.main]\ncorpus = {json.dumps(name)}\nquestions = "q"\n')
    with pytest.raises(SourceError, match="is missing"):
        locate(made, made.parts[0], tmp_path)


VALUES = st.sampled_from(
    ["0", "-1", "true", "1.5", "nan", "'open'", "'reading'", "''", "[]", "[1, 5]", "['a', 'b']", "{}", "{read = 3}"]
) | st.sampled_from(["{read.passages = 3}", "1979-05-27", "[[1]]", "'index'", "'trec'"])
SUITE_KEYS = st.sampled_from(["task", "name", "depth", "ks", "seed", "set", "description", "path", "other"])
PART_KEYS = st.sampled_from(
    ["corpus", "questions", "qrels", "language", "index", "set", "corpus_format", "questions_format", "name", "about"]
)


@given(st.dictionaries(SUITE_KEYS, VALUES, max_size=3), st.dictionaries(PART_KEYS, VALUES, max_size=4))
def test_a_suite_loads_whole_or_not_at_all(tmp_path, top, part):
    top = {"task": '"open"', **top}
    part = {"corpus": '"c"', "questions": '"q"', **part}
    text = "".join(f"{key} = {value}\n" for key, value in top.items()) + "[parts.main]\n"
    path = tmp_path / "mine.toml"
    path.write_text(text + "".join(f"{key} = {value}\n" for key, value in part.items()))
    try:
        suite = load_suite(path)
    except ConfigError as error:
        assert str(path) in str(error)
        return
    for own in suite.parts:
        config, origins = config_for(suite, own)
        assert config.index.language in LANGUAGES and origins
        with pytest.raises(RagqaError, match="missing"):
            locate(suite, own, tmp_path)
