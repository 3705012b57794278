"""What a generation consists of: ``manifest.json`` and ``tombstones.npy``, parsed strictly, as all that is foreign.

The manifest records documents and vectors apart: ``segments`` are the documents and passages, ``vectors`` says where
the vectors of the same rows are.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.convert import convert, plain, read_json
from ragqa.errors import IndexFormatError
from ragqa.store.atomic import sha256, sync_file
from ragqa.store.layout import (
    DOCUMENTS,
    LEXICAL,
    PASSAGES,
    SYNONYMS,
    TOMBSTONES,
    VECTORS,
    Layout,
    is_fingerprint,
    is_segment_id,
    is_token_file,
    vector_files,
)
from ragqa.store.reading import damaged as damaged
from ragqa.store.reading import reading
from ragqa.store.record import require, seal, unseal
from ragqa.version import __version__

FORMAT = 3
READABLE = (1, 2, FORMAT)
FILES = "files"  # the store whose vectors lie in the folders of the segments

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '\|u1', 'fortran_order': False, 'shape': \((\d{1,18}),\), \} *\n", re.DOTALL
)
_FILE_NAME = re.compile(r"\.?[A-Za-z0-9_][A-Za-z0-9._-]*")
Dead = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FileFact:
    """Size and hash of a file."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        """A size and a hash."""
        require(self.bytes >= 0, "a negative size")
        require(_SHA256.fullmatch(self.sha256) is not None, "something else than a sha256")


@dataclass(frozen=True, slots=True)
class EncoderFact:
    """The encoder whose vectors the index holds: the name it was asked for by, its fingerprint, its dimensions."""

    name: str
    fingerprint: str
    dim: int

    def __post_init__(self) -> None:
        """A fingerprint that can name a folder."""
        require(is_fingerprint(self.fingerprint), f"the fingerprint {self.fingerprint!r}")
        require(self.dim > 0, f"{self.dim} dimensions")


@dataclass(frozen=True, slots=True)
class SegmentFact:
    """Rows ``first_row`` … of the index: so many passages of so many documents, in these files.

    ``files`` are relative to the segment's folder: documents, passages and, where they were stored, token ids.
    ``forms`` are those in which its texts were seen when they were encoded (`ragqa.documents.FORMS`); None where
    that is not known, as in indexes from before it was recorded.
    """

    id: str
    first_row: int
    rows: int
    documents: int
    files: Mapping[str, FileFact]
    forms: str | None = None

    def __post_init__(self) -> None:
        """Sane counts, and the files that a segment may have."""
        require(is_segment_id(self.id), f"a segment called {self.id!r}")
        require(min(self.first_row, self.rows, self.documents) >= 0, f"negative counts in segment {self.id}")
        require(self.documents < 2**31, f"too many documents in segment {self.id}")
        own = {name for name in self.files if not is_token_file(name)}
        require(own == {DOCUMENTS, PASSAGES}, f"unexpected files in segment {self.id}")


@dataclass(frozen=True, slots=True)
class VectorPart:
    """The vectors of one segment's rows. ``ann``: there is a FAISS index. ``files`` are relative to the segment's
    folder; there are none where the vectors live elsewhere.
    """

    ann: bool
    files: Mapping[str, FileFact]


@dataclass(frozen=True, slots=True)
class VectorFact:
    """The vectors of a generation: the encoder that made them, the store that holds them, and what the store knows of
    those of each segment, in the segments' order.
    """

    encoder: EncoderFact
    parts: tuple[VectorPart, ...]
    store: str = FILES

    def check(self, segments: Sequence[SegmentFact]) -> None:
        """`ValueError` unless there is a part for each segment, with files of the right names and sizes."""
        require(len(self.parts) == len(segments), f"vectors of {len(self.parts)} segments instead of {len(segments)}")
        for segment, part in zip(segments, self.parts, strict=True):
            names = vector_files(self.encoder.fingerprint, part.ann) if self.store == FILES else []
            require(sorted(part.files) == sorted(names), f"unexpected files of vectors in segment {segment.id}")
            if names:
                size, expected = part.files[names[0]].bytes, 2 * segment.rows * self.encoder.dim
                require(size == expected, f"{size} bytes of {VECTORS} instead of {expected} in segment {segment.id}")


@dataclass(frozen=True, slots=True)
class SourceFact:
    """A file or folder that an index was made from: as it was given, its absolute path without links, and its path
    seen from the index (empty where there is none, as between drives).
    """

    given: str
    resolved: str
    relative: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation. ``segments`` are in order of rows; ``lexical`` are the files of the Tantivy index, if any.

    ``live_*`` count what no tombstone covers. ``synonyms`` is the file of that name; without one nothing is written of
    it, as in indexes from before there were any. ``sources`` are the files and folders that documents were read from;
    None where nothing is known of them, as in indexes from before they were recorded.
    """

    format: int
    generation: int
    created: str
    ragqa: str
    config: IndexConfig
    analyzer: str
    segments: tuple[SegmentFact, ...]
    vectors: VectorFact
    lexical: Mapping[str, FileFact]
    tombstones: FileFact
    live_documents: int
    live_passages: int
    synonyms: FileFact | None = None
    sources: tuple[SourceFact, ...] | None = None

    def __post_init__(self) -> None:
        """Everything that must hold before a file is opened."""
        datetime.fromisoformat(self.created)
        row = 0
        for segment in self.segments:
            require(segment.first_row == row, f"segment {segment.id} at row {segment.first_row} instead of {row}")
            row += segment.rows
        self.vectors.check(self.segments)
        require(len({segment.id for segment in self.segments}) == len(self.segments), "a segment twice")
        require(all(_FILE_NAME.fullmatch(name) for name in self.lexical), "a word index with unusable names")
        require(bool(self.lexical) == (self.config.lexical == "tantivy"), "a word index of another kind")
        require(0 <= self.live_passages <= self.rows, f"{self.live_passages} live of {self.rows} passages")
        documents = self.documents
        require(0 <= self.live_documents <= documents, f"{self.live_documents} live of {documents} documents")

    @property
    def encoder(self) -> EncoderFact:
        """The encoder that questions must be encoded with."""
        return self.vectors.encoder

    def files_in(self, place: int) -> dict[str, FileFact]:
        """All files in the folder of the segment at ``place``, relative to it."""
        return {**self.segments[place].files, **self.vectors.parts[place].files}

    @property
    def rows(self) -> int:
        """All rows, dead ones included."""
        return sum(segment.rows for segment in self.segments)

    @property
    def documents(self) -> int:
        """All documents, dead ones included."""
        return sum(segment.documents for segment in self.segments)

    @property
    def own_files(self) -> dict[str, FileFact]:
        """The files in the generation's folder, but for the manifest, relative to it."""
        files = {TOMBSTONES: self.tombstones} | {f"{LEXICAL}/{name}": fact for name, fact in self.lexical.items()}
        return files if self.synonyms is None else files | {SYNONYMS: self.synonyms}

    def to_json(self) -> str:
        """The file's content, with a checksum of its own."""
        return seal(plain(self))

    @classmethod
    def from_json(cls, text: str | bytes, name: str) -> Manifest:
        """Parse; an unknown format version, another checksum and anything unknown, missing or ill-typed is an
        `IndexFormatError`. Manifests from before there were checksums have none. One of format 1 or 2 is read as the
        same in format 3; what its documents lack, their files tell (`ragqa.store.passages`).
        """
        try:
            raw = read_json(text)
            _check_format(raw, name)
            content = unseal(raw)[0]
            if content.get("format") == 1:
                content = _from_format_1(content)
            if content.get("format") == 2:
                content = {**content, "format": FORMAT}
            return convert(cls, content, complete=True)
        except ValueError as error:
            raise damaged(name, f"not a usable manifest ({error})") from error


