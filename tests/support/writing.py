"""Small documents, and what an index holds of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ragqa.config import IndexConfig, SplitConfig
from ragqa.documents import Document
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify

CONFIG = IndexConfig(split=SplitConfig(words=10))


def document(name: str, text: str | None = None, source: str | None = None) -> Document:
    return Document(name, text or f"This is about {name}. It is said well.", source=source or f"{name}.txt")


def texts(index: Path) -> dict[str, str]:
    """What can be found: live documents and, checked on the way, their passages."""
    snapshot = Snapshot.open(index)
    assert verify(index) == []
    found = {}
    for passage in snapshot.passages(np.flatnonzero(snapshot.alive)):
        owner = snapshot.document(passage.doc_id)
        assert owner is not None
        found[owner.id] = owner.text
    assert len(found) == snapshot.manifest.live_documents
    return found


def contents(folder: Path) -> dict[str, str]:
    """Every file below, by name, hashed."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


A, B, C = document("a"), document("b"), document("c")
