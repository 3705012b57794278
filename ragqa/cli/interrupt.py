"""What Ctrl-C interrupted, and what became of the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ragqa.cli.terminal import note


class Interrupted(click.Abort):
    """Ctrl-C was pressed. The text says what became of the work; it is empty if there is nothing to say."""


@contextmanager
def interruptible(outcome: str = "") -> Iterator[None]:
    """Turn what Ctrl-C raises in the block into an `Interrupted` with this outcome. One from an inner block stays as it
    is.

    Without an outcome, the text is that of the `KeyboardInterrupt` itself: training says at which step it stopped.

    The chain of causes of an error tells whether it comes from Ctrl-C, because libraries turn a Ctrl-C that meets them
    into errors of their own, such as an `ImportError` while a compiled module starts.
    """
    try:
        yield
    except Interrupted:
        raise
    except BaseException as error:
        stop = _interrupt(error)
        if stop is None:
            raise
        if not isinstance(error, click.Abort):
            note()  # the terminal has written ^C, and click ends that line only for errors it sees itself
        raise Interrupted(outcome or str(stop)) from error


def _interrupt(error: BaseException) -> BaseException | None:
    """The Ctrl-C that an error came from, the one closest to it."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen or (error if isinstance(error, click.Abort) else None)
