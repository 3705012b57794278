"""A generation made from another without the sources: the same in another place, or with another encoder's vectors.

Files that stay as they are are shared by hard links (copies where links fail), as between generations.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ragqa.errors import ConfigError, ModelError
from ragqa.index.dense import check_spec
from ragqa.index.intake import ENCODE_PASSAGES
from ragqa.index.report import Progress, silent
from ragqa.index.segment import DenseWriter, durable
from ragqa.index.snapshot import Snapshot
from ragqa.protocols import Encoder
from ragqa.store.atomic import clone_folder, share_file, storing, sync_folder
from ragqa.store.layout import DOCUMENTS, PASSAGES, Layout, is_fingerprint, segment_files
from ragqa.store.manifest import EncoderFact, Manifest, SegmentFact, fact_of, pack_tombstones
from ragqa.store.transaction import Transaction, transaction
from ragqa.version import __version__


def copy_index(source: str | Path, target: str | Path) -> Manifest:
    """An index in ``target``, which must be new or empty, with the current generation of ``source`` as its first.

    Rows are the same. ``source`` is only read, and what is written to either index afterwards does not show in the
    other. If anything fails, ``target`` is as it was; a file of ``source`` that is damaged is an `IndexFormatError`.
    """
    old, place = Snapshot.open(source), Layout(Path(source))
    old.wait_checked()
    with transaction(Path(target), create=True) as change:
        if change.manifest is not None:
            raise ConfigError(f"{target}: holds an index already")
        for segment in old.manifest.segments:
            _share_segment(place, change.layout, segment)
        return _commit(change, old, place, old.manifest)


def reencode(
    directory: str | Path, encoder: Encoder, name: str, progress: Progress | None = None
) -> tuple[Manifest, bool]:
    """Give all passages the vectors of ``encoder``, which is to be found by ``name``, in one new generation.

    Documents, passages, words, tombstones and row numbers stay, so that rankings by words hold for both generations;
    dead rows are encoded as well (`compact` drops them). The manifest, and whether it is a new one: nothing is written
    where the vectors are this encoder's already. If anything fails, the index is as it was.
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
        vectors = _Vectors(change, old, encoder, fact, progress or silent)
        segments = tuple(vectors.segment(place) for place in range(len(was.segments)))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        config = replace(was.config, encoder=name)
        wanted = replace(was, created=now, ragqa=__version__, config=config, encoder=fact, segments=segments)
        return _commit(change, old, change.layout, wanted), True


class _Vectors:
    """Writes the segments of a generation once more, under other vectors."""

    def __init__(
        self, change: Transaction, old: Snapshot, encoder: Encoder, fact: EncoderFact, progress: Progress
    ) -> None:
        self._change, self._old, self._encoder, self._fact, self._progress = change, old, encoder, fact, progress

    def segment(self, place: int) -> SegmentFact:
        """A new segment with the documents and passages of the one at ``place``, durable."""
        was, folder = self._old.manifest.segments[place], self._change.new_segment()
        before = self._change.layout.segment(was.id)
        with storing(folder):
            for name in (DOCUMENTS, PASSAGES):
                share_file(before / name, folder / name)
        writer = DenseWriter(folder, self._fact, self._old.manifest.config.dense)
        with closing(writer):
            self._encode(place, was, writer)
            ann = writer.finish(was.rows, self._progress)
        with storing(folder):
            facts = {
                name: was.files[name] if name in (DOCUMENTS, PASSAGES) else durable(folder / name)
                for name in segment_files(self._fact.fingerprint, ann)
            }
            sync_folder(folder)
        return replace(was, id=folder.name, ann=ann, files=facts)

    def _encode(self, place: int, segment: SegmentFact, writer: DenseWriter) -> None:
        for start in range(0, segment.rows, ENCODE_PASSAGES):
            rows = np.arange(start, min(start + ENCODE_PASSAGES, segment.rows))
            passages = self._old.stores[place].passages(rows)
            self._progress("encoding passages", segment.first_row + start, self._old.rows)
            vectors = np.asarray(self._encoder.encode_passages(passages))
            if len(vectors) != len(passages):
                raise ModelError(f"the encoder gave {len(vectors)} vectors for {len(passages)} passages")
            writer.add(vectors)
        self._progress("encoding passages", segment.first_row + segment.rows, self._old.rows)


def _share_segment(source: Layout, target: Layout, segment: SegmentFact) -> None:
    before, after = source.segment(segment.id), target.segment(segment.id)
    with storing(after):
        target.segments.mkdir(exist_ok=True)
        after.mkdir()
        for name in segment.files:
            (after / name).parent.mkdir(exist_ok=True)
            share_file(before / name, after / name)
        for folder in {(after / name).parent for name in segment.files} | {after}:
            sync_folder(folder)


def _commit(change: Transaction, old: Snapshot, place: Layout, wanted: Manifest) -> Manifest:
    """Make current what ``wanted`` says, with words, synonyms and tombstones of ``old``, which lies in ``place``."""
    change.new_generation()
    lexical: Mapping[str, object] = old.manifest.lexical
    if lexical:
        folder = change.layout.lexical(change.generation)
        with storing(folder):
            clone_folder(place.lexical(old.generation), folder, keep=lexical.__contains__)
            sync_folder(folder)
    rules = old.synonyms.to_text().encode()
    manifest = replace(wanted, generation=change.generation, synonyms=fact_of(rules) if rules else None)
    change.commit(manifest, pack_tombstones(~old.alive, ~old.alive_documents), rules)
    return manifest
