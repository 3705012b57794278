"""Setting damaged files aside, where no reader looks and no writer sweeps."""

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
    """A new folder with these files of the index, and with all below these folders, under the names they have in it.

    They are shared by hard links (copied where links fail) and stay where they are as well. The folder appears when it
    is complete.
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
    """A file that cannot even be opened is left out: there is nothing in it to keep."""
    with suppress(FileNotFoundError):
        if stat.S_ISREG(path.lstat().st_mode):
            target.parent.mkdir(parents=True, exist_ok=True)
            share_file(path, target)
