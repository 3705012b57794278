"""Hostile and odd files, one by one: what is readable is read, what is not is named, and the file beside it is read."""

import gzip
import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import hostile

from ragqa.corpus import formats
from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.flow import flow
from ragqa.corpus.guard import read_file
from ragqa.corpus.limits import LONGEST_TITLE, PROBLEMS, Limits
from ragqa.corpus.matter import front_matter
from ragqa.corpus.read import read_documents
from ragqa.corpus.readers.markdown import structure
from ragqa.corpus.readers.markup import read_page
from ragqa.errors import ConfigError, SourceError
from ragqa.metadata import readable_meta


def read(folder, **options):
    """Texts by id, and reasons by name, of a folder that gets a good file; the good one's is checked and left out."""
    (folder / "zz-good.txt").write_text("good")
    problems = []
    documents = {d.id: d for d in read_documents([folder], problems.append, **options)}
    assert documents.pop("zz-good.txt").text == "good"
    return documents, {os.path.relpath(p.source, folder): p.reason for p in problems}


def here(path, **limits):
    """What a file holds, read in this process."""
    return list(read_file(SourceFile(path, path.name, limits=Limits(**limits))))


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
    documents, reasons = read(tmp_path)
    assert not documents
    assert {name.split(":")[0] for name in reasons} == names
    assert all(len(reason) < 300 and "\n" not in reason for reason in reasons.values())


def test_a_file_larger_than_allowed(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"word " * 300_000)
    documents, reasons = read(tmp_path, limits=Limits(file_mb=1))
    assert not documents and "larger than 1 MB" in reasons["a.txt"] and "--max-file-mb" in reasons["a.txt"]


def test_a_document_longer_than_allowed(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"word " * 300_000))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "%s"}\n{"text": "short"}\n' % (b"word " * 300_000)))
    documents, reasons = read(tmp_path, limits=Limits(document_mb=1))
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


