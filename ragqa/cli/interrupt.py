"""Tells the user, after Ctrl-C, what became of the work that it interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ragqa.cli.terminal import note


class Interrupted(click.Abort):
    """Ctrl-C was pressed. The text says what became of the work; it is empty if there is nothing to say."""


@contextmanager
def interruptible(outcome: str = "") -> Iterator[None]:
    """Turn any error that Ctrl-C causes in the block into an `Interrupted` with this outcome. An `Interrupted` from an
    inner block passes unchanged.

    Without an outcome, the text is that of the `KeyboardInterrupt` itself: training says at which step it stopped.

    Libraries may turn a Ctrl-C into an error of their own, such as an `ImportError` while a compiled module is loaded.
    So the chain of an error's causes decides whether it comes from Ctrl-C.
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
            note()  # end the line in which the terminal shows ^C
        raise Interrupted(outcome or str(stop)) from error


def _interrupt(error: BaseException) -> BaseException | None:
    """The `KeyboardInterrupt` in an error's chain of causes that is closest to the error, None if there is none."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen or (error if isinstance(error, click.Abort) else None)
