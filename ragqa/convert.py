"""Plain data (what TOML, JSON and ``name=value`` hold) to frozen dataclasses and back: the only place that does it.

`convert` builds a dataclass from plain data, `plain` is the way back, `override` changes some values of settings.
msgspec builds and checks types; this module adds what it leaves open (unknown and missing keys, NaN, nulls) and the
words. Whatever does not fit is told in one line: which key, as a dotted path; what was found; what is expected.
"""

from __future__ import annotations

import json
import math
import reprlib
import tomllib
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ragqa.errors import ConfigError, RagqaError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)

Wanted = TypeVar("Wanted")
DEEPEST = 100  # tables and lists inside one another in a file
LONGEST = 80  # characters of a value or a key that are shown
WORDS = {
    int: ("a whole number", "whole numbers"),
    float: ("a finite number", "finite numbers"),
    bool: ("true or false", "truth values"),
    str: ("text", "texts"),
}


class Misfit(ValueError):
    """Plain data do not fit; the message is the line described above. Callers add the file and the kind of error."""


def convert(
    kind: type[Wanted],
    data: object,
    path: str = "",
    *,
    complete: bool = False,
    loose: bool = False,
    given: Mapping[str, Any] | None = None,
) -> Wanted:
    """A dataclass from plain data, exactly as annotated: dataclasses, ``tuple[X, ...]``, ``Mapping[str, X]``, scalars,
    ``Literal``, and any of these ``| None``. Only a whole number may stand for another type: for a float.

    A field with a default may be absent. With ``complete``, for files that ragqa itself wrote, only a field that is
    None by default may be absent, and is absent where it is None. With ``loose``, for files of others of which a part
    is wanted, keys that are not known are passed over. ``given`` holds fields that the caller fills in and
    the data may not name. ``path`` stands in front of the keys in messages. Everything else is a `Misfit`; so is what a
    ``__post_init__`` raises: a `Misfit` names the key in its own table, another `ValueError` speaks of the whole table,
    and a `RagqaError` names the key from the top.
    """
    import msgspec

    given = given or {}
    _check_keys(kind, data, path, complete, loose, given)
    try:
        return msgspec.convert({**data, **given} if isinstance(data, Mapping) else data, kind)
    except RagqaError as error:
        raise Misfit(str(error)) from error
    except ValueError as error:  # msgspec's own, and a UnicodeError for half a character where a number belongs
        raise Misfit(_blame(kind, data, path, error)) from error


def line_reader(kind: type[Wanted]) -> Callable[[str], Wanted]:
    """What reads a line of a file of many lines of JSON: as `convert` with ``loose``, and many times as fast."""
    import msgspec

    decode = msgspec.json.Decoder(kind).decode

    def read(line: str) -> Wanted:
        try:
            return decode(line)
        except (ValueError, RagqaError, RecursionError):  # what is wrong is told in the words of this module
            return convert(kind, read_json(line), loose=True)

    return read


def plain(value: Any) -> Any:
    """Tables and lists that `convert` turns into the same again. A field that is None, as by default, is left out."""
    if is_dataclass(value):
        pairs = ((item, getattr(value, item.name)) for item in fields(value))
        return {item.name: plain(own) for item, own in pairs if own is not None or item.default is not None}
    if isinstance(value, Mapping):
        return {name: plain(own) for name, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(own) for own in value]
    return float(value) if isinstance(value, float) else value  # NumPy's floats are floats as well


def override(settings: Settings, values: Mapping[str, Any], where: str = "") -> Settings:
    """A copy of any settings object with values changed: ``override(config, {"index.split.words": 80})``.

    Text is read as the setting's type: numbers, true and false, lists with commas, "none" or nothing for None. The
    values are changed together, so that a check between them sees them all. What does not fit is a `ConfigError` that
    begins with ``where`` (a file, or "--set").
    """
    tree = plain(settings)
    for key, value in values.items():
        _put(tree, key, _read_text(_kind_of(type(settings), key), plain(value)))
    try:
        return convert(type(settings), tree)
    except Misfit as error:
        raise ConfigError(f"{where}: {error}" if where else str(error)) from error


