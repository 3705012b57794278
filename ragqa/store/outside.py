"""Files that others may have written or named: looked at before they are opened."""

from __future__ import annotations

import os
from pathlib import Path


def unfit(path: Path, most: int) -> str:
    """Why ``path`` is not to be read: it is missing, no regular file (a pipe would never end), or has more than
    ``most`` bytes; "" for a file that may be read.
    """
    try:
        if not path.is_file():
            return "is no file" if path.exists() else "is missing"
        size = path.stat().st_size
    except (OSError, ValueError) as error:  # a name that no file can have
        return f"cannot be looked at ({error})"
    return f"has {size:,} bytes, at most {most:,} are read" if size > most else ""


def place_named(name: str) -> Path:
    """A path as people write it, with ``~`` for a home; one of a user that is not known stays as it is."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises for such
