"""The one place that writes to stdout and stderr. Results go to stdout, everything else to stderr.

Whatever is written for people passes `visible`, so that no text of a document, name, question or error can act on a
terminal; line breaks and styles come from here alone. What an output's encoding cannot hold is replaced by an escape.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from io import UnsupportedOperation
from typing import Any, TextIO

import click

from ragqa.cli.escape import to_json, visible
from ragqa.errors import RagqaError, StorageError


@dataclass(frozen=True, slots=True)
class Styled:
    """Text that stands out on a terminal."""

    text: str
    bold: bool = False
    dim: bool = False
    underline: bool = False


def say(*parts: str | Styled, err: bool = False, end: str = "\n") -> None:
    """One line of ``parts``, one after the other, on stdout or stderr."""
    _write("".join(map(_shown, parts)) + end, err)


def note(*parts: str | Styled) -> None:
    """A line on stderr."""
    say(*parts, err=True)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """One JSON document on stdout; without ``indent`` it is one line."""
    _write(to_json(value, indent=indent, encoding=getattr(sys.stdout, "encoding", None) or "utf-8") + "\n", err=False)


def prepare() -> None:
    """Make both streams replace what their encoding cannot hold, and put something in the place of closed ones.

    A closed stdin is an empty one, a closed stderr forgets what it is told, and a closed stdout refuses it. Their
    numbers are taken, so that no file of an index gets one, which a library that writes to "stdout" would spoil.
    """
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),  # writing fails, as it would where it is closed
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, flags)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Have everything written to stdout; what is wrong with it is told as by `say`."""
    _write("", err=False)


def settle() -> None:
    """Leave nothing to be written when Python ends, where an error could no longer be told: what cannot be written by
    then goes nowhere.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


def refused(error: OSError) -> RagqaError:
    """What the system refused, outside of an index: a file it names, or our output."""
    from ragqa.store.atomic import ADVICE

    advice = ADVICE.get(error.errno or 0)
    kind = StorageError if advice else RagqaError
    if error.errno == errno.EBADF and error.filename is None:
        advice = "is closed, so there is nowhere to write to"
    return kind(f"{error.filename or 'output'}: {advice or error.strerror or error}")


@contextmanager
def unread_ends_well() -> Iterator[None]:
    """A command whose results nobody reads any more, as after `head`, has nothing left to do: it exits with 0.

    Another pipe that breaks, such as one to a process of ours, is no such thing.
    """
    try:
        yield
    except BrokenPipeError as error:
        if _is_read(sys.stdout):
            raise
        raise click.exceptions.Exit(0) from error


def _write(text: str, err: bool) -> None:
    """Write and flush. Remarks that cannot be written are dropped, as a command is not run for them."""
    stream = sys.stderr if err else sys.stdout
    try:
        with nullcontext() if err else unread_ends_well():
            click.echo(text, file=stream, nl=False)
    except OSError as error:
        if not err:
            raise refused(error) from error


def _is_read(stream: TextIO) -> bool:
    """Whether what a stream still holds can be written."""
    try:
        stream.flush()
        number = stream.fileno()
    except UnsupportedOperation:
        return True  # no stream of the system
    except OSError:
        return False
    if not hasattr(select, "poll"):
        return True
    watch = select.poll()  # an unbuffered stream holds nothing to try with
    watch.register(number, select.POLLOUT)
    return not any(event & (select.POLLERR | select.POLLHUP) for _, event in watch.poll(0))


def _shown(part: str | Styled) -> str:
    if isinstance(part, str):
        return visible(part)
    return click.style(
        visible(part.text), bold=part.bold or None, dim=part.dim or None, underline=part.underline or None
    )
