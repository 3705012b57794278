"""ragqa: open-domain, extractive question answering over your own documents."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ragqa.version import __version__

if TYPE_CHECKING:
    from ragqa.asking import Ask
    from ragqa.config import Config, IndexConfig, ReadConfig, RetrieveConfig, load_config
    from ragqa.corpus.limits import Limits
    from ragqa.documents import Document, Passage
    from ragqa.errors import RagqaError
    from ragqa.filters import Filter
    from ragqa.index.report import BuildReport
    from ragqa.index.snapshot import Snapshot
    from ragqa.indexing import build
    from ragqa.library import Index
    from ragqa.pipeline import Pipeline
    from ragqa.remote.client import Client
    from ragqa.retrieve import HybridRetriever
    from ragqa.session import Session
    from ragqa.types import Answer, Hit, Question, Reply, Span

_HOMES = {
    "Answer": "types",
    "Ask": "asking",
    "BuildReport": "index.report",
    "Client": "remote.client",
    "Config": "config",
    "Document": "documents",
    "Filter": "filters",
    "Hit": "types",
    "HybridRetriever": "retrieve",
    "Index": "library",
    "IndexConfig": "config",
    "Limits": "corpus.limits",
    "Passage": "documents",
    "Pipeline": "pipeline",
    "Question": "types",
    "RagqaError": "errors",
    "ReadConfig": "config",
    "Reply": "types",
    "RetrieveConfig": "config",
    "Session": "session",
    "Snapshot": "index.snapshot",
    "Span": "types",
    "build": "indexing",
    "load_config": "config",
}

__all__ = [
    "Answer",
    "Ask",
    "BuildReport",
    "Client",
    "Config",
    "Document",
    "Filter",
    "Hit",
    "HybridRetriever",
    "Index",
    "IndexConfig",
    "Limits",
    "Passage",
    "Pipeline",
    "Question",
    "RagqaError",
    "ReadConfig",
    "Reply",
    "RetrieveConfig",
    "Session",
    "Snapshot",
    "Span",
    "__version__",
    "build",
    "load_config",
]


def __getattr__(name: str) -> Any:
    """Load public names on first use (PEP 562), so that ``import ragqa`` costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'ragqa' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"ragqa.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
