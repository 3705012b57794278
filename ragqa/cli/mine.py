"""``ragqa mine``."""

from __future__ import annotations

import click

from ragqa.cli.options import device_option, index_option, locate_index
from ragqa.cli.terminal import print_json


@click.command()
@index_option
@click.option("--questions", required=True, type=click.Path(), help="Questions with answers, in any format of eval.")
@click.option("-o", "--output", required=True, type=click.Path(), help="The file to write, JSON lines.")
@click.option("--by", help="Rankings to mine from: bm25, dense, hybrid; several with commas [hybrid].")
@click.option("-n", "--negatives", type=click.IntRange(1), help="Negatives a question at most [8].")
@click.option("--positives", type=click.IntRange(1), help="Positives a question at most [4].")
@click.option("--depth", type=click.IntRange(1), help="How deep to look in each ranking [50].")
@click.option("--margin", help="No negative scores more than this share above the best positive; none: any may [0.1].")
@click.option("--other-documents", is_flag=True, help="No negatives from a positive's own document.")
@click.option("--teacher", help="Whose scores to write: reader, reader:NAME, or a cross-encoder.")
@click.option("--encoder", help="The index's encoder, unless packaged; or a question encoder for it.")
@device_option
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def mine(
    index_dir: str | None,
    questions: str,
    output: str,
    by: str | None,
    negatives: int | None,
    positives: int | None,
    depth: int | None,
    margin: str | None,
    other_documents: bool,
    teacher: str | None,
    encoder: str | None,
    device: str | None,
    quiet: bool,
) -> None:
    """Find passages that answer QUESTIONS, and similar ones that do not, to train a retriever on."""
    from dataclasses import asdict

    from ragqa.cli.progress import progress_bar
    from ragqa.convert import override
    from ragqa.device import AUTO
    from ragqa.mining.negatives import Mining
    from ragqa.mining.negatives import mine as find
    from ragqa.models.catalog import load_encoder

    given = {"by": by, "negatives": negatives, "positives": positives, "depth": depth, "margin": margin}
    settings = override(Mining(same_document=not other_documents), {k: v for k, v in given.items() if v is not None})
    with progress_bar(quiet) as progress:
        report = find(
            locate_index(index_dir),
            questions,
            output,
            settings,
            encoder=None if encoder is None else load_encoder(encoder, device=device or AUTO),
            teacher=teacher,
            device=device or AUTO,
            progress=progress,
        )
    print_json({"output": output, **asdict(report)})
