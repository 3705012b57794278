"""What libraries raise on damaged files becomes one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ragqa.errors import SourceError


@contextmanager
def readable(kind: str) -> Iterator[None]:
    """Within the block whatever a parser raises is a `SourceError` that says that this is no readable ``kind`` of file.

    What the system refuses (files, memory) stays as it is.
    """
    try:
        yield
    except (SourceError, OSError, MemoryError, RecursionError):
        raise
    except Exception as error:  # parsers raise nearly anything on a damaged file
        raise SourceError(f"not a readable {kind} ({described(error)})") from error


def described(error: BaseException) -> str:
    """What a library says is wrong, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
