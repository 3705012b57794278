"""Changing an index: one writer at a time writes everything new aside, replaces one file, and removes what is left
over.
"""

from __future__ import annotations

import errno
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ragqa.errors import IndexFormatError, RagqaError
from ragqa.store.atomic import replace_file, storing, sync_folder, write_file
from ragqa.store.layout import Layout, current_line
from ragqa.store.lock import writer_lock
from ragqa.store.manifest import Manifest, read_manifest
from ragqa.store.packed import refuse_packed
from ragqa.store.reading import enough_memory

REMOVALS = 20


@dataclass(frozen=True, slots=True)
class Transaction:
    """The right to add the generation with this number. ``manifest`` is the current one, None in a new index."""

    layout: Layout
    manifest: Manifest | None
    generation: int

    def new_segment(self) -> Path:
        """An empty folder, named by a new id, for a segment."""
        with storing(self.layout.segments):
            self.layout.segments.mkdir(exist_ok=True)
            folder = self.layout.segment(uuid.uuid4().hex)
            folder.mkdir()
        return folder

    def new_generation(self) -> Path:
        """The empty folder of the new generation."""
        with storing(self.layout.generations):
            self.layout.generations.mkdir(exist_ok=True)
            folder = self.layout.generation(self.generation)
            folder.mkdir()
        return folder

    def commit(self, manifest: Manifest, tombstones: bytes, synonyms: bytes = b"") -> None:
        """Make the new generation, whose other files are all durable, the current one."""
        layout = self.layout
        with storing(layout.root):
            write_file(layout.tombstones(manifest.generation), tombstones)
            if synonyms:
                write_file(layout.synonyms(manifest.generation), synonyms)
            write_file(layout.manifest(manifest.generation), manifest.to_json().encode())
            sync_folder(layout.generation(manifest.generation))
            sync_folder(layout.generations)
            if layout.segments.exists():
                sync_folder(layout.segments)
            sync_folder(layout.root)
            replace_file(layout.current, current_line(manifest.generation))


@contextmanager
def transaction(root: Path, create: bool) -> Iterator[Transaction]:
    """Hold the writer's lock on an index, and first remove what killed writers left. With ``create`` the index may be
    new.

    If the body fails, everything that it wrote is removed, and also the directory if it was made here.
    """
    layout = Layout(root)
    refuse_packed(root)
    if not create:
        layout.require_current()
    with storing(root):
        layout.check_writable_place()
        made = not root.exists()
        root.mkdir(parents=True, exist_ok=True)
    try:
        if made:
            with storing(root):
                sync_folder(root.parent)
        with enough_memory(root), writer_lock(layout.lock):
            try:
                with storing(root):
                    manifest = sweep(layout)
                    if manifest is None:
                        sync_folder(root)  # LOCK says that this place is ours, so nothing else may outlive it
                yield Transaction(layout, manifest, 1 if manifest is None else manifest.generation + 1)
            except BaseException:
                _clear(layout)
                raise
    except BaseException:
        if made:
            with suppress(OSError):
                root.rmdir()
        raise


@contextmanager
def mending(root: Path) -> Iterator[Layout]:
    """Hold the writer's lock on an index that may be damaged. Nothing is removed; `IndexNotFound` if nothing
    is there.
    """
    layout = Layout(root)
    refuse_packed(root)
    if not layout.stored_generations():
        layout.require_current()
    with writer_lock(layout.lock):
        yield layout


@contextmanager
def addition(layout: Layout) -> Iterator[Transaction]:
    """Add a generation after all that exist, which are left as they are. The caller holds the writer's lock.

    If the body fails before the generation is current, everything that it wrote is removed.
    """
    segments, number = set(layout.stored_segments()), max(layout.stored_generations(), default=0) + 1
    try:
        yield Transaction(layout, None, number)
    except BaseException:
        with suppress(OSError, RagqaError):
            if not layout.current.is_file() or layout.current.read_bytes() != current_line(number):
                shutil.rmtree(layout.generation(number), ignore_errors=True)
                for name in set(layout.stored_segments()) - segments:
                    shutil.rmtree(layout.segment(name), ignore_errors=True)
        raise


def sweep(layout: Layout) -> Manifest | None:
    """Remove what belongs neither to the current generation nor to the one before; return the current manifest.

    If the current generation cannot be read, nothing is removed (`IndexFormatError`). Files with unknown names are
    never removed.
    """
    number = layout.current_generation()
    current = None if number is None else read_manifest(layout, number)
    kept = [] if current is None else [current]
    before = [found for found in layout.stored_generations() if number is not None and found < number]
    if before:
        with suppress(IndexFormatError):
            kept.append(read_manifest(layout, before[-1]))
    for found in layout.stored_generations():
        if found not in [manifest.generation for manifest in kept]:
            _remove(layout.generation(found))
    used = {segment.id for manifest in kept for segment in manifest.segments}
    for name in layout.stored_segments():
        if name not in used:
            _remove(layout.segment(name))
    layout.current.with_name("CURRENT.tmp").unlink(missing_ok=True)
    return current


def _remove(folder: Path) -> None:
    """Remove a folder. A reader that is opening the word index there makes a lock file and removes it again, so this is
    tried several times; what is left then is for the next writer.
    """
    for _ in range(REMOVALS):
        try:
            shutil.rmtree(folder)
            return
        except FileNotFoundError:
            if not folder.exists():
                return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise


def _clear(layout: Layout) -> None:
    """Do what `sweep` does after a failure, without raising another error. An index that was never complete leaves
    nothing.
    """
    with suppress(OSError, RagqaError):
        if sweep(layout) is None:
            for folder in (layout.generations, layout.segments):
                with suppress(FileNotFoundError):
                    folder.rmdir()
            layout.lock.unlink()
