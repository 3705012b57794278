"""Ctrl-C: what it interrupted, and what that left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class Interrupted(click.Abort):
    """Ctrl-C was pressed. Its text says what became of the work, and is empty where there is nothing to say."""


@contextmanager
def interruptible(outcome: str = "") -> Iterator[None]:
    """Whatever Ctrl-C raises inside becomes an `Interrupted` with this outcome; one from further in stays as it is.

    It is told by what an error came from: libraries turn a Ctrl-C that meets them into errors of their own, such as an
    `ImportError` from the start of a compiled module.
    """
    try:
        yield
    except Interrupted:
        raise
    except BaseException as error:
        if not _is_interrupt(error):
            raise
        if not isinstance(error, click.Abort):
            click.echo(err=True)  # the terminal has written ^C, and click ends that line only for errors it sees itself
        raise Interrupted(outcome) from error


def _is_interrupt(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (KeyboardInterrupt, click.Abort)):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
