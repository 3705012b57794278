"""An index in one file: a plain tar archive of its folder, which is read without unpacking it.

The archive holds CURRENT, one generation, its segments and, if there is one, the calibration, under the names that they
have in an index directory, so that any tar program can unpack it. Tar does not compress, and each member begins at a
multiple of 512 bytes; so vectors and Arrow files can be used in the mapped archive just as in separate files.
"""

from __future__ import annotations

import errno
import io
import mmap
import os
import stat
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragqa.errors import ConfigError, IndexFormatError
from ragqa.store.layout import CALIBRATION, Layout
from ragqa.store.manifest import Manifest, files_of, read_manifest
from ragqa.store.reading import reading

if sys.platform == "win32":
    from pathlib import WindowsPath as _SystemPath
else:
    from pathlib import PosixPath as _SystemPath

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
LONGEST_NAME = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A packed index, mapped: where each member begins, and how long it is."""

    path: Path
    content: memoryview
    members: Mapping[str, tuple[int, int]]


class PackedPath(_SystemPath):
    """A file or folder within a packed index: ``kb.ragqa/generations/000001/manifest.json``.

    Code that reads a `Path` can read it, and gets bytes of the archive. Writing fails, because the file system has no
    such folder. `layout_of` makes the root; ``/`` makes the others.
    """

    pack: Pack | None = None

    def __truediv__(self, key: str | os.PathLike[str]) -> PackedPath:
        child: PackedPath = super().__truediv__(key)
        child.pack = self.pack
        return child

    @property
    def member(self) -> str:
        """Its name in the archive; empty for the root."""
        name = self.relative_to(self._pack.path).as_posix()
        return "" if name == "." else name

    def view(self) -> memoryview:
        """The bytes of a file, mapped."""
        found = self._pack.members.get(self.member)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        return self._pack.content[found[0] : sum(found)]

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Kind and size of the file; all other fields are 0."""
        kind, size = (stat.S_IFDIR, 0) if self.is_dir() else (stat.S_IFREG, len(self.view()))
        return os.stat_result((kind | 0o444, 0, 0, 1, 0, 0, size, 0, 0, 0))

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether the archive holds files below this name."""
        return not self.member or any(name.startswith(f"{self.member}/") for name in self._pack.members)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether the archive holds a file of this name."""
        return self.member in self._pack.members

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a file or a folder of the archive."""
        return self.is_file() or self.is_dir()

    def iterdir(self) -> Iterator[PackedPath]:  # type: ignore[override]
        """The entries of a folder, ordered by name."""
        prefix = f"{self.member}/" if self.member else ""
        names = {name[len(prefix) :].partition("/")[0] for name in self._pack.members if name.startswith(prefix)}
        return (self / name for name in sorted(names))

    def rglob(self, pattern: str, **_: Any) -> Iterator[PackedPath]:  # type: ignore[override]
        """All files below, whose names match."""
        prefix = f"{self.member}/" if self.member else ""
        paths = (self / name[len(prefix) :] for name in self._pack.members if name.startswith(prefix))
        return (path for path in paths if path.match(pattern))

    def open(self, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        """Open for reading bytes; text is read by `read_text`."""
        if mode != "rb":
            raise OSError(errno.EROFS, "a packed index is read-only", str(self))
        return _Reader(self.view())

    def read_bytes(self) -> bytes:
        """A copy of the file's bytes."""
        return bytes(self.view())

    def read_text(self, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> str:
        """The file's text, decoded as UTF-8 unless another encoding is given."""
        return str(self.read_bytes(), encoding or "utf-8", errors or "strict")

    @property
    def _pack(self) -> Pack:
        assert self.pack is not None, "made by something else than layout_of and /"
        return self.pack


class _Reader(io.RawIOBase):
    """Mapped bytes as a file object that copies only what is read."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._place = view, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: len(self._view)}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        block = self._view[self._place : self._place + len(buffer)]
        buffer[: len(block)] = block
        self._place += len(block)
        return len(block)


def layout_of(place: str | Path) -> Layout:
    """The paths of an index for reading, whether it is a directory or a packed file."""
    path = Path(place)
    return _open_pack(path) if is_packed(path) else Layout(path)


def is_packed(path: Path) -> bool:
    """Whether a file begins as a packed index does."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _parse(path, file.read(BLOCK), 0)[0] == "CURRENT"
    except (OSError, IndexFormatError):
        return False


def refuse_packed(place: Path) -> None:
    """Raise a `ConfigError` if ``place`` is a packed index, which cannot be written to."""
    if is_packed(place):
        raise ConfigError(f"{place}: a packed index is read-only; make a folder of it with ragqa unpack {place} FOLDER")


def mapped(path: Path) -> memoryview:
    """The bytes of a file, read-only and mapped into memory; the file may be in a packed index."""
    if isinstance(path, PackedPath):
        return path.view()
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"")  # an empty file cannot be mapped
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def show(path: Path, place: Path) -> None:
    """Make a file of an index readable at the path ``place``: by a symbolic link, or a copy if the index is packed."""
    if isinstance(path, PackedPath):
        place.write_bytes(path.view())
    else:
        place.symlink_to(path.absolute())


