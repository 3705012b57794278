"""Files that others may have written: looked at before they are opened."""

from __future__ import annotations

from pathlib import Path


def unfit(path: Path, most: int) -> str:
    """Why ``path`` is not to be read: it is missing, no regular file (a pipe would never end), or has more than
    ``most`` bytes; "" for a file that may be read.
    """
    if not path.is_file():
        return "is no file" if path.exists() else "is missing"
    size = path.stat().st_size
    return f"has {size:,} bytes, at most {most:,} are read" if size > most else ""
