"""Filters: which documents a question or a deletion is about, told by their metadata. Standard library only.

A filter is a list of conditions that must all hold. Metadata are compared as text: a value is written as `text_of`
writes it, and a list stands for each of its elements.

* Equality, ``ne`` and ``in`` compare whole texts, case included: "1.10" is not "1.1". A number that a program gives
  also equals itself written as a float (1 and 1.0), and "True" or "FALSE" also the boolean.
* ``gt``, ``gte``, ``lt``, ``lte`` compare with a number (as 64-bit floats), with an ISO date (2024-05-31: the day on
  which a value lies, so ``lte`` includes that day) or with an ISO date and time (the instant; without an offset it is
  UTC, a date is its midnight). A value that is no number, or no date, does not match.
* ``exists``: the document has the key, with at least one value.

A list matches if one of its elements does; several bounds given together are met by one element. ``ne`` and ``exists``
false hold where no element matches, and so also where a document does not have the key.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from ragqa.errors import ConfigError

Scale = Literal["number", "day", "instant"]
OPERATORS = ("eq", "ne", "in", "gt", "gte", "lt", "lte", "exists")
BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[-+]\d\d:\d\d)?)?", re.ASCII)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_EXACT = 2**53  # whole numbers below are exact as floats
_SIGNS = {"=": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_COMPARED = re.compile(r"\s*([^=<>!]*[^=<>!\s])(\s*)(>=|<=|!=|=|<|>)(.*)", re.DOTALL)
_IN = re.compile(r"\s*([^\s=<>!]+)\s+in\s+(.+)", re.DOTALL)
_EXISTS = re.compile(r"\s*([^=<>!]*?[^=<>!\s])(\s+not)?\s+exists\s*")


@dataclass(frozen=True, slots=True)
class OneOf:
    """Equal to one of these texts."""

    texts: tuple[str, ...]

    def __str__(self) -> str:
        return f"= {self.texts[0]}" if len(self.texts) == 1 else f"in {','.join(self.texts)}"


@dataclass(frozen=True, slots=True)
class Within:
    """Between bounds on one scale: (operator, text that has a place on the scale), such as ("gte", "2020")."""

    scale: Scale
    bounds: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " and ".join(f"{BOUNDS[name]} {text}" for name, text in self.bounds)


@dataclass(frozen=True, slots=True)
class Exists:
    """Any value."""

    def __str__(self) -> str:
        return "exists"


@dataclass(frozen=True, slots=True)
class Condition:
    """The document has a value of this key that passes the test; without ``holds``, it has none."""

    key: str
    test: OneOf | Within | Exists
    holds: bool = True

    @property
    def needs_key(self) -> bool:
        """Whether a document without the key never matches, and asking for a key that no document has is a mistake.

        ``exists`` is how one finds out whether documents have a key, so it is no mistake there.
        """
        return self.holds and not isinstance(self.test, Exists)

    def __str__(self) -> str:
        return f"{self.key} {self.test}" if self.holds else f"not ({self.key} {self.test})"


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold, at least one. Equal filters are equal values and have one hash."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.conditions))


Where = Mapping[str, Any] | Filter  # what `parse_filter` takes


def text_of(value: str | int | float | bool) -> str:
    """A value of metadata as it is compared: booleans are ``true`` and ``false``, all else is ``str(value)``.

    Lone surrogates, which no file can hold, are question marks.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def place_on(scale: Scale, text: str) -> float | None:
    """Where a text stands on a scale (its number, or days or microseconds of the calendar); None if nowhere."""
    if scale == "number":
        return float(text) if _NUMBER.fullmatch(text.strip()) else None
    moment = _moment(text)
    if moment is None:
        return None
    if scale == "day":
        return float(moment.toordinal())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return float((aware - _EPOCH) // _MICROSECOND)


def parse_filter(where: Where | None) -> Filter | None:
    """A filter from what a program says; None where it asks for nothing.

    ``{"year": {"gte": 2020, "lt": 2025}, "tags": "a", "team": {"in": ["ops", "dev"]}, "draft": {"ne": True}}``: for
    each key a value that it is to equal, or operators. Keys of nested metadata are written ``author.name``. Anything
    else is a `ConfigError`.
    """
    if where is None or isinstance(where, Filter):
        return where
    if not isinstance(where, Mapping):
        raise ConfigError(f"where is {_shown(where)}: expected a mapping such as {{'year': {{'gte': 2020}}}}")
    conditions: list[Condition] = []
    for key, wanted in where.items():
        if not isinstance(key, str) or not key:
            raise ConfigError(f"where: the key {_shown(key)} is no text: expected the name of a metadata key")
        conditions += _conditions(text_of(key), wanted if isinstance(wanted, Mapping) else {"eq": wanted})
    return Filter(tuple(conditions)) if conditions else None


def to_json(where: Where) -> dict[str, Any]:
    """A filter as plain JSON of which `parse_filter` makes an equal one.

    Conditions that JSON cannot hold, as two of one kind on one key, are a `ConfigError`.
    """
    if not isinstance(where, Filter):
        return {key: _plain(value) for key, value in where.items()}
    found: dict[str, dict[str, Any]] = {}
    for condition in where.conditions:
        own = found.setdefault(condition.key, {})
        said = _operators(condition)
        if own.keys() & said.keys():
            raise ConfigError(f"where: {condition.key} has two conditions of one kind, which cannot be sent")
        own |= said
    if parse_filter(found) != where:
        raise ConfigError(f"where: {where} cannot be sent: give it as a mapping")
    return found


def parse_conditions(texts: Iterable[str]) -> Filter | None:
    """A filter from what a command line says, one condition a text; None for no text.

    ``team=ops``, ``team!=ops``, ``year>=2020`` (and ``>``, ``<``, ``<=``), ``team in ops,dev``, ``author.name exists``,
    ``author.name not exists``. White space around an operator that has some before it does not count.
    """
    found = tuple(condition for text in texts for condition in _parsed(text))
    return Filter(found) if found else None


def _plain(value: Any) -> Any:
    """Dates as ISO texts, which mean the same; sets as lists."""
    if isinstance(value, Mapping):
        return {name: _plain(own) for name, own in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(own) for own in value]
    return value.isoformat() if isinstance(value, date) else value


def _operators(condition: Condition) -> dict[str, Any]:
    """The operators and values that a condition comes from."""
    test = condition.test
    if isinstance(test, Exists):
        return {"exists": condition.holds}
    if isinstance(test, Within):
        return dict(test.bounds)
    number = len(test.texts) > 1 and place_on("number", test.texts[0]) is not None
    first = (float if "." in test.texts[0] else int)(test.texts[0]) if number else test.texts[0]
    if not condition.holds:
        return {"ne": first}
    return {"in": list(test.texts)} if _spellings(condition.key, first) != test.texts else {"eq": first}


def _parsed(text: str) -> list[Condition]:
    if match := _IN.fullmatch(text):
        return _conditions(text_of(match[1]), {"in": [part.strip() for part in match[2].split(",")]})
    if match := _EXISTS.fullmatch(text):
        return _conditions(text_of(match[1]), {"exists": match[2] is None})
    match = _COMPARED.fullmatch(text)
    if match is None:
        raise ConfigError(f"--where {text}: expected key=value, key!=value, key>=value, key in a,b, or key exists")
    value = match[4].strip() if match[2] else match[4]
    return _conditions(text_of(match[1]), {_SIGNS[match[3]]: value})


def _conditions(key: str, operators: Mapping[Any, Any]) -> list[Condition]:
    """The conditions for one key."""
    found, bounds = [], {}
    for name, value in operators.items():
        if name in BOUNDS:
            bounds[name] = value
        elif name in ("eq", "ne"):
            found.append(Condition(key, OneOf(_spellings(key, value)), name == "eq"))
        elif name == "in":
            found.append(Condition(key, OneOf(_all_spellings(key, value))))
        elif name == "exists":
            if not isinstance(value, bool):
                raise ConfigError(f"where: {key} exists is {_shown(value)}: expected true or false")
            found.append(Condition(key, Exists(), value))
        else:
            raise ConfigError(
                f"where: {key} has the operator {_shown(name)}: one of {', '.join(OPERATORS)} "
                f"(nested metadata are named {key}.{name})"
            )
    if bounds:
        found.append(Condition(key, _within(key, bounds)))
    if not found:
        raise ConfigError(f"where: {key} has no condition: give a value, or operators ({', '.join(OPERATORS)})")
    return found


def _all_spellings(key: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple, set, frozenset)):
        raise ConfigError(f"where: {key} in {_shown(values)}: expected a list of values")
    return tuple(sorted({text for value in values for text in _spellings(key, value)}))


