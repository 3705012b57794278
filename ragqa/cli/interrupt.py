"""Ctrl-C: what it interrupted, and what that left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ragqa.cli.terminal import note


class Interrupted(click.Abort):
    """Ctrl-C was pressed. Its text says what became of the work, and is empty where there is nothing to say."""


@contextmanager
def interruptible(outcome: str = "") -> Iterator[None]:
    """Whatever Ctrl-C raises inside becomes an `Interrupted` with this outcome; one from further in stays as it is.

    Without an outcome it is what the `KeyboardInterrupt` itself says: training knows at which step it stopped.

    It is told by what an error came from: libraries turn a Ctrl-C that meets them into errors of their own, such as an
    `ImportError` from the start of a compiled module.
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
