"""Formats of parts: notebooks, slides, sheets, OpenDocument, books, mail."""

import json

import pytest
from support import samples
from support.reading import documents, items, said

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file


def test_a_number_that_is_too_long_for_python_costs_no_notebook(tmp_path):
    cells = f'[{{"cell_type": "code", "source": "x", "execution_count": {"1" * 5000}}}]'
    (document,) = documents(tmp_path / "a.ipynb", f'{{"cells": {cells}}}')
    assert document.text == "x"


def test_notebook(tmp_path):
    html = {"output_type": "display_data", "data": {"text/html": ["<p>a <b>page</b></p>"]}}
    cells = [
        {"cell_type": "markdown", "source": "# Pumps\n\nWe measure."},
        {
            "cell_type": "code",
            "source": ["x = 1\n", "x"],
            "outputs": [{"data": {"text/plain": "1", "text/html": "<b>"}}],
        },
        {"cell_type": "raw", "source": ""},
        {"cell_type": "markdown", "source": ["## Results\n", "Good.\n", "```\n# no heading\n```"]},
        {
            "cell_type": "code",
            "source": "f()",
            "outputs": [{"ename": "ValueError", "evalue": "bad", "traceback": []}, html],
        },
    ]
    found = documents(tmp_path / "n.ipynb", json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}))
    assert [document.source.rpartition("#")[2] for document in found] == ["cell=1", "cell=2", "cell=4", "cell=5"]
    assert {document.title for document in found} == {"Pumps"}
    assert [said(document) for document in found] == [
        [("", "We measure.")],
        [("", "x = 1 x 1")],
        [("Results", "Good. ``` # no heading ```")],
        [("Results", "f() ValueError: bad a page")],
    ]


def test_slides(tmp_path):
    row = "<a:tr><a:tc>{}</a:tc><a:tc>{}</a:tc></a:tr>"
    cell = "<a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody>"
    rows = [[cell.format(text) for text in pair] for pair in (("Model", "Height"), ("P-100", "12 cm"))]
    table = f'<a:tbl><a:tblPr firstRow="1"/>{"".join(row.format(*pair) for pair in rows)}</a:tbl>'
    frame = f"<p:graphicFrame><a:graphic><a:graphicData>{table}</a:graphicData></a:graphic></p:graphicFrame>"
    content = samples.pptx("The Deck", "Limits", ["At most 16 bar.", "Wear gloves."], "Say it slowly.", frame)
    first, second = documents(tmp_path / "d.pptx", content)
    assert (first.id, first.title, first.text) == ("d.pptx#slide=1", "The Deck", "The Deck")
    assert second.source == f"{tmp_path / 'd.pptx'}#slide=2" and second.title == "The Deck"
    assert said(second) == [
        ("Limits", "- At most 16 bar. - Wear gloves. Model | Height P-100 | 12 cm Notes: Say it slowly."),
    ]


def test_sheets(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    from datetime import date, datetime

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sizes # more 2024"
    for row in (["Pumps of Orlin"], [], ["Model", "Height", "Share", "Since"], ["P-100", 12, 0.25, date(2024, 3, 1)],
                ["P-200", 20.5, 1, datetime(2024, 3, 1, 9, 30)]):  # fmt: skip
        sheet.append(row)
    sheet["C4"].number_format = "0%"
    form = book.create_sheet("Form")
    for row in (["Name:", "Ada Roth"], ["Town:", "Orlin"]):
        form.append(row)
    book.create_sheet("Empty")
    book.save(tmp_path / "b.xlsx")
    found = list(read_file(SourceFile(tmp_path / "b.xlsx", "b.xlsx")))
    assert [(document.title, document.text) for document in found] == [
        ("b: Sizes # more 2024: Pumps of Orlin", "Model: P-100; Height: 12; Share: 25%; Since: 2024-03-01."),
        ("b: Sizes # more 2024: Pumps of Orlin", "Model: P-200; Height: 20.5; Share: 1; Since: 2024-03-01 09:30."),
        ("b: Form", "Name: Ada Roth\nTown: Orlin"),
    ]
    assert found[0].source == f"{tmp_path / 'b.xlsx'}#sheet=Sizes%20%23%20more%202024:4"
    assert found[0].id == "b.xlsx#sheet=Sizes%20%23%20more%202024:4" and found[2].id == "b.xlsx#sheet=Form"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (  # a remark beside the only row
            [["Pumps of Orlin"], [], ["Item", "Price"], ["P-100", 12, "sold out"]],
            [("b: S: Pumps of Orlin", "Item: P-100; Price: 12; C: sold out.")],
        ),
        (  # and beside one of several, without an empty row below the title
            [["Pumps of Orlin"], ["Item", "Price"], ["P-100", 12, "sold out"], ["P-200", 20], ["Item", "Price"]],
            [
                ("b: S: Pumps of Orlin", "Item: P-100; Price: 12; C: sold out."),
                ("b: S: Pumps of Orlin", "Item: P-200; Price: 20."),
            ],
        ),
        ([["Item", "Price"], ["P-100", 12, "sold out"]], [("b: S", "Item: P-100; Price: 12; C: sold out.")]),
        ([["Pumps of Orlin"], [], ["P-100", 12]], [("b: S", "Pumps of Orlin\nP-100 | 12")]),
        ([["Item"], ["P-100"]], [("b: S", "Item: P-100.")]),
    ],
)
def test_a_title_or_a_remark_is_no_header_of_a_sheet(tmp_path, rows, expected):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "S"
    for one in rows:
        book.active.append(one)
    book.save(tmp_path / "b.xlsx")
    found = list(read_file(SourceFile(tmp_path / "b.xlsx", "b.xlsx")))
    assert [(document.title, document.text) for document in found] == expected


