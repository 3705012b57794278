"""Hostile and odd files, one by one: what is readable is read, what is not is named, and the file beside it is read."""

import gzip
import json
import os
import socket
import sys
import time
from pathlib import Path

import pytest
from support import hostile
from support.reading import here, read_beside_good

from ragqa.corpus import formats
from ragqa.corpus.files import Problem
from ragqa.corpus.limits import LONGEST_TITLE, PROBLEMS, Limits
from ragqa.corpus.read import read_documents
from ragqa.corpus.readers.markdown import structure
from ragqa.errors import ConfigError


class Panic(BaseException):
    """As pyo3's PanicException is: no `Exception`."""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AssertionError("we should not get here!"), "cannot be read (AssertionError: we should not get here!)"),
        (RecursionError("maximum"), "nested too deep to be read"),
        (MemoryError(), "needs more than 800 MB of memory"),
        (
            Panic("called `Option::unwrap()`\non a `None` value"),
            "cannot be read (Panic: called `Option::unwrap()` on a",
        ),
        (OverflowError("too large"), "cannot be read (OverflowError: too large)"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (StopIteration(), "cannot be read (RuntimeError: generator raised StopIteration)"),
    ],
)
def test_whatever_a_reader_raises_is_a_problem_of_its_file(tmp_path, monkeypatch, error, reason):
    def reader(file):
        yield from formats.read_text(file)
        raise error

    monkeypatch.setitem(formats.FORMATS, ".txt", formats.Format("test", (".txt",), reader))
    (tmp_path / "a.txt").write_text("text")
    document, problem = here(tmp_path / "a.txt")
    assert document.text == "text"
    assert problem.source == str(tmp_path / "a.txt") and problem.unread and problem.reason.startswith(reason)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_program_is_none(tmp_path, monkeypatch, stop):
    def reader(file):
        raise stop

    monkeypatch.setitem(formats.FORMATS, ".txt", formats.Format("test", (".txt",), reader))
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(stop):
        here(tmp_path / "a.txt")


def test_limits_are_at_least_one():
    with pytest.raises(ConfigError, match=r"limits\.columns is 0"):
        Limits(columns=0)


def test_a_dozen_hostile_files(tmp_path):
    names = hostile.write_hostile(tmp_path)
    documents, reasons = read_beside_good(tmp_path)
    assert not documents
    assert {name.split(":")[0] for name in reasons} == names
    assert all(len(reason) < 300 and "\n" not in reason for reason in reasons.values())


def test_a_file_larger_than_allowed(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"word " * 300_000)
    documents, reasons = read_beside_good(tmp_path, limits=Limits(file_mb=1))
    assert not documents and "larger than 1 MB" in reasons["a.txt"] and "--max-file-mb" in reasons["a.txt"]


def test_a_document_longer_than_allowed(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"word " * 300_000))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "%s"}\n{"text": "short"}\n' % (b"word " * 300_000)))
    documents, reasons = read_beside_good(tmp_path, limits=Limits(document_mb=1))
    assert [d.text for d in documents.values()] == ["short"]
    assert set(reasons) == {"a.txt.gz", "b.jsonl.gz:1"}
    assert all("more than 1 MB" in reason for reason in reasons.values())


def test_texts_from_one_file_together_are_bounded(tmp_path, monkeypatch):
    def reader(file):
        for number in range(30):
            yield formats.Document(str(number), "word " * 20_000)

    monkeypatch.setitem(formats.FORMATS, ".txt", formats.Format("test", (".txt",), reader))
    (tmp_path / "a.txt").write_text("a small file that says much, such as a PDF that shows one form many times")
    *documents, problem = here(tmp_path / "a.txt", unpacked_mb=1)
    assert len(documents) == 10 and "unpacks to more than 1 MB" in problem.reason


@pytest.mark.parametrize("damage", [lambda raw: b"no gzip", lambda raw: raw[:-8] + b"\0" * 8, lambda raw: raw[:30] * 2])
def test_damaged_gzip_files_are_called_so(tmp_path, damage):
    (tmp_path / "a.txt.gz").write_bytes(damage(gzip.compress(os.urandom(500))))
    (problem,) = here(tmp_path / "a.txt.gz")
    assert problem.reason.startswith("damaged gzip file (")


def test_headings_and_titles_are_bounded(tmp_path):
    outline = structure(f"# {'word ' * 1000}\n# {'word ' * 100}\n# Short\ntext").outline
    assert [section.heading for section in outline.sections] == ["Short"]
    began = time.process_time()
    structure("".join(f"# {mark * 1900}\n" for mark in "[*`_!\\" for _ in range(20)))
    assert time.process_time() - began < 10
    record = {"text": "one", "title": "t" * 5000}
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(record)}\n{json.dumps({'text': 'x', 'id': 'i' * 5000})}\n")
    documents, reasons = read_beside_good(tmp_path)
    assert [len(d.title) for d in documents.values()] == [LONGEST_TITLE]
    assert reasons == {"a.jsonl:2": "an id of more than 4,096 characters"}


def test_of_many_bad_records_the_first_are_named(tmp_path):
    (tmp_path / "a.jsonl").write_text("{broken\n" * 1000 + '{"text": "fine"}\n')
    problems = []
    documents = list(read_documents([tmp_path], problems.append))
    assert len(documents) == 1 and len(problems) == PROBLEMS + 1
    assert problems[-1] == Problem(str(tmp_path / "a.jsonl"), "900 more of its records or pages are left out")


def test_an_empty_file_is_not_opened(tmp_path):
    """The system's own files (/proc) claim to be empty, and go on without end."""
    endings = [suffix for suffix in formats.FORMATS if suffix]
    for suffix in endings:
        (tmp_path / f"a{suffix}").touch()
    documents, reasons = read_beside_good(tmp_path)
    assert not documents and set(reasons.values()) == {"no text"} and len(reasons) == len(endings)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_systems_own_files_are_passed_over():
    problems = []
    assert not list(read_documents([Path("/proc/self")], problems.append))
    assert [problem.source for problem in problems] == ["/proc/self"] and not problems[0].unread


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_fifos_and_sockets_are_never_opened(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        place = os.path.relpath(tmp_path / "b.txt")
        listener.bind(min(place, str(tmp_path / "b.txt"), key=len))
        assert read_beside_good(tmp_path) == ({}, {})
        problems = []
        assert not list(read_documents([tmp_path / "a.txt", tmp_path / "b.txt"], problems.append))
        assert [problem.reason for problem in problems] == ["not a regular file"] * 2


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="POSIX")
def test_devices_are_never_opened(tmp_path):
    (tmp_path / "a.txt").symlink_to("/dev/zero")
    assert read_beside_good(tmp_path, follow=True) == ({}, {})
    problems = []
    assert not list(read_documents([tmp_path / "a.txt"], problems.append))
    assert [problem.reason for problem in problems] == ["not a regular file"]
