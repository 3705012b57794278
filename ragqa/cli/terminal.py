"""The only module that writes to stdout and stderr. Results go to stdout, everything else to stderr.

All text for people passes through `visible`, so that no control character of a document, name, question or error
reaches a terminal. Only this module adds line breaks and styles. Characters that the output's encoding cannot hold are
replaced by an escape.
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
    """Text that is highlighted on a terminal."""

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
    """Make stdout and stderr escape characters that their encoding cannot hold, and replace closed streams.

    A closed stdin reads as empty, a closed stderr drops what is written to it, and writing to a closed stdout fails.
    The replacements occupy file descriptors 0, 1 and 2; otherwise a file of an index could get descriptor 1, and a
    library that writes to stdout would damage it.
    """
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),  # writing to it fails, as to a closed one
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
    """Write out the buffers before Python ends, because an error then could not be reported. Text that cannot be
    written is dropped.
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
    """The error for an operation that the system refused outside of an index: on the file it names,
    or on our output.
    """
    from ragqa.store.atomic import ADVICE

    advice = ADVICE.get(error.errno or 0)
    kind = StorageError if advice else RagqaError
    if error.errno == errno.EBADF and error.filename is None:
        advice = "is closed, so there is nowhere to write to"
    return kind(f"{error.filename or 'output'}: {advice or error.strerror or error}")


@contextmanager
def unread_ends_well() -> Iterator[None]:
    """End with exit code 0 if nobody reads the results any more, as after `| head`.

    Any other broken pipe, such as one to a process that ragqa started, remains an error.
    """
    try:
        yield
    except BrokenPipeError as error:
        if _is_read(sys.stdout):
            raise
        raise click.exceptions.Exit(0) from error


def _write(text: str, err: bool) -> None:
    """Write and flush. Text for stderr that cannot be written is dropped; the command's result does
    not depend on it.
    """
    stream = sys.stderr if err else sys.stdout
    try:
        with nullcontext() if err else unread_ends_well():
            click.echo(text, file=stream, nl=False)
    except OSError as error:
        if not err:
            raise refused(error) from error


def _is_read(stream: TextIO) -> bool:
    """Whether somebody still reads a stream."""
    try:
        stream.flush()
        number = stream.fileno()
    except UnsupportedOperation:
        return True  # not a stream of the operating system
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
