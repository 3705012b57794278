"""Run by tests under limits of the system: opens an index and searches it by words and vectors ("ask"), verifies it
("verify"), or adds a document ("update").

Arguments: what to do, what is limited ("files", "memory" or "rights"), how much is left (open files, or megabytes more
than are in use when all is imported; 0 for "rights", which are those of nobody if this is root), and indexes. Prints
for each index the kind of error and its message, or "fine".
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  (now, while it may be loaded)
import mmap  # noqa: F401
import os
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec  # noqa: F401
import numpy as np

from ragqa.config import IndexConfig
from ragqa.documents import Document
from ragqa.errors import RagqaError
from ragqa.index.gpu import faiss_installed, load_faiss
from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import update
from ragqa.testing import HashEncoder

ENCODER = HashEncoder()
QUESTION = ENCODER.encode_questions(["stone bridge"])


def limit(what: str, amount: int) -> None:
    if what == "files":
        resource.setrlimit(resource.RLIMIT_NOFILE, (amount, amount))
    elif what == "memory":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + amount * 1_000_000,) * 2)
    elif os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def work(index: str, action: str) -> str:
    if action == "verify":
        return "; ".join(["fine", *verify(index)])
    if action == "update":
        added = [Document("added", "another stone bridge", source="more.txt")]
        update(index, Snapshot.open(index, parts=()).manifest.config, ENCODER, added, keep_sources=lambda: {"x"})
    snapshot = Snapshot.open(index)
    words = snapshot.lexical.search(["stone bridge"], 5, snapshot.allowed()).rows[0]
    vectors = snapshot.dense.search(QUESTION, 5, snapshot.allowed()).rows[0]
    snapshot.passages(np.concatenate([words, vectors]))
    return "fine"


def rehearse() -> None:
    """Do it once while everything may be read, so that whatever is loaded late is loaded: another user may not be
    allowed to look into the environment.
    """
    with TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        update(index, IndexConfig(), ENCODER, [Document("a", "stone bridge", source="x")])
        for action in ("ask", "verify", "update"):
            work(str(index), action)


def main(action: str, what: str, amount: str, *indexes: str) -> None:
    if faiss_installed():
        load_faiss()
    if what == "rights":
        rehearse()
    limit(what, int(amount))
    for index in indexes:
        try:
            print(work(index, action))
        except RagqaError as error:
            print(type(error).__name__, str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
