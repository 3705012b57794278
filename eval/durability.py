"""What durability costs: indexing with and without fsync, opening with and without checks of the files.

    python eval/durability.py [--passages 20963] [--rounds 5] [--folder DIR]
    python eval/durability.py --passages 1000000 --rounds 3        (some 3 GB under --folder, about an hour on 2 cores)

Passages are of seeded words, vectors of seeded numbers, so no model is needed. The two of a pair take turns, each in a
process of its own, and the order changes from round to round. "build" makes an index of all passages, "update" adds one
document to it. Without fsync means that fsync, fdatasync and msync do nothing in that process: by a library put before
the C library's where there is a C compiler (so Tantivy's are gone as well), else Python's alone ("without" says which).
"open" is `Snapshot.open` with all parts, the files in the system's cache; "checked" is the time until every file has
been compared. Prints one JSON object: all figures, their medians, and the median of the differences within pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from ragqa.config import IndexConfig
from ragqa.documents import Document, Passage
from ragqa.index.snapshot import PARTS, Snapshot
from ragqa.index.writer import update
from ragqa.store.layout import Layout

WORDS = 100  # a passage, and so a document
VOCABULARY = 50_000
DIM = 384
STUB = "int fsync(int f) {return 0;} int fdatasync(int f) {return 0;} int msync(void *a, long n, int f) {return 0;}"


class RandomEncoder:
    """Unit vectors drawn from the first passage of a batch."""

    fingerprint, dim = "random-384", DIM

    def encode_passages(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        draw = np.random.default_rng(zlib.crc32(passages[0].id.encode()))
        vectors = draw.standard_normal((len(passages), DIM), np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def encode_questions(self, questions: Sequence[str]) -> NDArray[np.float32]:
        raise NotImplementedError("nothing is asked")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=20_963)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dense", default="flat", help="as for ragqa index; FAISS makes building slower [flat]")
    parser.add_argument("--folder", help="where the indexes are put meanwhile [the system's]")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(given.work[0], Path(given.work[1]), given.passages, given.dense)))
        return
    with TemporaryDirectory(dir=given.folder, prefix="durability-") as folder:
        print(json.dumps(measure(Path(folder), given.passages, given.rounds, given.dense), indent=1))


def measure(folder: Path, passages: int, rounds: int, dense: str) -> dict[str, object]:
    stub = compiled(folder)
    names = ("build_s", "update_s", "open_ms", "checked_ms")
    figures: dict[str, dict[str, list[float]]] = {name: {"with": [], "without": []} for name in names}
    index = folder / "index"

    def run(action: str, durable: bool = True) -> float:
        environment = dict(os.environ)
        if not durable:
            environment |= {"LD_PRELOAD": str(stub)} if stub else {"DURABILITY_NO_FSYNC": "1"}
        command = [sys.executable, __file__, "--work", action, str(index), "--passages", str(passages)]
        os.sync()  # what the last one left is not this one's to write
        done = subprocess.run([*command, "--dense", dense], env=environment, stdout=subprocess.PIPE, check=True)
        return float(json.loads(done.stdout))

    for number in range(rounds):
        for side in ("with", "without") if number % 2 else ("without", "with"):
            shutil.rmtree(index, ignore_errors=True)
            figures["build_s"][side].append(run("build", durable=side == "with"))
            figures["update_s"][side].append(run("update", durable=side == "with"))
    for number in range(rounds):
        for side in ("with", "without") if number % 2 else ("without", "with"):
            figures["open_ms"][side].append(run("open" if side == "with" else "open unchecked"))
        figures["checked_ms"]["with"].append(run("checked"))
    size = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    facts = {"passages": passages, "dense": dense, "megabytes": round(size / 1e6), "cores": os.cpu_count()}
    return facts | {"without": "all" if stub else "Python's alone"} | {name: told(own) for name, own in figures.items()}


def told(own: dict[str, list[float]]) -> dict[str, object]:
    """The figures, their medians, and the median and the range of the differences within pairs."""
    found: dict[str, object] = {side: [round(value, 3) for value in values] for side, values in own.items() if values}
    found["median"] = {side: round(statistics.median(values), 3) for side, values in own.items() if values}
    pairs = [one - other for one, other in zip(own["with"], own["without"], strict=False)]
    if pairs:
        found["difference"] = [round(value, 3) for value in (statistics.median(pairs), min(pairs), max(pairs))]
    return found


def work(action: str, index: Path, passages: int, dense: str) -> float:
    """One step, in a process of its own; seconds, or milliseconds to open."""
    if "DURABILITY_NO_FSYNC" in os.environ:
        os.fsync = lambda handle: None  # type: ignore[assignment]
    config, encoder = IndexConfig(dense=dense), RandomEncoder()
    if action in ("build", "update"):
        kept = {"seeded"} if action == "update" else set()
        new = documents(1, passages) if action == "update" else documents(passages)
        started = time.perf_counter()
        update(index, config, encoder, new, keep_sources=lambda: kept)
        return time.perf_counter() - started
    layout = Layout(index)
    Snapshot(layout, layout.require_current(), PARTS, check="no")  # imports, and what is in no cache yet
    started = time.perf_counter()
    snapshot = Snapshot(layout, layout.require_current(), PARTS, check="no" if action == "open unchecked" else "soon")
    if action == "checked":
        snapshot.wait_checked()
    return 1000 * (time.perf_counter() - started)


def documents(count: int, first: int = 0) -> Iterator[Document]:
    """Words by Zipf's law."""
    chances = 1 / np.arange(1, VOCABULARY + 1)
    chances = np.cumsum(chances / chances.sum())
    for number in range(first, first + count):
        chosen = np.searchsorted(chances, np.random.default_rng(number).random(WORDS))
        text = " ".join(f"w{word:x}" for word in chosen.tolist())
        yield Document(f"d{number}", f"{text}.", title=f"Title {number}", source="seeded")


def compiled(folder: Path) -> Path | None:
    """A library in which the three calls do nothing."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    source, library = folder / "nosync.c", folder / "nosync.so"
    source.write_text(STUB)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return library


if __name__ == "__main__":
    main()
