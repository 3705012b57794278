"""Checks of files that others may have written or named, made before they are opened."""

from __future__ import annotations

import difflib
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


def nearest(path: Path, *, folders: bool = True) -> Path | None:
    """What is there and has a name most like that of ``path``, which is not there; None if nothing is like it.

    A folder above it may be mistyped as well. With ``folders`` only folders are meant, else only files.
    """
    try:
        parent = path.parent if path.parent.is_dir() else nearest(path.parent)
        if parent is None:
            return None
        names = [entry.name for entry in os.scandir(parent) if entry.is_dir() == folders]
    except (OSError, ValueError):
        return None
    close = [path.name] if path.name in names else difflib.get_close_matches(path.name, names, 1)
    return parent / close[0] if close else None
