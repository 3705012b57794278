"""JSON files with a checksum of their own content, parsed strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ragqa.store.record import parse, read_json, seal, unseal

CONTENT = {"format": 1, "name": "Brücke\ud800", "share": 0.1, "more": [1, {"deep": None}], "large": 2**70}


@dataclass(frozen=True)
class Inner:
    share: float


@dataclass(frozen=True)
class Outer:
    name: str
    count: int
    inner: tuple[Inner, ...]
    facts: Mapping[str, str]
    more: int | None = None


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


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"a": NaN}', '{"a": -Infinity}', b'{"a": "\xff"}', b"\xfe\xff\0{", "[" * 99_999]
)
def test_no_records(text: str | bytes) -> None:
    with pytest.raises(ValueError) as caught:
        read_json(text)
    assert "\n" not in str(caught.value)


GOOD: dict[str, Any] = {"name": "n", "count": 3, "inner": [{"share": 1}, {"share": 0.5}], "facts": {"a": "b"}}


def test_parse() -> None:
    assert parse(Outer, GOOD, "it") == Outer("n", 3, (Inner(1.0), Inner(0.5)), {"a": "b"})
    assert type(parse(Outer, GOOD, "it").inner[0].share) is float
    assert parse(Outer, GOOD | {"more": 4}, "it").more == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": 3}, "it.name is no str"),
        ({"count": True}, "it.count is no int"),
        ({"count": 3.0}, "it.count is no int"),
        ({"inner": [{"share": "0.5"}]}, r"it.inner\[0\].share is no number"),
        ({"inner": [{"share": True}]}, "is no number"),
        ({"inner": [{"share": 1e999}]}, "is no finite number"),
        ({"inner": [{"share": 10**400}]}, "is no finite number"),
        ({"inner": [{"share": 1, "x": 1}]}, "has not the fields"),
        ({"inner": {}}, "it.inner is no list"),
        ({"facts": []}, "it.facts is no object"),
        ({"facts": {"a": 1}}, "it.facts.a is no str"),
        ({"more": None}, "it.more is no int"),
        ({"unheard": 1}, "has not the fields"),
    ],
)
def test_what_is_no_such_record(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(Outer, GOOD | change, "it")
