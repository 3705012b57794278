"""Looking at every byte of an index: is it what its manifest says, and do its parts agree?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from ragqa.errors import IndexFormatError, MissingExtra, RagqaError
from ragqa.index.lexical import TantivyIndex
from ragqa.index.report import Progress, silent
from ragqa.index.segment import UNIT_TOLERANCE
from ragqa.index.snapshot import Snapshot
from ragqa.store.atomic import sha256
from ragqa.store.layout import Layout
from ragqa.store.manifest import FileFact, Manifest, SegmentFact, read_manifest
from ragqa.store.packed import layout_of

VECTOR_ROWS = 65_536


def verify(directory: str | Path, progress: Progress | None = None) -> list[str]:
    """One line for each thing that is wrong with the current generation; none means that it is whole.

    Checked are sizes and hashes of all files, that no others stand among them, rows and counts, every passage against
    its document, every vector's length, and that words, vectors and passages speak of the same rows. `IndexNotFound`
    where there is no index.
    """
    layout, tell = layout_of(directory), progress or silent
    try:
        manifest = read_manifest(layout, layout.require_current())
    except IndexFormatError as error:
        return [str(error)]
    problems = list(_files(layout, manifest, tell))
    if problems:
        return problems
    try:
        snapshot = Snapshot(layout, manifest.generation)
        for position, segment in enumerate(manifest.segments):
            problems += _passages(snapshot, position, segment, tell)
            problems += _vectors(snapshot, segment, tell)
        problems += _documents(snapshot)
        problems += _indexes(snapshot)
    except MissingExtra:
        raise
    except RagqaError as error:
        problems.append(str(error))
    return problems


def _files(layout: Layout, manifest: Manifest, progress: Progress) -> Iterator[str]:
    folders = [(layout.segment(segment.id), segment.files, "") for segment in manifest.segments]
    folders.append((layout.generation(manifest.generation), manifest.own_files, "manifest.json"))
    total, done = sum(fact.bytes for _, facts, _ in folders for fact in facts.values()), 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        progress("checking files, MB", done // 1_000_000, total // 1_000_000)

    for folder, facts, also in folders:
        yield from _folder(folder, facts, also, tell)


def _folder(folder: Path, facts: Mapping[str, FileFact], also: str, tell: Callable[[int], None]) -> Iterator[str]:
    """Missing, changed and foreign files."""
    for name, fact in facts.items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != fact.bytes:
                yield f"{path}: {size} bytes instead of {fact.bytes}"
            elif sha256(path, tell) != fact.sha256:
                yield f"{path}: its content has changed"
        except OSError as error:
            yield f"{path}: cannot be read ({error.strerror})"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        locks = name.startswith("lexical/") and path.suffix == ".lock"
        if not path.is_dir() and name not in facts and name != also and not locks:
            yield f"{path}: does not belong to the index"


def _passages(snapshot: Snapshot, position: int, segment: SegmentFact, progress: Progress) -> Iterator[str]:
    """Each passage is the piece of its document that it says."""
    store = snapshot.stores[position]
    for document, rows, passages in store.contents(np.arange(segment.documents)):
        for row, item in zip(rows, passages, strict=True):
            if not 0 <= item.start <= item.end or document.text[item.start : item.end] != item.text:
                place = f"{document.id!r} [{item.start}:{item.end}]"
                yield f"{snapshot.directory}: row {segment.first_row + row} does not stand in its document, {place}"
        progress("checking passages", segment.first_row + rows.stop, snapshot.rows)


def _vectors(snapshot: Snapshot, segment: SegmentFact, progress: Progress) -> Iterator[str]:
    vectors = snapshot.vectors(segment)
    for start in range(0, segment.rows, VECTOR_ROWS):
        lengths = np.linalg.norm(vectors[start : start + VECTOR_ROWS].astype(np.float32), axis=1)
        progress("checking vectors", segment.first_row + start + len(lengths), snapshot.rows)
        wrong = np.flatnonzero(~(np.abs(lengths - 1.0) <= 2 * UNIT_TOLERANCE))
        if len(wrong):
            row = segment.first_row + start + int(wrong[0])
            yield f"{snapshot.directory}: {len(wrong)} vectors are not of unit length, the first that of row {row}"


def _documents(snapshot: Snapshot) -> Iterator[str]:
    counts = Counter(doc_id for _, doc_id, _, _ in snapshot.identities())
    for doc_id in [doc_id for doc_id, count in counts.items() if count > 1]:
        yield f"{snapshot.directory}: the document {doc_id!r} is there {counts[doc_id]} times"
    if not np.array_equal(snapshot.alive, snapshot.per_row(snapshot.alive_documents)):
        yield f"{snapshot.directory}: passages and documents differ in what is deleted"


def _indexes(snapshot: Snapshot) -> Iterator[str]:
    """The word index holds the live rows; FAISS indexes open and fit."""
    lexical = snapshot.lexical
    if isinstance(lexical, TantivyIndex):
        rows, expected = lexical.rows(), np.flatnonzero(snapshot.alive)
        if not np.array_equal(rows, expected):
            odd = np.setxor1d(rows, expected)
            which = f"row {odd[0]}" if len(odd) else "some row twice"
            yield f"{lexical.directory}: {len(rows)} passages instead of {len(expected)} (for example {which})"
    assert snapshot.dense.dim == snapshot.manifest.encoder.dim
