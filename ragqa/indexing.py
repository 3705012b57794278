"""Build or update an index from files: read, split, encode, commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ragqa.config import Config, IndexConfig
from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.read import Limits, Problem, read_documents
from ragqa.corpus.synonyms import read_synonyms
from ragqa.errors import IndexNotFound, SourceError
from ragqa.index import writer
from ragqa.index.report import BuildReport, Progress
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import load_encoder
from ragqa.protocols import Encoder

Sources = str | Path | Sequence[str | Path]


def build(
    source: Sources,
    directory: str | Path | None = None,
    config: Config | None = None,
    *,
    encoder: Encoder | None = None,
    strict: bool = False,
    synonyms: str | Path | None = None,
    limits: Limits | None = None,
    follow: bool = False,
    problems: Callable[[Problem], None] | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index in ``directory`` in line with the documents in ``source`` (files and folders).

    Unchanged documents are not encoded again, changed ones are replaced, vanished ones go. A file that cannot be read
    keeps its last good version and is handed to ``problems``; with ``strict`` it is a `SourceError`. ``limits`` bound
    what reading a file may cost, and symbolic links that lead out of the folders are read with ``follow`` alone. Until
    the end nothing changes for readers; if anything fails, nothing has changed. Without a ``config`` an existing index
    keeps the settings it was built with; with other settings it is built anew. ``synonyms`` names a file of rules for
    BM25 (see `ragqa.corpus.synonyms`), which is kept with the index in place of the one before; an empty file takes
    that away, and without a name it stays.
    """
    sources = [source] if isinstance(source, (str, Path)) else list(source)
    directory = Path(directory) if directory is not None else default_directory(sources)
    index = config.index if config is not None else current_settings(directory)
    failed: set[str] = set()

    def note(problem: Problem) -> None:
        if strict:
            raise SourceError(f"{problem.source}: {problem.reason} (--strict)")
        if problem.unread:
            failed.add(problem.file)
        if problems is not None:
            problems(problem)

    rules = None if synonyms is None else read_synonyms(Path(synonyms), get_analyzer(index.language))
    return writer.update(
        directory,
        index,
        encoder or load_encoder(index.encoder),
        read_documents(sources, note, limits=limits, follow=follow),
        keep_sources=lambda: failed,
        synonyms=rules,
        progress=progress,
    )


def current_settings(directory: str | Path) -> IndexConfig:
    """The settings an index was built with, so that an update need not repeat them; defaults where there is none."""
    try:
        return Snapshot.open(directory).manifest.config
    except IndexNotFound:
        return IndexConfig()


def default_directory(sources: Sequence[str | Path]) -> Path:
    """``indexes/`` and the name of the first source."""
    if not sources:
        raise SourceError("nothing to index: name at least one file or folder")
    first = Path(sources[0]).resolve()
    name = first.name.split(".")[0] if first.is_file() else first.name
    return Path("indexes") / (name or "index")
