"""Changing an index: bringing it in line with sources, adding and deleting documents, merging its segments."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.device import AUTO, check_device
from ragqa.documents import Document
from ragqa.errors import ModelError
from ragqa.filters import Where, parse_filter
from ragqa.index.ann import check_spec, wants_ann
from ragqa.index.commit import Setup, commit
from ragqa.index.intake import Intake
from ragqa.index.plan import Plan, Rest, compare
from ragqa.index.report import BuildReport, Progress, silent
from ragqa.index.segment import SegmentWriter, Written, segment_writer
from ragqa.index.snapshot import Snapshot
from ragqa.index.sources import Sources
from ragqa.index.vectors import VectorReader
from ragqa.protocols import Encoder
from ragqa.store.checking import check_files
from ragqa.store.layout import is_fingerprint
from ragqa.store.manifest import FILES, EncoderFact, Manifest
from ragqa.store.passages import by_program, encodable
from ragqa.store.reading import enough_memory
from ragqa.store.transaction import Transaction, transaction

COPIED = ("passages", "vectors")  # the parts of an index that `compact` copies; the rest is made from them


def update(
    directory: str | Path,
    config: IndexConfig,
    encoder: Encoder,
    documents: Iterable[Document],
    *,
    keep_sources: Callable[[], set[str]] = set,
    sources: Sources | None = None,
    synonyms: Synonyms | None = None,
    device: str = AUTO,
    store: str = FILES,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index in ``directory``, which is made if need be, in line with ``documents``.

    Documents are compared by (id, sha): new and changed ones are split, encoded and added, changed and vanished ones
    removed, all in one new generation, or in none if there is nothing to change. ``keep_sources`` is asked when
    ``documents`` are exhausted: vanished documents whose source (without ``:12`` or ``#page=3``), or a folder that it
    is in, is named there failed to be read and stay as they were. Documents that a program gave (see `upsert`) stay.
    With other settings or another encoder than before, everything is built anew. ``sources`` say where the documents
    come from: they are recorded, and decide about the documents of others (`Sources`); without them all documents from
    files are compared, and what is recorded stays. ``synonyms`` take the place of those that the index has, and no
    document is touched for them; without any given they stay, whatever else changes. ``device`` is where the index is
    to be searched: a GPU that can hold the vectors makes a FAISS index superfluous. ``store`` is where the vectors of a
    new index are kept (see `ragqa.index.vectors`); an index that is there keeps its own.

    The stream is never held whole. No document at all, or two different ones of the same id, is a `SourceError`. If
    anything fails, or Ctrl-C is pressed, the index is as it was.
    """
    analyzer, fact = get_analyzer(config.language), _fact(directory, config, encoder)
    with transaction(Path(directory), create=True) as change:
        old = _current(change)
        was = None if old is None else old.manifest.sources
        recorded, rest = was, Rest(lambda source: True, keep_sources)
        if sources is not None:
            recorded, unless_moved = sources.after(was, Path(directory))
            rest = Rest(sources.covers(was), keep_sources, sources.same_place(was), unless_moved)
        rules = _synonyms(old) if synonyms is None else synonyms
        setup = Setup(config, analyzer.name, fact, rules, recorded, _store(old, store), device)
        return _change(change, old, setup, encoder, documents, rest, progress or silent)


def upsert(
    directory: str | Path,
    config: IndexConfig,
    encoder: Encoder,
    documents: Iterable[Document],
    *,
    device: str = AUTO,
    store: str = FILES,
    progress: Progress | None = None,
) -> BuildReport:
    """Add documents that a program gives to the index in ``directory``, which is made if need be; an empty stream makes
    an index without documents.

    A document takes the place of the one of the same id, whoever gave that; one that is the same (by sha) is not
    touched. All others stay as they are. Everything is one new generation, or none if there is nothing to change. Two
    different documents of one id are a `SourceError`. If anything fails, the index is as it was.
    """
    analyzer, fact = get_analyzer(config.language), _fact(directory, config, encoder)
    with transaction(Path(directory), create=True) as change:
        old = _current(change)
        sources = None if old is None else old.manifest.sources
        setup = Setup(config, analyzer.name, fact, _synonyms(old), sources, _store(old, store), device)
        given = map(by_program, documents)
        return _change(change, old, setup, encoder, given, None, progress or silent)


