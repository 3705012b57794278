"""The readers, by the files' endings; and the one place that lets no reader's failure pass it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ragqa.corpus.files import Problem, SourceFile, is_gzipped, regular_size
from ragqa.corpus.limits import LONGEST_ID, LONGEST_TITLE, too_hungry, too_large, too_long
from ragqa.corpus.markup import read_html
from ragqa.corpus.parquet import read_parquet
from ragqa.corpus.pdf import read_pdf
from ragqa.corpus.records import read_csv, read_json, read_jsonl, read_tsv
from ragqa.corpus.text import read_markdown, read_text
from ragqa.corpus.word import read_docx
from ragqa.errors import MissingExtra, SourceError
from ragqa.metadata import readable_meta
from ragqa.types import Document

Format = Callable[[SourceFile], Iterator[Document | Problem]]

FORMATS: dict[str, Format] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".parquet": read_parquet,
    ".pdf": read_pdf,
    ".docx": read_docx,
}
_NEVER_GZIPPED = (".parquet", ".pdf", ".docx")


def format_of(file: SourceFile) -> Format | None:
    """The reader for a file, by its name; None if there is none."""
    bare = Path(file.path.stem) if is_gzipped(file.path) else file.path
    suffix = bare.suffix.lower()
    return None if is_gzipped(file.path) and suffix in _NEVER_GZIPPED else FORMATS.get(suffix)


def read_file(file: SourceFile) -> Iterator[Document | Problem]:
    """What a file holds. Nothing that its reader raises gets out, whatever it is, but for the end of the program
    (Ctrl-C, exit): it becomes the last item, a `Problem` of the whole file.

    Readers are ours and others', so this catches more than `Exception`: a panic in compiled Rust is none.
    """
    try:
        yield from _bounded(file)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        yield Problem(file.source, _reason(error, file))


def _bounded(file: SourceFile) -> Iterator[Document | Problem]:
    read = format_of(file)
    if read is None:
        raise SourceError(f"unknown format; known are {', '.join(FORMATS)}")
    size = regular_size(file.path)
    if size > file.limits.file_mb << 20:
        raise SourceError(f"larger than {file.limits.file_mb} MB; to read it, allow more with --max-file-mb")
    if not size:
        yield Problem(file.source, "no text", unread=False)
        return
    limit = left = file.limits.unpacked(size)
    longest = file.limits.document(size)
    for item in read(file):
        if isinstance(item, Problem):
            yield item
            continue
        left -= len(item.text)
        if left < 0:
            raise SourceError(too_large(limit))
        yield _within(item, longest)


def _within(document: Document, longest: int) -> Document | Problem:
    """With a title of bounded length, and metadata that can be kept; too long a text or id, which cannot be cut, is
    refused.
    """
    if len(document.text) > longest:
        return Problem(document.source, too_long(longest))
    if len(document.id) > LONGEST_ID:
        return Problem(document.source, f"an id of more than {LONGEST_ID:,} characters")
    meta = readable_meta(document.meta) if document.meta else {}
    return replace(document, title=document.title[:LONGEST_TITLE], meta=meta)


def _reason(error: BaseException, file: SourceFile) -> str:
    if isinstance(error, (SourceError, MissingExtra)):
        return str(error)
    if isinstance(error, MemoryError):
        return too_hungry(file.limits.memory(file.path.stat().st_size))
    if isinstance(error, RecursionError):
        return "nested too deep to be read"
    if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
        return f"damaged gzip file ({error})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"cannot be read ({said})"
