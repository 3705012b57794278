"""Manifests as earlier versions wrote them."""

from __future__ import annotations

from typing import Any


def to_format_1(raw: dict[str, Any]) -> dict[str, Any]:
    """A manifest of format 2 as ragqa wrote it before the vectors had a table of their own."""
    vectors = raw.pop("vectors")
    for segment, part in zip(raw["segments"], vectors["parts"], strict=True):
        segment["files"].update(part["files"])
        segment["ann"] = part["ann"]
        segment.pop("forms", None)
    return raw | {"format": 1, "encoder": vectors["encoder"]}
