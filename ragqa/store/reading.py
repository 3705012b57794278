"""Telling apart what can go wrong while an index is read: damaged files, and what the system refuses."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragqa.errors import IndexFormatError, RagqaError, StorageError
from ragqa.store.atomic import refusal, system_error

MISSING = (errno.ENOENT, errno.ENOTDIR)
TOLD = (OSError, ValueError, RuntimeError, MemoryError, EOFError)
ALSO_TOLD = {"ArrowException", "PanicException"}  # some of Arrow are a KeyError; those of Rust are no Exception
AGAIN = "; run ragqa repair, or index again into a new directory"
_NAMED = re.compile(r'filepath: "([^"/\\]+)"|path: "([^"/\\]+)"')  # how Tantivy tells of a file, in its folder


def damaged(path: Path | str, how: str = "damaged, or not of this index") -> IndexFormatError:
    """The error for a file that is not what it must be."""
    return IndexFormatError(f"{path}: {how}{AGAIN}")


@contextmanager
def enough_memory(path: Path) -> Iterator[None]:
    """Turn missing memory in the block into the error that `reading` would raise; other errors pass unchanged."""
    try:
        yield
    except MemoryError as error:
        raise read_error(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever the system and libraries raise in the block, while ``path`` or a file in that folder is read, into
    the error that `read_error` gives. Mistakes of programs (`TypeError` and the like) pass unchanged.
    """
    try:
        yield
    except RagqaError:
        raise
    except BaseException as error:
        names = {kind.__name__ for kind in type(error).__mro__}
        if not isinstance(error, TOLD) and names.isdisjoint(ALSO_TOLD):
            raise
        raise read_error(path, error) from error


def read_error(path: Path, error: BaseException) -> RagqaError:
    """`StorageError` if the system refuses (rights, memory, open files, a failing disk), otherwise `IndexFormatError`.

    It names the file that the error names, or ``path``. A missing file is damage to the index.
    """
    place, code = _place(path, error), system_error(error)
    if code in MISSING:
        return damaged(place, "cannot be read, it is missing")
    if code is not None:
        return StorageError(f"{place}: cannot be read, {refusal(error)}")
    said = " ".join(str(error).split())
    return damaged(place, f"damaged, or not of this index ({said[-200:]})" if said else "damaged, or not of this index")


def _place(path: Path, error: BaseException) -> Path | str:
    if isinstance(error, OSError) and isinstance(error.filename, (str, bytes)):
        return os.fsdecode(error.filename)
    named = _NAMED.search(str(error))
    return path / (named[1] or named[2]) if named and path.is_dir() else path
