"""Writing files so that after a crash they hold the old content or the new content, and nothing in between."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ragqa.errors import RagqaError, StorageError

HASH_BYTES = 1 << 20
ADVICE = {  # by errno, for what a disk refuses
    errno.ENOSPC: "the disk is full: free some space and try again",
    errno.EDQUOT: "the quota is used up: free some space and try again",
    errno.EROFS: "the file system is read-only: choose another place",
    errno.EACCES: "permission denied: change its rights or choose another place",
    errno.EPERM: "not permitted: change its rights or choose another place",
    errno.EIO: "the disk is failing: check it, or choose another",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n), or run ragqa compact where it allows more",
    errno.ENFILE: "too many open files on this machine: close other programs and try again",
    errno.EAGAIN: "no more memory or threads for it: close other programs, or raise the limits (ulimit -v, ulimit -u)",
    errno.ENOMEM: "not enough memory: close other programs, or raise the limit (ulimit -v)",
}
_RUST = re.compile(r"\(os error (\d+)\)|Os \{ code: (\d+)")
_MEMORY = re.compile(
    "bad_alloc|bad allocation|(?<!CUDA )out of memory|(cannot|can't|failed to|unable to) (re)?allocate|"
    "(m|re)alloc of size|failed to map segment|can't start new thread",  # the last two are said of memory too
    re.IGNORECASE,
)


def system_error(error: BaseException) -> int | None:
    """The errno of what the system refused. Where a library tells it only in words, it is taken from these: Rust's form
    ("(os error 28)"), the system's message ("Too many open files"), or the message of a failed allocation.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    said = str(error)
    if told := _RUST.search(said):
        return int(told[1] or told[2])
    if _MEMORY.search(said):
        return errno.ENOMEM
    return next((code for code in (*ADVICE, errno.ENOENT) if os.strerror(code) in said), None)


def refusal(error: BaseException) -> str:
    """What was refused and what to do, in a few words."""
    if isinstance(error, MemoryError):
        return ADVICE[errno.ENOMEM]  # a text made now could need memory that there is not
    said = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())
    return ADVICE.get(system_error(error) or 0, f"{said}: check the place or choose another")


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn every refusal of the system in the block into a `StorageError` that names the file (or ``path``) and what to
    do.
    """
    try:
        yield
    except RagqaError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and system_error(error) is None:
            raise
        name = (error.filename2 or error.filename) if isinstance(error, OSError) else None  # of two, the target
        place = os.fsdecode(name) if isinstance(name, (str, bytes)) else path
        raise StorageError(f"{place}: cannot be written, {refusal(error)}") from error


def sync_file(path: Path) -> None:
    """Return when the file's content is on the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Return when the folder's entries are on the disk (Windows does that by itself)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Give ``path`` new content, all at once: after a crash it holds the old or the new. With ``private`` it
    is at no moment readable for anybody but its owner.
    """
    aside = path.with_name(f"{path.name}.tmp")
    if private:
        aside.unlink(missing_ok=True)  # a file that is there keeps its rights
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    write_file(aside, content)
    aside.replace(path)
    sync_folder(path.parent)


def clone_folder(source: Path, target: Path, keep: Callable[[str], bool]) -> None:
    """Make a folder ``target`` with hard links to the files of ``source`` that are to ``keep``, or copies where links
    fail.

    Only for files that are never changed in place. Subfolders are left out.
    """
    target.mkdir()
    for path in sorted(source.iterdir()):
        if keep(path.name) and path.is_file():
            share_file(path, target / path.name)


def share_file(source: Path, target: Path) -> None:
    """Make a hard link ``target``; where links fail make a copy, which is on the disk on return."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
        sync_file(target)


def sha256(path: Path, tell: Callable[[int], None] | None = None) -> str:
    """The hash of a file's content, in hexadecimal digits; ``tell`` hears of each block's bytes as they are read."""
    with path.open("rb", buffering=0) as file:
        return hash_file(file, tell)


def hash_file(file: BinaryIO, tell: Callable[[int], None] | None = None) -> str:
    """As `sha256`, of what is left of an open file."""
    digest = hashlib.sha256()
    while block := file.read(HASH_BYTES):
        digest.update(block)
        if tell is not None:
            tell(len(block))
    return digest.hexdigest()
