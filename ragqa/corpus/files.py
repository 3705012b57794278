"""Which files are to be read, what their documents are called, and their bytes (unzipped, within limits)."""

from __future__ import annotations

import gzip
import io
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ragqa.corpus.encoding import encoding_of, scan
from ragqa.errors import SourceError

_CHUNK = 1 << 20
_UNPACKED_FREE = 1 << 30
_UNPACKED_RATIO = 200

_PLACE = re.compile(r"(?::\d+|#page=\d+)\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, and why: ``source`` is a file, or a record or page of one (``:12``, ``#page=3``).

    ``unread`` is false where it was read, and held no text of its own.
    """

    source: str
    reason: str
    unread: bool = True

    @property
    def file(self) -> str:
        """The source without its record or page."""
        return _PLACE.sub("", self.source)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. ``name`` is the id of its document, or begins those of its records; no two files share one."""

    path: Path
    name: str
    named: bool = False

    @property
    def source(self) -> str:
        """The path as the user can open it."""
        return str(self.path)


def find_files(sources: Sequence[Path], problems: Callable[[Problem], None]) -> list[SourceFile]:
    """The files named, and those in the folders named, in sorted order within each folder.

    Hidden files and folders (a leading ".", an office program's "~$") are passed over. What is reached twice, by a
    link or because it was named twice, counts once. Names are paths relative to the folder named; where two of several
    sources would share one, both take as many of the folders above in front as tell them apart.
    """
    seen: set[str] = set()
    files: list[SourceFile] = []
    for source in sources:
        if source.is_dir():
            files += [SourceFile(path, path.relative_to(source).as_posix()) for path in _walk(source, seen, problems)]
        elif _first(source, seen):
            files.append(SourceFile(source, source.name, named=True))
    return _distinct([file for file in files if _nameable(file, problems)])


def _walk(folder: Path, seen: set[str], problems: Callable[[Problem], None]) -> Iterator[Path]:
    if not _first(folder, seen):
        return
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
    except OSError as error:
        problems(Problem(str(folder), f"folder cannot be read ({error.strerror})"))
        return
    for name in names:
        path = folder / name
        if name.startswith((".", "~$")):
            continue
        if path.is_dir():
            yield from _walk(path, seen, problems)
        elif path.is_file() and _first(path, seen):
            yield path


def _first(path: Path, seen: set[str]) -> bool:
    real = os.path.realpath(path)
    fresh = real not in seen
    seen.add(real)
    return fresh


def _nameable(file: SourceFile, problems: Callable[[Problem], None]) -> bool:
    readable = file.source.encode("utf-8", "replace").decode()
    if readable != file.source:
        problems(Problem(readable, "its name is not valid Unicode; rename it"))
    return readable == file.source


def _distinct(files: list[SourceFile]) -> list[SourceFile]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, file in enumerate(files):
        places[file.name].append(place)
    clashes = [place for group in places.values() if len(group) > 1 for place in group]
    if not clashes:
        return files
    for place in clashes:
        parts = Path(os.path.abspath(files[place].path)).parts  # noqa: PTH100 - Path.absolute keeps ".."
        longer = parts[-(files[place].name.count("/") + 2) :]
        files[place] = replace(files[place], name=Path(*longer).as_posix())
    return _distinct(files)


def is_gzipped(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == ".gz"


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, unzipped; `SourceError` when a small file unpacks without end (a decompression bomb)."""
    limit = unpacked_limit(path.stat().st_size)
    total = 0
    with _open(path) as stream:
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            if is_gzipped(path) and total > limit:
                raise SourceError(f"unpacks to more than {limit >> 20} MB; unpack it yourself if it is to be trusted")
            yield chunk


def unpacked_limit(packed: int) -> int:
    """How many bytes a packed file of that size may unpack to: 1 GiB, or 200 times its size."""
    return max(_UNPACKED_FREE, _UNPACKED_RATIO * packed)


def read_bytes(file: SourceFile) -> bytes:
    """The whole content, unzipped."""
    return b"".join(chunks(file.path))


def open_text(file: SourceFile) -> io.TextIOWrapper:
    """The content as a stream of text, line ends as they are; lines end at LF, CR or CRLF.

    The file is read through once before, to tell the encoding and to be sure that it is whole.
    """
    encoding = encoding_of(scan(chunks(file.path)))
    return io.TextIOWrapper(_open(file.path), encoding, "replace", newline="")


def _open(path: Path) -> BinaryIO:
    return gzip.open(path) if is_gzipped(path) else path.open("rb")  # type: ignore[return-value]
