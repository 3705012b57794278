"""``ragqa index``, ``info``, ``verify`` and ``compact``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ragqa.cli.formats import formats_option
from ragqa.cli.interrupt import interruptible
from ragqa.cli.options import (
    BOTH,
    device_option,
    index_option,
    limit_options,
    locate_index,
    make_config,
    make_limits,
    pair_option,
    settings_options,
)
from ragqa.cli.skipped import Skipped, passed
from ragqa.cli.terminal import note, print_json, say
from ragqa.errors import ConfigError

if TYPE_CHECKING:
    from ragqa.index.report import BuildReport

UNCHANGED = "nothing was changed"
UNNAMED = ""


_OTHER = "most documents seem to be in another language than the index"
_SEVERAL = "the documents seem to be in several languages: name --language auto"


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="Where the index goes [indexes/ and the source's name].")
@click.option("--language", help="Language of the documents, as zh or pt-BR; auto: each its own [en].")
@click.option("--words", type=int, help="Passage size in words [120].")
@click.option("--overlap", type=int, help="Words repeated between passages [0].")
@pair_option
@click.option("--encoder", help="Another encoder: a directory or hub name.")
@click.option("--dense", help="auto, flat, hnsw, ivf or a FAISS factory string [auto].")
@click.option("--bm25", type=click.Choice(["tantivy", "rank-bm25"]), help="BM25 engine [tantivy].")
@click.option("--synonyms", type=click.Path(), help="A file of synonyms for BM25; an empty one takes them away.")
@click.option("--encoding", help="The encoding of texts that are not Unicode [detected].")
@click.option("--follow", is_flag=True, help="Follow symbolic links that lead out of the folders.")
@click.option("--add", is_flag=True, help="Also keep what came from the sources of before.")
@click.option("--replace", is_flag=True, help="Let go what came from the sources of before.")
@device_option
@limit_options
@click.option("--strict", is_flag=True, help="Stop at the first file that cannot be read.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@formats_option
@settings_options
def index(
    sources: tuple[str, ...],
    output: str | None,
    language: str | None,
    words: int | None,
    overlap: int | None,
    models: str | None,
    encoder: str | None,
    dense: str | None,
    bm25: str | None,
    synonyms: str | None,
    encoding: str | None,
    follow: bool,
    add: bool,
    replace: bool,
    device: str | None,
    strict: bool,
    as_json: bool,
    quiet: bool,
    config_file: str | None,
    settings: tuple[str, ...],
    **bounds: float | None,
) -> None:
    """Build an index, or bring it up to date.

    SOURCES are files and folders. An index knows the ones that it was made from; to name others, say --add or
    --replace.
    """
    from ragqa.cli.progress import progress_bar

    overrides = {
        "index.language": language,
        "index.split.words": words,
        "index.split.overlap": overlap,
        "index.encoder": models or encoder,
        "index.dense": dense,
        "index.lexical": bm25,
        "device": device,
    }
    if models and encoder:
        raise ConfigError(BOTH)
    if add and replace:
        raise ConfigError("--add keeps what came from other sources, --replace lets it go: give one of them")
    from dataclasses import asdict
    from dataclasses import replace as changed

    from ragqa.config import Config
    from ragqa.convert import override
    from ragqa.indexing import build, current_encoder, current_settings, default_directory

    directory = Path(output) if output else default_directory(sources)
    current = changed(current_settings(directory), encoder=UNNAMED)
    config = make_config(config_file, settings, overrides, Config(index=current))
    if config.index.encoder == UNNAMED:
        config = override(config, {"index.encoder": current_encoder(directory)})
    skipped = Skipped()
    with interruptible(UNCHANGED), progress_bar(quiet) as progress, skipped:
        report = build(
            list(sources),
            directory,
            config,
            strict=strict,
            synonyms=synonyms,
            limits=make_limits(bounds),
            follow=follow,
            encoding=encoding or "",
            others="add" if add else "replace" if replace else "same",
            problems=skipped,
            progress=progress,
        )
    if report.passed_over:
        note(passed(report.passed_over))
    if report.seems:
        note(_SEVERAL if report.seems == "auto" else f"{_OTHER}: name it with --language {report.seems}")
    if as_json:
        print_json({"index": str(directory), **asdict(report), "skipped": skipped.to_json()})
    else:
        say(f"{directory}: {summary(report)}")


def summary(report: BuildReport) -> str:
    """One line: what the index holds now, and what changed."""
    held = f"{report.documents} documents, {report.passages} passages"
    if not report.committed:
        return f"{held}; nothing changed (generation {report.generation}, {report.seconds:.1f} s)"
    parts = [
        (report.added, "added"),
        (report.changed, "changed"),
        (report.moved, "moved"),
        (report.removed, "removed"),
        (report.kept, "kept as they were"),
    ]
    changes = ", ".join([f"{count} {word}" for count, word in parts if count] + ["synonyms replaced"] * report.synonyms)
    rebuilt = "; rebuilt with new settings" if report.rebuilt else ""
    return f"{held} ({changes or 'rewritten'}{rebuilt}; generation {report.generation}, {report.seconds:.1f} s)"


@click.command()
@index_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def info(index_dir: str | None, as_json: bool) -> None:
    """Show what an index holds and how it was made."""
    from ragqa.composition import describe_calibration
    from ragqa.config import ReadConfig
    from ragqa.index.snapshot import Snapshot

    snapshot = Snapshot.open(locate_index(index_dir), parts=())
    facts = snapshot.info() | {"scores": describe_calibration(snapshot, ReadConfig())}
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        say(f"{name:<{width}}  {', '.join(value) if isinstance(value, list) else value}")


@click.command()
@index_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify(index_dir: str | None, as_json: bool) -> int:
    """Check every hash and invariant of an index.

    Exit code 5 if anything is wrong.
    """
    from ragqa.cli.progress import progress_bar
    from ragqa.errors import IndexFormatError
    from ragqa.index.verify import verify as check
    from ragqa.store.layout import CALIBRATION

    directory = locate_index(index_dir)
    with progress_bar() as progress:
        problems = check(directory, progress)
    if not problems and (directory / CALIBRATION).is_file():
        problems += _calibration(directory / CALIBRATION)
    if as_json:
        print_json({"index": str(directory), "whole": not problems, "problems": problems})
    else:
        for problem in problems:
            say(problem)
        say(f"{directory}: {'damaged' if problems else 'whole'}")
    return IndexFormatError.exit_code if problems else 0


def _calibration(path: Path) -> list[str]:
    """What is wrong with the index' own calibration; `check` has compared its checksum, which older
    files do not have.
    """
    from ragqa.errors import ModelError
    from ragqa.evidence.calibration import has_checksum

    try:
        if not has_checksum(path):
            note(f"{path}: written without a checksum by an older ragqa; ragqa calibrate writes one")
    except ModelError as error:
        return [str(error)]
    return []


@click.command()
@index_option
@device_option
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def compact(index_dir: str | None, device: str | None, as_json: bool) -> None:
    """Merge an index into one segment.

    Deleted passages are dropped; nothing is encoded again.
    """
    from dataclasses import asdict

    from ragqa.cli.progress import progress_bar
    from ragqa.device import AUTO
    from ragqa.index.writer import compact as merge

    directory = locate_index(index_dir)
    with interruptible(UNCHANGED), progress_bar() as progress:
        report = merge(directory, progress, device=device or AUTO)
    if as_json:
        print_json({"index": str(directory), **asdict(report)})
    else:
        say(f"{directory}: {summary(report)}")
