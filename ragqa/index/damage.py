"""Which files of a generation are as its manifest says, and what can be made of the damaged ones."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragqa.corpus.analyze import get_analyzer
from ragqa.errors import IndexFormatError, StorageError
from ragqa.index.lexical import TantivyIndex
from ragqa.store.atomic import refusal, sha256
from ragqa.store.layout import ANN, DOCUMENTS, PASSAGES, VECTORS, Layout, is_token_file
from ragqa.store.manifest import FileFact, Manifest, fact_of, files_of, read_manifest, read_tombstones
from ragqa.store.passages import DocumentStore, PassageStore
from ragqa.store.reading import AGAIN

NO_DAMAGE = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM}  # says nothing about the file
Mask = NDArray[np.bool_]
Told = Callable[[int], None]


class Care(StrEnum):
    """What has to be done for a segment; a later member means more work."""

    NONE = "keep"
    TOKENS = "go without stored token ids"
    ANN = "build a FAISS index again"
    VECTORS = "encode passages again"
    PASSAGES = "split and encode documents again"
    LOST = "leave out damaged documents"


@dataclass(frozen=True, slots=True)
class Stored:
    """A generation on disk. ``damage`` says, for each damaged file, what is wrong with it.

    Without a ``manifest`` the generation cannot be used, and nothing is known of its files.
    """

    number: int
    manifest: Manifest | None
    damage: Mapping[Path, str]

    @property
    def whole(self) -> bool:
        """Whether all its files are as they were written."""
        return not self.damage


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stored generation is to be used again: what is done for each segment, and for the other files.

    ``dead_rows`` and ``dead_documents`` are those of the stored generation, ``synonyms`` is the content of its file.
    """

    stored: Stored
    manifest: Manifest
    care: tuple[Care, ...]
    words: bool
    synonyms: bytes
    without_synonyms: bool
    dead_rows: Mask = field(repr=False)
    dead_documents: Mask = field(repr=False)

    @property
    def lossless(self) -> bool:
        """Whether every document stays."""
        return Care.LOST not in self.care

    @property
    def encodes(self) -> bool:
        """Whether an encoder is needed."""
        return Care.VECTORS in self.care or Care.PASSAGES in self.care

    @property
    def kept(self) -> list[int]:
        """The segments that stay."""
        return [place for place, care in enumerate(self.care) if care is not Care.LOST]

    @property
    def documents(self) -> int:
        """How many living documents stay."""
        return sum(int((~self.dead_in(place)[1]).sum()) for place in self.kept)

    @property
    def passages(self) -> int:
        """How many living passages stay."""
        return sum(int((~self.dead_in(place)[0]).sum()) for place in self.kept)

    def dead_in(self, place: int) -> tuple[Mask, Mask]:
        """Of one segment: which rows and which documents are dead."""
        segments = self.manifest.segments
        segment, first = segments[place], sum(before.documents for before in segments[:place])
        rows = self.dead_rows[segment.first_row : segment.first_row + segment.rows]
        return rows, self.dead_documents[first : first + segment.documents]


class Examiner:
    """Examines the files of generations, each file only once."""

    def __init__(self, layout: Layout, progress: Callable[[str, int, int | None], None]) -> None:
        self._layout, self._progress = layout, progress
        self._seen: dict[tuple[Path, FileFact], str] = {}
        self._bytes = 0

    def examine(self, number: int) -> Stored:
        """Check the manifest and every file of a generation."""
        path = self._layout.manifest(number)
        try:
            check_regular(path)
            manifest = read_manifest(self._layout, number)
        except IndexFormatError as error:
            return Stored(number, None, {path: str(error).removeprefix(f"{path}: ").partition(AGAIN)[0]})
        damage = {}
        for file, fact in files_of(self._layout, manifest):
            if (file, fact) not in self._seen:
                self._seen[file, fact] = _problem(file, fact, self._tell)
            if problem := self._seen[file, fact]:
                damage[file] = problem
        return Stored(number, manifest, damage)

    def _tell(self, count: int) -> None:
        self._bytes += count
        self._progress("checking files, MB", self._bytes // 1_000_000, None)


def foreign_files(layout: Layout, manifest: Manifest) -> list[Path]:
    """Files that lie among those of a generation and do not belong to it."""
    own = {path for path, _ in files_of(layout, manifest)} | {layout.manifest(manifest.generation)}
    folders = [layout.generation(manifest.generation), *(layout.segment(segment.id) for segment in manifest.segments)]
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if not path.is_dir() and path not in own]
    return [path for path in found if path.suffix != ".lock"]


