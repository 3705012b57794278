"""``ragqa add`` and ``delete``: documents that do not come from the sources of an index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from ragqa.cli.index import UNCHANGED, summary
from ragqa.cli.interrupt import interruptible
from ragqa.cli.options import (
    device_option,
    encoder_option,
    index_option,
    limit_options,
    locate_index,
    make_limits,
    parse_where,
    where_option,
)
from ragqa.cli.skipped import Skipped
from ragqa.cli.terminal import print_json, say
from ragqa.errors import ConfigError

if TYPE_CHECKING:
    from ragqa.corpus.read import Problem

STDIN = "stdin.jsonl"


@click.command()
@click.argument("file", type=click.Path(allow_dash=True))
@index_option
@encoder_option
@device_option
@limit_options
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def add(
    file: str,
    index_dir: str | None,
    encoder: str | None,
    device: str | None,
    strict: bool,
    as_json: bool,
    quiet: bool,
    **bounds: float | None,
) -> None:
    """Add documents to an index, or replace them.

    FILE has a JSON record a line: {"id": …, "text": …, "title": …, "meta": {…}}; - is stdin. A document takes the place
    of the one with the same id, and stays when ragqa index reads the index's own sources again. An index that is named
    with -i is made if there is none.
    """
    from dataclasses import asdict, replace

    from ragqa.cli.progress import progress_bar
    from ragqa.corpus.read import read_documents
    from ragqa.device import AUTO
    from ragqa.errors import SourceError
    from ragqa.library import Index
    from ragqa.models.catalog import load_encoder

    directory, skipped = locate_index(index_dir), Skipped()

    def tell(problem: Problem) -> None:
        source = _named(problem.source, place)
        if strict and not problem.remark:
            raise SourceError(f"{source}: {problem.reason} (--strict)")
        skipped(replace(problem, source=source))

    with interruptible(UNCHANGED), progress_bar(quiet) as progress, skipped, _spooled(file) as path:
        place = path if file == "-" else None
        documents = read_documents([path], tell, limits=make_limits(bounds))
        named = (replace(document, source=_named(document.source, place)) for document in documents)
        model = load_encoder(encoder, device=device or AUTO) if encoder else None
        with Index(directory, encoder=model, device=device or AUTO) as index:
            report = index.upsert(named, progress=progress)
    if as_json:
        print_json({"index": str(directory), **asdict(report), "skipped": skipped.to_json()})
    else:
        say(f"{directory}: {summary(report)}")


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@index_option
@where_option
@click.option("--json", "as_json", is_flag=True, help="How many as JSON.")
def delete(ids: tuple[str, ...], index_dir: str | None, where: tuple[str, ...], as_json: bool) -> None:
    """Delete documents from an index.

    By their ids, or all that match --where. They are deleted without a question. Documents from files come back when
    ragqa index reads their sources again.
    """
    from ragqa.library import Index
    from ragqa.store.packed import layout_of

    if not ids and not where:
        raise ConfigError("name the ids of documents to delete, or a condition with --where")
    directory, wanted = locate_index(index_dir), parse_where(where)
    layout_of(directory).require_current()  # an index that does not exist is an error here
    with interruptible(UNCHANGED), Index(directory) as index:
        count = index.delete(ids, where=wanted)
        held, generation = len(index), index.generation
    if as_json:
        print_json({"index": str(directory), "deleted": count, "documents": held, "generation": generation})
    else:
        say(f"{directory}: {count} documents deleted, {held} are left (generation {generation})")


@contextmanager
def _spooled(file: str) -> Iterator[Path]:
    """The file, or for "-" a temporary file with the content of stdin, because another process reads the records."""
    if file != "-":
        yield Path(file)
        return
    with TemporaryDirectory(prefix="ragqa-") as folder:
        path = Path(folder) / STDIN
        with path.open("wb") as copy:
            shutil.copyfileobj(click.get_binary_stream("stdin"), copy)  # type: ignore[operator]
        yield path


def _named(source: str, spooled: Path | None) -> str:
    """A source with "stdin" in place of the temporary file."""
    return source if spooled is None else source.replace(str(spooled), "stdin")
