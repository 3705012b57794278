"""What users rely on: the public names, the documented commands, the exit codes, the packaged weights' size."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import ragqa
from ragqa import errors
from ragqa.cli import cli
from ragqa.models.catalog import PRETRAINED

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = "\n".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").rglob("*.md")))


def test_public_names_are_these():
    assert sorted(ragqa.__all__) == [
        "Answer",
        "Ask",
        "BuildReport",
        "Client",
        "Config",
        "Document",
        "Filter",
        "Hit",
        "HybridRetriever",
        "Index",
        "IndexConfig",
        "Limits",
        "Passage",
        "Pipeline",
        "Question",
        "RagqaError",
        "ReadConfig",
        "Reply",
        "RetrieveConfig",
        "Session",
        "Snapshot",
        "Span",
        "__version__",
        "build",
        "load_config",
    ]
    for name in ragqa.__all__:
        assert getattr(ragqa, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ragqa.nonsense


def test_the_names_of_evaluation_stay_functions():
    """Also when all of it has been imported: a module of the same name would take its place."""
    code = (
        "import pkgutil, ragqa.eval as e\n"
        "[__import__(m.name) for m in pkgutil.walk_packages(e.__path__, 'ragqa.eval.')]\n"
        "print([n for n in e.__all__ if not callable(getattr(e, n))], sorted(e.__all__))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    names = ["Choice", "accept", "browse", "check", "compare", "report", "run", "score"]
    assert done.stdout.strip() == f"[] {names}"


def commands(group, prefix=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*prefix, name))
        else:
            yield (*prefix, name), command


def test_every_command_is_documented():
    for path, command in commands(cli):
        assert command.help, path
        assert f"ragqa {' '.join(path)}" in README + DOCS, path


def groups(group):
    yield group
    for command in group.commands.values():
        if hasattr(command, "commands"):
            yield from groups(command)


def test_help_texts_are_laid_out():
    for group in groups(cli):
        shown = group.get_help(click.Context(group, info_name="ragqa"))
        assert "\\b" not in shown and "\n\n" in shown, group.name


def test_every_option_has_a_help_text():
    for path, command in commands(cli):
        for option in command.params:
            if option.param_type_name == "option" and option.name != "kind":
                assert option.help, (path, option.name)


def test_version():
    done = subprocess.run([sys.executable, "-m", "ragqa", "--version"], capture_output=True, text=True, check=True)
    assert ragqa.__version__ in done.stdout


def test_exit_codes_tell_kinds_apart():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RagqaError)]
    codes = {kind: kind.exit_code for kind in kinds if kind is not errors.QuestionError}
    assert len(set(codes.values())) == len(codes) and 0 not in codes.values()
    for kind in kinds:
        assert re.search(rf"{kind.__name__} +exit {kind.exit_code}, HTTP {kind.http_status}", errors.__doc__), kind


def test_weights_stay_small():
    sizes = {path: path.stat().st_size for path in PRETRAINED.rglob("*") if path.is_file()}
    multilingual = sum(size for path, size in sizes.items() if PRETRAINED / "multilingual" in path.parents)
    assert 0 < multilingual < 85e6 and sum(sizes.values()) - multilingual < 55e6


def test_readme_names_the_gates_command():
    assert re.search(r'^pip install -e "\.\[cpu,train,dev\]" && pytest -n auto$', README, re.MULTILINE)


def test_nothing_names_a_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".json", ".jsonl"} and path.name != Path(__file__).name:
            assert not re.search(r"/work/|/home/\w|/root/", path.read_text(encoding="utf-8", errors="replace")), name