def test_zip_archives_are_judged_before_they_are_unpacked(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(hostile.bomb_word())
    with pytest.raises(SourceError, match="unpacks to more than 1024 MB"):
        open_zip(SourceFile(path, "a.docx"))
    open_zip(SourceFile(path, "a.docx", limits=Limits(unpacked_mb=2048))).close()


def test_a_parquet_bomb_is_refused_before_it_is_unpacked(tmp_path):
    hostile.bomb_parquet(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 600
    before = pa.total_allocated_bytes(), pa.default_memory_pool().max_memory()
    (problem,) = here(tmp_path / "a.parquet")
    assert "unpacks to more than 1024 MB" in problem.reason
    assert pa.default_memory_pool().max_memory() - before[1] < 100 << 20


def test_parquet_of_too_many_cells_or_columns(tmp_path):
    pq.write_table(pa.table({"a": pa.nulls(1_000_000, pa.int32())}), tmp_path / "cells.parquet")
    pq.write_table(pa.table({f"c{number}": [1] for number in range(30)}), tmp_path / "columns.parquet")
    assert "1,000,000 cells, more than" in here(tmp_path / "cells.parquet", cells=10_000)[0].reason
    assert here(tmp_path / "columns.parquet", columns=20)[0].reason == "30 columns, more than 20"


def test_parquet_values_that_python_does_not_have(tmp_path):
    times = pa.array([1_500_000_001, 2**62 + 1], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": ["first", "second"], "time": times}), tmp_path / "ns.parquet", version="2.6")
    texts = pa.array([b"one", b"\xff\xfe", b"three"]).view(pa.string())
    pq.write_table(pa.table({"text": texts}), tmp_path / "utf8.parquet")
    days = pa.table({"text": ["day", "night"], "day": pa.array([2**31 - 1, 0], pa.date32())})
    pq.write_table(days, tmp_path / "year.parquet")
    documents, reasons = read(tmp_path)
    assert [d.text for d in documents.values()] == ["first", "second", "one", "three", "night"]
    assert documents["ns.parquet:1"].meta == {"time": "1970-01-01 00:00:01.500000"}
    assert reasons == {
        "utf8.parquet:2": "a value that cannot be read (text)",
        "year.parquet:1": "a value that cannot be read (day)",
    }


def test_damaged_parquet_files_are_called_so(tmp_path):
    """Arrow says `OSError` of some damage, with the words of a system that cannot read."""
    pq.write_table(pa.table({"text": ["one"]}), tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    for place in range(5, len(content) - 8, 7):
        (tmp_path / "a.parquet").write_bytes(content[:place] + b"\xff" * 3 + content[place + 3 :])
        reasons = [item.reason for item in here(tmp_path / "a.parquet") if isinstance(item, Problem)]
        assert all("Parquet" in reason or "value" in reason or "column" in reason for reason in reasons), reasons


def test_a_word_table_that_claims_billions_of_columns(tmp_path):
    (tmp_path / "a.docx").write_bytes(hostile.wide_word())
    documents, reasons = read(tmp_path)
    assert documents["a.docx"].text == "The harbour has six cranes.\n\nCranes | six" and not reasons


def test_cells_merged_over_rows_are_said_in_each(tmp_path):
    import docx

    word = docx.Document()
    table = word.add_table(rows=3, cols=3)
    for number, one in enumerate(one for row in table.rows for one in row.cells):
        one.text = f"c{number}"
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(2, 1).merge(table.cell(2, 2))
    word.save(tmp_path / "a.docx")
    (document,) = here(tmp_path / "a.docx")
    assert document.text == "c0 c3 | c1 | c2\nc0 c3 | c4 | c5\nc6 | c7 c8"


@pytest.mark.parametrize("make", [hostile.laughing_word, lambda: hostile.word("<w:p>" * 50_000)])
def test_word_files_with_hostile_xml(tmp_path, make):
    (tmp_path / "a.docx").write_bytes(make())
    (problem,) = here(tmp_path / "a.docx")
    assert problem.reason.startswith("not a readable Word file") and len(problem.reason) < 300


@pytest.mark.parametrize("make", [hostile.looping_pdf, hostile.endless_pdf, hostile.bomb_pdf])
def test_hostile_pdf(tmp_path, make):
    (tmp_path / "a.pdf").write_bytes(make())
    documents, reasons = read(tmp_path)
    assert not documents and set(reasons) == {"a.pdf"}


@pytest.mark.parametrize(
    "matter",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "1" * 6000,
        "a = 0x" + "F" * 9000,
        "a." * 30_000 + "b = 1",
        "a = 1e999999",
        "a = 9999-99-99",
    ],
)
def test_front_matter_that_toml_cannot_hold_is_text(matter):
    text = f"+++\n{matter}\n+++\nThe text."
    began = time.process_time()
    _, meta = front_matter(text)
    assert time.process_time() - began < 5
    json.dumps(readable_meta(meta))


def test_integers_of_thousands_of_digits(tmp_path):
    digits = "1" * 6000
    (tmp_path / "a.json").write_text(f'[{{"text": "one", "n": {digits}}}, {{"text": "two", "id": {digits}}}]')
    (tmp_path / "b.jsonl").write_text(f'{{"text": "three", "n": -{digits}}}\n{{"n": {digits}, "name": "table"}}\n')
    documents, reasons = read(tmp_path)
    assert [d.text for d in documents.values()] == ["one", "three"]
    assert documents["a.json:1"].meta["n"] == digits
    assert set(reasons) == {"a.json:2", "b.jsonl:2"}
    for document in documents.values():
        assert document.sha


def test_nested_data(tmp_path):
    deep = "[" * 100_000 + "]" * 100_000
    (tmp_path / "a.jsonl").write_text(f'{deep}\n{{"text": "fine"}}\n{{"text": "t", "title": [[[1]]]}}\n')
    (tmp_path / "b.json").write_text(deep)
    documents, reasons = read(tmp_path)
    assert [(d.text, d.title) for d in documents.values()] == [("fine", ""), ("t", "")]
    assert reasons == {"a.jsonl:1": "nested more than 1,000 deep", "b.json": "nested more than 1,000 deep"}


def test_html_nested_too_deep(tmp_path):
    (tmp_path / "a.html").write_text("<div>" * 900 + "inside" + "</div>" * 900)
    (tmp_path / "b.html").write_text("<div>" * 1100 + "inside")
    documents, reasons = read(tmp_path)
    assert documents["a.html"].text == "inside" and reasons == {"b.html": "nested more than 1,000 deep"}


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "<a ",
            "<",
            "&",
            "<!--",
            "<![if",
            "<!DOCTYPE ",
            "<?",
            "</a ",
            "<b><p>",
            "<div></span></div>",
            "<title>a</title>",
        ),
        *("<td>x", "<h1>a</h1>", "&#x1", "<a b='", "]]>", "<script>", "<p>x</b>", "<table><td>a</table>"),
        *("<ul><li>", "<div>", "<x>"),
    ],
)
def test_html_takes_linear_time(unit):
    began = time.process_time()
    with suppress(SourceError):  # of some units too many are inside one another
        read_page(unit * (500_000 // len(unit)), 1000)
    assert time.process_time() - began < 10  # 64 KB of "<a " took 23 s


def test_end_tags_that_close_nothing_inside_deep_elements():
    began = time.process_time()
    read_page("<div>" * 990 + "</span>" * 50_000, 1000)
    assert time.process_time() - began < 10


def test_html_as_browsers_read_it():
    text = flow(read_page("<div><nav>menu</div>body <![CDATA[x]]><a title='a > b'>link</a>&notit;", 100).blocks).text
    assert text == "body link¬it;"


def test_quotation_marks_that_are_never_closed_do_not_multiply(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + 'x"y,"\n' * 50_000)
    began = time.process_time()
    items = here(tmp_path / "a.csv")
    assert time.process_time() - began < 10
    assert len(items) == 21 and "more than 20 quotation marks" in items[-1].reason


def test_headings_and_titles_are_bounded(tmp_path):
    outline = structure(f"# {'word ' * 1000}\n# {'word ' * 100}\n# Short\ntext").outline
    assert [section.heading for section in outline.sections] == ["Short"]
    began = time.process_time()
    structure("".join(f"# {mark * 1900}\n" for mark in "[*`_!\\" for _ in range(20)))
    assert time.process_time() - began < 10
    record = {"text": "one", "title": "t" * 5000}
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(record)}\n{json.dumps({'text': 'x', 'id': 'i' * 5000})}\n")
    documents, reasons = read(tmp_path)
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
    for suffix in formats.FORMATS:
        (tmp_path / f"a{suffix}").touch()
    documents, reasons = read(tmp_path)
    assert not documents and set(reasons.values()) == {"no text"} and len(reasons) == len(formats.FORMATS)


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
        assert read(tmp_path) == ({}, {})
        problems = []
        assert not list(read_documents([tmp_path / "a.txt", tmp_path / "b.txt"], problems.append))
        assert [problem.reason for problem in problems] == ["not a regular file"] * 2


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="POSIX")
def test_devices_are_never_opened(tmp_path):
    (tmp_path / "a.txt").symlink_to("/dev/zero")
    assert read(tmp_path, follow=True) == ({}, {})
    problems = []
    assert not list(read_documents([tmp_path / "a.txt"], problems.append))
    assert [problem.reason for problem in problems] == ["not a regular file"]
