"""The process that reads files: what it survives, what ends it, and that nothing is left of it."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import hostile

from ragqa.corpus import wire
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.isolation import ReadingProcess
from ragqa.corpus.limits import Limits
from ragqa.documents import Document, Section, Table

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and limits")


def file_of(path):
    return SourceFile(path, path.name)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.txt"
    path.write_text("good")
    return file_of(path)


def is_good(items):
    return [item.text for item in items] == ["good"]


def gone(pid, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
        time.sleep(0.05)
    return False


def test_one_process_reads_many_files_and_ends(tmp_path, good):
    with ReadingProcess(Limits()) as process:
        assert is_good(process.read(good))
        pid = process._process.pid
        for _ in range(50):
            assert is_good(process.read(good))
        assert process._process.pid == pid
    assert gone(pid)


def test_a_file_that_kills_its_reader_is_named_and_the_next_is_read(tmp_path, good):
    path = tmp_path / "many.jsonl"
    path.write_text('{"text": "one"}\n' * 200_000)
    with ReadingProcess(Limits()) as process:
        items = process.read(file_of(path))
        assert next(items).text == "one"
        os.kill(process._process.pid, signal.SIGSEGV)
        *_, last = items
        assert last == Problem(str(path), "its reader broke down (SIGSEGV)")
        assert is_good(process.read(good))


def test_a_file_that_takes_too_long_is_named_and_the_next_is_read(tmp_path, good):
    path = tmp_path / "slow.pdf"
    path.write_bytes(hostile.slow_pdf())
    began = time.monotonic()
    with ReadingProcess(Limits(seconds=1, memory_mb=8_000)) as process:  # it takes 400 MB a second, too
        *_, last = process.read(file_of(path))
        assert isinstance(last, Problem) and last.reason.startswith("takes longer than 1 s to read")
        assert is_good(process.read(good))
    assert time.monotonic() - began < 60


def test_only_the_time_that_we_wait_counts(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text(f"{json.dumps({'text': 'x' * 1000})}\n" * 400)  # more than a pipe holds
    with ReadingProcess(Limits(seconds=1)) as process:
        items = process.read(file_of(path))
        next(items)
        time.sleep(1.5)
        assert all(isinstance(item, Document) for item in items)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory")
def test_a_file_that_takes_too_much_memory_is_named_and_the_next_is_read(tmp_path, good):
    path = tmp_path / "large.txt.gz"
    path.write_bytes(gzip.compress(b"x" * (60 << 20)))
    with ReadingProcess(Limits(memory_mb=100)) as process:
        (problem,) = process.read(file_of(path))
        assert problem.reason.startswith("needs more than 100 MB of memory")
        assert is_good(process.read(good))


SCRIPT = """
import sys
from pathlib import Path
from ragqa.corpus.files import SourceFile
from ragqa.corpus.isolation import ReadingProcess
from ragqa.corpus.limits import Limits
with ReadingProcess(Limits(seconds=600)) as process:
    list(process.read(SourceFile(Path(sys.argv[1]), "good")))
    print(process._process.pid, flush=True)
    list(process.read(SourceFile(Path(sys.argv[2]), "slow")))
"""


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_parent_however_that_ends(tmp_path, good, way):
    path = tmp_path / "slow.pdf"
    path.write_bytes(hostile.slow_pdf())
    parent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(good.path), str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pid = int(parent.stdout.readline())
    time.sleep(0.3)
    parent.send_signal(way)
    assert parent.wait(20) != 0
    parent.stdout.close()
    assert gone(pid)


def test_a_process_that_ends_between_two_files_costs_none(good):
    with ReadingProcess(Limits()) as process:
        assert is_good(process.read(good))
        os.kill(process._process.pid, signal.SIGKILL)
        assert gone(process._process.pid)
        assert is_good(process.read(good))


def test_nothing_is_imported_from_the_folder_we_are_in(tmp_path, good, monkeypatch):
    for name in ("json", "queue", "lxml", "ragqa", "zlib", "csv"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.html"
    page.write_text("<p>page")
    with ReadingProcess(Limits()) as process:
        assert is_good(process.read(good))
        assert [item.text for item in process.read(file_of(page))] == ["page"]
    assert not (tmp_path / "imported").exists()


def test_a_frozen_program_reads_by_itself(good, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with ReadingProcess(Limits()) as process:
        assert is_good(process.read(good))
        assert process._process is None


def test_items_are_the_same_after_the_wire():
    sections = (Section(0, "A > \ud800", 2), Section(5, ""))
    tables, together = (Table(1, 2, 3, "a | b"),), ((0, 1), (1, 4))
    document = Document(
        "i\n",
        "t\u2028\U0001f600\ud83d\ude00\x00",
        "T",
        "s:1",
        {"a": 1, "b": 0.5, "c": True},
        3,
        sections,
        True,
        tables,
        together,
    )
    for item in (document, Problem("s", "r\n", unread=False), Document("", "")):
        line = wire.encode(item)
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        assert wire.decode(line) == item


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"{}\n", b"[]\n", b'["a", 1, true]\n', b'["a","b","c","d",{"x":[[1]]},1,[],false]\n', b"[" * 9999],
)
def test_what_is_no_item_is_no_item(line):
    with pytest.raises(ValueError):
        wire.decode(line)