def parse_setting(setting: str) -> tuple[str, str]:
    """``"name=value"`` → (name, value)."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {setting}: expected name=value, such as retrieve.dense_weight=0.3")
    return key.strip(), text.strip()


def flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested tables as (dotted name, value)."""
    flat = []
    for name, value in tree.items():
        flat += flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return flat


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content; `ConfigError` if there is none."""
    try:
        return _check_depth(tomllib.loads(path.read_text(encoding="utf-8")))
    except RecursionError as error:
        raise ConfigError(f"{path}: cannot be read as TOML settings (nested too deeply)") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML settings ({error})") from error


def read_json(text: str | bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 without NaN, infinities, or a name twice; anything else is a `ValueError`."""
    try:
        content = json.loads(
            text if isinstance(text, str) else text.decode(), parse_constant=_refuse, object_pairs_hook=_object
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError(f"it holds {shown(content)}: expected a table")
    return _check_depth(content)


def misfit(key: str, found: object, wanted: str) -> str:
    """The line about a value that does not fit, for checks in a ``__post_init__``."""
    return f"{key} is {shown(found)}: expected {wanted}"


def one_of(known: Sequence[str]) -> str:
    """How a choice is said to be expected."""
    return f"one of {', '.join(map(shown_name, known))}"


def shown(value: object) -> str:
    """A value for a message: one line, not long, however large, deep or odd it is."""
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 70 digits"
    text = _brief.repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown_name(name: str) -> str:
    """A key for a message, in quotes if it would not be seen for one."""
    return name if name.isprintable() and 0 < len(name) <= LONGEST else shown(name)


def expected(kind: Any) -> str:
    """What a value of this kind is called."""
    inner, words = _without_none(kind), "a table"
    if inner in WORDS:
        words = WORDS[inner][0]
    elif is_dataclass(inner):
        words = f"a table of {', '.join(_hints(inner))}"
    elif typing.get_origin(inner) is typing.Literal:
        words = one_of([str(choice) for choice in typing.get_args(inner)])
    elif typing.get_origin(inner) is tuple:
        words = f"a list of {WORDS.get(typing.get_args(inner)[0], ('', 'tables'))[1]}"
    return words if inner is kind else f"{words} or none"


_hints: Callable[[Any], dict[str, Any]] = cache(typing.get_type_hints)
_brief = reprlib.Repr()
_brief.maxlevel, _brief.maxstring, _brief.maxother = 2, LONGEST, LONGEST


def _check_keys(kind: Any, value: Any, path: str, complete: bool, loose: bool, given: Mapping[str, Any]) -> None:
    """`Misfit` for unknown and missing keys, nulls in a complete file, and numbers that are not finite."""
    inner = _without_none(kind)
    if inner is float and isinstance(value, float) and not math.isfinite(value):
        raise Misfit(misfit(path, value, expected(kind)))
    if is_dataclass(inner) and isinstance(value, Mapping):
        hints = {name: hint for name, hint in _hints(inner).items() if name not in given}
        for name in value:
            if name not in hints and not loose:
                raise Misfit(_unknown(inner, name, path, hints))
        for item in fields(inner):
            if item.name in hints:
                _check_presence(item, hints[item.name], value, path, complete)
    for part_kind, part, part_path in _parts(inner, value, path):
        _check_keys(part_kind, part, part_path, complete, loose, {})


def _check_presence(item: Any, kind: Any, table: Mapping[str, Any], path: str, complete: bool) -> None:
    """With ``complete`` a field that is None by default has one way to be so, and others have no default."""
    key = _join(path, item.name)
    if item.name in table:
        if complete and item.default is None and table[item.name] is None:
            raise Misfit(misfit(key, None, expected(_without_none(kind))))
    elif item.default is not None if complete else item.default is MISSING and item.default_factory is MISSING:
        raise Misfit(f"{key} is missing: expected {expected(kind)}")


def _unknown(kind: Any, name: Any, path: str, known: Mapping[str, Any]) -> str:
    near = _nearest(str(name), kind, known)
    meant = f" (did you mean {_join(path, near)}?)" if near else ""
    return f"unknown key {_join(path, str(name))}{meant}: expected {one_of(list(known))}"


def _nearest(name: str, kind: Any, known: Mapping[str, Any]) -> str:
    """The key that was probably meant: one of that name in a section below, or one that is written nearly so."""
    import difflib

    names = [key for key in _all_keys(kind) if key.partition(".")[0] in known]
    below = [key for key in names if key.endswith(f".{name}")]
    return next(iter(below or difflib.get_close_matches(name[:LONGEST], names, 1, 0.75)), "")


def _all_keys(kind: Any, prefix: str = "") -> list[str]:
    keys = []
    for name, hint in _hints(kind).items():
        keys += _all_keys(hint, f"{prefix}{name}.") if is_dataclass(hint) else [f"{prefix}{name}"]
    return keys


def _blame(kind: Any, value: Any, path: str, error: Exception) -> str:
    """The line about the smallest part that msgspec refuses: it names no keys of mappings, and no values."""
    import msgspec

    for part_kind, part, part_path in _parts(_without_none(kind), value, path):
        try:
            msgspec.convert(part, part_kind)
        except RagqaError as said:
            return str(said)
        except ValueError as said:
            return _blame(part_kind, part, part_path, said)
    if error.__cause__ is not None:  # every part fits: this is what a __post_init__ says
        between = "." if isinstance(error.__cause__, Misfit) else ": "
        return f"{path}{between}{error.__cause__}" if path else str(error.__cause__)
    return misfit(path or "it", value, expected(kind))


def _parts(kind: Any, value: Any, path: str) -> list[tuple[Any, Any, str]]:
    """What a value consists of: kind, value and path of each part; nothing where it is not of its kind."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind) and isinstance(value, Mapping):
        hints = _hints(kind)
        return [(hints[name], own, _join(path, name)) for name, own in value.items() if name in hints]
    if origin is tuple and isinstance(value, (list, tuple)):
        return [(arguments[0], own, f"{path}[{number}]") for number, own in enumerate(value)]
    if origin is Mapping and isinstance(value, Mapping):
        return [(arguments[1], own, _join(path, str(name))) for name, own in value.items()]
    return []


def _without_none(kind: Any) -> Any:
    """X for X | None; any other kind as it is."""
    if not isinstance(kind, types.UnionType) or types.NoneType not in typing.get_args(kind):
        return kind
    (inner,) = (option for option in typing.get_args(kind) if option is not types.NoneType)
    return inner


def _join(path: str, name: str) -> str:
    return f"{path}.{shown_name(name)}" if path else shown_name(name)


def _kind_of(kind: Any, key: str) -> Any:
    """The kind of a setting; None if there is none of that name."""
    for name in key.split("."):
        kind = _hints(kind).get(name) if is_dataclass(kind) else None
    return kind


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    *sections, name = key.split(".")
    for section in sections:
        below = tree.get(section)
        tree[section] = below = below if isinstance(below, dict) else {}
        tree = below
    tree[name] = value


def _read_text(kind: Any, value: Any) -> Any:
    """What a text stands for; other values, and texts that cannot be read so, stay as they are."""
    if not isinstance(value, str):
        return value
    inner = _without_none(kind)
    if inner is not kind and value in ("none", ""):
        return None
    if typing.get_origin(inner) is tuple:
        parts = (part.strip() for part in value.split(","))
        return [_read_text(typing.get_args(inner)[0], part) for part in parts if part]
    if inner is bool:
        return {"true": True, "false": False}.get(value.lower(), value)
    try:
        return inner(value) if inner in (int, float) else value
    except ValueError:
        return value


def _check_depth(content: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [content]
    for _ in range(DEEPEST):
        inside = (value.values() if isinstance(value, dict) else value for value in level)
        level = [own for values in inside for own in values if isinstance(own, (dict, list))]
        if not level:
            return content
    raise ValueError("nested too deeply")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"the key {shown_name(name)} is there twice")
        content[name] = value
    return content


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
