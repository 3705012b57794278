"""One fingerprint for the content of an index: training and evaluation write it down to know what they ran on."""

from __future__ import annotations

import hashlib
import json

from ragqa.convert import plain
from ragqa.index.snapshot import Snapshot


def index_fingerprint(snapshot: Snapshot) -> str:
    """The same for all indexes that hold the same documents in the same way, however they came about."""
    manifest = snapshot.manifest
    facts = [manifest.analyzer, manifest.encoder.fingerprint, json.dumps(plain(manifest.config), sort_keys=True)]
    if manifest.synonyms is not None:
        facts.append(manifest.synonyms.sha256)
    facts += sorted(f"{doc_id}\n{sha}" for _, doc_id, sha, _ in snapshot.identities())
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
