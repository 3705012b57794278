"""Building and updating an index, and merging its segments."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import Synonyms
from ragqa.errors import ModelError, SourceError
from ragqa.index.commit import commit
from ragqa.index.dense import check_spec, wants_ann
from ragqa.index.intake import Intake
from ragqa.index.report import BuildReport, Progress, silent
from ragqa.index.segment import SegmentWriter, segment_writer
from ragqa.index.snapshot import Snapshot
from ragqa.protocols import Encoder
from ragqa.store.checking import check_files
from ragqa.store.layout import is_fingerprint
from ragqa.store.manifest import EncoderFact, Manifest
from ragqa.store.passages import storable
from ragqa.store.reading import enough_memory
from ragqa.store.transaction import transaction
from ragqa.types import Document

COPIED = ("passages", "vectors")  # the parts of an index that `compact` copies; the rest is made from them
_PLACE = re.compile(r"(?::\d+|#page=\d+)\Z")


def update(
    directory: str | Path,
    config: IndexConfig,
    encoder: Encoder,
    documents: Iterable[Document],
    *,
    keep_sources: Callable[[], set[str]] = set,
    synonyms: Synonyms | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index in ``directory``, which is made if need be, in line with ``documents``.

    Documents are compared by (id, sha): new and changed ones are split, encoded and added, changed and vanished ones
    removed, all in one new generation, or in none if there is nothing to change. ``keep_sources`` is asked when
    ``documents`` are exhausted: vanished documents whose source (without ``:12`` or ``#page=3``), or a folder that it
    is in, is named there failed to be read and stay as they were. With other settings or another encoder than before,
    everything is built anew. ``synonyms`` take the place of those that the index has, and no document is touched for
    them; without any given they stay, whatever else changes.

    The stream is never held whole. No document at all, or two different ones of the same id, is a `SourceError`. If
    anything fails, or Ctrl-C is pressed, the index is as it was.
    """
    started = time.perf_counter()
    analyzer = get_analyzer(config.language)
    with enough_memory(Path(directory)):
        check_spec(config.dense, encoder.dim)
    if not is_fingerprint(encoder.fingerprint):
        raise ModelError(f"the encoder's fingerprint {encoder.fingerprint!r} has more than letters, digits, . _ and -")
    fact = EncoderFact(config.encoder, encoder.fingerprint, encoder.dim)
    with transaction(Path(directory), create=True) as change, ExitStack() as stack:
        old = None
        if change.manifest is not None:
            old = Snapshot(change.layout, change.manifest.generation, ("passages",), check="no")
        base = old if old is not None and _binds(old, config, analyzer.name, fact) else None
        intake = Intake(change, config, encoder, fact, stack, progress or silent)
        plan = _compare(old, documents, keep_sources, intake, rebuild=base is None)
        manifest, before = change.manifest, Synonyms() if old is None else old.synonyms
        rules = before if synonyms is None else synonyms
        if manifest is None or base is None or plan.differs or rules != before:
            dead = _dead(base, plan.gone)
            new = intake.finish(0 if base is None else base.rows)
            manifest = commit(change, config, fact, base, dead, new, progress or silent, rules)
        rebuilt = old is not None and base is None
        report = _report(manifest, manifest is not change.manifest, plan, intake.encoded, rebuilt, started)
        return replace(report, synonyms=rules != before)


def _binds(old: Snapshot, config: IndexConfig, analyzer: str, encoder: EncoderFact) -> bool:
    """Whether a generation was made in the way that is asked for now."""
    was = old.manifest
    same_encoder = (was.encoder.fingerprint, was.encoder.dim) == (encoder.fingerprint, encoder.dim)
    return same_encoder and was.analyzer == analyzer and replace(was.config, encoder=config.encoder) == config


def _dead(base: Snapshot | None, gone: list[int]) -> NDArray[np.bool_]:
    """Which documents of ``base`` are dead when these are gone too."""
    if base is None:
        return np.empty(0, bool)
    dead = ~base.alive_documents
    dead[gone] = True
    return dead


