"""Options that several commands share, and their conversion to settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ragqa.errors import ConfigError, IndexNotFound

if TYPE_CHECKING:
    from ragqa.config import Config
    from ragqa.corpus.limits import Limits
    from ragqa.filters import Filter

Command = TypeVar("Command", bound=Callable[..., Any])
INDEXES = Path("indexes")
FUSION = click.Choice(["linear", "convex", "rrf", "bm25", "dense"])
ANSWERING = {
    "answers": "read.answers",
    "every": "read.all",
    "passages": "read.passages",
    "risk": "read.risk",
    "min_score": "read.min_score",
    "form": "read.form",
    "as_typed": "read.as_typed",
    "models": "read.reader",
    "reader": "read.reader",
    "ensemble": "read.ensemble",
    "encoder": "index.encoder",
    "fusion": "retrieve.fusion",
    "reranker": "retrieve.reranker",
    "device": "device",
}

BOTH = "--models names a packaged pair, and --encoder or --reader another model: give one of them"
LIMITS = {
    "max_file_mb": "file_mb",
    "max_unpacked_mb": "unpacked_mb",
    "max_document_mb": "document_mb",
    "max_memory_mb": "memory_mb",
    "file_seconds": "seconds",
}


def settings_option(command: Command) -> Command:
    """``--set``."""
    return click.option(
        "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Any setting, e.g. retrieve.dense_weight=0.3."
    )(command)


def settings_options(command: Command) -> Command:
    """``--config`` and ``--set``."""
    command = settings_option(command)
    return click.option("--config", "config_file", type=click.Path(), help="A TOML file of settings.")(command)


def index_option(command: Command) -> Command:
    """``-i INDEX``; unset, the only index under ``indexes/``."""
    return click.option("-i", "--index", "index_dir", type=click.Path(), help="The index [the only one in indexes/].")(
        command
    )


def where_option(command: Command) -> Command:
    """``--where CONDITION``, repeatable."""
    return click.option(
        "--where",
        multiple=True,
        metavar="CONDITION",
        help="Only documents with such metadata: team=ops, year>=2020, 'team in a,b', 'team exists' (repeatable).",
    )(command)


def _check_pair(context: click.Context, option: click.Parameter, name: str | None) -> str | None:
    if name is not None:
        from ragqa.models.catalog import check_pair

        check_pair(name)
    return name


def models_option(command: Command) -> Command:
    """``--models``, of commands that ask."""
    return click.option(
        "--models", callback=_check_pair, help="The packaged pair that reads: see ragqa models ls [the index' own]."
    )(command)


def pair_option(command: Command) -> Command:
    """``--models``, of commands that index."""
    return click.option(
        "--models", callback=_check_pair, help="The packaged pair to use: see ragqa models ls [by language]."
    )(command)


def encoder_option(command: Command) -> Command:
    """``--encoder``."""
    return click.option("--encoder", help="The encoder the index was built with, unless packaged.")(command)


def fusion_option(command: Command) -> Command:
    """``--fusion``."""
    return click.option("--fusion", type=FUSION, help="How BM25 and dense scores are joined [linear].")(command)


def reranker_option(command: Command) -> Command:
    """``--reranker``."""
    return click.option(
        "--reranker",
        help='A better order of what was found: "relevance", by the reader, or a cross-encoder.',
    )(command)


def device_option(command: Command) -> Command:
    """``--device``."""
    return click.option(
        "--device", metavar="DEVICE", help="Where models and search run: auto, cpu, cuda, cuda:1 [auto]."
    )(command)


def answering_options(command: Command) -> Command:
    """The options that decide how questions are answered; `ANSWERING` maps their names to settings."""
    share = click.FloatRange(0, 1, min_open=True, max_open=True)
    for option in (
        device_option,
        reranker_option,
        fusion_option,
        encoder_option,
        click.option("--ensemble", multiple=True, help="A reader to average with the first (repeatable)."),
        click.option("--reader", help="Another reader: a directory or hub name."),
        models_option,
        click.option(
            "--as-typed", is_flag=True, default=None, help="Correct no words, and leave keywords as they are."
        ),
        click.option(
            "--form", type=click.Choice(["auto", "span", "excerpt"]), help="Short answers or excerpts [auto]."
        ),
        click.option("--min-score", type=float, help="Give no answer below this score, whatever the risk."),
        click.option("--risk", type=share, help="Share of given answers that may be wrong [0.4]."),
        click.option("--read", "passages", type=click.IntRange(1), help="Passages to read at most [20]."),
        click.option("--all", "every", is_flag=True, default=None, help="Give every answer that is sure enough."),
        click.option("-k", "answers", type=click.IntRange(1), help="Answers to give [3]."),
    ):
        command = option(command)
    return command


def limit_options(command: Command) -> Command:
    """The options that limit what reading a file may cost; `LIMITS` maps their names to fields of `Limits`."""
    for option in (
        click.option("--file-seconds", type=click.FloatRange(1), help="Time to read a file, for each MB of it [30]."),
        click.option("--max-memory-mb", type=click.IntRange(1), help="Memory to read a file with [800]."),
        click.option("--max-document-mb", type=click.IntRange(1), help="Text of a document [64]."),
        click.option("--max-unpacked-mb", type=click.IntRange(1), help="What a packed file may unpack to [1024]."),
        click.option("--max-file-mb", type=click.IntRange(1), help="Size of a file [65536]."),
    ):
        command = option(command)
    return command


def make_limits(given: Mapping[str, Any]) -> Limits:
    """The limits of a command with `limit_options`."""
    from ragqa.corpus.limits import Limits

    return Limits(**{LIMITS[name]: value for name, value in given.items() if value is not None})


def answering_config(config_file: str | None, settings: Sequence[str], given: Mapping[str, Any]) -> Config:
    """The settings of a command with `answering_options`."""
    if given.get("models") and given.get("reader"):
        raise ConfigError(BOTH)
    overrides = {ANSWERING[name]: value for name, value in given.items() if value not in ((), None)}
    return make_config(config_file, settings, overrides)


def make_config(
    config_file: str | None, settings: Sequence[str], overrides: Mapping[str, Any], base: Config | None = None
) -> Config:
    """Settings from the defaults (or ``base``), then the file, then ``--set``, then the options
    given to the command.
    """
    from ragqa.config import load_config
    from ragqa.convert import override

    config, _ = load_config(config_file, settings, base)
    return override(config, {key: value for key, value in overrides.items() if value is not None})


def parse_where(conditions: Sequence[str]) -> Filter | None:
    """``["key=value", "year>=2020", …]`` → a filter; None for none."""
    from ragqa.filters import parse_conditions

    return parse_conditions(conditions)


def locate_index(named: str | None) -> Path:
    """The index that was named, or the only one under ``indexes/``; otherwise an error that lists the choice."""
    if named is not None:
        return Path(named)
    found = sorted(path.parent for path in INDEXES.glob("*/CURRENT"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise IndexNotFound(
            "there is no index under indexes/ yet: build one with ragqa index FOLDER, or name one with -i"
        )
    raise IndexNotFound(f"several indexes stand under indexes/: choose one with -i ({', '.join(map(str, found))})")
