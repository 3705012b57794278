"""Build or update an index from files: read, split, encode, commit; or repair a damaged one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ragqa.config import Config, IndexConfig
from ragqa.convert import read_json
from ragqa.corpus.analyze import AUTO as LANGUAGE_OF_EACH
from ragqa.corpus.analyze import LANGUAGES, SIMPLE, get_analyzer, is_analyzed
from ragqa.corpus.detect import seeming
from ragqa.corpus.read import Limits, Problem, read_documents
from ragqa.corpus.synonyms import read_synonyms
from ragqa.device import AUTO
from ragqa.documents import Document
from ragqa.errors import IndexNotFound, ModelError, SourceError
from ragqa.evidence.calibration import load_calibration
from ragqa.index import repair as repairing
from ragqa.index import writer
from ragqa.index.repair import RepairReport
from ragqa.index.report import BuildReport, Progress
from ragqa.index.snapshot import Snapshot
from ragqa.index.sources import Rule, Sources, source_facts
from ragqa.models.catalog import DEFAULT, encoder_name, load_encoder
from ragqa.protocols import Encoder
from ragqa.store.reading import reading
from ragqa.store.record import unseal

LOOKED_AT, LOOKED_INTO = 200, 400  # documents, and characters of each, to tell the language
A_PART = 0.2  # of the documents, from which on a language is one of several
FORMATS_HINT = "ragqa index --formats lists what can be read"

Named = str | Path | Sequence[str | Path]


def build(
    source: Named,
    directory: str | Path | None = None,
    config: Config | None = None,
    *,
    encoder: Encoder | None = None,
    strict: bool = False,
    synonyms: str | Path | None = None,
    limits: Limits | None = None,
    follow: bool = False,
    encoding: str = "",
    others: Rule = "same",
    problems: Callable[[Problem], None] | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index in ``directory`` in line with the documents in ``source`` (files and folders).

    Unchanged documents are not encoded again, changed ones are replaced, vanished ones go. A file that cannot be read
    keeps its last good version and is handed to ``problems``; with ``strict`` it is a `SourceError`. ``limits`` bound
    what reading a file may cost, and symbolic links that lead out of the folders are read with ``follow`` alone.
    ``encoding`` is that of texts that are not Unicode; without it, it is detected. Files in folders that no reader
    reads are counted in the report. Until the end nothing changes for readers; if anything fails, nothing has changed.
    Without a ``config`` an existing index keeps the settings it was built with, but an encoder other than the packaged
    one has to be named again (see `current_encoder`); with other settings it is built anew. ``synonyms`` is a file of
    rules for BM25 (see `ragqa.corpus.synonyms`), which is kept with the index in place of the one before; an empty file
    takes that away, and without a name it stays.

    An index knows its sources. ``others`` says what becomes of the documents of sources that are not named now: with
    "same" there may be no such sources (`ConfigError`), with "add" they stay, with "replace" they go. Documents that a
    program gave (`ragqa.Index.upsert`) always stay.
    """
    sources = [source] if isinstance(source, (str, Path)) else list(source)
    directory = Path(directory) if directory is not None else default_directory(sources)
    index = config.index if config is not None else current_settings(directory)
    device = AUTO if config is None else config.device
    if encoder is None:
        name = index.encoder if config is not None else current_encoder(directory)
        encoder = load_encoder(name, language=index.language, device=device)
    failed: set[str] = set()

    def note(problem: Problem) -> None:
        if strict and not problem.remark:
            raise SourceError(f"{problem.source}: {problem.reason} (--strict)")
        if problem.unread:
            failed.add(problem.file)
        if problems is not None:
            problems(problem)

    rules = None if synonyms is None else read_synonyms(Path(synonyms), get_analyzer(index.language))
    passed: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    documents = read_documents(sources, note, limits=limits, follow=follow, encoding=encoding, passed=passed)
    report = writer.update(
        directory,
        index,
        encoder,
        _some(_counted(documents, languages), lambda: {} if failed else passed),
        keep_sources=lambda: failed,
        sources=Sources(source_facts(sources, directory), others),
        synonyms=rules,
        device=device,
        progress=progress,
    )
    return replace(report, passed_over=dict(passed), seems=_seeming(languages, index.language))