def check_regular(path: Path) -> None:
    """`IndexFormatError` unless this is a regular file, because reading a pipe would wait for a writer."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno in NO_DAMAGE:
            raise StorageError(f"{path}: cannot be read, {refusal(error)}") from error
        raise IndexFormatError(f"{path}: cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(mode):
        raise IndexFormatError(f"{path}: is no file")
    if not os.access(path, os.R_OK):
        raise StorageError(f"{path}: cannot be read, permission denied: change its rights")


def _problem(path: Path, fact: FileFact, tell: Told) -> str:
    try:
        check_regular(path)
        size = path.stat().st_size
        if size != fact.bytes:
            return f"{size} bytes instead of {fact.bytes}"
        return "" if sha256(path, tell) == fact.sha256 else "its content has changed"
    except IndexFormatError as error:
        return str(error).removeprefix(f"{path}: ")
    except OSError as error:
        if error.errno in NO_DAMAGE:
            raise StorageError(f"{path}: cannot be read, {refusal(error)}") from error
        return f"cannot be read ({error.strerror})"


def plan(layout: Layout, stored: Stored) -> Plan | None:
    """How this generation can be used again; None if nothing of it can be used."""
    manifest = stored.manifest
    if manifest is None:
        return None
    care = tuple(_care(layout, manifest, place, stored.damage) for place in range(len(manifest.segments)))
    folder = layout.lexical(stored.number)
    words_damaged = any(folder / name in stored.damage for name in manifest.lexical)
    dead = _dead(layout, stored, care, words_damaged)
    if dead is None:
        return None
    rules = _synonyms(layout, stored)
    moved = Care.LOST in care or Care.PASSAGES in care
    words = bool(manifest.lexical) and (words_damaged or moved)
    found = Plan(stored, manifest, care, words, rules or b"", rules is None, *dead)
    return found if found.lossless or found.documents else None


def _care(layout: Layout, manifest: Manifest, place: int, damage: Mapping[Path, str]) -> Care:
    folder, files = layout.segment(manifest.segments[place].id), manifest.files_in(place)
    names = {name if is_token_file(name) else name.rpartition("/")[2] for name in files if folder / name in damage}
    order = ((DOCUMENTS, Care.LOST), (PASSAGES, Care.PASSAGES), (VECTORS, Care.VECTORS), (ANN, Care.ANN))
    needed = next((care for name, care in order if name in names), Care.NONE)
    return Care.TOKENS if needed is Care.NONE and names else needed


def _dead(layout: Layout, stored: Stored, care: Sequence[Care], words_damaged: bool) -> tuple[Mask, Mask] | None:
    """The tombstones. If they are damaged, what can be concluded from the number of living passages or from the word
    index.
    """
    manifest = stored.manifest
    assert manifest is not None
    if layout.tombstones(stored.number) not in stored.damage:
        return read_tombstones(layout, manifest)
    if (manifest.live_passages, manifest.live_documents) == (manifest.rows, manifest.documents):
        return np.zeros(manifest.rows, bool), np.zeros(manifest.documents, bool)
    if words_damaged or not manifest.lexical or {Care.PASSAGES, Care.LOST} & set(care):
        return None
    dead_rows = np.ones(manifest.rows, bool)
    folder, analyzer = layout.lexical(stored.number), get_analyzer(manifest.config.language)
    dead_rows[TantivyIndex.open(folder, analyzer).rows()] = False
    return _with_documents(layout, manifest, dead_rows)


def _with_documents(layout: Layout, manifest: Manifest, dead_rows: Mask) -> tuple[Mask, Mask] | None:
    """Which documents are dead if these rows are; None if the number of living documents would then be wrong."""
    alive, bare = [], []
    for segment in manifest.segments:
        owner = PassageStore(layout.segment(segment.id), segment.documents, segment.rows).owner
        rows = dead_rows[segment.first_row : segment.first_row + segment.rows]
        alive.append(np.bincount(owner[~rows], minlength=segment.documents) > 0)
        bare.append(np.bincount(owner, minlength=segment.documents) == 0)
    living, without_passages = np.concatenate(alive), np.concatenate(bare)
    for guess in (living, living | without_passages):
        if int(guess.sum()) == manifest.live_documents and int((~dead_rows).sum()) == manifest.live_passages:
            return dead_rows, ~guess
    return None


def _synonyms(layout: Layout, stored: Stored) -> bytes | None:
    """The content of the file of synonyms, if necessary from another generation; None if it is lost."""
    assert stored.manifest is not None
    fact = stored.manifest.synonyms
    if fact is None:
        return b""
    for number in [stored.number, *layout.stored_generations()]:
        try:
            check_regular(layout.synonyms(number))
            content = layout.synonyms(number).read_bytes()
        except (OSError, IndexFormatError):
            continue
        if fact_of(content) == fact:
            return content
    return None


def identities(layout: Layout, of: Plan, places: Iterable[int]) -> dict[tuple[str, str], str]:
    """(id, sha) → source of the living documents of these segments, as far as they can be read."""
    found = {}
    for place in places:
        segment, dead = of.manifest.segments[place], of.dead_in(place)[1]
        try:
            check_regular(layout.segment(segment.id) / DOCUMENTS)
            store = DocumentStore(layout.segment(segment.id), segment.documents)
            for number, (doc_id, sha, source) in enumerate(store.identities()):
                if not dead[number]:
                    found[doc_id, sha] = source
        except IndexFormatError:
            continue  # what was read before counts
    return found
