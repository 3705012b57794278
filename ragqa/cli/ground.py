"""``ragqa ground``: what an index says of somebody else's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ragqa.cli.options import (
    answering_config,
    device_option,
    encoder_option,
    fusion_option,
    index_option,
    locate_index,
    parse_where,
    settings_options,
    where_option,
)
from ragqa.cli.questions import Asking, written
from ragqa.cli.terminal import Styled, note, print_json, say

if TYPE_CHECKING:
    from ragqa.grounded import Ground, Grounded

SAID = {"supported": "supported", "contradicted": "contradicted", "unsupported": "not found"}


@click.command(cls=Asking)
@click.argument("text", nargs=-1)
@index_option
@click.option("--file", "file", type=click.Path(), help="The text from a file (- for stdin).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@encoder_option
@fusion_option
@device_option
@where_option
@settings_options
def ground(
    text: tuple[str, ...],
    index_dir: str | None,
    file: str | None,
    as_json: bool,
    where: tuple[str, ...],
    config_file: str | None,
    settings: tuple[str, ...],
    **searching: Any,
) -> None:
    """Compare a TEXT with an index, sentence by sentence.

    For an answer of a person or of a language model: which places of the documents support each sentence, which
    sentences they contradict, and which they say nothing of.
    """
    from ragqa.cli.output import note_unchecked
    from ragqa.cli.progress import progress_bar

    config = answering_config(config_file, settings, searching)
    filters = parse_where(where)
    whole = written(text, file)
    directory = locate_index(index_dir)
    from ragqa.pipeline import Pipeline

    with progress_bar() as progress:
        progress("comparing", 0, None)
        pipeline = Pipeline.load(directory, config, reads=False)
        grounding = pipeline.ground(whole, where=filters)
    note_unchecked(pipeline.snapshot)
    if as_json:
        print_json(grounding.to_dict())
        return
    for number, sentence in enumerate(grounding.sentences, 1):
        _show(number, sentence)
    counted = (f"{sum(one.verdict == verdict for one in grounding.sentences)} {said}" for verdict, said in SAID.items())
    note(f"{len(grounding.sentences)} sentences: {', '.join(counted)}")


def _show(number: int, sentence: Grounded) -> None:
    from ragqa.cli.output import one_line

    score = f"  {sentence.probability:.2f}" if sentence.verdict == "supported" else ""
    say(f"{number}. ", Styled(f"{SAID[sentence.verdict]}{score}", bold=True), f"  {one_line(sentence.text)}")
    for ground in sentence.grounds:
        _show_ground(ground)


def _show_ground(ground: Ground) -> None:
    from ragqa.cli.output import one_line, place

    for one in ground.differences:
        say(f"   {one.kind}: here {one.said}, there {one.found}")
    say(f"   »{one_line(ground.text)}«")
    say(Styled(f"   {place(ground.hit, ground.line, ground.document_span)}", dim=True))
