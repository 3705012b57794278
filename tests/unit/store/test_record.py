"""JSON files with a checksum of their own content."""

from __future__ import annotations

import json

import pytest

from ragqa.convert import read_json
from ragqa.store.record import seal, unseal

CONTENT = {"format": 1, "name": "Brücke\ud800", "share": 0.1, "more": [1, {"deep": None}], "large": 2**70}


def test_round_trip() -> None:
    text = seal(CONTENT)
    assert unseal(read_json(text)) == (CONTENT, True) == unseal(read_json(text.encode()))
    assert list(json.loads(text))[-1] == "sha256" and text.isascii() and text.endswith("\n")
    assert unseal(CONTENT) == (CONTENT, False), "from before there were checksums"


def test_layout_does_not_count_and_content_does() -> None:
    text = seal(CONTENT)
    assert unseal(json.loads(text.replace("\n", " ").replace("0.1", "1e-1")))[1]
    assert unseal(dict(reversed(json.loads(text).items())))[1]
    for old, new in (("0.1", "0.2"), ("null", "true"), ('"name"', '"nane"'), ("[", '["sha256",'), ("1", "2")):
        with pytest.raises(ValueError, match="has changed since it was written"):
            unseal(json.loads(text.replace(old, new, 1)))
    for odd in (None, 7, "", [text]):
        with pytest.raises(ValueError, match="has changed"):
            unseal(CONTENT | {"sha256": odd})
