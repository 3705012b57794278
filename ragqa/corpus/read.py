"""From files and folders to documents, one after the other, with a report of everything that could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ragqa.corpus.encoding import known_encoding
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.formats import FORMATS, ending, format_of
from ragqa.corpus.guard import unknown
from ragqa.corpus.isolation import ReadingProcess
from ragqa.corpus.limits import PROBLEMS, Limits
from ragqa.corpus.walk import find_files
from ragqa.documents import Document
from ragqa.errors import SourceError

__all__ = ["FORMATS", "Limits", "Problem", "read_documents"]


def read_documents(
    sources: Sequence[str | Path],
    problems: Callable[[Problem], None],
    *,
    limits: Limits | None = None,
    follow: bool = False,
    encoding: str = "",
    passed: Counter[str] | None = None,
) -> Iterator[Document]:
    """The documents of files and folders (walked recursively, in sorted order), read as they are asked for.

    The suffix decides the format (`FORMATS`; text formats may end in ``.gz``). In folders, files of other formats are
    passed over and counted by their endings in ``passed``. Whatever cannot be read, exceeds the ``limits``, has no
    text, or repeats the id of an earlier document of its file is handed to ``problems`` and left out, whatever its
    reader raises or breaks. Damage in one record leaves the others; the first 100 problems of a file are named. Links
    that lead out of the folders are followed with ``follow`` alone. ``encoding`` is that of texts that are not Unicode;
    without it, it is detected. A source that does not exist is a `SourceError` at once.

    The id of a document is the record's own, or its file's with its line, or the path relative to the folder named (see
    `find_files`). A record's own id that another file has used before gets its file's name in front: "2024.csv#id=7".
    """
    encoding = encoding and known_encoding(encoding)
    paths = [Path(source) for source in sources]
    for path in paths:
        try:
            path.stat()
        except (OSError, ValueError) as error:
            reason = "no such file or folder" if isinstance(error, FileNotFoundError) else f"cannot be opened ({error})"
            raise SourceError(f"{path}: {reason}") from error
    limits = limits or Limits()
    find = partial(find_files, paths, problems, limits=limits, follow=follow, encoding=encoding)
    return _documents(find, problems, limits, Counter() if passed is None else passed)


def _documents(
    find: Callable[[], list[SourceFile]], problems: Callable[[Problem], None], limits: Limits, passed: Counter[str]
) -> Iterator[Document]:
    taken: dict[str, str] = {}
    with ReadingProcess(limits) as process:
        for file in find():
            found = format_of(file)
            if found is None:
                if file.named:
                    problems(Problem(file.source, unknown(file)))
                else:
                    passed[ending(file.path)] += 1
                continue
            if missing := found.missing():
                problems(Problem(file.source, str(missing)))
                continue
            note = _Notes(file, problems)
            for item in process.read(file):
                if isinstance(item, Problem):
                    note(item)
                elif not item.text.strip():
                    note(Problem(item.source, "no text", unread=False))
                elif document := _first(item, file, taken):
                    yield document
                else:
                    reason = f"same id as a document of {taken[item.id]}: {item.id[:100]}"
                    note(Problem(item.source, reason, unread=False))
            note.finish()


def _first(document: Document, file: SourceFile, taken: dict[str, str]) -> Document | None:
    """The document, under its file's name too if another file has a document of its id; None if this very file has."""
    if document.id in taken and taken[document.id] != file.source:
        document = replace(document, id=f"{file.name}#id={document.id}")
    if document.id in taken:
        return None
    taken[document.id] = file.source
    return document


class _Notes:
    """The problems of one file. The first are handed on and the others counted, because a file may have millions."""

    def __init__(self, file: SourceFile, problems: Callable[[Problem], None]) -> None:
        self._file, self._problems = file, problems
        self._count, self._unread = 0, False

    def __call__(self, problem: Problem) -> None:
        self._count += 1
        if self._count <= PROBLEMS or problem.source == self._file.source:
            self._problems(problem)
        else:
            self._unread |= problem.unread

    def finish(self) -> None:
        """Say how many were not named."""
        if self._count > PROBLEMS:
            more = f"{self._count - PROBLEMS:,} more of its records or pages are left out"
            self._problems(Problem(self._file.source, more, unread=self._unread))