def delete(
    directory: str | Path,
    ids: Iterable[str] = (),
    *,
    where: Where | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Delete the documents of these ids, and those that a filter is about (see `ragqa.filters`), in one new generation,
    or in none if there are none; ids that are not there are passed over.

    Documents from files come back when their sources are indexed again. If anything fails, the index is as it was.
    """
    started, wanted = time.perf_counter(), parse_filter(where)
    with transaction(Path(directory), create=False) as change:
        old = Snapshot(change.layout, change.layout.require_current(), ("passages",), check="no")
        gone = old.numbered([encodable(doc_id) for doc_id in ids])
        if wanted is not None:
            gone = np.union1d(gone, np.flatnonzero(old.selection.matching(wanted)))
        plan = Plan(removed=len(gone), unchanged=old.manifest.live_documents - len(gone), gone=gone.tolist())
        manifest = old.manifest
        if plan.differs:
            manifest = commit(change, Setup.of(old), old, _dead(old, plan.gone), None, progress or silent)
        return _report(manifest, manifest is not old.manifest, plan, 0, False, started)


def _fact(directory: str | Path, config: IndexConfig, encoder: Encoder) -> EncoderFact:
    """What is recorded of an encoder; `ModelError` if its vectors cannot be stored."""
    with enough_memory(Path(directory)):
        check_spec(config.dense, encoder.dim)
    if not is_fingerprint(encoder.fingerprint):
        raise ModelError(f"the encoder's fingerprint {encoder.fingerprint!r} has more than letters, digits, . _ and -")
    return EncoderFact(config.encoder, encoder.fingerprint, encoder.dim)


def _current(change: Transaction) -> Snapshot | None:
    """The generation to be changed, None in a new index."""
    was = change.manifest
    return None if was is None else Snapshot(change.layout, was.generation, ("passages",), check="no")


def _synonyms(old: Snapshot | None) -> Synonyms:
    return Synonyms() if old is None else old.synonyms


def _store(old: Snapshot | None, new: str) -> str:
    return new if old is None else old.manifest.vectors.store


def _change(
    change: Transaction,
    old: Snapshot | None,
    setup: Setup,
    encoder: Encoder,
    documents: Iterable[Document],
    rest: Rest | None,
    progress: Progress,
) -> BuildReport:
    """Add what is new and changed of ``documents``, remove what ``rest`` says (nothing without it), and commit if
    anything is different.
    """
    started, was = time.perf_counter(), None if old is None else old.manifest
    base = old if old is not None and setup.binds(old.manifest) else None
    with ExitStack() as stack:
        store = setup.vectors(change.layout)
        intake = Intake(change, setup.config, encoder, setup.encoder, store, stack, progress, base)
        plan = compare(old, documents, rest, intake, rebuild=base is None)
        others = setup.synonyms != _synonyms(old)
        manifest = was
        if manifest is None or base is None or plan.differs or others or setup.sources != manifest.sources:
            new = intake.finish(0 if base is None else base.rows)
            manifest = commit(change, setup, base, _dead(base, plan.gone), new, progress)
    report = _report(manifest, manifest is not was, plan, intake.encoded, old is not None and base is None, started)
    return replace(report, synonyms=others)


def _dead(base: Snapshot | None, gone: Sequence[int]) -> NDArray[np.bool_]:
    """Which documents of ``base`` are dead when these are gone too."""
    if base is None:
        return np.empty(0, bool)
    dead = ~base.alive_documents
    dead[gone] = True
    return dead


def _report(
    manifest: Manifest, committed: bool, plan: Plan, encoded: int, rebuilt: bool, started: float
) -> BuildReport:
    return BuildReport(
        generation=manifest.generation,
        documents=manifest.live_documents,
        added=plan.added,
        changed=plan.changed,
        moved=plan.moved,
        removed=plan.removed,
        unchanged=plan.unchanged,
        kept=plan.kept,
        passages=manifest.live_passages,
        encoded=encoded,
        rebuilt=rebuilt,
        committed=committed,
        seconds=time.perf_counter() - started,
    )


def compact(directory: str | Path, progress: Progress | None = None, *, device: str = AUTO) -> BuildReport:
    """Merge the index into one segment without dead documents; vectors are copied, nothing is encoded.

    The new generation numbers its rows anew; rows are bound to their generation, and readers of older ones keep theirs.
    Nothing is committed if there is nothing to merge, nor if a file that would be copied is not what the manifest says
    (`IndexFormatError`). ``device`` is where the index is to be searched: one segment is written anew as well if it has
    no FAISS index and needs one there.
    """
    check_device(device)
    started = time.perf_counter()
    tell = progress or silent
    with transaction(Path(directory), create=False) as change:
        old = Snapshot(change.layout, change.layout.require_current(), ("passages",), check="no")
        manifest = was = old.manifest
        if _is_scattered(old, device):
            check_files(old.files(COPIED))
            setup = Setup.of(old, device)
            new = _merged(change, old, setup, tell) if was.live_documents else None
            manifest = commit(change, setup, None, np.empty(0, bool), new, tell)
        plan = Plan(unchanged=was.live_documents)
        return _report(manifest, manifest is not was, plan, 0, False, started)


def _merged(change: Transaction, old: Snapshot, setup: Setup, progress: Progress) -> Written:
    """One new segment of all live documents."""
    was = old.manifest
    store = setup.vectors(change.layout)
    vectors = store.read(was)
    with segment_writer(change.new_segment(), store, was.encoder, was.config.dense) as writer:
        for segment in range(len(was.segments)):
            _copy(old, segment, vectors, writer, progress)
        forms = {segment.forms for place, segment in enumerate(was.segments) if len(old.live_documents(place))}
        return writer.finish(0, progress, forms.pop() if len(forms) == 1 else None)


def _is_scattered(old: Snapshot, device: str) -> bool:
    segments, live = old.manifest.segments, old.manifest.live_documents
    if len(segments) > 1 or live != old.manifest.documents:
        return True
    if not segments:
        return False
    wanted = wants_ann(old.manifest.config.dense, segments[0].rows, old.manifest.encoder.dim, device)
    return wanted and not old.manifest.vectors.parts[0].ann


def _copy(old: Snapshot, segment: int, vectors: VectorReader, writer: SegmentWriter, progress: Progress) -> None:
    """Append the live documents of a segment with their passages and vectors."""
    store, first = old.stores[segment], old.manifest.segments[segment].first_row
    live = old.live_documents(segment)
    for (document, rows, passages), sha in zip(store.contents(live), store.shas(live), strict=True):
        writer.add(document, passages, sha)
        writer.add_vectors(vectors.vectors(first + np.arange(rows.start, rows.stop)))
        progress("copying passages", writer.rows, old.live)
