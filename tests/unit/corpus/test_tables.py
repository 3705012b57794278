"""Tables, triples and FAQ files, in each format that has rows."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.config import SplitConfig
from ragqa.corpus.files import SourceFile
from ragqa.corpus.read import read_documents
from ragqa.corpus.split import split
from ragqa.corpus.tables import as_text, file_title, quote_cells, read_table_row, row_reader
from ragqa.documents import FAQ, KIND


def read(*paths):
    problems = []
    return list(read_documents(paths, problems.append)), [(p.source, p.reason, p.unread) for p in problems]


def write(path, rows):
    """The same rows in the format that the suffix says."""
    if path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            table.writerow(rows[0])
            table.writerows([["" if cell is None else cell for cell in row.values()] for row in rows])
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.fixture(params=[".csv", ".tsv", ".jsonl", ".parquet"])
def suffix(request):
    return request.param


def test_a_row_quotes_its_cells(tmp_path, suffix):
    rows = [
        {"id": "1", "Planet name": "Mars", "moons": "2", "Discovery": None},
        {"id": "1", "Planet name": "Neptune, far out", "moons": "16", "Discovery": "1846."},
    ]
    path = write(tmp_path / f"big-planets_2{suffix}", rows)
    documents, problems = read(path)
    first = 2 if suffix in (".csv", ".tsv") else 1
    assert not problems
    assert [(d.id, d.text, d.title, d.source, d.line, d.whole) for d in documents] == [
        (f"{path.name}:{first}", "id: 1; Planet name: Mars; moons: 2.", "big planets 2", f"{path}:{first}", 0, False),
        (
            f"{path.name}:{first + 1}",
            "id: 1; Planet name: Neptune, far out; moons: 16; Discovery: 1846.",
            "big planets 2",
            f"{path}:{first + 1}",
            0,
            False,
        ),
    ]
    assert documents[1].meta == {"id": "1", "Planet name": "Neptune, far out", "moons": "16", "Discovery": "1846."}


def test_a_triple_is_a_sentence(tmp_path, suffix):
    rows = [
        {"Relation": "discovered", "subject": "Marie Curie", "object": "polonium", "year": "1898"},
        {"Relation": "worked at", "subject": "Marie Curie", "object": None, "year": None},
        {"Relation": "discovered", "subject": "Fleming", "object": "penicillin!", "year": None},
    ]
    path = write(tmp_path / f"facts{suffix}", rows)
    documents, problems = read(path)
    first = 2 if suffix in (".csv", ".tsv") else 1
    assert [d.text for d in documents] == ["Marie Curie discovered polonium.", "Fleming discovered penicillin!"]
    assert all(d.title == "facts" and d.whole for d in documents)
    assert documents[0].meta["year"] == "1898" and documents[0].meta["object"] == "polonium"
    assert problems == [(f"{path}:{first + 1}", "a triple without object", False)]


def test_a_faq_row_is_its_answer_under_its_question(tmp_path, suffix):
    rows = [
        {
            "id": "opening",
            "Question": " When  are you open? ",
            "Answer": "At nine.\n\nNot on Sundays.",
            "topic": "shop",
        },
        {"id": "empty", "Question": "Why?", "Answer": None, "topic": None},
    ]
    path = write(tmp_path / f"faq{suffix}", rows)
    (document,), problems = read(path)
    assert (document.id, document.title, document.text) == (
        "opening",
        "When are you open?",
        "At nine.\n\nNot on Sundays.",
    )
    assert document.meta == {"topic": "shop", KIND: FAQ} and document.whole
    assert [(reason, unread) for _, reason, unread in problems] == [("no answer", False)]
    (passage,) = split(document, SplitConfig(words=5))
    assert passage.is_faq and passage.text == document.text and passage.retrieval_text == "When are you open?"


def test_a_text_column_wins(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("question,answer,text\nQ?,A,The text.\n")
    assert [(d.text, dict(d.meta)) for d in read(path)[0]] == [("The text.", {"question": "Q?", "answer": "A"})]


def test_nobody_but_ragqa_says_what_is_a_faq(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"text": "T", "ragqa.kind": "faq", "x": 1}\n')
    assert read(path)[0][0].meta == {"x": 1}
    path.write_text('{"a": "T", "ragqa.kind": "faq"}\n')
    assert read(path)[0][0].meta == {"a": "T"}


def test_json_lines_of_both_kinds(tmp_path):
    """The first record tells what those without text are."""
    path = tmp_path / "r.jsonl"
    path.write_text('{"text": "T"}\n{"name": "x"}\n')
    documents, problems = read(path)
    assert [d.text for d in documents] == ["T"] and problems == [(f"{path}:2", 'no field "text"', True)]
    path.write_text(
        '{broken\n{"name": "x", "n": 3, "ok": true, "nothing": null, "list": [1]}\n[1]\n{"text": "T"}\n{}\n'
    )
    documents, problems = read(path)
    assert [d.text for d in documents] == ["name: x; n: 3; ok: true; list: 1.", "T"]
    assert documents[0].meta == {"name": "x", "n": 3, "ok": True, "list": [1]}
    assert [place for place, _, _ in problems] == [f"{path}:{line}" for line in (1, 3, 5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(tmp_path, delimiter):
    with (tmp_path / "d.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(
            [["City", "Country", ""], ["Bonn", f"a{delimiter}b", "unnamed"]]
        )
    assert [d.text for d in read(tmp_path)[0]] == [f"City: Bonn; Country: a{delimiter}b."]


def test_gzipped_spreadsheet_with_empty_rows_and_a_second_header(tmp_path):
    path = tmp_path / "w.csv.gz"
    path.write_bytes(gzip.compress("\ufeffCity,Size\nBonn,3\n,\nCity,Size\nKöln,\ntoo,many,cells\n".encode()))
    documents, problems = read(path)
    assert [(d.text, d.title, d.source) for d in documents] == [
        ("City: Bonn; Size: 3.", "w", f"{path}:2"),
        ("City: Köln.", "w", f"{path}:5"),
    ]
    assert [place for place, _, _ in problems] == [f"{path}:6"]


def test_parquet_values(tmp_path):
    columns = {"n": [1, None], "x": [0.5, float("nan")], "ok": [True, False], "day": [date(1969, 7, 20), None]}
    pq.write_table(pa.table(columns | {"nested": [[1], [2]]}), tmp_path / "v.parquet")
    documents, problems = read(tmp_path)
    assert [d.text for d in documents] == ["n: 1; x: 0.5; ok: true; day: 1969-07-20.", "ok: false."]
    assert documents[0].meta == {"n": 1, "x": 0.5, "ok": True, "day": "1969-07-20"} and not problems


def test_a_long_row_is_split_and_its_long_cells_are_no_metadata():
    long = "This is said in five words. " * 60
    document = read_table_row([("Name", "x"), ("Remark", long)], SourceFile(Path("d/t.csv"), "d/t.csv"), 2)
    passages = split(document, SplitConfig(words=50))
    assert len(passages) > 3 and document.meta == {"Name": "x"}
    assert all(document.text[p.start : p.end] == p.text and p.title == "t" for p in passages)


def test_which_columns_are_what():
    assert row_reader(["Question", " ANSWER "]).__name__ == "read_faq_row"
    assert row_reader(["object", "Subject", "relation", "x"]).__name__ == "read_triple"
    assert (
        row_reader(["question", "answers"]).__name__ == row_reader(["subject", "object"]).__name__ == "read_table_row"
    )


def test_titles():
    names = {"a/big-planets_2.csv.gz": "big planets 2", "x.tsv": "x", "-.csv": "-.csv"}
    assert {name: file_title(SourceFile(Path(name), name)) for name in names} == names


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())


@given(st.lists(st.tuples(st.text(max_size=6), VALUES), max_size=6))
def test_every_cell_stands_where_it_is_said(cells):
    """Each value that is there can be sliced out of the document's text, in order, and nothing else is in the text."""
    pairs = [(name, as_text(value)) for name, value in cells]
    text, places = quote_cells(pairs)
    told = [(name, value) for name, value in pairs if name and value]
    assert [text[start:end] for start, end in places] == [value for _, value in told]
    assert text in (quoted := "; ".join(f"{name}: {value}" for name, value in told), f"{quoted}.")
