"""JSON files that are dataclasses: written with a checksum of their own content, and parsed strictly."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from typing import Any

SEAL = "sha256"


def seal(content: Mapping[str, Any]) -> str:
    """The text of a file: ``content`` as JSON and, as its last member ``sha256``, the checksum of the rest."""
    return json.dumps({**content, SEAL: _checksum(content)}, indent=1, ensure_ascii=True) + "\n"


def read_json(text: str | bytes) -> dict[str, Any]:
    """A JSON object in UTF-8, without NaN and infinities; anything else is a `ValueError`."""
    try:
        content = json.loads(text if isinstance(text, str) else text.decode(), parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    require(isinstance(content, dict), "no JSON object")
    return dict(content)


def unseal(content: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """What `seal` was given, and whether there is a checksum: files from before there were any have none.

    `ValueError` if it does not fit.
    """
    rest = {name: value for name, value in content.items() if name != SEAL}
    sealed = SEAL in content
    require(not sealed or content[SEAL] == _checksum(rest), "its content has changed since it was written")
    return rest, sealed


def parse(kind: Any, value: Any, where: str) -> Any:
    """JSON → dataclasses, tuples, mappings and scalars, exactly as annotated; what may be None may be absent.

    An integer may stand for a float. `ValueError` says ``where`` something else stands.
    """
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        names = [item.name for item in dataclasses.fields(kind)]
        needed = {name for name in names if not isinstance(hints[name], types.UnionType)}
        require(isinstance(value, dict) and needed <= value.keys() <= set(names), f"{where} has not the fields {names}")
        return kind(**{name: parse(hints[name], value[name], f"{where}.{name}") for name in names if name in value})
    if isinstance(kind, types.UnionType):
        kind = next(option for option in typing.get_args(kind) if option is not types.NoneType)
        return parse(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        require(isinstance(value, list), f"{where} is no list")
        return tuple(parse(arguments[0], item, f"{where}[{number}]") for number, item in enumerate(value))
    if origin is Mapping:
        require(isinstance(value, dict), f"{where} is no object")
        return {key: parse(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    return _number(value, where) if kind is float else _scalar(kind, value, where)


def require(holds: bool, otherwise: str) -> None:
    """`ValueError` with these words unless it holds."""
    if not holds:
        raise ValueError(otherwise)


def _scalar(kind: type, value: Any, where: str) -> Any:
    require(type(value) is kind, f"{where} is no {kind.__name__}")
    return value


def _number(value: Any, where: str) -> float:
    require(type(value) in (int, float), f"{where} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    require(math.isfinite(number), f"{where} is no finite number")
    return number


def _checksum(content: Mapping[str, Any]) -> str:
    """Of what the content says, however it is laid out."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
