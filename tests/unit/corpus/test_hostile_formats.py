"""Files that use what their format allows to take time or memory, format by format."""

import json
import time
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import hostile
from support.reading import here, read_beside_good

from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.flow import flow
from ragqa.corpus.limits import Limits
from ragqa.corpus.matter import front_matter
from ragqa.corpus.readers.markup import read_page
from ragqa.errors import SourceError
from ragqa.metadata import readable_meta


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
    documents, reasons = read_beside_good(tmp_path)
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
    documents, reasons = read_beside_good(tmp_path)
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
    documents, reasons = read_beside_good(tmp_path)
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
    documents, reasons = read_beside_good(tmp_path)
    assert [d.text for d in documents.values()] == ["one", "three"]
    assert documents["a.json:1"].meta["n"] == digits
    assert set(reasons) == {"a.json:2", "b.jsonl:2"}
    for document in documents.values():
        assert document.sha


def test_nested_data(tmp_path):
    deep = "[" * 100_000 + "]" * 100_000
    (tmp_path / "a.jsonl").write_text(f'{deep}\n{{"text": "fine"}}\n{{"text": "t", "title": [[[1]]]}}\n')
    (tmp_path / "b.json").write_text(deep)
    documents, reasons = read_beside_good(tmp_path)
    assert [(d.text, d.title) for d in documents.values()] == [("fine", ""), ("t", "")]
    assert reasons == {"a.jsonl:1": "nested more than 1,000 deep", "b.json": "nested more than 1,000 deep"}


def test_html_nested_too_deep(tmp_path):
    (tmp_path / "a.html").write_text("<div>" * 900 + "inside" + "</div>" * 900)
    (tmp_path / "b.html").write_text("<div>" * 1100 + "inside")
    documents, reasons = read_beside_good(tmp_path)
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
