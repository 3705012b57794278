"""JSON files whose last member is a checksum of the rest of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "sha256"


def seal(content: Mapping[str, Any]) -> str:
    """The text of a file: ``content`` as JSON with one more member, ``sha256``, the checksum of the others."""
    return json.dumps({**content, SEAL: _checksum(content)}, indent=1, ensure_ascii=True) + "\n"


def unseal(content: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The content that `seal` was given, and whether it has a checksum (files of older versions have none).

    `ValueError` if the checksum is not that of the content.
    """
    rest = {name: value for name, value in content.items() if name != SEAL}
    sealed = SEAL in content
    require(not sealed or content[SEAL] == _checksum(rest), "its content has changed since it was written")
    return rest, sealed


def require(holds: bool, otherwise: str) -> None:
    """Raise a `ValueError` with the text ``otherwise`` unless ``holds``."""
    if not holds:
        raise ValueError(otherwise)


def _checksum(content: Mapping[str, Any]) -> str:
    """The sha256 of the content in one fixed layout, so that white space and the order of keys do not matter."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