def _counted(documents: Iterator[Document], languages: Counter[str]) -> Iterator[Document]:
    """The documents; the first ones are counted by the language that they seem to be in."""
    for number, document in enumerate(documents):
        if number < LOOKED_AT:
            languages[seeming(document.text[:LOOKED_INTO])] += 1
        yield document


def _seeming(languages: Counter[str], language: str) -> str:
    """The language that more than half of the documents seem to be in, or "auto" where several have a part worth
    naming and none has half; "" where that is the index' own, or they do not tell.
    """
    (most, count), *_ = languages.most_common(1) or [("", 0)]
    if language == LANGUAGE_OF_EACH:
        return ""
    if 2 * count > languages.total():
        alike = not is_analyzed(most) or most == language or (language == SIMPLE and most not in LANGUAGES)
        return "" if alike else most
    several = sum(is_analyzed(one) and own >= A_PART * languages.total() for one, own in languages.items())
    return LANGUAGE_OF_EACH if several > 1 else ""


def _some(documents: Iterator[Document], passed: Callable[[], Mapping[str, int]]) -> Iterator[Document]:
    """The documents; if there are none, a `SourceError` that names the endings of what was passed over instead."""
    first = next(documents, None)
    if first is None and (there := passed()):
        endings = ", ".join(f"{count:,} {end}" for end, count in sorted(there.items(), key=lambda item: -item[1]))
        raise SourceError(f"no readable document in the sources, but files of other kinds: {endings}; {FORMATS_HINT}")
    if first is not None:
        yield first
        yield from documents


def repair(
    directory: str | Path,
    *,
    encoder: str | None = None,
    device: str = AUTO,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> RepairReport:
    """Make the newest generation of a damaged index that can be whole the current one (see `ragqa.index.repair`).

    ``encoder`` names the one that the index was built with, if it has moved; it is loaded only if passages have to be
    encoded again. With ``dry_run`` the report says what would be done. `IndexFormatError` if nothing can be saved.
    """
    return repairing.repair(
        directory,
        load=lambda fact: load_encoder(encoder_name(fact, directory, encoder or DEFAULT), device=device),
        unusable=_unusable_calibration,
        dry_run=dry_run,
        device=device,
        progress=progress,
    )


def _unusable_calibration(path: Path) -> str:
    """What is wrong with a calibration; nothing with one of another format, which another ragqa reads."""
    try:
        with reading(path):
            content = path.read_bytes()
        unseal(read_json(content))
        load_calibration(path)
    except ValueError as error:
        return f"not a usable calibration ({error})"
    except ModelError as error:
        return "" if error.__cause__ is None else str(error).removeprefix(f"{path}: ")
    return ""


def current_settings(directory: str | Path) -> IndexConfig:
    """The settings an index was built with, so that an update need not repeat them; defaults where there is none."""
    try:
        return Snapshot.open(directory, parts=()).manifest.config
    except IndexNotFound:
        return IndexConfig()


def current_encoder(directory: str | Path) -> str:
    """The name by which an index' own encoder may be loaded unasked (`encoder_name`); "default" where there is none."""
    try:
        manifest = Snapshot.open(directory, parts=()).manifest
        return encoder_name(manifest.encoder, directory, language=manifest.config.language)
    except IndexNotFound:
        return DEFAULT


def default_directory(sources: Sequence[str | Path]) -> Path:
    """``indexes/`` and the name of the first source."""
    if not sources:
        raise SourceError("nothing to index: name at least one file or folder")
    first = Path(sources[0]).resolve()
    name = first.name.split(".")[0] if first.is_file() else first.name
    return Path("indexes") / (name or "index")
