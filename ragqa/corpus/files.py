"""A file to read, what its documents are called, and its bytes (unzipped, within limits)."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ragqa.corpus.encoding import Scan, encoding_of, scan, scan_whole
from ragqa.corpus.limits import Limits, too_large, too_long
from ragqa.documents import file_of
from ragqa.errors import SourceError

_CHUNK = 1 << 20
_START = 1 << 16  # bytes by which a text is told
_MEMBERS = 100_000  # of a zip archive


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, and why. ``source`` is a file, or a part of one (see `ragqa.documents.file_of`).

    ``unread`` is false if it was read and had no text of its own, or was passed over on purpose. A ``remark`` is about
    what was read: that its encoding was guessed, for example.
    """

    source: str
    reason: str
    unread: bool = True
    remark: bool = False

    @property
    def file(self) -> str:
        """The source without the place in it."""
        return file_of(self.source)


def _nothing() -> None:
    """No clock runs."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. ``name`` is the id of its document, or begins those of its records; no two files share one.

    ``encoding`` is that of its text if that is not Unicode; "" if it is to be detected. Readers put into ``remarks``
    what the user should know of what was read, and call ``longer`` before work that takes as long as a file of its own.
    """

    path: Path
    name: str
    named: bool = False
    limits: Limits = field(default_factory=Limits)
    encoding: str = ""
    remarks: list[str] = field(default_factory=list, compare=False)
    longer: Callable[[], None] = field(default=_nothing, compare=False)

    @property
    def source(self) -> str:
        """The path as the user can open it."""
        return str(self.path)


def is_gzipped(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == ".gz"


def regular_size(path: Path) -> int:
    """The size of a regular file; `SourceError` for anything else (a device, a FIFO, a socket), which is not opened."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise SourceError("not a regular file")
    return facts.st_size


def chunks(file: SourceFile) -> Iterator[bytes]:
    """The file's bytes, unzipped; `SourceError` if it unpacks to more than its limits allow (a zip bomb).

    A file of size 0 has no bytes and is not opened: files of the system (/proc) have this size and may never end.
    """
    size = regular_size(file.path)
    limit = file.limits.unpacked(size)
    total = 0
    if not size:
        return
    with _open(file.path) as stream:
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            if is_gzipped(file.path) and total > limit:
                raise SourceError(too_large(limit))
            yield chunk


def is_text(file: SourceFile) -> bool:
    """Whether a file begins as a text does; not if it is empty or cannot be opened."""
    try:
        start = next(chunks(file), b"")[:_START]
        return bool(start) and bool(encoding_of(scan_whole(start), named=file.encoding))
    except (OSError, EOFError, zlib.error, SourceError):
        return False


def read_bytes(file: SourceFile) -> bytes:
    """The whole content, unzipped."""
    return b"".join(chunks(file))


def read_text_bytes(file: SourceFile) -> bytes:
    """The whole content, unzipped, of a file that is one document; `SourceError` if it is longer than one may be."""
    limit = left = file.limits.document(regular_size(file.path))
    taken = []
    for chunk in chunks(file):
        left -= len(chunk)
        if left < 0:
            raise SourceError(too_long(limit))
        taken.append(chunk)
    return b"".join(taken)


def decoded(file: SourceFile, raw: bytes, declared: str = "") -> str:
    """Text of the file, without byte order mark, line ends as they are; ``declared`` is the encoding that it names
    itself.
    """
    return raw.decode(_encoding(file, scan_whole(raw), declared), "replace")


def read_text_of(file: SourceFile) -> str:
    """The text of a file that is one document."""
    return decoded(file, read_text_bytes(file))


def _encoding(file: SourceFile, seen: Scan, declared: str = "") -> str:
    found = encoding_of(seen, declared, file.encoding)
    if found.doubt and found.doubt not in file.remarks:
        file.remarks.append(found.doubt)
    return found.name


def open_text(file: SourceFile) -> io.TextIOWrapper:
    """The content as a stream of text, line ends as they are; lines end at LF, CR or CRLF.

    The file is read through once before, to tell the encoding and to be sure that it is whole and within its limits.
    """
    encoding = _encoding(file, scan(chunks(file)))
    return io.TextIOWrapper(_open(file.path), encoding, "replace", newline="")


def open_zip(file: SourceFile) -> zipfile.ZipFile:
    """A zip archive (a .docx file, for example) whose members unpack to no more than the limits allow.

    The sizes that the archive declares are compared with the limits before anything is unpacked; `zipfile` never reads
    more of a member than is declared.
    """
    limit = file.limits.unpacked(regular_size(file.path))
    try:
        archive = zipfile.ZipFile(file.path)
    except zipfile.BadZipFile as error:
        raise SourceError("not a zip archive, as such files are (damaged, encrypted or in an older format)") from error
    members = archive.infolist()
    if sum(member.file_size for member in members) > limit:
        archive.close()
        raise SourceError(too_large(limit))
    if len(members) > _MEMBERS:
        archive.close()
        raise SourceError(f"an archive of more than {_MEMBERS:,} files")
    return archive


def _open(path: Path) -> BinaryIO:
    """Open a regular file. A file that has been replaced by a FIFO since it was found does not block."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError("not a regular file")
    raw = os.fdopen(handle, "rb")
    return _Gzip(raw) if is_gzipped(path) else raw  # type: ignore[return-value]


class _Gzip(gzip.GzipFile):
    """A gzip stream that closes the file it reads."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__(fileobj=raw, mode="rb")
        self.myfileobj = raw  # type: ignore[assignment]
