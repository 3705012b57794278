"""One generation of an index, opened once: what retrieval sees."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ragqa.corpus.analyze import Analyzer, get_analyzer, recorded_analyzer
from ragqa.corpus.synonyms import Synonyms, parse_synonyms
from ragqa.device import AUTO
from ragqa.documents import Document, Passage
from ragqa.errors import ConfigError, IndexFormatError, IndexNotFound, RagqaError
from ragqa.filters import Filter, Where, parse_filter
from ragqa.index.facts import Allowed
from ragqa.index.lexical import LexicalIndex, open_tantivy
from ragqa.index.rankbm25 import RankBM25Index
from ragqa.index.selection import Selection
from ragqa.index.vectors import VectorIndex, vector_store
from ragqa.store.checking import AT_ONCE, Checks, Files
from ragqa.store.layout import Layout, is_token_file
from ragqa.store.manifest import (
    FileFact,
    Manifest,
    SegmentFact,
    check_size,
    read_checked,
    read_manifest,
    read_tombstones,
)
from ragqa.store.packed import layout_of
from ragqa.store.passages import PassageStore, encodable
from ragqa.store.reading import damaged, enough_memory, reading

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Check = Literal["soon", "first", "no"]
FILTERS = 32  # that are remembered
PARTS = ("passages", "words", "vectors")  # and "tokens": files of token ids, which are checked for whoever reads them


class Snapshot:
    """A generation as it was committed, whatever writers do meanwhile; safe to use from several threads.

    Everything is opened when it is made and stays usable even after later writers have removed the generation's files.
    ``parts`` are those of `PARTS` that are wanted; the others can not be asked for, and cost nothing. Nothing here ever
    waits for a writer.

    The files of its parts are hashed and compared with the manifest: the smaller ones before it is there, the rest
    soon afterwards in the background (see `ragqa.store.checking`), or all of them ``first``, or ``no`` file, where that
    has been done already. Once a difference is found, every use is an `IndexFormatError` that names the file.
    """

    def __init__(
        self,
        layout: Layout,
        generation: int,
        parts: Collection[str] = PARTS,
        check: Check = "soon",
        device: str = AUTO,
    ) -> None:
        self.directory = layout.root
        self._layout, self._device = layout, device
        with enough_memory(layout.root):
            self._load(generation, parts, check)

    def _load(self, generation: int, parts: Collection[str], check: Check) -> None:
        layout = self._layout
        self._mark = _mark(layout, generation)
        self.manifest: Manifest = read_manifest(layout, generation)
        self.parts = frozenset(parts) | ({"passages"} if "words" in parts and not self.manifest.lexical else set())
        for path, fact in self.files(PARTS).items():
            check_size(path, fact)
        self.synonyms = _read_synonyms(layout, self.manifest)
        dead_rows, dead_documents = read_tombstones(layout, self.manifest)
        self.alive, self.alive_documents = ~dead_rows, ~dead_documents
        self._first_rows = np.array([segment.first_row for segment in self.manifest.segments], np.int64)
        counts = [segment.documents for segment in self.manifest.segments]
        self._first_documents = np.cumsum([0, *counts], dtype=np.int64)[:-1]
        self.selection = Selection(lambda: self.stores, self._first_documents, self.alive_documents)
        self._filters = lru_cache(FILTERS)(self._allowed)
        self._everything = Allowed.of(self.alive, generation)
        self.alive_documents.setflags(write=False)
        self._checked = check != "no"
        at_once = AT_ONCE if check == "soon" else np.inf
        self._checks = Checks(self.files(self.parts) if self._checked else {}, at_once)
        weakref.finalize(self, self._checks.stop)
        self._open()

    @classmethod
    def open(
        cls,
        directory: str | Path,
        generation: int | None = None,
        parts: Collection[str] = PARTS,
        device: str = AUTO,
    ) -> Snapshot:
        """The current generation, or the one asked for, with these of its parts, to be searched on ``device``.

        `IndexNotFound` where there is none, `IndexFormatError` naming the file if it is of another format version or
        damaged, `StorageError` if the system refuses to open it.
        """
        layout = layout_of(directory)
        if generation is not None:
            if generation not in layout.stored_generations():
                raise IndexNotFound(f"{directory}: there is no generation {generation}")
            return cls(layout, generation, parts, device=device)
        number = layout.require_current()
        while True:
            try:
                return cls(layout, number, parts, device=device)
            except RagqaError:
                current = layout.require_current()
                if current == number:
                    raise
                number = current  # writers have replaced and swept it while it was being opened

    def is_current(self) -> bool:
        """Whether the index still names this generation, and not another one of the same number that was made after the
        whole index had been removed.
        """
        layout = layout_of(self.directory)
        return layout.require_current() == self.generation and _mark(layout, self.generation) == self._mark

    @property
    def checked(self) -> bool:
        """Whether all files of its parts have been found to be what the manifest says; as long as not, a reply may rest
        on a damaged one.
        """
        return self._checked and self._checks.passed

    def wait_checked(self) -> None:
        """Return when all files of its parts have been compared; `IndexFormatError` if one is damaged."""
        self._checks.wait()

    @property
    def generation(self) -> int:
        """Its number."""
        return self.manifest.generation

    @property
    def rows(self) -> int:
        """How many rows there are, dead ones included."""
        return len(self.alive)

    @property
    def live(self) -> int:
        """How many passages can be found."""
        return self.manifest.live_passages

    @property
    def analyzer(self) -> Analyzer:
        """The analyzer that the documents were indexed with."""
        try:
            analyzer = recorded_analyzer(self.manifest.config.language, self.manifest.analyzer)
        except ConfigError as error:
            raise damaged(self._layout.manifest(self.generation), f"unknown language ({error})") from error
        if analyzer is None:
            newest = get_analyzer(self.manifest.config.language)
            raise IndexFormatError(
                f"{self.directory}: its words were analysed by {self.manifest.analyzer}, now there is {newest.name}; "
                f"run ragqa index on the same sources again"
            )
        return analyzer

    @property
    def lexical(self) -> LexicalIndex:
        """BM25 over the live passages."""
        self._require("words")
        return self._lexical

    @property
    def dense(self) -> VectorIndex:
        """The vectors of all rows."""
        self._require("vectors")
        return self._dense

    @property
    def stores(self) -> tuple[PassageStore, ...]:
        """The documents and passages of each segment."""
        self._require("passages")
        return self._stores

    def files(self, parts: Collection[str]) -> Files:
        """The files of these parts, and what the manifest says of them."""
        layout, manifest = self._layout, self.manifest
        folders: list[tuple[Path, Mapping[str, FileFact]]] = []
        for segment, vectors in zip(manifest.segments, manifest.vectors.parts, strict=True):
            folder = layout.segment(segment.id)
            tokens = {name: fact for name, fact in segment.files.items() if is_token_file(name)}
            folders += [(folder, tokens)] if "tokens" in parts else []
            own = {name: fact for name, fact in segment.files.items() if name not in tokens}
            folders += [(folder, own)] if "passages" in parts else []
            folders += [(folder, vectors.files)] if "vectors" in parts else []
        folders += [(layout.lexical(self.generation), manifest.lexical)] if "words" in parts else []
        return {folder / name: fact for folder, files in folders for name, fact in files.items()}

    def passages(self, rows: Rows) -> list[Passage]:
        """The passages of these rows, dead or alive, in this order; rows may repeat. `IndexError` for other numbers."""
        rows = np.asarray(rows, np.int64)
        if len(rows) and not 0 <= rows.min() <= rows.max() < self.rows:
            raise IndexError(f"{self.directory} has {self.rows} rows, asked for {rows.min()} to {rows.max()}")
        owners = np.searchsorted(self._first_rows, rows, side="right") - 1
        found: dict[int, Passage] = {}
        for owner in np.unique(owners):
            positions = np.flatnonzero(owners == owner)
            own = self.stores[owner].passages(rows[positions] - self._first_rows[owner])
            found.update(zip(positions.tolist(), own, strict=True))
        return [found[position] for position in range(len(rows))]

    def document(self, doc_id: str) -> Document | None:
        """The live document of this id."""
        numbers = self.numbered([encodable(doc_id)])
        return self.documents(numbers[:1].tolist())[0] if len(numbers) else None

    def documents(self, numbers: list[int]) -> list[Document]:
        """The documents of these numbers (from 0, over all segments, dead ones included)."""
        found = []
        for number in numbers:
            owner, own = self._located(number)
            found += self.stores[owner].documents(own)
        return found

    def segment_of(self, number: int) -> SegmentFact:
        """The segment that holds a document."""
        return self.manifest.segments[self._located(number)[0]]

    def passages_of(self, number: int) -> tuple[range, list[Passage]]:
        """The rows of a document's passages, and the passages; dead or alive."""
        owner, own = self._located(number)
        ((_, rows, passages),) = self.stores[owner].contents(own)
        first = int(self._first_rows[owner])
        return range(first + rows.start, first + rows.stop), passages

    def _located(self, number: int) -> tuple[int, NDArray[np.int64]]:
        """The place of a document's segment, and its number there, as an array of one."""
        owner = int(np.searchsorted(self._first_documents, number, side="right")) - 1
        return owner, np.array([number - self._first_documents[owner]], np.int64)

    def identities(self) -> Iterator[tuple[int, str, str, str]]:
        """(number, id, sha, source) of each live document."""
        for first, store in zip(self._first_documents.tolist(), self.stores, strict=True):
            for number, identity in enumerate(store.identities(), first):
                if self.alive_documents[number]:
                    yield number, *identity

    def given_documents(self) -> Mask:
        """For each document, dead ones included, whether a program gave it."""
        return np.concatenate([np.empty(0, bool), *(store.given() for store in self.stores)])

    def numbered(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """The numbers of the live documents of these ids, ascending; ids that are not there are passed over."""
        wanted = pa.array(list(ids), pa.string())
        parts = [
            first + store.numbered(wanted)
            for first, store in zip(self._first_documents.tolist(), self.stores, strict=True)
        ]
        found: NDArray[np.int64] = np.concatenate([np.empty(0, np.int64), *parts])
        return found[self.alive_documents[found]]

    def live_documents(self, segment: int) -> NDArray[np.int64]:
        """The numbers, within the segment, of its live documents, ascending."""
        first = self._first_documents[segment]
        return np.flatnonzero(self.alive_documents[first : first + self.manifest.segments[segment].documents])

    def per_row(self, documents: Mask) -> Mask:
        """What holds for each document [documents], for each row [rows]."""
        parts = [
            documents[first : first + segment.documents][store.owner]
            for first, segment, store in zip(self._first_documents, self.manifest.segments, self.stores, strict=True)
        ]
        return np.concatenate([np.empty(0, bool), *parts])

    def allowed(self, where: Where | None = None) -> Allowed:
        """The live passages of the documents that a filter is about (see `ragqa.filters`); all without a filter.

        A condition that needs a key which no live document has is a `ConfigError` that names the keys there are.
        """
        found = parse_filter(where)
        return self._everything if found is None else self._filters(found)

    def info(self) -> dict[str, Any]:
        """What the index holds and how it was made, for people and as JSON."""
        manifest = self.manifest
        facts = [fact for place in range(len(manifest.segments)) for fact in manifest.files_in(place).values()]
        return {
            "index": str(self.directory),
            "generation": manifest.generation,
            "created": manifest.created,
            "ragqa": manifest.ragqa,
            "format": manifest.format,
            "documents": manifest.live_documents,
            "passages": manifest.live_passages,
            "deleted_passages": manifest.rows - manifest.live_passages,
            "segments": len(manifest.segments),
            "bytes": sum(fact.bytes for fact in [*facts, *manifest.own_files.values()]),
            "language": manifest.config.language,
            "analyzer": manifest.analyzer,
            "bm25": manifest.config.lexical,
            "dense": manifest.config.dense,
            "approximate": any(part.ann for part in manifest.vectors.parts),
            "encoder": manifest.encoder.name,
            "fingerprint": manifest.encoder.fingerprint,
            "dimensions": manifest.encoder.dim,
            "words": manifest.config.split.words,
            "overlap": manifest.config.split.overlap,
            "synonyms": len(self.synonyms.rules),
            "sources": [fact.given for fact in manifest.sources or ()],
        }

    def _require(self, part: str) -> None:
        """Raise what the check has found, or that the caller did not open what it asks for."""
        self._checks.require()
        if part not in self.parts:
            raise LookupError(f"{self.directory}: was opened without {part}")

    def _open(self) -> None:
        """Open the parts; to be called once."""
        manifest, layout = self.manifest, self._layout
        if "passages" in self.parts:
            self._stores = tuple(
                PassageStore(layout.segment(segment.id), segment.documents, segment.rows)
                for segment in manifest.segments
            )
        if "words" in self.parts:
            self._lexical = self._open_lexical()
        if "vectors" in self.parts:
            self._dense = vector_store(layout, manifest.vectors.store, self._device).open(manifest)

    def _open_lexical(self) -> LexicalIndex:
        if self.manifest.lexical:
            folder = self._layout.lexical(self.generation)
            return open_tantivy(folder, list(self.manifest.lexical), self.analyzer, self.synonyms)
        rows = np.flatnonzero(self.alive)
        return RankBM25Index(rows, self.passages(rows), self.analyzer, self.synonyms)

    def _allowed(self, where: Filter) -> Allowed:
        where = self.selection.resolved(where)
        mask = self.per_row(self.selection.matching(where))
        return Allowed.of(mask, self.generation, where, self.selection.clauses(where))


def _mark(layout: Layout, generation: int) -> tuple[int, int, int]:
    """What tells a manifest from a later one in its place; manifests are never changed in place."""
    path = layout.manifest(generation)
    with reading(path):
        found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read_synonyms(layout: Layout, manifest: Manifest) -> Synonyms:
    """Those of a generation, none where it has no such file; `IndexFormatError` if they are not what was written."""
    if manifest.synonyms is None:
        return Synonyms()
    path = layout.synonyms(manifest.generation)
    try:
        return parse_synonyms(read_checked(path, manifest.synonyms).decode(), str(path))
    except (UnicodeDecodeError, ConfigError) as error:
        raise damaged(path, str(error)) from error
