"""Damaged files are set aside in a folder that readers do not open and writers do not clean up."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ragqa.store.atomic import share_file, storing, sync_folder
from ragqa.store.layout import Layout

PARTIAL = "partial"


def set_aside(layout: Layout, paths: Iterable[Path]) -> Path:
    """A new folder with copies of these files of the index, and of all files below these folders, under the same names.

    The copies are hard links, or byte copies where links fail; the files themselves stay where they are. The folder
    appears only when it is complete.
    """
    with storing(layout.aside):
        layout.aside.mkdir(exist_ok=True)
        partial = layout.aside / PARTIAL
        shutil.rmtree(partial, ignore_errors=True)  # of a repair that died
        partial.mkdir()
        for path in paths:
            for found in sorted(path.rglob("*")) if path.is_dir() else [path]:
                _share(found, partial / found.relative_to(layout.root))
        for folder in sorted(partial.rglob("*"), reverse=True):
            if folder.is_dir():
                sync_folder(folder)
        sync_folder(partial)
        numbers = [int(found.name) for found in layout.aside.iterdir() if found.name.isdecimal()]
        place = layout.aside / str(max(numbers, default=0) + 1)
        partial.rename(place)
        sync_folder(layout.aside)
    return place


def _share(path: Path, target: Path) -> None:
    """Link or copy one file. A file that cannot even be opened is left out, as there is nothing in it to keep."""
    with suppress(FileNotFoundError):
        if stat.S_ISREG(path.lstat().st_mode):
            target.parent.mkdir(parents=True, exist_ok=True)
            share_file(path, target)
