"""What a generation consists of: ``manifest.json`` and ``tombstones.npy``, parsed strictly, as all that is foreign."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.errors import ConfigError, IndexFormatError
from ragqa.store.layout import (
    LEXICAL,
    SYNONYMS,
    TOMBSTONES,
    VECTORS,
    Layout,
    is_fingerprint,
    is_segment_id,
    segment_files,
)
from ragqa.version import __version__

FORMAT = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"\.?[A-Za-z0-9_][A-Za-z0-9._-]*")
Dead = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FileFact:
    """Size and hash of a file."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        """A size and a hash."""
        _require(self.bytes >= 0, "a negative size")
        _require(_SHA256.fullmatch(self.sha256) is not None, "something else than a sha256")


@dataclass(frozen=True, slots=True)
class EncoderFact:
    """The encoder whose vectors the index holds: the name it was asked for by, its fingerprint, its dimensions."""

    name: str
    fingerprint: str
    dim: int

    def __post_init__(self) -> None:
        """A fingerprint that can name a folder."""
        _require(is_fingerprint(self.fingerprint), f"the fingerprint {self.fingerprint!r}")
        _require(self.dim > 0, f"{self.dim} dimensions")


@dataclass(frozen=True, slots=True)
class SegmentFact:
    """Rows ``first_row`` … of the index: so many passages of so many documents, in these files.

    ``ann``: there is a FAISS index. ``files`` are relative to the segment's folder.
    """

    id: str
    first_row: int
    rows: int
    documents: int
    ann: bool
    files: Mapping[str, FileFact]

    def __post_init__(self) -> None:
        """Sane counts."""
        _require(is_segment_id(self.id), f"a segment called {self.id!r}")
        _require(min(self.first_row, self.rows, self.documents) >= 0, f"negative counts in segment {self.id}")
        _require(self.documents < 2**31, f"too many documents in segment {self.id}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation. ``segments`` are in order of rows; ``lexical`` are the files of the Tantivy index, if any.

    ``live_*`` count what no tombstone covers. ``synonyms`` is the file of that name; without one nothing is written of
    it, as in indexes from before there were any.
    """

    format: int
    generation: int
    created: str
    ragqa: str
    config: IndexConfig
    analyzer: str
    encoder: EncoderFact
    segments: tuple[SegmentFact, ...]
    lexical: Mapping[str, FileFact]
    tombstones: FileFact
    live_documents: int
    live_passages: int
    synonyms: FileFact | None = None

    def __post_init__(self) -> None:
        """Everything that must hold before a file is opened."""
        datetime.fromisoformat(self.created)
        row = 0
        for segment in self.segments:
            _require(segment.first_row == row, f"segment {segment.id} at row {segment.first_row} instead of {row}")
            row += segment.rows
            names = segment_files(self.encoder.fingerprint, segment.ann)
            _require(sorted(segment.files) == sorted(names), f"unexpected files in segment {segment.id}")
            size, expected = segment.files[names[2]].bytes, 2 * segment.rows * self.encoder.dim
            _require(size == expected, f"{size} bytes of {VECTORS} instead of {expected} in segment {segment.id}")
        _require(len({segment.id for segment in self.segments}) == len(self.segments), "a segment twice")
        _require(all(_FILE_NAME.fullmatch(name) for name in self.lexical), "a word index with unusable names")
        _require(bool(self.lexical) == (self.config.lexical == "tantivy"), "a word index of another kind")
        _require(0 <= self.live_passages <= self.rows, f"{self.live_passages} live of {self.rows} passages")
        documents = self.documents
        _require(0 <= self.live_documents <= documents, f"{self.live_documents} live of {documents} documents")

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
        """The file's content."""
        content = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return json.dumps(content, indent=1, ensure_ascii=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, name: str) -> Manifest:
        """Parse; another format version and anything unknown, missing or ill-typed is an `IndexFormatError`."""
        try:
            raw = json.loads(text)
            _check_format(raw, name)
            manifest = _parse(cls, raw, "manifest")
        except (ValueError, ConfigError, RecursionError) as error:
            raise damaged(name, f"not a usable manifest ({error})") from error
        assert isinstance(manifest, cls)
        return manifest