def row(*cells, times=1):
    return f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'


def table(name, *rows):
    return f'<table:table table:name="{name}">{"".join(rows)}</table:table>'


def test_opendocument_sheets(tmp_path):
    cell = samples.ods_cell
    note = "<office:annotation><text:p>a remark</text:p></office:annotation>"
    long = cell("20.5", value_type="float", value="20.4999999999999996")
    more = table(
        "Sizes # more 2024",
        row("<table:table-column/>", cell("Pumps of Orlin")),
        row(cell(""), times=1),
        row(cell("Model"), cell("Height"), cell("Share"), cell("Since"), cell("Price"), cell("", repeated="9999")),
        "<table:table-row-group>",
        row(
            cell("P-100").replace("<text:p>", f"{note}<text:p>"),
            cell("12.00", value_type="float", value="12"),
            cell("25 %", value_type="percentage", value="0.25"),
            cell("01.03.24", value_type="date", date_value="2024-03-01"),
            cell("1.250,00 €", value_type="currency", value="1250", currency="EUR"),
            cell("", repeated="16379"),
        ),
        row(
            cell("P-200"),
            long,
            cell("1", value_type="float", value="1"),
            cell("01.03.24", value_type="date", date_value="2024-03-01T09:30:00"),
            "<table:covered-table-cell/>",
        ),
        "</table:table-row-group>",
        row(cell(""), times=999_999),
        "<table:shapes><text:p>a drawing</text:p></table:shapes>",
    )
    hours = cell("9:05", value_type="time", time_value="PT09H05M00S")
    more += table("Form", row(cell("Name:"), cell("Ada<text:s/>Roth")), row(cell("Opens:"), hours))
    more += table("Empty", row(cell("", repeated="16384"), times=999_999))
    more += table("Twice", row(cell("A"), cell("B")), row(cell("x", repeated="2"), times=2))
    more = more.replace("&lt;text:s/&gt;", "<text:s/>")
    found = documents(tmp_path / "b.ods", samples.ods("", "Light", ["Brent light"], more))
    assert [(document.title, document.text) for document in found] == [
        ("b: Lights", "Light: Brent light; Year: 1874."),
        (
            "b: Sizes # more 2024: Pumps of Orlin",
            "Model: P-100; Height: 12; Share: 25%; Since: 2024-03-01; Price: 1250 EUR.",
        ),
        ("b: Sizes # more 2024: Pumps of Orlin", "Model: P-200; Height: 20.5; Share: 1; Since: 2024-03-01 09:30."),
        ("b: Form", "Name: Ada Roth\nOpens: 09:05:00"),
        ("b: Twice", "A: x; B: x."),
        ("b: Twice", "A: x; B: x."),
    ]
    assert found[1].source == f"{tmp_path / 'b.ods'}#sheet=Sizes%20%23%20more%202024:4"
    assert found[1].id == "b.ods#sheet=Sizes%20%23%20more%202024:4" and found[3].id == "b.ods#sheet=Form"
    assert [document.id for document in found[4:]] == ["b.ods#sheet=Twice:2", "b.ods#sheet=Twice:3"]


