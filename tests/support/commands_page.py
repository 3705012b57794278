"""docs/commands.md, written from the commands themselves: ``python tests/support/commands_page.py`` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD = """\
# Commands

Every command with its arguments and options. This page is written from the program's own help texts
(`python tests/support/commands_page.py`); a test fails when the two differ.

Rules that hold for every command:

* Results go to stdout; progress, notes and errors go to stderr. So `ragqa ask … > answers.txt` holds answers only.
* `--json` prints one JSON object; `--jsonl` prints one JSON object a line.
* Each kind of error has an [exit code](troubleshooting.md#exit-codes) of its own. Ctrl-C exits with 130.
* `--debug`, anywhere on the line, shows the traceback of an error.
* `-i INDEX` names the index. Without it, the only index under `indexes/` is taken.
* `--set NAME=VALUE` changes any setting and `--config FILE` reads settings from a file ([settings](settings.md)).
"""


def render(program: click.Group) -> str:
    """The page: a table of all commands, then a section for each."""
    found = list(_commands(program, ("ragqa",)))
    rows = [f"| [`{' '.join(path)}`](#{'-'.join(path)}) | {_first(command)} |" for path, command in found]
    table = ["| command | what it does |", "|---|---|", *rows]
    return "\n".join([HEAD, *table, "", *(line for path, command in found for line in _section(path, command))])


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _section(path: tuple[str, ...], command: click.Command) -> list[str]:
    arguments = [_argument(each) for each in command.params if isinstance(each, click.Argument)]
    options = [each for each in command.params if isinstance(each, click.Option)]
    usage = " ".join([*path, *(["[OPTIONS]"] if options else []), *arguments])
    paragraphs = [" ".join(text.split()) for text in (command.help or "").split("\n\n")]
    lines = [f"## {' '.join(path)}", "", "```text", usage, "```", ""]
    for paragraph in paragraphs:
        lines += [_escape(paragraph), ""]
    if options:
        lines += ["| option | meaning |", "|---|---|", *map(_row, options), ""]
    return lines


def _argument(argument: click.Argument) -> str:
    name = (argument.metavar or argument.name or "").upper()
    name = name if argument.required else f"[{name}]"
    return f"{name}..." if argument.nargs == -1 else name


def _row(option: click.Option) -> str:
    """Names, what is to be given, the meaning and the default where the meaning does not say it."""
    names = ", ".join(sorted(option.opts, key=len))
    if not option.is_flag:
        names += f" {option.metavar or _kind(option.type)}"
    shown = f" [{option.default}]" if option.show_default else ""
    return f"| `{_cell(names)}` | {_escape(_cell((option.help or '') + shown)).strip()} |"


def _kind(kind: click.ParamType) -> str:
    if isinstance(kind, click.Choice):
        return f"[{'|'.join(map(str, kind.choices))}]"
    return kind.name.removesuffix(" range").upper()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _escape(text: str) -> str:
    """Names in capitals and examples would otherwise be read as Markdown."""
    return re.sub(r"(?<![\\`])([*_<])", r"\\\1", text)


def _first(command: click.Command) -> str:
    paragraph = (command.help or "").split("\n\n")[0]
    return _escape(_cell(paragraph))


if __name__ == "__main__":
    from ragqa.cli import cli

    PAGE.write_text(render(cli), encoding="utf-8")
