"""Where each file of an index lies, and which generation is the current one."""

from __future__ import annotations

import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from ragqa.errors import ConfigError, IndexFormatError, IndexNotFound, StorageError
from ragqa.store.atomic import refusal

DOCUMENTS = "documents.arrow"
PASSAGES = "passages.arrow"
VECTORS = "vectors.f16"
ANN = "index.faiss"
TOMBSTONES = "tombstones.npy"
LEXICAL = "lexical"
SYNONYMS = "synonyms.txt"
CALIBRATION = "calibration.json"

_NUMBER = re.compile(r"[0-9]{6,18}")
_CURRENT = re.compile(r"([0-9]{6,18})(?: ([0-9a-f]{16}))?\n?")
_SEGMENT = re.compile(r"[0-9a-f]{32}")
_FINGERPRINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TOKENS = re.compile(r"tokens-[0-9a-f]{16}/[a-z][a-z0-9.]{0,30}")


def is_segment_id(name: str) -> bool:
    """Whether a name is 32 hexadecimal digits, as segments are called."""
    return _SEGMENT.fullmatch(name) is not None


def is_fingerprint(name: str) -> bool:
    """Whether an encoder's fingerprint can be part of a folder's name everywhere."""
    return _FINGERPRINT.fullmatch(name) is not None


def current_line(number: int) -> bytes:
    """The content of CURRENT: the generation's number, and a checksum so that a changed digit is noticed."""
    return f"{number:06d} {_checksum(f'{number:06d}')}\n".encode()


def _checksum(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:16]


def is_token_file(name: str) -> bool:
    """Whether a name in a segment's folder is that of a file with the token ids of its passages.

    They lie in ``tokens-<16 hexadecimal digits>/``, a folder called after `PairTokenizer.fingerprint`.
    """
    return _TOKENS.fullmatch(name) is not None


def vector_files(fingerprint: str, ann: bool) -> list[str]:
    """The files with the vectors of a segment, relative to its folder: the vectors, and a FAISS index if it has one."""
    dense = f"dense-{fingerprint}"
    return [f"{dense}/{VECTORS}", *([f"{dense}/{ANN}"] if ann else [])]


@dataclass(frozen=True, slots=True)
class Layout:
    """The places in one index directory."""

    root: Path

    @property
    def current(self) -> Path:
        """The file that names the current generation."""
        return self.root / "CURRENT"

    @property
    def lock(self) -> Path:
        """The file that a writer locks."""
        return self.root / "LOCK"

    @property
    def calibration(self) -> Path:
        """What `ragqa calibrate` fitted to this index, if it did; it outlives generations."""
        return self.root / CALIBRATION

    @property
    def aside(self) -> Path:
        """The folder with what repairs have set aside; nothing else reads or removes it."""
        return self.root / "damaged"

    @property
    def generations(self) -> Path:
        """The folder of generations."""
        return self.root / "generations"

    @property
    def segments(self) -> Path:
        """The folder of segments."""
        return self.root / "segments"

    def generation(self, number: int) -> Path:
        """The folder of one generation."""
        return self.generations / f"{number:06d}"

    def manifest(self, number: int) -> Path:
        """Its manifest."""
        return self.generation(number) / "manifest.json"

    def tombstones(self, number: int) -> Path:
        """Its tombstones."""
        return self.generation(number) / TOMBSTONES

    def lexical(self, number: int) -> Path:
        """Its Tantivy index."""
        return self.generation(number) / LEXICAL

    def synonyms(self, number: int) -> Path:
        """Its synonyms, if it has any."""
        return self.generation(number) / SYNONYMS

    def segment(self, name: str) -> Path:
        """The folder of one segment."""
        return self.segments / name

    def stored_generations(self) -> list[int]:
        """The numbers of all generations on disk, whole or not, ascending."""
        return sorted(int(name) for name in _names(self.generations) if _NUMBER.fullmatch(name))

    def stored_segments(self) -> list[str]:
        """The ids of all segments on disk, whole or not."""
        return [name for name in _names(self.segments) if is_segment_id(name)]

    def current_generation(self) -> int | None:
        """The number in CURRENT; None if that file does not exist.

        `IndexFormatError` if CURRENT is not a regular file, holds anything else, or its checksum does not fit. Indexes
        that were written before there were checksums have none.
        """
        try:
            content = _beginning(self.current, 64)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, MemoryError) as error:
            raise StorageError(f"{self.current}: cannot be read, {refusal(error)}") from error
        if content is None:
            raise IndexFormatError(f"{self.current}: is no file but a folder, pipe or device; run ragqa repair")
        named = _CURRENT.fullmatch(content.decode("latin-1"))
        if named is None or named[2] not in (None, _checksum(named[1])):
            raise IndexFormatError(
                f"{self.current}: names no generation of a ragqa index; run ragqa repair, or index again elsewhere"
            )
        return int(named[1])

    def require_current(self) -> int:
        """The number in CURRENT, or `IndexNotFound`."""
        number = self.current_generation()
        if number is None:
            raise IndexNotFound(f"{self.root}: no index here; build one with ragqa index FOLDER -o {self.root}")
        return number

    def check_writable_place(self) -> None:
        """`ConfigError` unless this is an index, the remains of a first build that was killed, an empty directory, or
        nothing.
        """
        if not self.root.exists():
            return
        if not self.root.is_dir():
            raise ConfigError(f"{self.root}: is a file; name a directory for the index")
        names = _names(self.root)
        ours = {"CURRENT", "LOCK", "CURRENT.tmp", "generations", "segments", CALIBRATION}
        if "CURRENT" not in names and names and not ("LOCK" in names and names <= ours):
            raise ConfigError(f"{self.root}: holds other files and no index; name an empty or new directory with -o")


def _beginning(path: Path, size: int) -> bytes | None:
    """At most so many bytes of a regular file; None for anything else, because opening a named pipe would wait for a
    writer.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    with path.open("rb") as file:
        return file.read(size)


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        raise StorageError(f"{folder}: cannot be read, {refusal(error)}") from error
