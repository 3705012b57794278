"""`ragqa index` of a folder with hostile files: each is named, the good one is indexed and answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import hostile

ROOT = Path(__file__).parents[2]
FACT = "The lighthouse of Genoa was built in 1543."


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "genoa.txt").write_text(FACT)
    return folder


def skipped(done) -> set[str]:
    return {
        line.split(": ")[0].split("/")[-1].split(":")[0] for line in done.stderr.splitlines() if "skipped /" in line
    }


def test_a_folder_of_hostile_files(ragqa, folder, tmp_path):
    names = hostile.write_hostile(folder)
    (folder / "outside").symlink_to(ROOT, target_is_directory=True)
    done = ragqa("index", folder, "-o", tmp_path / "i", "-q", "--json")
    report = json.loads(done.stdout)
    assert report["documents"] == 1
    assert skipped(done) == names | {"outside"}
    assert {Path(entry["source"]).name.split(":")[0] for entry in report["skipped"]} == names | {"outside"}
    reply = json.loads(ragqa("ask", "When was the lighthouse of Genoa built?", "-i", tmp_path / "i", "--json").stdout)
    assert reply["answers"][0]["text"] == "1543"


def test_bounds_are_options(ragqa, folder, tmp_path):
    (folder / "large.txt").write_text("word " * 300_000)
    (folder / "slow.pdf").write_bytes(hostile.slow_pdf())
    done = ragqa("index", folder, "-o", tmp_path / "i", "-q", "--max-file-mb", "1", "--file-seconds", "1")
    assert skipped(done) == {"large.txt", "slow.pdf"}
    assert "--max-file-mb" in done.stderr and "--file-seconds" in done.stderr
    assert "--file-seconds" in ragqa("index", folder, "--file-seconds", "0", code=2).stderr


def test_links_are_followed_when_asked(ragqa, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "kiel.txt").write_text("The lighthouse of Kiel was built in 1967.")
    (folder / "link").symlink_to(other, target_is_directory=True)
    assert skipped(ragqa("index", folder, "-o", tmp_path / "i", "-q")) == {"link"}
    done = ragqa("index", folder, "-o", tmp_path / "i", "-q", "--follow", "--json")
    assert json.loads(done.stdout)["documents"] == 2 and not skipped(done)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_while_a_slow_file_is_read(folder, tmp_path):
    (folder / "slow.pdf").write_bytes(hostile.slow_pdf())
    command = [
        sys.executable,
        "-m",
        "ragqa",
        "index",
        str(folder),
        "-o",
        str(tmp_path / "i"),
        "-q",
        "--file-seconds",
        "600",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "i" / "LOCK").exists():
        time.sleep(0.05)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the process that reads files as well
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in error
    assert error.strip().splitlines()[-1] == "ragqa: interrupted; nothing was changed"
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(process.pid, 0)
            time.sleep(0.05)
