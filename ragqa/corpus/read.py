"""Files and folders → documents, one after the other, with a note of all that could not be read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ragqa.corpus.files import Problem, SourceFile, find_files, is_gzipped
from ragqa.corpus.markup import read_html
from ragqa.corpus.office import read_docx, read_pdf
from ragqa.corpus.records import read_csv, read_json, read_jsonl, read_parquet, read_tsv
from ragqa.corpus.text import read_markdown, read_text
from ragqa.errors import MissingExtra, SourceError
from ragqa.types import Document

__all__ = ["FORMATS", "Problem", "read_documents"]

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


def read_documents(sources: Sequence[str | Path], problems: Callable[[Problem], None]) -> Iterator[Document]:
    """The documents of files and folders (walked recursively, in sorted order), read as they are asked for.

    Formats go by suffix (`FORMATS`; the text ones also with ``.gz`` behind). In folders, files of other formats are
    passed over. What cannot be read, has no text, or repeats the id of an earlier document is handed to ``problems``
    and left out; damage in one record leaves the others. A source that does not exist is a `SourceError` at once.

    Ids: a record's own, or its file's and its line; otherwise the path relative to the folder named (see `find_files`).
    """
    paths = [Path(source) for source in sources]
    for path in paths:
        try:
            path.stat()
        except (OSError, ValueError) as error:
            reason = "no such file or folder" if isinstance(error, FileNotFoundError) else f"cannot be opened ({error})"
            raise SourceError(f"{path}: {reason}") from error
    return _documents(paths, problems)


def _documents(paths: Sequence[Path], problems: Callable[[Problem], None]) -> Iterator[Document]:
    taken: dict[str, str] = {}
    for file in find_files(paths, problems):
        for item in _read(file):
            if isinstance(item, Problem):
                problems(item)
            elif not item.text.strip():
                problems(Problem(item.source, "no text", unread=False))
            elif item.id in taken:
                reason = f"same id as a document of {taken[item.id]}: {item.id}"
                problems(Problem(item.source, reason, unread=False))
            else:
                taken[item.id] = file.source
                yield item


def _read(file: SourceFile) -> Iterator[Document | Problem]:
    path = file.path
    bare = Path(path.stem) if is_gzipped(path) else path
    suffix = bare.suffix.lower()
    reader = FORMATS.get(suffix)
    if reader is None or (is_gzipped(path) and suffix in _NEVER_GZIPPED):
        if file.named:
            yield Problem(file.source, f"unknown format; known are {', '.join(FORMATS)}")
        return
    try:
        if not path.is_file():
            raise SourceError("not a regular file")
        yield from reader(file)
    except OSError as error:
        yield Problem(file.source, error.strerror or str(error))
    except (EOFError, zlib.error) as error:
        yield Problem(file.source, f"damaged gzip file ({error})")
    except (SourceError, MissingExtra) as error:
        yield Problem(file.source, str(error))