def test_opendocument_sheets_within_limits(tmp_path):
    cell = samples.ods_cell
    wide = samples.ods("", "Light", [], table("Wide", row(cell("x", repeated="10001"))))
    (problem,) = (item for item in items(tmp_path / "w.ods", wide) if isinstance(item, Problem))
    assert "10,001 columns, more than 10,000" in problem.reason
    many = samples.ods(
        "", "Light", [], table("Many", row(cell("A"), cell("B")), row(cell("x"), cell("y"), times=999_999))
    )
    *_, problem = items(tmp_path / "m.ods", many, cells=50)
    assert "more cells than may be read" in problem.reason


@pytest.mark.parametrize("suffix", [".odt", ".ods"])
def test_encrypted_opendocument(tmp_path, suffix):
    facts = "<m xmlns='urn:m'><file-entry><encryption-data/></file-entry></m>"
    (problem,) = items(
        tmp_path / f"a{suffix}", samples.zipped({"META-INF/manifest.xml": facts, "content.xml": b"\x00"})
    )
    assert problem.reason == "encrypted; save it without a password"


ODT_MORE = """<text:p>Red<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p>
</text:note-body></text:note> line<text:s text:c="2"/>end<text:line-break/>next</text:p>
<text:tracked-changes><text:changed-region><text:deletion><text:p>deleted</text:p></text:deletion></text:changed-region>
</text:tracked-changes>
<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list>
</text:list-item><text:list-item><text:p>two</text:p></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Model</text:p></table:table-cell>
<table:table-cell><text:p>Height</text:p></table:table-cell></table:table-row></table:table-header-rows><table:table-row>
<table:table-cell><text:p>P-100</text:p></table:table-cell><table:table-cell><text:p>12 cm</text:p></table:table-cell>
</table:table-row></table:table>"""


def test_opendocument(tmp_path):
    (document,) = documents(tmp_path / "t.odt", samples.odt("The Text", "Pumps", ["They move water."], ODT_MORE))
    assert document.title == "The Text"
    assert document.text.startswith(
        "Pumps\n\nThey move water.\n\nRed line  end\nnext\n\nA note.\n\n- one\n  - deep\n- two\n\n"
    )
    assert document.text.endswith("Model | Height\nP-100 | 12 cm") and "deleted" not in document.text
    assert [table.columns for table in document.tables] == ["Model | Height"]


def test_epub(tmp_path):
    first, second = documents(tmp_path / "b.epub", samples.epub("The Book", "Pumps", ["They move water."]))
    assert (first.id, first.title, first.text) == ("b.epub#chapter=1", "The Book", "Before it all.")
    assert said(second) == [("Pumps", "They move water.")] and second.meta == {"author": "Ada Roth"}
    parts = {
        "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'
    }
    (problem,) = items(tmp_path / "c.epub", samples.zipped(parts))
    assert problem.reason.startswith("encrypted")


MAIL = """From: =?utf-8?q?Ada_R=C3=B6th?= <ada@example.org>
To: ivo@example.org
Date: Mon, 04 Mar 2024 10:00:00 +0100
Subject: The pump
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

It costs =A3 5.
--a
Content-Type: text/html

<p>It costs <b>much</b>.</p>
--a--
--b
Content-Type: application/pdf; name="offer.pdf"
Content-Disposition: attachment; filename="offer.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--b
Content-Type: message/rfc822

From: ivo@example.org
Subject: Re: inner

Inner text.
--b--
"""


def test_mail(tmp_path):
    found = items(tmp_path / "m.eml", MAIL)
    (document,) = [item for item in found if not isinstance(item, Problem)]
    assert document.title == "The pump"
    assert document.text == (
        "From: Ada Röth <ada@example.org>\nTo: ivo@example.org\nDate: Mon, 04 Mar 2024 10:00:00 +0100\n\n"
        "It costs £ 5.\n\nSubject: Re: inner\nFrom: ivo@example.org\n\nInner text."
    )
    assert document.meta["date"] == "2024-03-04" and document.meta["to"] == "ivo@example.org"
    assert [(item.reason, item.unread) for item in found if isinstance(item, Problem)] == [
        ("the attachment offer.pdf is not read", False)
    ]


def test_mailbox(tmp_path):
    box = "From ada Mon Mar 4\nSubject: One\n\nFirst.\n>From here on.\n\n"
    box += "From ivo Tue Mar 5\nSubject: Two\n\nSecond.\nFrom me.\n"
    found = documents(tmp_path / "m.mbox", box)
    assert [(document.id, document.title, document.text) for document in found] == [
        ("m.mbox#message=1", "One", "First.\nFrom here on."),
        ("m.mbox#message=2", "Two", "Second.\nFrom me."),
    ]
    (problem,) = items(tmp_path / "n.mbox", "no mailbox\n")
    assert problem.reason.startswith("not a mailbox")
