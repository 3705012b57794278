"""Front matter of Markdown: YAML between ``---``, TOML between ``+++``, at the beginning of a file.

Of YAML these are read: texts, numbers and truth values, lists of them (``[a, b]``, or a line ``- a`` each), and
mappings by indentation. Whatever else stands there (anchors, texts of several lines, mappings in braces) is left out.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from ragqa.characters import compiled
from ragqa.documents import Scalar

_FRONT_MATTER = compiled(r"(?s)(---|\+\+\+)[ \t]*\r?\n(.{0,65536}?)(?<=\n)\1[ \t]*(?:\r?\n|\Z)")
_YAML_LINE = compiled(r"[ \t\r]|[-#}\]]|[\w\"'][^:\n]*:(?:\s|$)|$")
_ELEMENT = compiled(r"\s*(\"[^\"]*\"|'[^']*'|[^\s,\[\]{}\"'&*#|>!][^,\[\]{}]*?)\s*(?:,|$)")
_QUOTED = compiled(r"([\"'])(.*?)\1(?:\s+#.*)?")
_INTEGER = compiled(r"[-+]?\d{1,18}", re.ASCII)
_DECIMAL = compiled(r"[-+]?\d{1,18}\.\d{1,18}", re.ASCII)

_LONGEST_TOML = 16_384  # characters: tomllib takes time and memory quadratic in the parts of a dotted key
_DEEPEST = 8  # mappings in mappings
_NESTED = ("[", "{", "|", ">", "&", "*", "#")

Lines = list[tuple[int, str]]  # indentation and content of the lines that say something


def front_matter(text: str) -> tuple[int, dict[str, Any]]:
    """Where the body begins, and what the front matter before it says (dates, lists and mappings included)."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return 0, {}
    if match[1] == "+++":
        if len(match[2]) > _LONGEST_TOML:
            return 0, {}
        try:
            return match.end(), tomllib.loads(match[2], parse_float=_decimal)
        except (ValueError, RecursionError):  # no TOML, or nested or numbers longer than Python reads
            return 0, {}
    lines = match[2].split("\n")
    if not all(_YAML_LINE.match(line) for line in lines):
        return 0, {}  # a text between two rules
    return match.end(), _mapping(
        [(len(line) - len(line.lstrip(" ")), line.strip()) for line in lines if _says(line)], 0
    )


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _mapping(lines: Lines, depth: int) -> dict[str, Any]:
    """``key: value`` lines of the first line's indentation; what stands below a key is its value."""
    found: dict[str, Any] = {}
    place = 0
    while place < len(lines):
        indent, line = lines[place]
        end = place + 1
        while end < len(lines) and (lines[end][0] > indent or (lines[end][0] == indent and _is_item(lines[end][1]))):
            end += 1
        key, colon, rest = line.partition(":")
        if indent == lines[0][0] and colon and key[:1].isalpha() and rest[:1] in ("", " ", "\t"):
            value = _value(rest.strip(), lines[place + 1 : end], depth)
            if value is not None:
                found[key.strip()] = value
        place = end
    return found


def _value(text: str, below: Lines, depth: int) -> Any:
    """What a key's line says, or the lines below it; None for what is not read."""
    if text and not text.startswith("#"):
        return _list(text) if text.startswith("[") else None if text[0] in _NESTED else _scalar(text)
    if not below:
        return None
    if _is_item(below[0][1]):
        items = [line[1:].strip() for _, line in below]
        plain = all(_is_item(line) for _, line in below) and all(item and item[0] not in _NESTED for item in items)
        nested = any(_YAML_LINE.match(item) and item[0].isalpha() for item in items)
        return [_scalar(item) for item in items] if plain and not nested else None
    return _mapping(below, depth + 1) or None if depth < _DEEPEST else None


def _is_item(line: str) -> bool:
    return line == "-" or line.startswith("- ")


def _list(text: str) -> list[Scalar] | None:
    """``[a, "b, c", 3]``; None where something nested or more lines stand in it."""
    inside = text.partition(" #")[0].rstrip() if "#" in text else text
    if not inside.endswith("]"):
        return None
    inside, found, place = inside[1:-1].strip(), [], 0
    while place < len(inside):
        element = _ELEMENT.match(inside, place)
        if element is None:
            return None
        found.append(_scalar(element[1]))
        place = element.end()
    return found


def _scalar(value: str) -> Scalar:
    if quoted := _QUOTED.fullmatch(value):
        return quoted[2]
    value = value.partition(" #")[0].rstrip()
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if _INTEGER.fullmatch(value) and str(int(value)) == value:
        return int(value)
    return _decimal(value) if _DECIMAL.fullmatch(value) else value


def _decimal(text: str) -> float | str:
    """A number, unless it would not be written as it stands there: version 1.10 is not version 1.1."""
    number = float(text.replace("_", ""))
    return text if _DECIMAL.fullmatch(text) and repr(number) != text else number
