"""Metadata as they are stored: one level of keys, each with a text, a number, a boolean, or a list of these.

Standard library only. Nested mappings become keys ``a.b``, dates ISO texts, and None, which says "no value", is left
out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from ragqa.documents import Meta, Scalar
from ragqa.errors import SourceError
from ragqa.filters import text_of

DEEPEST = 16  # mappings in mappings
MOST_KEYS = 10_000  # of a document in a file
MOST_ELEMENTS = 1_000  # of a list in a file
LONGEST_OTHER = 1_000  # characters of the JSON that stands for what is neither of these, in a file
_BITS = 64  # of an integer


class _Unfit(Exception):
    """A value that cannot be metadata, and why."""


def plain_meta(given: Mapping[Any, Any], document: str) -> dict[str, Any]:
    """The metadata that a program gives for a document; `SourceError` names it and the key of what cannot be kept."""
    found: dict[str, Any] = {}
    for key, value in _leaves(given, "", 0):
        try:
            kept = _value(value)
        except _Unfit as reason:
            raise SourceError(f"document {document!r:.200}: its metadata {key!r:.100} {reason}") from None
        if kept is not None:
            if key in found:
                raise SourceError(f"document {document!r:.200}: its metadata name {key!r:.100} twice")
            found[key] = kept
    return found


def readable_meta(given: Mapping[Any, Any]) -> dict[str, Any]:
    """The metadata that a file gives, which never fail: what cannot be kept as it is becomes its JSON if that is short,
    and is left out otherwise, as longer lists are. Of a key that is named twice the first counts.
    """
    found: dict[str, Any] = {}
    for key, value in islice(_leaves(given, "", 0), MOST_KEYS):
        try:
            kept = _value(value)
        except _Unfit:
            kept = _as_json(value)
        if kept is not None and not (isinstance(kept, list) and len(kept) > MOST_ELEMENTS):
            found.setdefault(key, kept)
    return found


def is_plain(value: Any) -> bool:
    """Whether a stored value is what metadata hold."""
    return isinstance(value, (str, int, float)) or (
        isinstance(value, list) and all(isinstance(element, (str, int, float)) for element in value)
    )


def facts_of(meta: Meta) -> Iterator[tuple[str, str]]:
    """(key, text) of each value, an element of a list being one; see `ragqa.filters.text_of`."""
    for key, value in meta.items():
        name = text_of(key)
        if isinstance(value, (list, tuple)):
            for element in value:
                yield name, text_of(element)
        else:
            yield name, text_of(value)  # type: ignore[arg-type]


def _leaves(given: Mapping[Any, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        key = f"{before}{name}"
        if isinstance(value, Mapping) and depth < DEEPEST:
            yield from _leaves(value, f"{key}.", depth + 1)
        else:
            yield key, value


def _value(value: Any) -> Scalar | list[Scalar] | None:
    if isinstance(value, (list, tuple, set, frozenset)):
        elements = [_scalar(element) for element in value]
        kept = [element for element in elements if element is not None]
        return sorted(kept, key=text_of) if isinstance(value, (set, frozenset)) else kept
    return _scalar(value)


def _scalar(value: Any) -> Scalar | None:
    if hasattr(value, "dtype") and hasattr(value, "item") and not getattr(value, "ndim", 0):
        value = value.item()  # a number of numpy's
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if value.bit_length() > _BITS:
            raise _Unfit(f"is an integer of more than {_BITS} bits")
        return int(value)
    if isinstance(value, float):
        if not abs(value) <= sys.float_info.max:
            raise _Unfit(f"is {value}, which is no number")
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise _Unfit(
        f"is of type {type(value).__name__}: expected texts, numbers, booleans, dates, lists of these, or mappings"
    )


def _as_json(value: Any) -> str | None:
    try:
        nested = isinstance(value, (list, tuple, Mapping))
        text = json.dumps(value, ensure_ascii=False, default=str) if nested else str(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, nested too deeply
        return None
    return text if len(text) <= LONGEST_OTHER else None
