"""Looking at every byte of an index: is it what its manifest says, and do its parts agree?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from ragqa.convert import read_json
from ragqa.errors import IndexFormatError, RagqaError
from ragqa.index.lexical import TantivyIndex
from ragqa.index.report import Progress, silent
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import UNIT_TOLERANCE
from ragqa.store.checking import check_file
from ragqa.store.layout import Layout
from ragqa.store.manifest import FileFact, Manifest, SegmentFact, check_size, read_manifest
from ragqa.store.packed import layout_of
from ragqa.store.reading import AGAIN, enough_memory, reading
from ragqa.store.record import unseal

VECTOR_ROWS = 65_536


def verify(directory: str | Path, progress: Progress | None = None) -> list[str]:
    """One line for each thing that is wrong with the current generation; none means that it is whole.

    Checked are sizes and hashes of all files, that no others stand among them, rows and counts, every passage against
    its document, every vector's length, that words, vectors and passages speak of the same rows, and the checksum of
    the index' own calibration. A generation that writers replace meanwhile is left for the new one. `IndexNotFound`
    where there is no index, `StorageError` where the system refuses to read it.
    """
    layout, tell = layout_of(directory), progress or silent
    while True:
        try:
            number = layout.require_current()
        except IndexFormatError as error:
            return [str(error).removesuffix(AGAIN)]
        try:
            with enough_memory(layout.root):
                problems = _problems(layout, number, tell)
        except RagqaError:
            if layout.require_current() == number:
                raise
            continue
        if not problems or layout.require_current() == number:
            return problems
        # writers have replaced and swept that generation meanwhile


def _problems(layout: Layout, number: int, tell: Progress) -> list[str]:
    try:
        manifest = read_manifest(layout, number)
    except IndexFormatError as error:
        return [str(error)]
    problems = [*_files(layout, manifest, tell), *_calibration(layout)]
    if problems:
        return problems
    try:
        snapshot = Snapshot(layout, number, check="no")
        for position, segment in enumerate(manifest.segments):
            problems += _passages(snapshot, position, segment, tell)
            problems += _vectors(snapshot, segment, tell)
        problems += _documents(snapshot)
        problems += _indexes(snapshot)
    except IndexFormatError as error:
        problems.append(str(error))
    return problems


def _files(layout: Layout, manifest: Manifest, progress: Progress) -> Iterator[str]:
    folders = [
        (layout.segment(segment.id), manifest.files_in(place), "") for place, segment in enumerate(manifest.segments)
    ]
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
            check_size(path, fact)
            check_file(path, fact, tell)
        except IndexFormatError as error:
            yield str(error).removesuffix(AGAIN)
    with reading(folder):
        found = sorted(folder.rglob("*")) if folder.is_dir() else []
    for path in found:
        name = path.relative_to(folder).as_posix()
        locks = name.startswith("lexical/") and path.suffix == ".lock"
        if not path.is_dir() and name not in facts and name != also and not locks:
            yield f"{path}: does not belong to the index"


def _calibration(layout: Layout) -> Iterator[str]:
    """What `ragqa calibrate` left in the index, if it did, is as it was written, as far as the file itself can tell."""
    path = layout.calibration
    if path.exists():
        try:
            with reading(path):
                content = path.read_bytes()
            unseal(read_json(content))
        except ValueError as error:
            yield f"{path}: not a usable calibration ({error}); run ragqa calibrate again, or remove it"


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
    for start in range(0, segment.rows, VECTOR_ROWS):
        rows = segment.first_row + np.arange(start, min(start + VECTOR_ROWS, segment.rows))
        lengths = np.linalg.norm(snapshot.dense.vectors(rows).astype(np.float32), axis=1)
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
