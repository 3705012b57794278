"""Turns failures of native libraries on foreign files into errors of one line."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ragqa.errors import ModelError, RagqaError
from ragqa.store.outside import unfit

_STDERR = threading.Lock()
_PANIC = re.compile(rb"\n?thread '[^\n]*panicked at .*?(?:\nnote: [^\n]*RUST_BACKTRACE[^\n]*\n|\Z)", re.DOTALL)


@contextmanager
def one_line(what: str) -> Iterator[None]:
    """Turn any exception raised inside into a `ModelError` that begins with ``what``, except Ctrl-C, missing memory and
    ragqa's own errors.

    Libraries raise exceptions of many types; a panic in Rust is a `BaseException`.
    """
    try:
        yield
    except (RagqaError, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise ModelError(f"{what} ({reason(error)})") from error


def reason(error: BaseException) -> str:
    """The first line of an error's message, at most 300 characters; without a message, its type."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip()[:300] if lines else type(error).__name__


@contextmanager
def without_panics() -> Iterator[None]:
    """Drop what a library in Rust writes to the process' stderr about a panic; the panic is raised as well.

    All threads of the process share stderr, so everything else that is written to it inside is held back and written
    when the block ends. Use this only for the short time in which a foreign file is opened.
    """
    with _STDERR, ExitStack() as stack:
        try:
            kept = os.dup(2)
            stack.callback(os.close, kept)
            held = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # stderr is closed, or there is no space for a temporary file
            yield
            return
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            held.seek(0)
            with suppress(OSError):  # stderr is a pipe that nobody reads any more
                _write(kept, _PANIC.sub(b"", held.read()))


def _write(number: int, content: bytes) -> None:
    while content:
        content = content[os.write(number, content) :]


def require_file(path: Path, most: int) -> None:
    """`ModelError` unless there is a regular file of at most ``most`` bytes. It opens nothing, as opening a pipe may
    hang.
    """
    if problem := unfit(path, most):
        raise ModelError(f"{path}: {problem}, and a model needs it")
