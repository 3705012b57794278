"""Run by test_kills.py: copies an index again and again, and kills a writer on each copy one step later than before.

A step is whatever the writer does to files: every change that Python's audit hooks tell of, every fsync, and every call
to the Tantivy writer, which acts outside of Python's sight. Each writer is a fork, so that imports are paid once.

Arguments: the index to copy (or "none"), the folder for the copies, and the change: "update", "compact", "synonyms",
"reencode", "repair", "upsert", "delete", or "copy" and "pack", which write beside the copy. Prints the number of steps.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ragqa.config import IndexConfig, SplitConfig
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.index.derive import copy_index, reencode
from ragqa.index.lexical import TantivyWriter
from ragqa.index.pack import pack
from ragqa.index.repair import repair
from ragqa.index.writer import compact, delete, update, upsert
from ragqa.testing import HashEncoder
from ragqa.types import Document

CONFIG = IndexConfig(split=SplitConfig(words=10))
OTHER = HashEncoder(name="other")
CHANGES = {"os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def document(name: str, text: str = "") -> Document:
    return Document(name, text or f"This is about {name}. It is said in some more words than one passage can hold.")


OLD = [document("a"), document("b"), document("c")]
SYNONYMS = parse_synonyms("passage, paragraph", "synonyms.txt")
NEW = [document("a"), document("b", "It has changed, and not for the worse."), document("d")]


def die_at(fatal: int) -> None:
    """Kill this process, without any farewell, when it begins its step number ``fatal``."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and arguments[2] & WRITING):
            step()

    def stepping(call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            step()
            result = call(*arguments, **named)
            step()
            return result

        return stepped

    fsync = os.fsync

    def stepping_fsync(handle: int) -> None:
        step()
        fsync(handle)

    os.fsync = stepping_fsync
    for name in ("add", "delete", "commit"):
        setattr(TantivyWriter, name, stepping(getattr(TantivyWriter, name)))
    sys.addaudithook(watch)


def write(index: Path, change: str) -> None:
    if change == "compact":
        compact(index)
    elif change == "synonyms":
        update(index, CONFIG, HashEncoder(), OLD, synonyms=SYNONYMS)
    elif change == "reencode":
        reencode(index, OTHER, "other")
    elif change == "upsert":
        upsert(index, CONFIG, HashEncoder(), [document("b", "It has changed, and not for the worse."), document("d")])
    elif change == "delete":
        delete(index, ["b"])
    elif change == "repair":
        repair(index, load=lambda _: HashEncoder(), unusable=lambda path: "spoilt")
    elif change == "copy":
        copy_index(index, index.with_suffix(".copy"), links=False)
    elif change == "pack":
        pack(index, index.with_suffix(".ragqa"))
    else:
        update(index, CONFIG, HashEncoder(), NEW)


def main(source: str, copies: str, change: str) -> int:
    fatal = 0
    while True:
        fatal += 1
        copy = Path(copies) / f"{fatal:04d}"
        if source != "none":
            shutil.copytree(source, copy)
        child = os.fork()
        if child == 0:
            die_at(fatal)
            write(copy, change)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            return fatal if os.WEXITSTATUS(status) == 0 else -1


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