@dataclass(slots=True)
class _Plan:
    """What the comparison found; ``gone`` are numbers of documents in the old generation."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: int = 0
    gone: list[int] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def _report(
    manifest: Manifest, committed: bool, plan: _Plan, encoded: int, rebuilt: bool, started: float
) -> BuildReport:
    return BuildReport(
        generation=manifest.generation,
        documents=manifest.live_documents,
        added=plan.added,
        changed=plan.changed,
        removed=plan.removed,
        unchanged=plan.unchanged,
        kept=plan.kept,
        passages=manifest.live_passages,
        encoded=encoded,
        rebuilt=rebuilt,
        committed=committed,
        seconds=time.perf_counter() - started,
    )


def _compare(
    old: Snapshot | None,
    documents: Iterable[Document],
    keep_sources: Callable[[], set[str]],
    intake: Intake,
    rebuild: bool,
) -> _Plan:
    """Go through the documents, taking in what has to be indexed."""
    plan = _Plan()
    known = {} if old is None else {doc_id: (number, sha) for number, doc_id, sha, _ in old.identities()}
    seen: dict[str, bytes] = {}
    for document, sha in _distinct(documents, seen, intake.progress):
        number, before = known.get(document.id, (-1, ""))
        if number < 0:
            plan.added += 1
        elif before == sha:
            plan.unchanged += 1
        else:
            plan.changed += 1
            plan.gone.append(number)
        if rebuild or before != sha:
            intake.add(document)
    failed = keep_sources()
    _check_kept(old if rebuild else None, failed)
    for number, doc_id, _, source in () if old is None else old.identities():
        if doc_id in seen:
            continue
        if _has_failed(source, failed):
            plan.kept += 1
            if rebuild and old is not None:
                intake.add(old.documents([number])[0])
        else:
            plan.removed += 1
            plan.gone.append(number)
    if not seen and not plan.kept:
        state = "there is nothing to index" if old is None else "the index is left as it is"
        raise SourceError(f"no readable document in the sources: {state}")
    return plan


def _check_kept(old: Snapshot | None, failed: set[str]) -> None:
    """What cannot be read any more is copied where all is built anew, so the old generation's texts must be right."""
    if old is not None and failed:
        check_files(old.files(("passages",)))


def _distinct(
    documents: Iterable[Document], seen: dict[str, bytes], progress: Progress
) -> Iterator[tuple[Document, str]]:
    """Each document once, as it can be stored, with its sha; ``seen`` grows by ids."""
    progress("reading documents", 0, None)
    for count, given in enumerate(documents, 1):
        document = storable(given)
        sha = document.sha
        if document.id not in seen:
            seen[document.id] = bytes.fromhex(sha)
            yield document, sha
        elif seen[document.id].hex() != sha:
            raise SourceError(f"{document.source}: another document has the id {document.id!r}; give each its own")
        progress("reading documents", count, None)


def _has_failed(source: str, failed: set[str]) -> bool:
    """Whether the source, the file that it is a part of, or a folder above it is among those that failed."""
    file = _PLACE.sub("", source)
    return bool(failed) and not failed.isdisjoint({source, file, *map(str, PurePath(file).parents)})


def compact(directory: str | Path, progress: Progress | None = None) -> BuildReport:
    """Merge the index into one segment without dead documents; vectors are copied, nothing is encoded.

    The new generation numbers its rows anew; rows are bound to their generation, and readers of older ones keep theirs.
    Nothing is committed if there is nothing to merge, nor if a file that would be copied is not what the manifest says
    (`IndexFormatError`).
    """
    started = time.perf_counter()
    tell = progress or silent
    with transaction(Path(directory), create=False) as change:
        old = Snapshot(change.layout, change.layout.require_current(), COPIED, check="no")
        manifest = was = old.manifest
        if _is_scattered(old):
            check_files(old.files(COPIED))
            with segment_writer(change.new_segment(), was.encoder, was.config.dense) as writer:
                for segment in range(len(was.segments)):
                    _copy(old, segment, writer, tell)
                new = writer.finish(0, tell)
            manifest = commit(change, was.config, was.encoder, None, np.empty(0, bool), new, tell, old.synonyms)
        plan = _Plan(unchanged=was.live_documents)
        return _report(manifest, manifest is not was, plan, 0, False, started)


def _is_scattered(old: Snapshot) -> bool:
    segments, live = old.manifest.segments, old.manifest.live_documents
    if len(segments) != 1 or live != old.manifest.documents:
        return True
    wanted = wants_ann(old.manifest.config.dense, segments[0].rows, old.manifest.encoder.dim)
    return wanted and not segments[0].ann


def _copy(old: Snapshot, segment: int, writer: SegmentWriter, progress: Progress) -> None:
    """Append the live documents of a segment with their passages and vectors."""
    store, vectors = old.stores[segment], old.vectors(old.manifest.segments[segment])
    for document, rows, passages in store.contents(old.live_documents(segment)):
        writer.add(document, passages)
        writer.add_vectors(vectors[rows.start : rows.stop])
        progress("copying passages", writer.rows, old.live)
