"""Starting the service, and ending it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ragqa.config import Config
from ragqa.errors import ConfigError
from ragqa.pipeline import Pipeline
from ragqa.serve.app import Mount, make_app
from ragqa.serve.edge import Log
from ragqa.serve.keys import KeyFile
from ragqa.serve.listening import is_loopback, run_app
from ragqa.serve.questionlog import QuestionLog
from ragqa.serve.service import Service
from ragqa.serve.settings import ServeConfig
from ragqa.store.packed import layout_of, refuse_packed


def name_indexes(directories: Sequence[Path], *, writable: bool = False) -> dict[str, Path]:
    """The indexes by name, which is that of the folder or of the packed file without its ending; `ConfigError` for two
    of one name, and for a packed one where requests may write.
    """
    named: dict[str, Path] = {}
    for directory in directories:
        if writable:
            refuse_packed(directory)
        layout_of(directory).require_current()
        name = directory.resolve().stem if directory.is_file() else directory.resolve().name
        if name in named:
            raise ConfigError(f"{directory} and {named[name]}: two indexes named {name}: give one another name")
        named[name] = directory
    return named


def check_host(host: str, keys: KeyFile | None) -> None:
    """`ConfigError` if other machines could ask and there are no keys, or if there is no key in the file."""
    if keys is None and not is_loopback(host):
        raise ConfigError(
            f"--host {host}: other machines could ask without a key: make one (ragqa keys create NAME) and name the "
            f"file with --keys"
        )
    if keys is not None and not keys.keys():
        raise ConfigError(f"{keys.path}: holds no key: ragqa keys create NAME --keys {keys.path} makes one")


def load_pipelines(named: Mapping[str, Path], config: Config) -> dict[str, Pipeline]:
    """A pipeline for each index."""
    return {name: Pipeline.load(directory, config) for name, directory in named.items()}


def serve(
    pipelines: Mapping[str, Pipeline],
    config: ServeConfig,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    keys: KeyFile | None = None,
    questions: QuestionLog | None = None,
    mounts: Sequence[Mount] = (),
    log: Log = lambda _entry: None,
    started: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until SIGTERM, after which requests that have begun are answered, or until Ctrl-C. ``started`` is told the
    address as soon as connections are taken; port 0 is any that is free. ``questions`` are logged where it is given;
    ``mounts`` add what others offer over the service.
    """
    check_host(host, keys)
    app = make_app(Service(pipelines, config, keys, host, questions), log, mounts)
    run_app(app, host, port, started)
