"""JSON files with a checksum of their own content, as their last member."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "sha256"


def seal(content: Mapping[str, Any]) -> str:
    """The text of a file: ``content`` as JSON and, as its last member ``sha256``, the checksum of the rest."""
    return json.dumps({**content, SEAL: _checksum(content)}, indent=1, ensure_ascii=True) + "\n"


def unseal(content: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """What `seal` was given, and whether there is a checksum: files from before there were any have none.

    `ValueError` if it does not fit.
    """
    rest = {name: value for name, value in content.items() if name != SEAL}
    sealed = SEAL in content
    require(not sealed or content[SEAL] == _checksum(rest), "its content has changed since it was written")
    return rest, sealed


def require(holds: bool, otherwise: str) -> None:
    """`ValueError` with these words unless it holds."""
    if not holds:
        raise ValueError(otherwise)


def _checksum(content: Mapping[str, Any]) -> str:
    """Of what the content says, however it is laid out."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
