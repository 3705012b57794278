"""The documentation holds: links lead somewhere, snippets run and print what stands below them, commands exist."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from support import commands_page
from support.pages import Block, anchors, blocks, commands, inline_commands, links, needs, prose, runs_shell
from support.ports import free_port
from support.shell import Shell, alike

import ragqa
from ragqa.cli import cli
from ragqa.config import Config, load_config

ROOT = Path(__file__).parents[2]
README, IN_CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [README, IN_CHINESE, *DOCS]
NAMES = ("ARCHITECTURE.md", "RELIABILITY.md", "SECURITY.md", "CHANGELOG.md", "eval/README.md")
MAPS = [*(ROOT / name for name in NAMES), *sorted((ROOT / "ragqa" / "models").rglob("README.md"))]
SHELL = ("bash", "console")
WITH_SNIPPETS = [
    page for page in PAGES if runs_shell(page) or any(block.language == "python" for block in blocks(page))
]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) < 120


def test_the_readme_asks_the_same_question_on_the_command_line_and_in_python():
    """What it prints is checked below."""
    text = README.read_text(encoding="utf-8")
    assert re.search(r'ragqa ask "([^"]+\?)"', text)[1] == re.search(r'qa\.ask\("([^"]+\?)"\)', text)[1]


def test_the_chinese_readme_has_the_commands_of_the_english_one():
    """In the same order, between others of its own."""
    chinese = iter([block.code for block in blocks(IN_CHINESE)])
    for block in blocks(README):
        assert block.code in chinese, f"README.md:{block.line}: README.zh.md has another command, or another order"


@pytest.mark.parametrize("page", [*PAGES, *MAPS], ids=name)
def test_links_lead_somewhere(page):
    for line, target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name(page)}:{line}: {target} does not exist"
        assert not anchor or anchor in anchors(file), f"{name(page)}:{line}: {target} is no heading there"


@pytest.mark.parametrize("page", [*PAGES, *MAPS], ids=name)
def test_quoted_modules_exist(page):
    """Paths such as `index/fuse.py` are the ends of paths of files that git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    for number, line in prose(page):
        for path in re.findall(r"`([\w./-]+\.(?:py|toml))`", line):
            assert not listed or any(f"/{file}".endswith(f"/{path}") for file in listed), (
                f"{name(page)}:{number}: {path}"
            )


def test_every_page_is_linked_from_the_first():
    first = ROOT / "docs" / "index.md"
    linked = {(first.parent / target).resolve() for _, target in links(first)}
    assert {page for page in DOCS if page != first} <= linked


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_say_what_they_are(page):
    known = {"python", "bash", "console", "text", "toml", "json", "csv"}
    for block in blocks(page):
        assert block.language in known, f"{name(page)}:{block.line - 1}: a block of {block.language or 'no language'}"


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """An index of a folder of corpora/ by the folder's name; each is built once."""
    root, built = tmp_path_factory.mktemp("docs"), dict[str, Path]()

    def build(corpus: str) -> Path:
        if corpus not in built:
            ragqa.build(ROOT / "corpora" / corpus, root / corpus)
            built[corpus] = root / corpus
        return built[corpus]

    return build


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: Callable[[str], Path]) -> Callable[[Path], None]:
    """Makes a temporary folder the current one, with copies of what a page needs."""

    def lay(page: Path) -> None:
        monkeypatch.chdir(tmp_path)
        for wanted in needs(page):
            folder, _, rest = wanted.partition("/")
            source = indexed(rest) if folder == "indexes" else ROOT / wanted
            (tmp_path / wanted).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / wanted)

    return lay


@pytest.mark.parametrize("page", WITH_SNIPPETS, ids=name)
def test_snippets_run(page, desk, tmp_path):
    """In order, and they print what stands below them."""
    desk(page)
    space: dict[str, Any] = {"__name__": "__main__"}
    runs = {"python": lambda block: python(as_written(block, page), space)}
    with contextlib.ExitStack() as stack:
        if runs_shell(page):
            shell = stack.enter_context(Shell(tmp_path, free_port()))
            runs["bash"] = lambda block: shell.run(block.code)
        for block in blocks(page):
            if block.language in runs and not block.note.startswith("not run: "):
                printed = runs[block.language](block)
                same = alike if block.language == "bash" else lambda one, other: one.strip() == other.strip()
                if block.prints is not None:
                    assert same(printed, block.prints), f"{name(page)}:{block.line}: printed\n{printed}"