def fact_of(content: bytes) -> FileFact:
    """Size and hash of a file with this content."""
    return FileFact(len(content), hashlib.sha256(content).hexdigest())


def durable(path: Path) -> FileFact:
    """Wait until a complete file is on the disk; its size and hash."""
    sync_file(path)
    return FileFact(path.stat().st_size, sha256(path))


def _check_format(raw: Mapping[str, Any], name: str) -> None:
    found = raw.get("format")
    if type(found) is int and found not in READABLE:
        way = "upgrade ragqa, or " if found > FORMAT else ""
        raise IndexFormatError(
            f"{name}: index format {found}, but ragqa {__version__} reads formats {READABLE[0]} to {FORMAT}: "
            f"{way}index again into a new directory"
        )


def _from_format_1(content: Mapping[str, Any]) -> dict[str, Any]:
    """Format 1 has the vectors' files among those of the segments; `ValueError` where its segments are no tables."""
    segments, parts = [], []
    for segment in content["segments"] if isinstance(content.get("segments"), list) else ():
        require(isinstance(segment, dict) and isinstance(segment.get("files"), dict), "a segment without files")
        of_vectors = {name: fact for name, fact in segment["files"].items() if name not in (DOCUMENTS, PASSAGES)}
        others = {name: fact for name, fact in segment["files"].items() if name not in of_vectors}
        segments.append({name: value for name, value in segment.items() if name != "ann"} | {"files": others})
        parts.append({"ann": segment.get("ann"), "files": of_vectors})
    require("encoder" in content and isinstance(content.get("segments"), list), "no encoder or no segments")
    rest = {name: value for name, value in content.items() if name != "encoder"}
    vectors = {"encoder": content["encoder"], "parts": parts, "store": FILES}
    return rest | {"format": 2, "segments": segments, "vectors": vectors}


