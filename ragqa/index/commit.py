"""The last steps of every change of an index: the word index, the tombstones, the manifest, CURRENT."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.corpus.analyze import Analyzer, get_analyzer, recorded_analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.device import AUTO
from ragqa.index.lexical import TantivyWriter
from ragqa.index.report import Progress
from ragqa.index.segment import Written
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import VectorStore, vector_store
from ragqa.store.atomic import clone_folder, storing, sync_folder
from ragqa.store.checking import check_files
from ragqa.store.layout import Layout
from ragqa.store.manifest import (
    FILES,
    FORMAT,
    EncoderFact,
    FileFact,
    Manifest,
    SegmentFact,
    SourceFact,
    durable,
    fact_of,
    pack_tombstones,
)
from ragqa.store.passages import PASSAGE_BATCH, PassageStore
from ragqa.store.transaction import Transaction
from ragqa.version import __version__

Mask = NDArray[np.bool_]
LOG = logging.getLogger("ragqa.index")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a generation is made with, and from: settings, analyzer, encoder, synonyms, the sources to record, and the
    name of the store of its vectors. ``device`` is where the index is to be searched, which decides whether a FAISS
    index pays; it is not recorded.
    """

    config: IndexConfig
    analyzer: str
    encoder: EncoderFact
    synonyms: Synonyms
    sources: tuple[SourceFact, ...] | None
    store: str = FILES
    device: str = AUTO

    @classmethod
    def of(cls, old: Snapshot, device: str = AUTO) -> Setup:
        """That of a generation."""
        was = old.manifest
        return cls(was.config, was.analyzer, was.encoder, old.synonyms, was.sources, was.vectors.store, device)

    def vectors(self, layout: Layout) -> VectorStore:
        """The store of the vectors of an index."""
        return vector_store(layout, self.store, self.device)

    def binds(self, was: Manifest) -> bool:
        """Whether documents of a generation can stay as they are; the name of an encoder does not count."""
        same_encoder = (was.encoder.fingerprint, was.encoder.dim) == (self.encoder.fingerprint, self.encoder.dim)
        same_config = replace(was.config, encoder=self.config.encoder) == self.config
        return same_encoder and same_config and was.analyzer == self.analyzer


def commit(
    change: Transaction, setup: Setup, base: Snapshot | None, dead: Mask, new: Written | None, progress: Progress
) -> Manifest:
    """Make a new generation current. It has the segments of ``base`` and then the ``new`` one; all are durable already.

    ``dead`` [documents of base] says which documents of ``base`` are dead from now on, including those that were dead
    before. Without ``base``, rows are numbered from 0.
    """
    change.new_generation()
    language = setup.config.language
    analyzer = recorded_analyzer(language, setup.analyzer) or get_analyzer(language)
    dead_rows = np.empty(0, bool) if base is None else base.per_row(dead)
    lexical: Mapping[str, FileFact] = {}
    if setup.config.lexical == "tantivy":
        lexical = _write_lexical(change, analyzer, base, dead_rows, new, progress)
    written = [] if base is None else segments_of(base.manifest)
    if new is not None:
        written.append(new)
        dead_rows = np.concatenate([dead_rows, np.zeros(new.segment.rows, bool)])
        dead = np.concatenate([dead, np.zeros(new.segment.documents, bool)])
    return publish(change, describe(change, setup, written, lexical, dead_rows, dead))


def segments_of(manifest: Manifest) -> list[Written]:
    """The segments of a generation."""
    return list(map(Written, manifest.segments, manifest.vectors.parts))


@dataclass(frozen=True, slots=True)
class Described:
    """A generation that is about to become current: its manifest and the small files that are written with it."""

    manifest: Manifest
    tombstones: bytes
    synonyms: bytes


