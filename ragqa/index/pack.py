"""Packing an index into one portable file, and unpacking it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ragqa.errors import ConfigError, IndexNotFound
from ragqa.index.derive import copy_index, on_current
from ragqa.store.atomic import storing, sync_folder
from ragqa.store.copying import copy_bytes
from ragqa.store.layout import CALIBRATION, Layout, current_line
from ragqa.store.manifest import FILES, FileFact, Manifest, files_of, read_manifest
from ragqa.store.packed import BLOCK, END, header, is_packed, layout_of
from ragqa.store.reading import damaged, reading


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a packed file holds: its generation, how many documents and passages, and its size."""

    generation: int
    documents: int
    passages: int
    bytes: int


def pack(source: str | Path, target: str | Path) -> PackReport:
    """Write the current generation of ``source`` and its calibration into one file, which `Snapshot.open` can read as
    it is.

    The bytes are checked against their hashes while they are copied. The same generation and calibration give the same
    bytes. ``source`` is only read, and may be written to meanwhile. ``target`` appears when it is complete; if anything
    fails it is as it was. A packed index in its place is replaced; any other file there is a `ConfigError`.
    """
    path = Path(target)
    if path.exists() and not is_packed(path):
        raise ConfigError(f"{path}: something else than a packed index stands there; name another file")
    place = layout_of(source)
    return on_current(place, lambda number: _pack(place, read_manifest(place, number), path))


def unpack(source: str | Path, target: str | Path) -> Manifest:
    """Make an index directory from a packed file, as `copy_index` does; the packed generation becomes its first."""
    if not is_packed(Path(source)):
        raise IndexNotFound(f"{source}: no packed index; ragqa pack makes one")
    return copy_index(source, target)


def _pack(place: Layout, manifest: Manifest, path: Path) -> PackReport:
    if manifest.vectors.store != FILES:
        where = f"its vectors live in {manifest.vectors.store!r}"
        raise ConfigError(f"{place.root}: {where}: pack a copy of it (ragqa copy), which holds them itself")
    with _aside(path) as file:
        _write_bytes(file, "CURRENT", current_line(manifest.generation))
        _write_bytes(file, _name(place, place.manifest(manifest.generation)), _manifest_bytes(place, manifest))
        if place.calibration.is_file():
            _write_bytes(file, CALIBRATION, place.calibration.read_bytes())
        for source, fact in files_of(place, manifest):
            _write_file(file, _name(place, source), source, fact)
        file.write(END)
        size = file.tell()
    return PackReport(manifest.generation, manifest.live_documents, manifest.live_passages, size)


def _manifest_bytes(place: Layout, manifest: Manifest) -> bytes:
    """The file's content as it stands."""
    path = place.manifest(manifest.generation)
    with reading(path):
        return path.read_bytes()


@contextmanager
def _aside(path: Path) -> Iterator[BinaryIO]:
    """A new file that replaces ``path`` when the body is done, and is removed if the body fails."""
    aside = path.with_name(f"{path.name}.tmp")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            sync_folder(path.parent)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


def _name(place: Layout, path: Path) -> str:
    return path.relative_to(place.root).as_posix()


def _write_bytes(file: BinaryIO, name: str, content: bytes) -> None:
    file.write(header(name, len(content)) + content + bytes(-len(content) % BLOCK))


def _write_file(file: BinaryIO, name: str, source: Path, fact: FileFact) -> None:
    with reading(source):
        reader = source.open("rb")
    with reader:
        file.write(header(name, fact.bytes))
        if copy_bytes(reader, source, file) != (fact.bytes, fact.sha256):
            raise damaged(source, "its content has changed")
        file.write(bytes(-fact.bytes % BLOCK))
