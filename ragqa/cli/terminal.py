"""The only module that writes to stdout and stderr. Results go to stdout, everything else to stderr.

All text for people passes `visible`, so that no text of a document, name, question or error can act on a terminal. Line
breaks and styles are added here alone. Characters that the output's encoding cannot hold are replaced by an escape.
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
    """Make both streams escape what their encoding cannot hold, and replace closed streams.

    A closed stdin is read as an empty one, a closed stderr drops what is written to it, and a closed stdout refuses it.
    Their file numbers are taken, so that no file of an index gets one: a library that writes to "stdout" would damage
    it.
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
    """Write everything to stdout; errors are raised as by `say`."""
    _write("", err=False)


def settle() -> None:
    """Leave nothing in the buffers for the end of Python, when an error could no longer be reported. What cannot be
    written now is dropped.
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
    """The error for what the system refused outside of an index: a file that it names, or our output."""
    from ragqa.store.atomic import ADVICE

    advice = ADVICE.get(error.errno or 0)
    kind = StorageError if advice else RagqaError
    if error.errno == errno.EBADF and error.filename is None:
        advice = "is closed, so there is nowhere to write to"
    return kind(f"{error.filename or 'output'}: {advice or error.strerror or error}")


@contextmanager
def unread_ends_well() -> Iterator[None]:
    """End with exit code 0 if nobody reads the results any more, as after `| head`.

    Another broken pipe, such as one to a process of ours, stays an error.
    """
    try:
        yield
    except BrokenPipeError as error:
        if _is_read(sys.stdout):
            raise
        raise click.exceptions.Exit(0) from error


def _write(text: str, err: bool) -> None:
    """Write and flush. Notes that cannot be written are dropped, as they are not what the command was run for."""
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
