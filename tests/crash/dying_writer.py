"""Run by test_kills.py, once for all changes: what a writer that is killed leaves behind, at each of its steps.

A step is whatever the writer does to files: every change that Python's audit hooks tell of, every fsync, and every call
to the Tantivy writer, which acts outside of Python's sight. A kill leaves on the file system what has been written by
then, and loses what is in the process. So one writer is *watched*: before each step the folder that it works in is
copied, unless it is as it was before the step before. And at a few steps, spread over all, writers are really killed,
so that the tests can see that both leave the same. Each writer is a fork, so that imports are paid once.

Arguments: for each change a folder in which ``source/`` lies, with or without an ``index`` in it. The folder's name
begins with the change: "update", "compact", "synonyms", "reencode", "repair", "upsert", "delete", or "copy" and "pack",
which write beside the index. ``seen/0001`` and so on are what was copied, ``killed/0017`` what the killed at step 17
left, ``steps.json`` says which copy shows the state before which step; the last one is after the end.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ragqa.config import IndexConfig, SplitConfig
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.documents import Document
from ragqa.index.derive import copy_index, reencode
from ragqa.index.lexical import TantivyWriter
from ragqa.index.pack import pack
from ragqa.index.repair import repair
from ragqa.index.writer import compact, delete, update, upsert
from ragqa.testing import HashEncoder

CONFIG = IndexConfig(split=SplitConfig(words=10))
OTHER = HashEncoder(name="other")
CHANGES = {"os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
KILLS = 8  # how many writers are really killed, for each change


def document(name: str, text: str = "") -> Document:
    return Document(name, text or f"This is about {name}. It is said in some more words than one passage can hold.")


OLD = [document("a"), document("b"), document("c")]
SYNONYMS = parse_synonyms("passage, paragraph", "synonyms.txt")
NEW = [document("a"), document("b", "It has changed, and not for the worse."), document("d")]


def on_each_step(step: Callable[[], None]) -> None:
    """Have this process call ``step`` before each of its steps, from now on."""

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


def die_at(fatal: int) -> None:
    """Kill this process, without any farewell, when it begins its step number ``fatal``."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    on_each_step(step)


class Camera:
    """Copies a folder before each step of this process; ``shown`` has the number of the copy for each step."""

    def __init__(self, folder: Path, copies: Path) -> None:
        self.folder, self.copies = folder, copies
        self.shown: list[int] = []
        self._last: dict[str, bytes] | None = None
        self._copying = threading.local()
        self._alone = threading.Lock()

    def step(self) -> None:
        """Copy it if it has changed. What copying itself does to files is no step."""
        if getattr(self._copying, "now", False):
            return
        with self._alone:
            self._copying.now = True
            self._copy()
            self._copying.now = False

    def _copy(self) -> None:
        number = self.shown[-1] if self.shown else 0
        while (content := read(self.folder)) != self._last:
            copy = self.copies / f"{number + 1:04d}"
            for name, data in content.items():
                target = copy / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.mkdir(exist_ok=True) if name.endswith("/") else target.write_bytes(data)
            if read(self.folder) == content:  # else a thread of Tantivy's has changed it meanwhile
                self._last = content
                number += 1
                break
            shutil.rmtree(copy)
        self.shown.append(number)


def read(folder: Path) -> dict[str, bytes]:
    """The files below, and with a slash behind their names the folders."""
    found, beginning = {}, len(str(folder)) + 1
    for at, folders, files in os.walk(folder):
        found |= {f"{at}/{name}/"[beginning:]: b"" for name in folders}
        for name in files:
            with suppress(FileNotFoundError), Path(at, name).open("rb") as file:  # a thread may remove it just now
                found[f"{at}/{name}"[beginning:]] = file.read()
    return found


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


def in_fork(work: Callable[[], None]) -> int:
    """The status of a process in which this was done."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def watched(place: Path, change: str) -> list[int]:
    """Copy what each step of a writer found; the numbers of the copies."""
    folder = Path(shutil.copytree(place / "source", place / "work"))
    (place / "seen").mkdir()

    def work() -> None:
        camera = Camera(folder, place / "seen")
        on_each_step(camera.step)
        write(folder / "index", change)
        camera.step()
        (place / "steps.json").write_text(json.dumps({"shown": camera.shown, "modules": list(sys.modules)}))

    assert in_fork(work) == 0, place
    found = json.loads((place / "steps.json").read_text())
    for name in found["modules"]:  # those that were only imported when the writer needed them: paid once as well
        with suppress(ImportError):
            importlib.import_module(name)
    shown: list[int] = found["shown"]
    return shown


def killed(place: Path, change: str, fatal: int) -> None:
    """Kill a writer at a step."""
    folder = Path(shutil.copytree(place / "source", place / "killed" / f"{fatal:04d}"))

    def work() -> None:
        die_at(fatal)
        write(folder / "index", change)

    assert os.WIFSIGNALED(in_fork(work)), f"{place}: it has no step {fatal}"


def main(*places: str) -> None:
    for place in map(Path, places):
        change = place.name.split("-")[0]
        steps = len(watched(place, change)) - 1
        for fatal in sorted({1 + number * (steps - 1) // (KILLS - 1) for number in range(KILLS)}):
            killed(place, change, fatal)


if __name__ == "__main__":
    main(*sys.argv[1:])
