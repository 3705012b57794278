"""Manifests and documents as earlier versions wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from ragqa.store.manifest import durable
from ragqa.store.passages import OLDER_DOCUMENT_SCHEMA


def to_format_1(raw: dict[str, Any]) -> dict[str, Any]:
    """A manifest of this version as ragqa wrote it before the vectors had a table of their own."""
    vectors = raw.pop("vectors")
    for segment, part in zip(raw["segments"], vectors["parts"], strict=True):
        segment["files"].update(part["files"])
        segment["ann"] = part["ann"]
        segment.pop("forms", None)
    return raw | {"format": 1, "encoder": vectors["encoder"]}


def to_older_documents(path: Path) -> dict[str, Any]:
    """Write a ``documents.arrow`` as it was before it held all that the splitter needs; what a manifest says of it."""
    rows = pa.ipc.open_file(path.read_bytes()).read_all().to_batches()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, OLDER_DOCUMENT_SCHEMA) as writer:
        for batch in rows:
            kept = [{name: row[name] for name in OLDER_DOCUMENT_SCHEMA.names} for row in batch.to_pylist()]
            writer.write_batch(pa.RecordBatch.from_pylist(kept, OLDER_DOCUMENT_SCHEMA))
    fact = durable(path)
    return {"bytes": fact.bytes, "sha256": fact.sha256}
