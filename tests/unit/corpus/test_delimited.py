"""Tables as text: CSV and TSV, as programs write them and as people damage them."""

import csv

import pytest
from support.reading import one, read_paths

CSV = {
    "a line sep=": "sep=;\nCity;Founded\nOrlin;1204\n",
    "a title": "Stations of 2024, export\n\nCity,Founded,Area\nOrlin,1204,\n",
    "two titles": "\nStations,,\nof 2024,,\n\nCity,Founded,\nOrlin,1204,\nBrent,1300,\n",
    "delimiters at the end": "City,Founded\nOrlin,1204,,\n",
    "a line break in a name": 'City,"Founded"\nOrlin,1204\n',
    "tabs after a title": "Stations\nCity\tFounded\nOrlin\t1204\n",
    "the header again": "City,Founded\nOrlin,1204\nCity,Founded\n",
}


@pytest.mark.parametrize("content", CSV.values(), ids=CSV)
def test_csv_as_programs_write_it(tmp_path, content):
    (tmp_path / "d.csv").write_text(content)
    documents, problems = read_paths(tmp_path)
    assert not problems
    row = documents[0]
    assert row.text == "City: Orlin; Founded: 1204." and "sep" not in row.title
    line = next(number for number, line in enumerate(content.split("\n"), 1) if line.startswith("Orlin"))
    assert row.source == f"{tmp_path / 'd.csv'}:{line}"
    assert all("City: City" not in document.text for document in documents)


def test_the_title_of_a_table_heads_its_rows(tmp_path):
    document = one(tmp_path / "stations.csv", "Export of 2024\n\nCity,Founded\nOrlin,1204\n")
    assert document.title == "stations: Export of 2024"
    document = one(tmp_path / "b.csv", 'City,"Founded\n(year)"\nOrlin,1204\n')
    assert (document.text, document.source[-2:]) == ("City: Orlin; Founded (year): 1204.", ":3")


def test_rows_that_do_not_fit_are_told_and_no_row_becomes_a_header(tmp_path):
    (tmp_path / "a.csv").write_text("City,Founded\nOrlin,1204,9\nBrent,1300,8\n")
    (tmp_path / "b.csv").write_text("Name\nAlpha\nBeta, Inc\nGamma\n")
    documents, problems = read_paths(tmp_path)
    assert [d.text for d in documents] == ["Name: Alpha.", "Name: Gamma."]
    assert [reason for _, reason in problems] == ["3 columns where the header has 2"] * 2 + [
        "2 columns where the header has 1"
    ]


def test_csv(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        '\ufeff Text ,Id,year\n"Two\nlines, quoted",a,1999\n\nOne,,\ntoo,many,columns,here\nshort\n,empty,1\n'
    )
    documents, problems = read_paths(path)
    assert [(d.id, d.text, d.source, dict(d.meta)) for d in documents] == [
        ("a", "Two\nlines, quoted", f"{path}:2", {"year": "1999"}),
        ("t.csv:5", "One", f"{path}:5", {}),
        ("t.csv:7", "short", f"{path}:7", {}),
    ]
    assert problems == [(f"{path}:6", "4 columns where the header has 3"), (f"{path}:8", "no text")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(tmp_path, delimiter):
    with (tmp_path / "d.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["id", "text"], ["1", f"a{delimiter}b"]])
    assert [(d.id, d.text) for d in read_paths(tmp_path)[0]] == [("1", f"a{delimiter}b")]


def test_dpr_tsv_gzipped_with_a_long_field(tmp_path):
    long = "word " * 50_000
    document = one(tmp_path / "p.tsv.gz", f'id\ttext\ttitle\n1\t"{long}""x"" y"\tAaron\n')
    assert (document.id, document.text, document.title) == ("1", long + '"x" y', "Aaron")


def test_tsv_lines_are_rows_whatever_quotation_marks_stand_in_them(tmp_path):
    (tmp_path / "t.tsv").write_text(
        'id\ttext\ttitle\n1\t"An open one\tA\n2\t"Two" words\tB\n3\t"Said ""so""."\tC\n4\t"two\nlines"\tD\n5\tE.\n'
    )
    documents, problems = read_paths(tmp_path)
    assert not problems
    assert [(d.id, d.text, d.title, d.source.rpartition(":")[2]) for d in documents] == [
        ("1", '"An open one', "A", "2"),
        ("2", '"Two" words', "B", "3"),
        ("3", 'Said "so".', "C", "4"),
        ("4", "two\nlines", "D", "5"),
        ("5", "E.", "", "7"),
    ]


def test_csv_quotation_that_is_never_closed_costs_its_own_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('text,title\n"Two\nlines",A\n"Never closed,B\nThird.,C\nLast.,D')
    documents, problems = read_paths(path)
    assert [(d.text, d.title, d.source) for d in documents] == [
        ("Two\nlines", "A", f"{path}:2"),
        ("Third.", "C", f"{path}:5"),
        ("Last.", "D", f"{path}:6"),
    ]
    assert problems == [(f"{path}:4", "a quotation mark opens here and is never closed")]
