"""All that commands write goes through one module, which escapes what could act on a terminal."""

from __future__ import annotations

import ast
from pathlib import Path

import ragqa

CLI = Path(ragqa.__file__).parent / "cli"
WRITERS = {
    "click": {"echo", "secho", "style", "echo_via_pager", "prompt", "confirm", "progressbar", "clear", "edit", "pause"},
    "traceback": {"print_exc", "print_exception", "print_tb", "print_stack", "print_last"},
    "os": {"write"},
}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}


def bypasses(source: str) -> list[str]:
    """What a module does to write by itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id in ("print", "pprint"):
            found.append(node.id)
        elif isinstance(node, ast.ImportFrom) and node.module in WRITERS:
            found += [f"{node.module}.{name.name}" for name in node.names if name.name in WRITERS[node.module]]
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            found += [f"sys.{name.name}" for name in node.names if name.name in STREAMS]
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if node.attr in WRITERS.get(owner, ()) or (node.attr == "show" and "error" in owner):
                found.append(ast.unparse(node))
            if ast.unparse(node) == "sys.stdin.buffer":
                continue
            if owner.startswith("sys.std") and node.attr not in ("isatty", "read", "readline", "reconfigure"):
                found.append(ast.unparse(node))
    return found


def test_no_command_writes_by_itself() -> None:
    modules = [path for path in sorted(CLI.rglob("*.py")) if path.name != "terminal.py"]
    assert len(modules) > 10
    assert {path.name: found for path in modules if (found := bypasses(path.read_text("utf-8")))} == {}


def test_the_check_sees_what_it_is_for() -> None:
    for line in (
        "print('x')",
        "click.echo(text)",
        "from click import secho",
        "sys.stdout.write(text)",
        "sys.stderr.buffer.write(text)",
        "traceback.print_exc()",
        "error.show()",
        "from sys import stdout",
    ):
        assert bypasses(line), line
    assert not bypasses("sys.stdout.isatty() and say(text)")
