"""``ragqa serve``: the service."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ragqa.cli.options import answering_config, answering_options, locate_index, settings_options
from ragqa.cli.terminal import note
from ragqa.errors import MissingExtra

STDOUT = 1
WORKING = ("workers", "queue", "batch", "timeout", "writable", "public_url")


@click.command()
@click.option(
    "-i",
    "--index",
    "index_dirs",
    multiple=True,
    type=click.Path(),
    help="An index [the only one in indexes/] (repeatable).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; others need --keys.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 is any.")
@click.option("--public-url", default="", help="The address that browsers have, behind a reverse proxy.")
@click.option("--keys", "key_file", type=click.Path(), help="The file of keys, without which no request needs one.")
@click.option("--question-log", type=click.Path(), help="Write what is asked, and what is said of answers, to a file.")
@click.option("--redact", is_flag=True, help="Take e-mail addresses, phone and card numbers out of both logs.")
@click.option("--writable", is_flag=True, help="Let requests add and delete documents.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Threads that answer.")
@click.option("--queue", type=click.IntRange(1), default=128, show_default=True, help="Questions that may wait.")
@click.option("--batch", type=click.IntRange(1, 64), default=8, show_default=True, help="Questions answered at once.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True, help="Seconds for a request."
)
@click.option(
    "--max-body-mb", type=click.FloatRange(0.01, 1024), default=1.0, show_default=True, help="Size of a request."
)
@click.option(
    "--max-file-mb",
    type=click.FloatRange(0.01, 2000),
    default=32.0,
    show_default=True,
    help="Size of a file that is sent, with --writable.",
)
@answering_options
@settings_options
def serve(
    index_dirs: tuple[str, ...],
    host: str,
    port: int,
    key_file: str | None,
    question_log: str | None,
    redact: bool,
    max_body_mb: float,
    max_file_mb: float,
    config_file: str | None,
    settings: tuple[str, ...],
    **given: Any,
) -> None:
    """Serve indexes over HTTP.

    Prints a line of JSON for each request. SIGTERM ends it after the requests that have begun. Needs the extra [serve];
    with [mcp] it has tools for agents at /mcp.
    """
    working = {name: given.pop(name) for name in WORKING}
    config = answering_config(config_file, settings, given)
    if any(importlib.util.find_spec(module) is None for module in ("fastapi", "uvicorn")):
        raise MissingExtra("ragqa serve", "serve")
    from ragqa.serve.accesslog import AccessLog
    from ragqa.serve.keys import KeyFile
    from ragqa.serve.questionlog import QuestionLog
    from ragqa.serve.redaction import redacted
    from ragqa.serve.run import check_host, load_pipelines, name_indexes
    from ragqa.serve.run import serve as run
    from ragqa.serve.settings import ServeConfig
    from ragqa.serve.tracing import export_traces

    keys = KeyFile(Path(key_file)) if key_file is not None else None
    check_host(host, keys)  # before models are loaded
    places = [Path(each) for each in index_dirs] or [locate_index(None)]
    named = name_indexes(places, writable=working["writable"])
    pipelines = load_pipelines(named, config)
    if told := export_traces():
        note(told)
    clean = redacted if redact else str
    with AccessLog(STDOUT, clean) as log:
        run(
            pipelines,
            ServeConfig(**working, body_bytes=int(max_body_mb * 1_000_000), file_bytes=int(max_file_mb * 1_000_000)),
            host=host,
            port=port,
            keys=keys,
            mounts=_mounts(),
            questions=QuestionLog(Path(question_log), clean=clean) if question_log is not None else None,
            log=log.add,
            started=lambda url: note(f"serving {', '.join(named)} at {url}"),
        )


def _mounts() -> Sequence[Any]:
    """The tools for agents, where their library is installed."""
    if importlib.util.find_spec("mcp") is None:
        return ()
    from ragqa.agents.mounted import mount

    return (mount,)
