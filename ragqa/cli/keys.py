"""``ragqa keys``: who may ask a service."""

from __future__ import annotations

from pathlib import Path

import click

from ragqa.cli.options import where_option
from ragqa.cli.terminal import note, print_json, say
from ragqa.errors import ConfigError

FILE = "ragqa-keys.json"


def keys_option(command: click.decorators.FC) -> click.decorators.FC:
    """``--keys``."""
    return click.option(
        "--keys", "key_file", type=click.Path(), default=FILE, show_default=True, help="The file of keys."
    )(command)


@click.group()
def keys() -> None:
    """Make and revoke the keys of a service.

    A file holds their hashes; `ragqa serve --keys FILE` asks for them.
    """


@keys.command()
@click.argument("name")
@keys_option
@click.option(
    "--action",
    "actions",
    multiple=True,
    type=click.Choice(["ask", "search", "write", "admin"]),
    help="What it is for (repeatable) [ask and search].",
)
@click.option("--index", "indexes", multiple=True, help="The name of an index that it is for (repeatable) [all].")
@click.option("--rate", metavar="N/UNIT", help="How often it may ask, such as 10/s, 60/m, 1000/h or 5000/d [always].")
@click.option("--days", type=click.FloatRange(0, 36_500, min_open=True), help="How long it is valid [forever].")
@where_option
def create(
    name: str,
    key_file: str,
    actions: tuple[str, ...],
    indexes: tuple[str, ...],
    rate: str | None,
    days: float | None,
    where: tuple[str, ...],
) -> None:
    """Make a key with a NAME to know it by, and print it, this once.

    With --where it can ask for such documents only.
    """
    from ragqa.convert import Misfit
    from ragqa.serve.keys import KeyFile

    if not name.strip():
        raise ConfigError("the name of the key is empty")
    try:
        key, token = KeyFile(Path(key_file)).create(
            name, actions or ("ask", "search"), indexes=indexes, where=where, days=days, rate=rate
        )
    except Misfit as error:
        raise ConfigError(str(error)) from error
    note(f"{key_file}: key {key.id} for {key.name}; it is shown this once:")
    say(token)


@keys.command("list")
@keys_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, without the hashes.")
def list_keys(key_file: str, as_json: bool) -> None:
    """List the keys: id, name, what they are for."""
    from ragqa.convert import plain
    from ragqa.serve.keys import KeyFile

    found = KeyFile(Path(key_file)).keys()
    if as_json:
        print_json([{name: value for name, value in plain(key).items() if name != "hash"} for key in found])
        return
    for key in found:
        parts = [", ".join(key.actions), f"indexes {', '.join(key.indexes)}" if key.indexes else "all indexes"]
        parts += [f"where {' and '.join(key.where)}"] if key.where else []
        parts += [f"at most {key.rate}"] if key.rate else []
        parts += [f"until {key.expires}"] if key.expires else []
        say(f"{key.id}  {key.name}: {'; '.join(parts)}")
    if not found:
        note(f"{key_file}: no keys")


@keys.command()
@click.argument("key_id", metavar="ID")
@keys_option
def revoke(key_id: str, key_file: str) -> None:
    """Make the key of an ID invalid, at once and for good."""
    from ragqa.serve.keys import KeyFile

    key = KeyFile(Path(key_file)).revoke(key_id)
    note(f"{key_file}: key {key.id} of {key.name} is revoked")
