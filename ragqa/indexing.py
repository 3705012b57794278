"""Build or update an index from files: read, split, encode, commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ragqa.config import Config
from ragqa.corpus.read import Problem, read_documents
from ragqa.errors import SourceError
from ragqa.index import writer
from ragqa.index.report import BuildReport, Progress
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
    problems: Callable[[Problem], None] | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index in ``directory`` in line with the documents in ``source`` (files and folders).

    Unchanged documents are not encoded again, changed ones are replaced, vanished ones go. A file that cannot be read
    keeps its last good version and is handed to ``problems``; with ``strict`` it is a `SourceError`. Until the end
    nothing changes for readers; if anything fails, nothing has changed.
    """
    sources = [source] if isinstance(source, (str, Path)) else list(source)
    directory = Path(directory) if directory is not None else default_directory(sources)
    config = config or Config()
    failed: set[str] = set()

    def note(problem: Problem) -> None:
        if strict:
            raise SourceError(f"{problem.source}: {problem.reason} (--strict)")
        failed.add(problem.source)
        if problems is not None:
            problems(problem)

    return writer.update(
        directory,
        config.index,
        encoder or load_encoder(config.index.encoder),
        read_documents(sources, note),
        keep_sources=lambda: failed,
        progress=progress,
    )


def default_directory(sources: Sequence[str | Path]) -> Path:
    """``indexes/`` and the name of the first source."""
    if not sources:
        raise SourceError("nothing to index: name at least one file or folder")
    first = Path(sources[0]).resolve()
    name = first.name.split(".")[0] if first.is_file() else first.name
    return Path("indexes") / (name or "index")
