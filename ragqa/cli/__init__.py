"""The command line: a thin shell over the library. Modules here import click and the standard library only, so that
``ragqa --help`` is quick; a command imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from ragqa.cli.ask import ask, search
from ragqa.cli.calibrate import calibrate
from ragqa.cli.carry import copy, pack, unpack
from ragqa.cli.chat import chat
from ragqa.cli.eval import evaluate
from ragqa.cli.index import compact, index, info, verify
from ragqa.cli.interrupt import Interrupted, interruptible
from ragqa.cli.mine import mine
from ragqa.cli.models import export, models
from ragqa.cli.recipes import recipes
from ragqa.cli.repair import repair
from ragqa.cli.train import train
from ragqa.errors import RagqaError, StorageError
from ragqa.version import __version__

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ragqa")
@click.option("--debug", is_flag=True, help="Show tracebacks (anywhere on the line).")
def cli(debug: bool) -> None:
    """Answers from your own documents: the exact words, and where they stand.

    \b
    ragqa index corpora/sample        build or update an index
    ragqa ask "When was …?"           ask it
    """


for command in (
    index, ask, chat, search, info, verify, compact, repair, copy, pack, unpack,
    train, mine, recipes, calibrate, evaluate, export, models,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line; exits 0, or with a code by kind of error (see `ragqa.errors`)."""
    line = list(sys.argv[1:] if arguments is None else arguments)
    options = line[: line.index("--")] if "--" in line else line
    debug = "--debug" in options
    sys.exit(_run([word for word in line if word != "--debug" or word not in options], debug))


def _run(line: list[str], debug: bool) -> int:
    try:
        with interruptible():
            result = cli.main(line, prog_name="ragqa", standalone_mode=False)
            sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Interrupted as stop:
        return _fail("; ".join(filter(None, ("interrupted", str(stop)))), INTERRUPTED, debug)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RagqaError as error:
        return _fail(str(error), error.exit_code, debug)
    except OSError as error:
        return _refused(error, debug)
    except MemoryError:
        return _fail(
            "not enough memory: close other programs, or raise the limit (ulimit -v)", StorageError.exit_code, debug
        )
    except Exception as error:  # a bug: say so in one line, keep the traceback for --debug
        return _fail(f"internal error ({type(error).__name__}: {error}); --debug shows where", 1, debug)


def _refused(error: OSError, debug: bool) -> int:
    """What the system refused, outside of an index: a file it names, or our output."""
    from ragqa.store.atomic import ADVICE

    advice = ADVICE.get(error.errno or 0)
    kind = StorageError if advice else RagqaError
    return _fail(f"{error.filename or 'output'}: {advice or error.strerror or error}", kind.exit_code, debug)


def _fail(message: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    click.echo(f"ragqa: {' '.join(message.split())}", err=True)
    return code
