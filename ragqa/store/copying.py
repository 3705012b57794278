"""Taking files of an index over into another place: by hard links, or byte by byte under the eyes of their hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ragqa.store.atomic import HASH_BYTES, storing, sync_folder
from ragqa.store.manifest import FileFact
from ragqa.store.reading import damaged, reading


def take_file(source: Path, target: Path, fact: FileFact, links: bool = True) -> None:
    """Make the new file ``target`` out of ``source``, which is never changed in place and is what ``fact`` says.

    It is a hard link; where links fail, or without ``links``, a copy, which is on the disk afterwards. A source that
    has gone, or whose copied bytes are others than ``fact`` says, is an `IndexFormatError`.
    """
    if links:
        try:
            target.hardlink_to(source)
            return
        except OSError:
            pass  # another file system, one without links, too many links, or no such file: the copy says which
    with reading(source):
        reader = source.open("rb")
    with reader, storing(target), target.open("xb") as writer:
        count, sha = copy_bytes(reader, source, writer)
        if (count, sha) != (fact.bytes, fact.sha256):
            raise damaged(source, "its content has changed")
        writer.flush()
        os.fsync(writer.fileno())


def take_folder(source: Path, target: Path, files: Mapping[str, FileFact], links: bool = True) -> None:
    """Fill the folder ``target``, made if need be, with these files of ``source`` as `take_file` does.

    Their names are on the disk afterwards.
    """
    with storing(target):
        target.mkdir(exist_ok=True)
        for name, fact in files.items():
            (target / name).parent.mkdir(exist_ok=True)
            take_file(source / name, target / name, fact, links)
        for folder in {(target / name).parent for name in files} | {target}:
            sync_folder(folder)


def copy_bytes(reader: BinaryIO, source: Path, writer: BinaryIO) -> tuple[int, str]:
    """Copy what is left to read; how many bytes there were, and their sha256. Failing to read is `IndexFormatError`."""
    digest, count = hashlib.sha256(), 0
    while True:
        with reading(source):
            block = reader.read(HASH_BYTES)
        if not block:
            return count, digest.hexdigest()
        digest.update(block)
        writer.write(block)
        count += len(block)
