"""Every failure of a native library over a file from outside becomes an error of one line."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragqa.errors import ModelError, RagqaError
from ragqa.store.outside import unfit

_STDERR = threading.Lock()


@contextmanager
def one_line(what: str) -> Iterator[None]:
    """Turn whatever is raised in the block into a `ModelError` that begins with ``what``. Ctrl-C, missing memory and
    ragqa's own errors pass unchanged.

    Libraries raise many types of their own, and a panic in Rust comes as a `BaseException`.
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
    """The first line of an error's text, at most 300 characters; if it has none, its type."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip()[:300] if lines else type(error).__name__


@contextmanager
def without_remarks() -> Iterator[None]:
    """Drop what is written to the process' stderr in the block, because libraries in Rust announce their panics there.

    This affects the whole process, so it is only for the short time in which a file from outside is opened.
    """
    with _STDERR:
        try:
            kept = os.dup(2)
        except OSError:  # there is none
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(nowhere)
            os.close(kept)


def require_file(path: Path, most: int) -> None:
    """`ModelError` unless there is a regular file of at most ``most`` bytes; nothing is opened, so nothing can hang."""
    if problem := unfit(path, most):
        raise ModelError(f"{path}: {problem}, and a model needs it")
