"""Checks of files that others may have written or named, made before they are opened."""

from __future__ import annotations

import os
from pathlib import Path


def unfit(path: Path, most: int) -> str:
    """Why ``path`` is not to be read; "" for a file that may be read.

    A path is unfit if it is missing, if it is no regular file (reading a pipe might never end), or if it has more than
    ``most`` bytes.
    """
    try:
        if not path.is_file():
            return "is no file" if path.exists() else "is missing"
        size = path.stat().st_size
    except (OSError, ValueError) as error:  # a name that no file can have
        return f"cannot be looked at ({error})"
    return f"has {size:,} bytes, at most {most:,} are read" if size > most else ""


def place_named(name: str) -> Path:
    """A path as people write it, with ``~`` for the home folder. If the user in ``~user`` is unknown, it stays as it
    is.
    """
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises for such
