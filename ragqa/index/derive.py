"""A generation made from another one without the sources: in another place, or with another encoder's vectors.

Files that stay the same are shared by hard links (or checked copies, where links fail), as between generations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from ragqa.documents import FORMS
from ragqa.errors import ConfigError, IndexFormatError, IndexLocked, ModelError
from ragqa.index.ann import check_spec
from ragqa.index.commit import Setup, describe, publish, segments_of
from ragqa.index.intake import ENCODE_PASSAGES, encoded
from ragqa.index.report import Progress, silent
from ragqa.index.segment import Written
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import VectorWriter
from ragqa.protocols import Encoder
from ragqa.store.atomic import storing, sync_folder, write_file
from ragqa.store.copying import take_folder
from ragqa.store.layout import Layout, is_fingerprint
from ragqa.store.manifest import FILES, EncoderFact, Manifest, SegmentFact, VectorPart
from ragqa.store.packed import layout_of
from ragqa.store.passages import PassageStore
from ragqa.store.transaction import Transaction, transaction

COPY_TRIES = 10
FETCH_ROWS = 65_536
Made = TypeVar("Made")


def copy_index(source: str | Path, target: str | Path, *, links: bool = True) -> Manifest:
    """Make an index in ``target``, which must be new or empty, with the current generation of ``source`` as its first.

    Row numbers stay the same, and the calibration is copied too. A copy keeps its vectors in files of its own, wherever
    they were. ``source`` is only read, and may be written to
    meanwhile: if writers remove what is being copied, the next generation is copied instead. Later changes of one index
    do not show in the other.

    Files are shared by hard links, as they are never changed in place. Where links fail, or without ``links``, they are
    copied and their hashes are checked. If anything fails, ``target`` is as it was; if the process is killed,
    ``target`` is no index.
    """
    place = layout_of(source)
    return on_current(place, lambda number: _copy(Snapshot(place, number), place, Path(target), links))


def on_current(place: Layout, work: Callable[[int], Made]) -> Made:
    """Do ``work`` on the current generation. If writers have removed that meanwhile, do it on the next one."""
    number = place.require_current()
    for _ in range(COPY_TRIES):
        try:
            return work(number)
        except IndexFormatError:
            now = place.require_current()
            if now == number:
                raise
            number = now
    raise IndexLocked(f"{place.root}: writers replace it faster than it can be copied; try again when they are done")


def _copy(old: Snapshot, place: Layout, target: Path, links: bool) -> Manifest:
    old.wait_checked()
    with transaction(target, create=True) as change:
        if change.manifest is not None:
            raise ConfigError(f"{target}: holds an index already")
        try:
            if place.calibration.is_file():
                with storing(change.layout.calibration):
                    write_file(change.layout.calibration, place.calibration.read_bytes())
            with storing(change.layout.segments):
                change.layout.segments.mkdir(exist_ok=True)
            for number, segment in enumerate(old.manifest.segments):
                files = old.manifest.files_in(number)
                take_folder(place.segment(segment.id), change.layout.segment(segment.id), files, links)
            setup, written = replace(Setup.of(old), store=FILES), segments_of(old.manifest)
            if old.manifest.vectors.store != FILES:
                written = [replace(one, vectors=_fetched(change, setup, old, one.segment)) for one in written]
            return same_rows(change, old, setup, written, place, links)
        except BaseException:
            with suppress(OSError):
                change.layout.calibration.unlink()
            raise


def _fetched(change: Transaction, setup: Setup, old: Snapshot, segment: SegmentFact) -> VectorPart:
    """Files in the segment's folder of the new index, with the vectors that the old one keeps elsewhere."""
    folder = change.layout.segment(segment.id)
    with closing(setup.vectors(change.layout).writer(folder, setup.encoder, setup.config.dense)) as writer:
        for start in range(0, segment.rows, FETCH_ROWS):
            rows = np.arange(start, min(start + FETCH_ROWS, segment.rows))
            writer.add(old.dense.vectors(segment.first_row + rows))
        return writer.finish(segment.rows, silent)


def reencode(
    directory: str | Path, encoder: Encoder, name: str, progress: Progress | None = None
) -> tuple[Manifest, bool]:
    """Give all passages the vectors of ``encoder``, which can be found by ``name``, in one new generation.

    Documents, passages, words, tombstones and row numbers stay, so a ranking by words holds for both generations. Dead
    rows are encoded as well (`compact` drops them). Returns the manifest, and whether it is a new one: nothing is
    written if the vectors are this encoder's already. If anything fails, the index is as it was.
    """
    if not is_fingerprint(encoder.fingerprint):
        raise ModelError(f"the encoder's fingerprint {encoder.fingerprint!r} has more than letters, digits, . _ and -")
    fact = EncoderFact(name, encoder.fingerprint, encoder.dim)
    with transaction(Path(directory), create=False) as change:
        number = change.layout.require_current()
        was = Snapshot(change.layout, number, ()).manifest
        if was.encoder == fact:
            return was, False
        old = Snapshot(change.layout, number, ("passages",), check="first")
        check_spec(was.config.dense, encoder.dim)
        setup = replace(Setup.of(old), config=replace(was.config, encoder=name), encoder=fact)
        again = Reencoder(change, encoder, setup, was.rows, progress or silent)
        written = [again.segment(segment, store) for segment, store in zip(was.segments, old.stores, strict=True)]
        return same_rows(change, old, setup, written), True


class Reencoder:
    """Writes segments again with the vectors of ``encoder``, as ``setup`` says; ``rows`` is the number of rows of the
    index, for progress.
    """

    def __init__(self, change: Transaction, encoder: Encoder, setup: Setup, rows: int, progress: Progress) -> None:
        self._change, self._encoder, self._setup = change, encoder, setup
        self._store = setup.vectors(change.layout)
        self._rows, self._progress = rows, progress

    def segment(self, was: SegmentFact, store: PassageStore) -> Written:
        """A new, durable segment with the files of ``was``, whose passages ``store`` reads, and with new vectors."""
        folder = self._change.new_segment()
        take_folder(self._change.layout.segment(was.id), folder, was.files)
        writer = self._store.writer(folder, self._setup.encoder, self._setup.config.dense)
        with closing(writer):
            self._encode(was, store, writer)
            part = writer.finish(was.rows, self._progress)
        with storing(folder):
            sync_folder(folder)
        return Written(replace(was, id=folder.name, forms=FORMS), part)

    def _encode(self, segment: SegmentFact, store: PassageStore, writer: VectorWriter) -> None:
        for start in range(0, segment.rows, ENCODE_PASSAGES):
            passages = store.passages(np.arange(start, min(start + ENCODE_PASSAGES, segment.rows)))
            self._progress("encoding passages", segment.first_row + start, self._rows)
            writer.add(encoded(self._encoder, self._setup.encoder.dim, passages))
        self._progress("encoding passages", segment.first_row + segment.rows, self._rows)


def same_rows(
    change: Transaction,
    old: Snapshot,
    setup: Setup,
    written: Sequence[Written],
    place: Layout | None = None,
    links: bool = True,
) -> Manifest:
    """Make current the rows of ``old`` with other files: its segments ``written`` again, in the same order.

    Words, synonyms and tombstones are those of ``old``, whose files lie in ``place`` (by default the same index). What
    is derived from passages row by row, such as vectors or token ids, is added or replaced in this way.
    """
    before = change.layout if place is None else place
    change.new_generation()
    if lexical := old.manifest.lexical:
        take_folder(before.lexical(old.generation), change.layout.lexical(change.generation), lexical, links)
    return publish(change, describe(change, setup, written, lexical, ~old.alive, ~old.alive_documents))
