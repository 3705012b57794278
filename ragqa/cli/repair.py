"""``ragqa repair``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ragqa.cli.interrupt import interruptible
from ragqa.cli.options import device_option, encoder_option, index_option, locate_index
from ragqa.cli.terminal import note, print_json, say

if TYPE_CHECKING:
    from ragqa.index.repair import RepairReport

SHOWN = 5


@click.command()
@index_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@encoder_option
@device_option
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def repair(
    index_dir: str | None, dry_run: bool, encoder: str | None, device: str | None, as_json: bool, quiet: bool
) -> int:
    """Make a damaged index whole again.

    The newest generation that is whole, or can be made whole, becomes current. Words, FAISS indexes, vectors and
    passages are made again where documents are whole. The command says what is lost; ragqa index on the sources brings
    it back. Damaged files are kept in the folder damaged/ of the index. Exit code 5 if nothing can be saved.
    """
    from dataclasses import asdict

    from ragqa.cli.progress import progress_bar
    from ragqa.device import AUTO
    from ragqa.errors import IndexFormatError
    from ragqa.indexing import repair as mend

    directory = locate_index(index_dir)
    with interruptible("the index is as it was"), progress_bar(quiet) as progress:
        report = mend(directory, encoder=encoder, device=device or AUTO, dry_run=dry_run, progress=progress)
    if as_json:
        print_json({"index": str(directory), "dry_run": dry_run, **asdict(report)})
    else:
        _print(directory, report, dry_run)
    return IndexFormatError.exit_code if report.problems else 0


def _print(directory: Path, report: RepairReport, dry_run: bool) -> None:
    for line in report.damage:
        say(f"damage: {line}")
    for line in report.steps:
        say(f"{'would' if dry_run else 'repair'}: {line}")
    if report.lost != 0:
        say(f"lost: {_lost(report)}")
    if report.aside is not None:
        say(f"set aside: what was damaged is in {report.aside}")
    for line in report.problems:
        say(f"problem: {line}")
    state = "damaged" if report.problems else "repaired" if report.steps and not dry_run else "whole"
    state = "to be repaired" if report.steps and dry_run else state
    held = f"{report.documents} documents, {report.passages} passages"
    say(f"{directory}: {state} ({held}; generation {report.generation})")
    if report.problems:
        note("its files are as they were written, but do not agree: index again into a new directory")


def _lost(report: RepairReport) -> str:
    """Which documents are lost, and how to get them back."""
    back = "ragqa index on the sources brings them back"
    if report.lost is None:
        return f"the changes of the last generation, nobody can tell which; {back}"
    named = ", ".join(report.lost_sources[:SHOWN]) + (", …" if len(report.lost_sources) > SHOWN else "")
    return f"{report.lost} documents" + (f" ({named}); {back}" if named else f"; {back}")
