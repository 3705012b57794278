r"""Escapes control characters in text of documents, names and questions, for terminals and JSON.

A control character that reaches a terminal can move the cursor, set the clipboard or forge a line of output; an
override of writing direction can make a file's name read backwards. `visible` shows each as an escape in ASCII: ``\n``,
``\r`` and ``\t`` for line breaks and tabs, otherwise ``\x1b`` or ``\u202e``, as Python writes them. A backslash is not
doubled, so paths and formulas stay readable, but the original cannot be recovered; `to_json` keeps it.
"""

from __future__ import annotations

import json
import re
from typing import Any

# C0, DEL and C1; line and paragraph separator; embeddings, overrides and isolates of direction; lone surrogates.
_BEYOND = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_CONTROL = re.compile(f"[\x00-\x1f{_BEYOND}]")
_RAW_IN_JSON = re.compile(f"[{_BEYOND}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """``text`` on one line and without control characters. Text that has none is unchanged, so this may be applied
    twice.
    """
    return _CONTROL.sub(_escape, text)


def to_json(value: Any, *, indent: int | None = None, encoding: str = "utf-8") -> str:
    r"""One JSON document, exact when parsed, in which what `visible` escapes stands as ``\u001b``.

    Characters that ``encoding`` cannot hold are escaped as well; others stand as they are.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    text = _RAW_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # they can occur in strings only
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, indent=indent).replace("\x7f", "\\u007f")  # ASCII, says json
    return text


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    number = ord(character)
    return _SHORT.get(character) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")