def read_manifest(layout: Layout, number: int) -> Manifest:
    """The manifest of a generation; `IndexFormatError` if it is missing or damaged."""
    path = layout.manifest(number)
    with reading(path):
        content = path.read_bytes()
    manifest = Manifest.from_json(content, str(path))
    if manifest.generation != number:
        raise damaged(path, f"belongs to generation {manifest.generation}")
    return manifest


def files_of(layout: Layout, manifest: Manifest) -> Iterator[tuple[Path, FileFact]]:
    """All files of a generation but its manifest."""
    for name, fact in manifest.own_files.items():
        yield layout.generation(manifest.generation) / name, fact
    for place, segment in enumerate(manifest.segments):
        for name, fact in manifest.files_in(place).items():
            yield layout.segment(segment.id) / name, fact


def pack_tombstones(rows: Dead, documents: Dead) -> bytes:
    """The content of ``tombstones.npy``: one bit a row, then one a document, set where dead (NumPy's format, uint8)."""
    file = io.BytesIO()
    np.save(file, np.packbits(np.concatenate([rows, documents])), allow_pickle=False)
    return file.getvalue()


def read_tombstones(layout: Layout, manifest: Manifest) -> tuple[Dead, Dead]:
    """Which rows and which documents are dead."""
    path = layout.tombstones(manifest.generation)
    rows, documents = manifest.rows, manifest.documents
    dead = np.unpackbits(np.frombuffer(_packed(path, read_checked(path, manifest.tombstones)), np.uint8)).astype(bool)
    dead_rows, dead_documents = dead[:rows], dead[rows : rows + documents]
    live_passages, live_documents = int((~dead_rows).sum()), int((~dead_documents).sum())
    counted = live_passages == manifest.live_passages and live_documents == manifest.live_documents
    if len(dead) != -(-(rows + documents) // 8) * 8 or not counted or dead[rows + documents :].any():
        raise damaged(path)
    return dead_rows, dead_documents


def _packed(path: Path, content: bytes) -> bytes:
    """The bytes of the array, which is one of uint8 in one dimension; nothing else that NumPy can read is looked at."""
    header = _NPY.match(content)
    if header is None or int(header[1]) != len(content) - header.end():
        raise damaged(path)
    return content[header.end() :]


def read_checked(path: Path, fact: FileFact) -> bytes:
    """A small file's content, which must be what the manifest says."""
    check_size(path, fact)
    with reading(path):
        content = path.read_bytes()
    if fact_of(content) != fact:
        raise damaged(path, "its content has changed")
    return content


def check_size(path: Path, fact: FileFact) -> None:
    """`IndexFormatError` unless the file is there and as long as it must be."""
    with reading(path):
        size = path.stat().st_size
    if size != fact.bytes:
        raise damaged(path, f"{size} bytes instead of {fact.bytes}")
