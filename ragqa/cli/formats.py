"""``ragqa index --formats``: which files can be read."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ragqa.cli.terminal import say


def show_formats(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """List the formats, and end the command."""
    if not wanted or context.resilient_parsing:
        return
    from ragqa.corpus.formats import TABLE

    rows = [(one.name, _listed(one.suffixes), _state(one.extra, one.missing())) for one in TABLE]
    widest = max(len(name) for name, _, _ in rows)
    for name, suffixes, state in rows:
        say(f"{name:<{widest}}  {suffixes}{f'  {state}' if state else ''}")
    say("", err=True)
    say("Text formats may be gzipped as well (notes.txt.gz).", err=True)
    context.exit()


def _listed(suffixes: Sequence[str]) -> str:
    return " ".join(suffix or "(names without an ending)" for suffix in suffixes)


def _state(extra: str, missing: Exception | None) -> str:
    if not extra:
        return ""
    return f"[needs ragqa[{extra}], which is not installed]" if missing else f"[{extra}]"


def formats_option(command: click.decorators.FC) -> click.decorators.FC:
    """``--formats``."""
    return click.option(
        "--formats",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show_formats,
        help="List the formats that can be read, and stop.",
    )(command)
