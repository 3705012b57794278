"""The identity of a run: the content of run.json, with a hash over everything that decides its result."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from ragqa.answering import UNPROMISED, lowest_score
from ragqa.composition import find_calibration, readers_of
from ragqa.config import DENSE_SCALE, RELEVANCE, Config
from ragqa.eval.runs.prepared import Choice, Prepared
from ragqa.eval.runs.stages import versions
from ragqa.eval.runs.suite import Suite
from ragqa.index.fingerprint import index_fingerprint
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import reranker_fingerprint
from ragqa.models.ensemble import readers_fingerprint
from ragqa.protocols import Encoder
from ragqa.version import __version__

LIBRARIES = (
    "faiss-cpu",
    "faiss-gpu",
    "numpy",
    "onnxruntime",
    "rank-bm25",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
)


def facts_of(
    suite: Suite, prepared: Sequence[Prepared], encoder: Callable[[Config], Encoder], choice: Choice, explain: bool
) -> dict[str, Any]:
    """The content of run.json. ``encoder`` loads the encoder that settings name.

    The hash covers everything that decides the result. Code counts by the versions of its stages
    (`ragqa.eval.runs.stages`). The machine, paths and the release of ragqa are not part of the hash.
    """
    decisive = {
        "suite": suite.name,
        "task": suite.task,
        "depth": suite.depth,
        "ks": list(suite.ks),
        "seed": suite.seed if choice.seed is None else choice.seed,
        "limit": choice.limit,
        "sample": choice.sample,
        "explain": explain,
        "libraries": libraries(),
        "parts": {ready.part.name: _part_facts(ready, encoder, suite.task) for ready in prepared},
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "device": sorted({ready.config.device for ready in prepared}),
    }
    origins = {ready.part.name: ready.origins for ready in prepared}
    return {"hash": digest, **decisive, "origins": origins, "ragqa": __version__, "machine": machine}


def _part_facts(ready: Prepared, load: Callable[[Config], Encoder], task: str) -> dict[str, Any]:
    reranker = ready.config.retrieve.reranker
    snapshot = None if ready.index is None else Snapshot.open(ready.index, parts=("passages",))
    encoder = None if snapshot is None else load(ready.config)
    scale = getattr(encoder, "dense_scale", DENSE_SCALE)
    settings = replace(ready.config, retrieve=ready.config.retrieve.scaled(scale))
    facts: dict[str, Any] = {
        "questions": len(ready.questions),
        "language": ready.part.language,
        "files": ready.files,
        "config": {name: value for name, value in asdict(settings).items() if name != "device"},
        "stages": versions(task, reads_for_order=reranker == RELEVANCE),
    }
    if task != "retrieval" or reranker == RELEVANCE:
        read = ready.config.read
        names = read.readers if snapshot is None else readers_of(snapshot, read)
        facts["reader"] = readers_fingerprint(names, ready.config.index.language)
    if task == "reading":
        set_to = ready.config.read.min_score
        facts["threshold"] = UNPROMISED if set_to is None else set_to
    if snapshot is not None and encoder is not None:
        facts["encoder"] = encoder.fingerprint
        if (questions := getattr(encoder, "question_fingerprint", None)) is not None:
            facts["question_encoder"] = questions
        facts["index"] = index_fingerprint(snapshot)
        if reranker not in ("", RELEVANCE):
            facts["reranker"] = reranker_fingerprint(reranker, ready.config.index.language)
        if "reader" in facts:
            calibration = find_calibration(snapshot, ready.config.read)
            facts["threshold"] = min(lowest_score(ready.config.read, calibration.curve), 2.0)  # infinity is not JSON
            facts["calibration"] = asdict(calibration)
    return facts


def libraries() -> dict[str, str]:
    """The versions of the installed libraries that can change the result."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
