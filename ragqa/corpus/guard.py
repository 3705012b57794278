"""The one place that lets no reader's failure pass it, and bounds what readers give."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace

from ragqa.corpus.damage import described
from ragqa.corpus.files import Problem, SourceFile, regular_size
from ragqa.corpus.formats import Reader, ending, format_of
from ragqa.corpus.limits import LONGEST_ID, LONGEST_TITLE, too_hungry, too_large, too_long
from ragqa.documents import Document
from ragqa.errors import MissingExtra, SourceError
from ragqa.metadata import readable_meta


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
    found = format_of(file)
    if found is None:
        raise SourceError(unknown(file))
    size = regular_size(file.path)
    if size > file.limits.file_mb << 20:
        raise SourceError(f"larger than {file.limits.file_mb} MB; to read it, allow more with --max-file-mb")
    if not size:
        yield Problem(file.source, "no text", unread=False)
        return
    yield from _within_limits(file, found.read, size)
    for remark in file.remarks:
        yield Problem(file.source, remark, unread=False, remark=True)


def _within_limits(file: SourceFile, read: Reader, size: int) -> Iterator[Document | Problem]:
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


def unknown(file: SourceFile) -> str:
    """What is said of a named file that no reader reads."""
    return f"unknown format ({ending(file.path)}); ragqa index --formats lists those that can be read"


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
    return f"cannot be read ({described(error)})"
