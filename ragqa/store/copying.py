"""Putting files of an index into another folder: by hard links, or by copying bytes and comparing their hashes."""

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
    """Make the new file ``target`` from ``source``, which is never changed in place and is described by ``fact``.

    It becomes a hard link; if linking fails, or without ``links``, it becomes a copy that is durable on return. If the
    source does not exist, or the copied bytes differ from ``fact``, an `IndexFormatError` is raised.
    """
    if links:
        try:
            target.hardlink_to(source)
            return
        except OSError:
            pass  # another file system, no support of links, too many links, or no such file: copying tells which
    with reading(source):
        reader = source.open("rb")
    with reader, storing(target), target.open("xb") as writer:
        count, sha = copy_bytes(reader, source, writer)
        if (count, sha) != (fact.bytes, fact.sha256):
            raise damaged(source, "its content has changed")
        writer.flush()
        os.fsync(writer.fileno())


def take_folder(source: Path, target: Path, files: Mapping[str, FileFact], links: bool = True) -> None:
    """Fill the folder ``target`` with these files of ``source`` as `take_file` does; it is made if it does not exist.

    The names of the files are durable on return.
    """
    with storing(target):
        target.mkdir(exist_ok=True)
        for name, fact in files.items():
            (target / name).parent.mkdir(exist_ok=True)
            take_file(source / name, target / name, fact, links)
        for folder in {(target / name).parent for name in files} | {target}:
            sync_folder(folder)


def copy_bytes(reader: BinaryIO, source: Path, writer: BinaryIO) -> tuple[int, str]:
    """Copy the rest of an open file; return the number of bytes and their sha256. A failing read is an
    `IndexFormatError`.
    """
    digest, count = hashlib.sha256(), 0
    while True:
        with reading(source):
            block = reader.read(HASH_BYTES)
        if not block:
            return count, digest.hexdigest()
        digest.update(block)
        writer.write(block)
        count += len(block)
