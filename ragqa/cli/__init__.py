"""The command line, a thin shell over the library.

Modules of this package import click and the standard library only, so that ``ragqa --help`` is quick. A command imports
what it needs when it runs.
"""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from ragqa.cli.ask import ask, search
from ragqa.cli.calibrate import calibrate
from ragqa.cli.carry import copy, pack, unpack
from ragqa.cli.chat import chat
from ragqa.cli.documents import add, delete
from ragqa.cli.eval import evaluate
from ragqa.cli.forms import forms
from ragqa.cli.ground import ground
from ragqa.cli.index import compact, index, info, verify
from ragqa.cli.interrupt import Interrupted, interruptible
from ragqa.cli.keys import keys
from ragqa.cli.log import log
from ragqa.cli.mcp import mcp
from ragqa.cli.mine import mine
from ragqa.cli.models import export, models
from ragqa.cli.recipes import recipes
from ragqa.cli.repair import repair
from ragqa.cli.serve import serve
from ragqa.cli.terminal import flush, note, prepare, refused, settle, unread_ends_well
from ragqa.cli.train import train
from ragqa.errors import RagqaError, StorageError
from ragqa.version import __version__

INTERRUPTED = 130


class Program(click.Group):
    """A group whose pages that click writes (--help, --version) end without an error if nobody reads them any more."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        """See `click.Group`."""
        with unread_ends_well():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: click.Context) -> Any:
        """See `click.Group`."""
        with unread_ends_well():
            return super().invoke(ctx)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ragqa")
@click.option("--debug", is_flag=True, help="Show tracebacks (anywhere on the line).")
def cli(debug: bool) -> None:
    """Answers from your own documents: the exact words, and where they stand.

    \b
    ragqa index corpora/sample        build or update an index
    ragqa ask "When was …?"           ask it
    """


for command in (
    index, add, delete, ask, chat, search, ground, info, verify, compact, repair, copy, pack, unpack,
    train, mine, forms, recipes, calibrate, evaluate, export, models, serve, keys, log, mcp,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line; exits 0, or with a code by kind of error (see `ragqa.errors`)."""
    line = list(sys.argv[1:] if arguments is None else arguments)
    options = line[: line.index("--")] if "--" in line else line
    debug = "--debug" in options
    prepare()
    code = _run([word for word in line if word != "--debug" or word not in options], debug)
    settle()
    sys.exit(code)


def _run(line: list[str], debug: bool) -> int:
    try:
        with interruptible():
            result = cli.main(line, prog_name="ragqa", standalone_mode=False)
            flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        _explain(error)
        return error.exit_code
    except Interrupted as stop:
        return _fail("; ".join(filter(None, ("interrupted", str(stop)))), INTERRUPTED, debug)
    except RagqaError as error:
        return _fail(str(error), error.exit_code, debug)
    except OSError as error:
        known = refused(error)
        return _fail(str(known), known.exit_code, debug)
    except (MemoryError, ImportError) as error:
        return _missing(error, debug)
    except Exception as error:  # a bug: say so in one line, keep the traceback for --debug
        return _internal(error, debug)


def _missing(error: MemoryError | ImportError, debug: bool) -> int:
    """Report missing memory, also if it made the import of a module fail. Any other failed import is a bug of ours."""
    from ragqa.store.atomic import refusal, system_error

    if system_error(error) == errno.ENOMEM:
        return _fail(refusal(error), StorageError.exit_code, debug)
    return _internal(error, debug)


def _internal(error: Exception, debug: bool) -> int:
    return _fail(f"internal error ({type(error).__name__}: {error}); --debug shows where", 1, debug)


def _explain(error: click.ClickException) -> None:
    """Say what is wrong with the command line, and how to see what would be right."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None or error.format_message() == context.get_help():  # click shows a group's help page
        for line in error.format_message().splitlines():
            note(line)
        return
    for line in context.get_usage().splitlines():
        note(line)
    note(f"Try '{context.command_path} {context.help_option_names[0]}' for help.")
    note()
    note(f"Error: {' '.join(error.format_message().split())}")


def _fail(message: str, code: int, debug: bool) -> int:
    if debug:
        for line in traceback.format_exc().splitlines():
            note(line)
    note(f"ragqa: {' '.join(message.split())}")
    return code
