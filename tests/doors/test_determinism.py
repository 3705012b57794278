"""The same sources make the same bytes and the same replies, however many threads there are and in whatever process.

Not equal are the names of segments (`uuid4`, so that two writers never meet), the manifest (it has the time and those
names), and Tantivy's files: it names them at random and orders its segments by its threads. What they answer is equal.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "corpora" / "sample", ROOT / "corpora" / "tables"]
THREADS = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM", "ARROW_NUM_THREADS")
SAME = ("documents.arrow", "passages.arrow", "vectors.f16")
QUESTIONS = (
    "When was the bridge opened?",
    "Who wrote the first letter?",
    "What is the capital of the country with the largest lake?",
    "How many people live there?",
)

pytestmark = pytest.mark.slow


def run(arguments: list[object], core: bool, threads: int, seed: int) -> str:
    """What a command prints, on one core or on all, with so many threads and another seed for hashes."""
    environment = os.environ | dict.fromkeys(THREADS, str(threads)) | {"PYTHONHASHSEED": str(seed)}
    environment["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [environment.get("PYTHONPATH")])])
    first = {min(os.sched_getaffinity(0))} if core and hasattr(os, "sched_setaffinity") else None
    done = subprocess.run(
        [sys.executable, "-m", "ragqa", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
        preexec_fn=(lambda: os.sched_setaffinity(0, first)) if first else None,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def replies(index: Path, questions: Path, core: bool, threads: int, seed: int) -> list[dict[str, object]]:
    lines = run(["ask", "-i", index, "--file", questions, "--jsonl"], core, threads, seed).splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "timings"} for line in lines]


def hashes(index: Path) -> list[tuple[str, str]]:
    """Name and hash of each file that must be the same, in the order of segments."""
    manifest = json.loads(next((index / "generations").glob("*/manifest.json")).read_text(encoding="utf-8"))
    found = []
    for segment in manifest["segments"]:
        folder = index / "segments" / segment["id"]
        for path in sorted((path for path in folder.rglob("*") if path.name in SAME), key=lambda path: path.name):
            found.append((path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    return found


def test_same_bytes_and_same_replies_at_any_thread_count(tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text("\n".join(QUESTIONS) + "\n", encoding="utf-8")
    seen = []
    for number, (core, threads) in enumerate([(True, 1), (False, 1), (False, 4)]):
        index = tmp_path / f"index-{number}"
        run(["index", *SOURCES, "-o", index, "-q"], core, threads, number)
        seen.append((hashes(index), replies(index, questions, core, threads, number)))
    assert [name for name, _ in seen[0][0]] == sorted(SAME)
    for files, found in seen[1:]:
        assert files == seen[0][0]
        assert found == seen[0][1]
    assert replies(index, questions, True, 1, 1) == seen[-1][1], "one index, on one core and with four threads"
