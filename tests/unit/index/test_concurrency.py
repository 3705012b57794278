"""Readers open, search and verify an index while another process commits to it as fast as it can."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import busy_writer

from ragqa.index.snapshot import Snapshot
from ragqa.index.verify import verify
from ragqa.index.writer import update
from ragqa.testing import HashEncoder

SECONDS = float(os.environ.get("RAGQA_BUSY_SECONDS", "5"))


def ask(index: Path) -> None:
    """Open, wait a little, then use everything; what is found is of one generation."""
    snapshot = Snapshot.open(index)
    time.sleep(0.05)
    words = snapshot.lexical.search(["bridge painted"], 100, snapshot.allowed()).rows[0]
    dense = snapshot.dense.search(HashEncoder().encode_questions(["bridge painted"]), 100, snapshot.allowed()).rows[0]
    assert sorted(words.tolist()) == sorted(dense.tolist()) == np.flatnonzero(snapshot.alive).tolist()
    assert len({passage.doc_id for passage in snapshot.passages(words)}) == 12
    assert snapshot.document("d5") is not None and snapshot.checked


def check(index: Path) -> None:
    assert verify(index) == []


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be removed there")
@pytest.mark.slow
def test_readers_never_meet_a_half_removed_generation(tmp_path: Path) -> None:
    index = tmp_path / "index"
    update(index, busy_writer.CONFIG, HashEncoder(), [busy_writer.document(number, 0) for number in range(12)])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, busy_writer.__file__, str(index), str(SECONDS)]
    writer = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done, failures = Counter[str](), []

    def work(name: str, action: Callable[[Path], None]) -> None:
        while writer.poll() is None:
            try:
                action(index)
                done[name] += 1
            except Exception as error:
                failures.append(f"{name}: {type(error).__name__}: {error}")

    actions = {"ask": ask, "verify": check, "open": Snapshot.open, "info": lambda place: Snapshot.open(place, parts=())}
    threads = [threading.Thread(target=work, args=item) for item in actions.items()]
    for thread in threads:
        thread.start()
    said, told = writer.communicate(timeout=60 + SECONDS)
    for thread in threads:
        thread.join()
    assert writer.returncode == 0, told
    assert failures == [], f"{len(failures)} of {sum(done.values())}, {failures[:3]}"
    assert int(said) > 5 and min(done[name] for name in actions) > 3, (said, done)
    print(f"{said.strip()} commits, {dict(done)}")