def member_names(manifest: Manifest) -> dict[str, int]:
    """Names and sizes, in the order of the archive, of all files of this generation but CURRENT, manifest and
    calibration.
    """
    return {path.as_posix(): fact.bytes for path, fact in files_of(Layout(Path()), manifest)}


def header(name: str, size: int) -> bytes:
    """The tar header of a member; it depends on name and size only, so that equal indexes give equal archives."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _open_pack(path: Path) -> Layout:
    with reading(path):
        content = mapped(path)
    root = PackedPath(path)
    root.pack = Pack(path, content, _members(path, content))
    layout = Layout(root)
    manifest = read_manifest(layout, layout.require_current())
    sizes = member_names(manifest)
    own = {name: size for name, (_, size) in root.pack.members.items() if name != CALIBRATION}
    for name in ("CURRENT", Layout(Path()).manifest(manifest.generation).as_posix()):
        own.pop(name)
    if own != sizes:
        odd = sorted(name for name in own.keys() | sizes.keys() if own.get(name) != sizes.get(name))
        raise _refused(path, f"holds another {odd[0][:LONGEST_NAME]!r} than its manifest says")
    return layout


def _members(path: Path, content: memoryview) -> dict[str, tuple[int, int]]:
    """Offset and size of each member. An archive that is cut off, or holds anything but plain files with different
    names, is an error.
    """
    found: dict[str, tuple[int, int]] = {}
    place, longer = 0, ""
    while (block := bytes(content[place : place + BLOCK])) != END[:BLOCK]:
        name, size, kind = _parse(path, block, place)
        start, longer_before = place + BLOCK, longer
        place = start + -(-size // BLOCK) * BLOCK
        if place + len(END) > len(content):
            raise _refused(path, f"{len(content)} bytes, but {name[:LONGEST_NAME]!r} ends at byte {start + size}")
        if kind == tarfile.GNUTYPE_LONGNAME and size <= LONGEST_NAME:
            longer = str(content[start : start + size], "latin-1").rstrip("\0")
            continue
        name, longer = longer_before or name, ""
        if kind != tarfile.REGTYPE or name in found:
            raise _refused(path, f"holds {name!r} " + ("twice" if name in found else "as something else than a file"))
        found[name] = start, size
    if content[place:] != END:
        raise _refused(path, f"has {len(content)} bytes, but ends at byte {place + len(END)}")
    return found


def _parse(path: Path, block: bytes, place: int) -> tuple[str, int, bytes]:
    """Name, size and kind of the member that has this header."""
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise _refused(path, f"unusable from byte {place} of {path.stat().st_size} on") from error
    if info.size < 0 or info.linkname:
        raise _refused(path, f"holds {info.name!r} as something else than a file")
    return info.name, info.size, info.type


def _refused(path: Path, how: str) -> IndexFormatError:
    return IndexFormatError(f"{path}: {how}; fetch or pack it again")
