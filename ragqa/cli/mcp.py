"""``ragqa mcp``: tools for agents."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import click

from ragqa.cli.options import answering_config, answering_options, index_option, locate_index, settings_options
from ragqa.cli.terminal import note
from ragqa.errors import ConfigError, MissingExtra
from ragqa.remote import KEY


@click.command()
@index_option
@click.option("--url", help=f"Ask a service instead of an index; its key is in {KEY}.")
@click.option("--service-index", help="Which index of the service.")
@click.option("--http", is_flag=True, help="Serve over HTTP on this machine, not on standard input and output.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="The port; 0 is any.")
@answering_options
@settings_options
def mcp(
    index_dir: str | None,
    url: str | None,
    service_index: str | None,
    http: bool,
    port: int,
    config_file: str | None,
    settings: tuple[str, ...],
    **answering: Any,
) -> None:
    """Offer an index to agents by the Model Context Protocol.

    The tools are ask, search, fetch and ground; all of them only read. An agent starts this command and speaks with it
    over standard input and output. Needs the extra [mcp].
    """
    if url is not None and index_dir is not None:
        raise ConfigError("give an index (-i) or a service (--url), not both")
    config = answering_config(config_file, settings, answering)
    if any(importlib.util.find_spec(module) is None for module in ("mcp", "uvicorn")):
        raise MissingExtra("ragqa mcp", "mcp")
    from ragqa.agents.mcp import make_server, serve_http, serve_stdio
    from ragqa.agents.tools import Loading, Tools

    source: Loading[Any]
    if url is None:
        from ragqa.pipeline import Pipeline
        from ragqa.store.packed import layout_of

        directory = locate_index(index_dir)
        layout_of(directory).require_current()  # told at once, while models are loaded later
        source = Loading(lambda: Pipeline.load(directory, config), Pipeline.refresh)
        name = Path(directory).resolve().stem
    else:
        from ragqa.remote.client import Client

        client = Client(url, os.environ.get(KEY), index=service_index)
        source, name = Loading(lambda: client), service_index or "service"
    tools = Tools(source)
    server = make_server(lambda _context: tools, f"ragqa-{name}")
    source.begin()
    if http:
        serve_http(server, port, lambda address: note(f"tools of {name} at {address}"))
    else:
        serve_stdio(server)