def describe(
    change: Transaction,
    setup: Setup,
    written: Sequence[Written],
    lexical: Mapping[str, FileFact],
    dead_rows: Mask,
    dead_documents: Mask,
) -> Described:
    """The new generation of these segments and this word index, all of whose files are durable. Its vectors are
    prepared on return.
    """
    tombstones, rules = pack_tombstones(dead_rows, dead_documents), setup.synonyms.to_text().encode()
    segments, parts = tuple(one.segment for one in written), [one.vectors for one in written]
    store = setup.vectors(change.layout)
    manifest = Manifest(
        format=FORMAT,
        generation=change.generation,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        ragqa=__version__,
        config=setup.config,
        analyzer=setup.analyzer,
        segments=segments,
        vectors=store.prepare(change.generation, setup.encoder, segments, parts, dead_rows),
        lexical=lexical,
        tombstones=fact_of(tombstones),
        live_documents=int((~dead_documents).sum()),
        live_passages=int((~dead_rows).sum()),
        synonyms=fact_of(rules) if rules else None,
        sources=setup.sources,
    )
    return Described(manifest, tombstones, rules)


def publish(change: Transaction, made: Described) -> Manifest:
    """The one way into CURRENT: whatever changes an index ends here."""
    manifest, before = made.manifest, change.manifest
    change.commit(manifest, made.tombstones, made.synonyms)
    kept = [manifest.vectors] if before is None else [manifest.vectors, before.vectors]
    for name in {fact.store for fact in kept}:
        vector_store(change.layout, name).sweep([fact for fact in kept if fact.store == name])
    held = f"{manifest.live_documents} documents, {manifest.live_passages} passages, {len(manifest.segments)} segments"
    LOG.info("%s: generation %d is current: %s", change.layout.root, manifest.generation, held)
    return manifest


def _write_lexical(
    change: Transaction,
    analyzer: Analyzer,
    base: Snapshot | None,
    dead_rows: Mask,
    new: Written | None,
    progress: Progress,
) -> Mapping[str, FileFact]:
    layout = change.layout
    folder = layout.lexical(change.generation)
    before: Path | None = None
    if base is not None:
        before = layout.lexical(base.generation)
        check_files(base.files(("words",)))  # damaged ones could end Tantivy, and the process with it, or be merged
        with storing(folder):
            # not the lock files: generations would share their locks
            clone_folder(before, folder, keep=base.manifest.lexical.__contains__)
    writer = TantivyWriter(folder, analyzer, create=base is None)
    if base is not None:
        writer.delete(np.flatnonzero(base.alive & dead_rows).tolist())
    if new is not None:
        _add_passages(layout, writer, new.segment, progress)
    writer.commit()
    with storing(folder):
        facts = _facts(folder, before, {} if base is None else base.manifest.lexical)
        sync_folder(folder)
    return facts


def build_words(
    change: Transaction, analyzer: Analyzer, segments: Sequence[SegmentFact], dead_rows: Mask, progress: Progress
) -> Mapping[str, FileFact]:
    """Make the new generation's word index from the passages of these segments, without dead rows. It is durable on
    return.
    """
    folder = change.layout.lexical(change.generation)
    writer = TantivyWriter(folder, analyzer, create=True)
    for segment in segments:
        _add_passages(change.layout, writer, segment, progress)
    writer.delete(np.flatnonzero(dead_rows).tolist())
    writer.commit()
    with storing(folder):
        facts = _facts(folder, None, {})
        sync_folder(folder)
    return facts


def _add_passages(layout: Layout, writer: TantivyWriter, new: SegmentFact, progress: Progress) -> None:
    store = PassageStore(layout.segment(new.id), new.documents, new.rows)
    for start in range(0, new.rows, PASSAGE_BATCH):
        rows = np.arange(start, min(start + PASSAGE_BATCH, new.rows))
        writer.add(new.first_row + start, store.passages(rows))
        progress("indexing words", int(rows[-1]) + 1, new.rows)


def _facts(folder: Path, before: Path | None, known: Mapping[str, FileFact]) -> dict[str, FileFact]:
    """Sizes and hashes of files. Those of files that are shared with the generation before are taken from its manifest,
    because a new hash would accept whatever damage has happened to them since.
    """
    facts = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".lock":
            continue
        shared = before is not None and path.name in known and path.samefile(before / path.name)
        if not shared:
            path.chmod(folder.stat().st_mode & 0o666)  # Tantivy gives some of them to their owner alone
        facts[path.name] = known[path.name] if shared else durable(path)
    return facts