def fact_of(content: bytes) -> FileFact:
    """Size and hash of a file with this content."""
    return FileFact(len(content), hashlib.sha256(content).hexdigest())


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _check_format(raw: Any, name: str) -> None:
    found = raw.get("format") if isinstance(raw, dict) else None
    if type(found) is int and found != FORMAT:
        way = "upgrade ragqa, or " if found > FORMAT else ""
        raise IndexFormatError(
            f"{name}: index format {found}, but ragqa {__version__} reads format {FORMAT}: "
            f"{way}index again into a new directory"
        )


def _parse(kind: Any, value: Any, where: str) -> Any:
    """JSON → dataclasses, tuples, mappings and scalars, exactly as annotated; what may be None may be absent."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        names = [item.name for item in dataclasses.fields(kind)]
        needed = {name for name in names if not isinstance(hints[name], types.UnionType)}
        _require(
            isinstance(value, dict) and needed <= value.keys() <= set(names), f"{where} has not the fields {names}"
        )
        return kind(**{name: _parse(hints[name], value[name], f"{where}.{name}") for name in names if name in value})
    if isinstance(kind, types.UnionType):
        kind = next(option for option in typing.get_args(kind) if option is not types.NoneType)
        return _parse(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        _require(isinstance(value, list), f"{where} is no list")
        return tuple(_parse(arguments[0], item, f"{where}[{number}]") for number, item in enumerate(value))
    if origin is Mapping:
        _require(isinstance(value, dict), f"{where} is no object")
        return {key: _parse(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    _require(type(value) is kind, f"{where} is no {kind.__name__}")
    return value


def read_manifest(layout: Layout, number: int) -> Manifest:
    """The manifest of a generation; `IndexFormatError` if it is missing or damaged."""
    path = layout.manifest(number)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise damaged(path, f"cannot be read ({error.strerror})") from error
    manifest = Manifest.from_json(content, str(path))
    if manifest.generation != number:
        raise damaged(path, f"belongs to generation {manifest.generation}")
    return manifest


def files_of(layout: Layout, manifest: Manifest) -> Iterator[tuple[Path, FileFact]]:
    """All files of a generation but its manifest."""
    for name, fact in manifest.own_files.items():
        yield layout.generation(manifest.generation) / name, fact
    for segment in manifest.segments:
        for name, fact in segment.files.items():
            yield layout.segment(segment.id) / name, fact


def pack_tombstones(rows: Dead, documents: Dead) -> bytes:
    """The content of ``tombstones.npy``: one bit a row, then one a document, set where dead (NumPy's format, uint8)."""
    file = io.BytesIO()
    np.save(file, np.packbits(np.concatenate([rows, documents])), allow_pickle=False)
    return file.getvalue()


def read_tombstones(layout: Layout, manifest: Manifest) -> tuple[Dead, Dead]:
    """Which rows and which documents are dead."""
    path = layout.tombstones(manifest.generation)
    check_size(path, manifest.tombstones)
    rows, documents = manifest.rows, manifest.documents
    try:
        bits = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise damaged(path) from error
    if not isinstance(bits, np.ndarray) or bits.dtype != np.uint8 or bits.shape != ((rows + documents + 7) // 8,):
        raise damaged(path)
    dead = np.unpackbits(bits).astype(bool)
    dead_rows, dead_documents = dead[:rows], dead[rows : rows + documents]
    live_passages, live_documents = int((~dead_rows).sum()), int((~dead_documents).sum())
    counted = live_passages == manifest.live_passages and live_documents == manifest.live_documents
    if not counted or dead[rows + documents :].any():
        raise damaged(path)
    return dead_rows, dead_documents


def check_size(path: Path, fact: FileFact) -> None:
    """`IndexFormatError` unless the file is there and as long as it must be."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, f"cannot be opened ({error.strerror})") from error
    if size != fact.bytes:
        raise damaged(path, f"{size} bytes instead of {fact.bytes}")


def damaged(path: Path | str, how: str = "damaged, or not of this index") -> IndexFormatError:
    """The error for a file that is not what it must be."""
    return IndexFormatError(f"{path}: {how}; index again into a new directory")
