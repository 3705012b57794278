"""Which files of the given files and folders are to be read, and the names that they get."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.limits import Limits

_SYSTEM = ("/proc", "/sys")
_INDEX = frozenset(("CURRENT", "generations"))  # what the folder of an index has (`ragqa.store.layout`) …
_BEGUN = frozenset(("LOCK", "generations", "segments"))  # … and has alone before its first generation is done


def find_files(
    sources: Sequence[Path],
    problems: Callable[[Problem], None],
    *,
    limits: Limits | None = None,
    follow: bool = False,
    encoding: str = "",
) -> list[SourceFile]:
    """The files named, and those in the folders named, in sorted order within each folder.

    Hidden files and folders (a leading ".", or "~$" of office programs) are passed over, as is everything that is
    neither file nor folder, and the folders of indexes. A file that is reached twice, by a link or because it was named
    twice, counts once. Symbolic links that lead out of all folders named are followed with ``follow`` alone; otherwise
    they are handed to ``problems``.

    A name is the path relative to the folder named. If files of two sources would have the same name, both get as many
    of the folders above in front as tell them apart.
    """
    walk = _Walk(problems, follow, tuple(os.path.realpath(source) for source in sources))
    limits = limits or Limits()
    files: list[SourceFile] = []
    for source in sources:
        if source.is_dir():
            paths = walk.files(source)
            make = partial(SourceFile, limits=limits, encoding=encoding)
            files += [make(path, path.relative_to(source).as_posix()) for path in paths]
        elif walk.is_first(os.path.realpath(source)):
            files.append(SourceFile(source, source.name, named=True, limits=limits, encoding=encoding))
    return _distinct([file for file in files if _nameable(file, problems)])


@dataclass(slots=True)
class _Walk:
    """A walk over folders that remembers what it has seen, by real paths."""

    problems: Callable[[Problem], None]
    follow: bool
    roots: tuple[str, ...]
    seen: set[str] = field(default_factory=set)
    system: frozenset[int] = field(default_factory=lambda: frozenset(_devices()))

    def is_first(self, real: str) -> bool:
        """Whether this is met for the first time."""
        fresh = real not in self.seen
        self.seen.add(real)
        return fresh

    def files(self, folder: Path) -> Iterator[Path]:
        """The regular files in a folder and in those below it, found with a stack of listings instead of recursion."""
        real = os.path.realpath(folder)
        open_folders = [self._entries(folder, real)] if self.is_first(real) else []
        while open_folders:
            path, real, is_folder = next(open_folders[-1], (None, "", False))
            if path is None:
                open_folders.pop()
            elif is_folder:
                open_folders.append(self._entries(path, real))
            else:
                yield path

    def _entries(self, folder: Path, real: str) -> Iterator[tuple[Path, str, bool]]:
        """(path, real path, whether it is a folder) of what is to be walked or read."""
        try:
            if folder.stat().st_dev in self.system:
                self.problems(Problem(str(folder), "the system's own files, not documents; passed over", unread=False))
                return
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            self.problems(Problem(str(folder), f"folder cannot be read ({error.strerror})"))
            return
        names = {entry.name for entry in entries}
        if names >= _INDEX or "LOCK" in names <= _BEGUN:
            self.problems(Problem(str(folder), "an index of ragqa, not documents; passed over", unread=False))
            return
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            path, below = folder / entry.name, os.path.join(real, entry.name)  # noqa: PTH118 - a real path stays text
            try:
                link = entry.is_symlink()
                mode = entry.stat().st_mode
            except OSError:  # a link to nowhere, or gone since
                continue
            below = os.path.realpath(path) if link else below
            wanted = stat.S_ISDIR(mode) or stat.S_ISREG(mode)
            if wanted and (not link or self._may_follow(path, below)) and self.is_first(below):
                yield path, below, stat.S_ISDIR(mode)

    def _may_follow(self, path: Path, real: str) -> bool:
        inside = self.follow or any(
            real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self.roots
        )
        if not inside:
            reason = f"a link that leads out of the folder, to {real}; passed over (--follow reads it)"
            self.problems(Problem(str(path), reason, unread=False))
        return inside


def _devices() -> Iterator[int]:
    """The devices of file systems that show the running system and hold no documents."""
    for place in _SYSTEM:
        try:
            yield os.stat(place).st_dev  # noqa: PTH116
        except OSError:
            continue


def _nameable(file: SourceFile, problems: Callable[[Problem], None]) -> bool:
    readable = file.source.encode("utf-8", "replace").decode()
    if readable != file.source:
        problems(Problem(readable, "its name is not valid Unicode; rename it"))
    return readable == file.source


def _distinct(files: list[SourceFile]) -> list[SourceFile]:
    """Make names different: files that share one get one more folder in front, until none share one."""
    while clashes := _clashes(files):
        for place in clashes:
            parts = Path(os.path.abspath(files[place].path)).parts  # noqa: PTH100 - Path.absolute keeps ".."
            longer = parts[-(files[place].name.count("/") + 2) :]
            files[place] = replace(files[place], name=Path(*longer).as_posix())
    return files


def _clashes(files: list[SourceFile]) -> list[int]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, file in enumerate(files):
        places[file.name].append(place)
    return [place for group in places.values() if len(group) > 1 for place in group]