def python(code: Any, space: dict[str, Any]) -> str:
    """Run code; returns what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, space)
    return printed.getvalue()


@pytest.mark.parametrize("page", [page for page in DOCS if page.parent.name != "docs"], ids=name)
def test_lessons_and_guides_run_or_say_why_not(page):
    for block in blocks(page):
        told = runs_shell(page) or block.note.startswith("not run: ")
        assert block.language not in SHELL or told, f"{name(page)}:{block.line}: run it, or say why not"


def test_a_shell_notices_what_goes_wrong(tmp_path):
    with Shell(tmp_path, 8123) as shell:
        shell.run("told=8000; sleep 60 &")
        assert shell.run('echo "$told"') == "8123\n"
        with pytest.raises(AssertionError, match="no such thing"):
            shell.run("ls 'no such thing'; echo not reached")
    assert alike("1. brass  0.83\n", "1. brass  0.78") and alike("one\ntwo\nthree", "one\n…")
    assert not alike("1. brass  0.83", "1. iron  0.83") and not alike("one\ntwo", "one")


def as_written(block: Block, page: Path) -> Any:
    """The block's code, compiled so that an error names the line of the page."""
    return compile("\n" * (block.line - 1) + block.code, str(page), "exec")


@pytest.fixture
def any_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths on command lines need not exist."""
    monkeypatch.setattr(click.Path, "convert", lambda self, value, *_: value)


def parse(words: Sequence[str]) -> None:
    """Let click take a command line apart as it would to run it; an unknown command or option is a `UsageError`."""
    context = cli.make_context("ragqa", list(words[1:]))
    while isinstance(context.command, click.Group):
        group = context.command
        found, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(found, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_command_lines_are_right(page, any_path):
    for block in blocks(page):
        if block.language in SHELL:
            for line, words in commands(block):
                try:
                    parse(words)
                except click.ClickException as error:
                    pytest.fail(f"{name(page)}:{line}: {' '.join(words)}: {error.format_message()}", pytrace=False)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_quoted_commands_exist(page):
    for line, words in inline_commands(page):
        command: click.Command = cli
        for word in words[1:]:
            if not isinstance(command, click.Group):
                break
            assert word in command.commands, f"{name(page)}:{line}: {' '.join(words)}"
            command = command.commands[word]
        known = {option for each in command.params for option in each.opts} | {"--help"}
        for word in words[1:]:
            assert not word.startswith("--") or word.partition("=")[0] in known, f"{name(page)}:{line}: {word}"


def test_wrong_lines_are_found(any_path):
    """The tests above can fail."""
    for line in ("ragqa aks", "ragqa ask --riks 0.1 q", "ragqa ask --risk much q", "ragqa train", "ragqa copy A"):
        with pytest.raises(click.ClickException):
            parse(line.split())


def test_the_page_of_commands_is_up_to_date():
    page = ROOT / "docs" / "commands.md"
    written = page.read_text(encoding="utf-8")
    assert written == commands_page.render(cli), f"run python {name(Path(commands_page.__file__))} to write it anew"


def settings(config: Any, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for item in fields(config):
        value = getattr(config, item.name)
        key = f"{prefix}{item.name}"
        found += settings(value, f"{key}.") if is_dataclass(value) else [(key, value)]
    return found


def test_every_setting_is_documented_with_its_default():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for key, value in settings(Config()):
        shown = {"()": "none", "None": "none", "": "none"}.get(str(value), str(value).lower())
        row = next((line for line in page.splitlines() if line.startswith(f"| `{key}` |")), None)
        assert row is not None, f"docs/settings.md has no row for {key}"
        assert row.split("|")[2].strip() in (shown, f"`{shown}`"), f"docs/settings.md: the default of {key} is {shown}"


def test_every_setting_of_a_recipe_is_documented():
    from ragqa.train.engine.recipe import KINDS

    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    for kind, recipe in KINDS.items():
        for key, _ in settings(recipe()):
            assert "." not in key or f"`{key}`" in page, f"docs/training.md does not name {key} of a {kind}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_toml_is_accepted(page, tmp_path):
    for number, block in enumerate(block for block in blocks(page) if block.language == "toml"):
        file = tmp_path / f"block-{number}.toml"
        file.write_text(block.code, encoding="utf-8")
        content = tomllib.loads(block.code)
        if "task" in content:
            load_suite(file)
        elif "kind" in content:
            load_any_recipe(file)
        else:
            load_config(file)


def load_suite(file: Path) -> None:
    from ragqa.eval.runs.suite import load_suite

    load_suite(file)


def load_any_recipe(file: Path) -> None:
    from ragqa.train.engine.recipe import read_recipe

    read_recipe(file)