def _spellings(key: str, value: Any) -> tuple[str, ...]:
    """The texts that equal a value."""
    if isinstance(value, date):
        return (value.isoformat(),)
    if not isinstance(value, (str, int, float)) or _is_huge(value):
        raise ConfigError(
            f"where: {key} is {_shown(value)}: expected a text, a number, a boolean or a date; one of several is "
            f"{{'in': [...]}}"
        )
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return text_of(value), text_of(int(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT:
        return text_of(value), text_of(float(value))
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return tuple(dict.fromkeys((text_of(value), value.lower())))
    return (text_of(value),)


def _within(key: str, bounds: Mapping[str, Any]) -> Within:
    scales = {name: _scale_of(key, name, value) for name, value in bounds.items()}
    if len(set(scales.values())) > 1:
        raise ConfigError(f"where: the bounds of {key} are of different kinds ({', '.join(sorted(scales.values()))})")
    texts = {
        name: value.isoformat() if isinstance(value, date) else str(value).strip() for name, value in bounds.items()
    }
    return Within(next(iter(scales.values())), tuple(sorted(texts.items())))


def _scale_of(key: str, name: str, value: Any) -> Scale:
    """On which scale a bound is."""
    if isinstance(value, datetime):
        return "instant"
    if isinstance(value, date):
        return "day"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not _is_huge(value):
        return "number"
    if isinstance(value, str):
        if place_on("number", value) is not None:
            return "number"
        if place_on("day", value) is not None:
            return "day" if len(value.strip()) == len("2024-05-31") else "instant"
    raise ConfigError(
        f"where: {key} {BOUNDS[name]} {_shown(value)}: expected a number or an ISO date such as 2024-05-31"
    )


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.100}"
    except ValueError:  # an integer of more digits than Python writes
        return "a number of thousands of digits"


def _is_huge(value: Any) -> bool:
    """Whether a number is not finite as a float; not a number is neither."""
    return isinstance(value, (int, float)) and not abs(value) <= sys.float_info.max


def _moment(text: str) -> datetime | None:
    text = text.strip()
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # a month 13
        return None
