"""How much reading one file may cost: all limits, and the messages for a file that exceeds one."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ragqa.errors import ConfigError

LONGEST_ID = 4_096  # characters, as many as a path may have; it stands with every passage of a document
LONGEST_TITLE = 1_000  # characters, for the same reason
PROBLEMS = 100  # of one file are named; further ones are counted
_UNPACKED_RATIO = 200
_DOCUMENT_RATIO = 4
_MEMORY_RATIO = 10
_RECOGNITION_MB = 2_000  # address space of the models and of what they compute for a page


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of reading a file. One that exceeds a bound is skipped and named, and the next file is read.

    * ``file_mb``: size of a file
    * ``unpacked_mb``: what it may unpack to (gzip, zip, Parquet) and give as text; or 200 times its size, if
      that is more
    * ``document_mb``: text of one document; or 4 times the file's size, if that is more
    * ``memory_mb``: memory of the process that reads it, and 10 times the file's size on top (where the system can
      limit it: Linux and most other Unix systems)
    * ``seconds``: time that reading it may take, and as much again for each of its MB
    * ``cells``: cells of a table (Parquet, Word); or as many as the file has bytes, if that is more
    * ``columns``: columns of a table, fields of a record
    * ``scans``: pages of a PDF whose text is recognised; each gets ``seconds`` more, the first 2,000 MB more
    * ``nesting``: elements, lists and objects inside one another

    One MB is 2**20 bytes. A bound below 1 is a `ConfigError`.
    """

    file_mb: int = 65_536
    unpacked_mb: int = 1_024
    document_mb: int = 64
    memory_mb: int = 800
    seconds: float = 30.0
    cells: int = 10_000_000
    columns: int = 10_000
    scans: int = 500
    nesting: int = 1_000

    def __post_init__(self) -> None:
        """Bounds that leave something to read."""
        for field in fields(self):
            if not getattr(self, field.name) >= 1:
                raise ConfigError(f"limits.{field.name} is {getattr(self, field.name)}: at least 1")

    def unpacked(self, size: int) -> int:
        """Bytes that a file of ``size`` bytes may unpack to."""
        return max(self.unpacked_mb << 20, _UNPACKED_RATIO * size)

    def document(self, size: int) -> int:
        """Bytes (or characters) of text that one document of a file of ``size`` bytes may have."""
        return max(self.document_mb << 20, _DOCUMENT_RATIO * size)

    def memory(self, size: int, scans: int = 0) -> int:
        """Bytes of memory that reading a file of ``size`` bytes may take, with so many pages that are recognised."""
        return ((self.memory_mb + (_RECOGNITION_MB if scans else 0)) << 20) + _MEMORY_RATIO * size

    def time(self, size: int, scans: int = 0) -> float:
        """Seconds that reading a file of ``size`` bytes may take, with so many pages that are recognised."""
        return self.seconds * (1 + (size >> 20) + scans)

    def cells_of(self, size: int) -> int:
        """Cells that a table in a file of ``size`` bytes may have."""
        return max(self.cells, size)


def too_large(limit: int) -> str:
    """What unpacks to more than ``limit`` bytes."""
    return f"unpacks to more than {limit >> 20} MB; if it is to be trusted, allow more with --max-unpacked-mb"


def too_long(limit: int) -> str:
    """A document of more than ``limit`` bytes of text."""
    return f"a text of more than {limit >> 20} MB; divide it, or allow more with --max-document-mb"


def too_slow(limit: float) -> str:
    """What takes longer than ``limit`` seconds."""
    return f"takes longer than {limit:.0f} s to read; if it is to be trusted, allow more with --file-seconds"


def too_hungry(limit: int) -> str:
    """What needs more than ``limit`` bytes of memory."""
    return f"needs more than {limit >> 20} MB of memory; if it is to be trusted, allow more with --max-memory-mb"


def too_deep(limit: int) -> str:
    """What is nested deeper than ``limit``."""
    return f"nested more than {limit:,} deep"


def too_wide(count: int, limit: int) -> str:
    """What has ``count`` columns, more than ``limit``."""
    return f"{count:,} columns, more than {limit:,}"
