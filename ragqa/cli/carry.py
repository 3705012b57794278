"""``ragqa copy``, ``pack`` and ``unpack``: copying an index."""

from __future__ import annotations

import click

from ragqa.cli.interrupt import interruptible
from ragqa.cli.terminal import print_json, say

NOTHING = "nothing was written"


@click.command()
@click.argument("source", type=click.Path())
@click.argument("target", type=click.Path())
@click.option(
    "--links", is_flag=True, help="Share files by hard links where that can be done: at once, and for nothing."
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def copy(source: str, target: str, links: bool, as_json: bool) -> None:
    """Copy an index, also while it is written to.

    TARGET is a new or empty folder. It gets the current generation of SOURCE (a folder, or a packed file) and its
    calibration. Every byte is copied and checked against its hash. With --links both indexes share their files: neither
    changes the other, but a disk error in a shared file damages both.
    """
    from ragqa.index.derive import copy_index

    with interruptible(NOTHING):
        manifest = copy_index(source, target, links=links)
    _tell_index(target, source, manifest.live_documents, manifest.live_passages, as_json)


@click.command()
@click.argument("index", type=click.Path())
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def pack(index: str, file: str, as_json: bool) -> None:
    """Make one portable file of an index.

    INDEX is a folder, FILE the packed index, usually called NAME.ragqa. It can be asked without unpacking: ragqa ask -i
    NAME.ragqa. It is a plain, uncompressed tar archive; packing the same generation again gives the same bytes.
    """
    from dataclasses import asdict

    from ragqa.index.pack import pack as write

    with interruptible(NOTHING):
        report = write(index, file)
    if as_json:
        print_json({"file": file, "source": index, **asdict(report)})
    else:
        held = f"{report.documents} documents, {report.passages} passages"
        say(f"{file}: {held} (packed from {index}, generation {report.generation}, {report.bytes:,} bytes)")


@click.command()
@click.argument("file", type=click.Path())
@click.argument("target", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def unpack(file: str, target: str, as_json: bool) -> None:
    """Make an index folder of a packed index, so that it can be written to.

    TARGET is a new or empty folder. Every byte is checked against its hash.
    """
    from ragqa.index.pack import unpack as read

    with interruptible(NOTHING):
        manifest = read(file, target)
    _tell_index(target, file, manifest.live_documents, manifest.live_passages, as_json)


def _tell_index(target: str, source: str, documents: int, passages: int, as_json: bool) -> None:

    if as_json:
        print_json({"index": target, "source": source, "documents": documents, "passages": passages})
    else:
        say(f"{target}: {documents} documents, {passages} passages (from {source})")
