"""Formats of parts and elements: XML, notebooks, slides, sheets, OpenDocument, books, mail."""

import json

import pytest
from support import samples

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.limits import Limits
from ragqa.corpus.split import split


def items(path, content, **limits):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_file(SourceFile(path, path.name, limits=Limits(**limits))))


def documents(path, content):
    found = items(path, content)
    assert not [item for item in found if isinstance(item, Problem)], found
    return found


def said(document):
    """(heading, text on one line) of the passages."""
    return [(p.heading, " ".join(p.text.split())) for p in split(document, SplitConfig())]


DOCBOOK = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE book PUBLIC "-//X" "x.dtd" [<!ENTITY product "Orlin">]>
<book><title>The &product; Book</title><!-- not to be read -->
<chapter><title>Pumps</title>
<para>A <emphasis>pump</emphasis> of Caf\xe9&nbsp;&product; with <itemizedlist><listitem><para>a seal</para></listitem>
<listitem><para>a motor</para></listitem></itemizedlist> moves water.</para>
<variablelist><varlistentry><term>-a</term><term>--all</term><listitem><para>Show all.</para></listitem></varlistentry>
</variablelist>
<section><title>Start</title><para>Type:</para><programlisting>pump
  --start</programlisting></section>
<para>Back among pumps.</para>
<table><title>Sizes</title><tgroup><thead><row><entry>Model</entry><entry>Height</entry></row></thead>
<tbody><row><entry>P-100</entry><entry>12 cm</entry></row></tbody></tgroup></table>
</chapter></book>"""


def test_docbook(tmp_path):
    (document,) = documents(tmp_path / "b.xml", DOCBOOK.encode("latin-1"))
    assert document.title == "The Orlin Book"
    assert said(document) == [
        ("Pumps", "A pump of Café Orlin with - a seal - a motor moves water. -a, --all: Show all."),
        ("Pumps > Start", "Type: pump --start"),
        ("Pumps", "Back among pumps. Sizes Model | Height P-100 | 12 cm"),
    ]
    assert "pump\n  --start" in document.text
    assert [table.columns for table in document.tables] == ["Model | Height"]


JATS = """<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><article-id>7</article-id>
<title-group><article-title>Fever in <italic>Orlin</italic></article-title></title-group>
<abstract><p>We saw 25 cases.</p></abstract></article-meta></front>
<body><sec><label>1</label><title>Results</title><p>All got well<xref>1</xref> in 3<sup>2</sup> days.</p>
<list><list-item><p>one</p></list-item></list>
<def-list><def-item><term>RR</term><def><p>Relative risk.</p></def></def-item></def-list>
<table-wrap><label>Table 1</label><caption><p>Cases</p></caption>
<table><thead><tr><th>Town</th><th>Cases</th></tr></thead><tbody><tr><td>Orlin</td><td>25</td></tr></tbody></table>
</table-wrap></sec></body></article>"""


def test_jats(tmp_path):
    (document,) = documents(tmp_path / "a.nxml", JATS)
    assert document.title == "Fever in Orlin"
    passages = dict(said(document))
    assert "We saw 25 cases." in " ".join(passages.values())
    results = next(text for heading, text in passages.items() if heading.endswith("Results"))
    assert "All got well1 in 32 days." in results and "RR: Relative risk." in results
    assert "Table 1 Cases Town | Cases Orlin | 25" in results


MEDQUAD = """<Document id="1" source="X"><Focus>Glaucoma</Focus><QAPairs>
<QAPair pid="1"><Question qid="1-1" qtype="information">What is Glaucoma ?</Question>
<Answer>It harms the eye.

Signs are:
   - pain
   - blurred sight</Answer></QAPair>
<QAPair pid="2"><Question>Who gets it ?</Question><Answer>Anyone.</Answer></QAPair></QAPairs></Document>"""


def test_questions_and_answers_in_xml(tmp_path):
    (document,) = documents(tmp_path / "q.xml", MEDQUAD)
    assert document.title == "Glaucoma"
    assert said(document)[1:] == [
        ("What is Glaucoma ?", "It harms the eye. Signs are: - pain - blurred sight"),
        ("Who gets it ?", "Anyone."),
    ]


DATA = """<catalog><book id="b1"><author>Roth, Ada</author><title>On Pumps</title><price cur="EUR">44.95</price></book>
<book id="b2"><author>Lenz, Ivo</author><title>On Ferries</title><price cur="EUR">5.95</price></book>
<server name="main"><port>80</port><options><option key="log" value="full"/></options></server></catalog>"""


def test_data_in_xml_keep_names_and_values_together(tmp_path):
    (document,) = documents(tmp_path / "catalog.xml", DATA)
    assert document.title == "catalog"
    assert said(document) == [
        ("On Pumps", "id: b1; author: Roth, Ada; price: 44.95; cur: EUR."),
        ("On Ferries", "id: b2; author: Lenz, Ivo; price: 5.95; cur: EUR."),
        ("main", "name: main; port: 80."),
        ("main > options", "key: log; value: full."),
    ]


def test_an_element_of_nothing_but_an_entity_says_what_that_stands_for(tmp_path):
    declared = "<!DOCTYPE d [<!ENTITY product 'Orlin 9'>]>"
    (document,) = documents(
        tmp_path / "a.xml", f"{declared}<book><para>&product;</para><para>On &product;.</para></book>"
    )
    assert document.text == "Orlin 9\n\nOn Orlin 9."
    shop = f"{declared}<shop><item><name>&product;</name><price>3</price></item><item><name>B</name></item></shop>"
    (document,) = documents(tmp_path / "b.xml", shop)
    assert "name: Orlin 9; price: 3." in document.text


def test_names_and_titles_in_attributes_head_what_is_in_a_text(tmp_path):
    text = """<module name="Module limit"><section id="s" name="Directives"><directive name="limit_rate">
<syntax><value>rate</value> | <literal>off</literal></syntax><default>0</default><para>Limits the rate.</para>
</directive></section><section title="See also"><para>Nothing.</para></section></module>"""
    (document,) = documents(tmp_path / "m.xml", text)
    assert document.title == "Module limit"
    assert said(document) == [
        ("Directives > limit_rate", "rate | off default: 0. Limits the rate."),
        ("See also", "Nothing."),
    ]


def test_tables_in_a_note_in_a_text_keep_their_cells(tmp_path):
    text = """<article><para>It knows these signals: <note><table><tr><td>TERM, INT</td><td>fast shutdown</td></tr>
<tr><td><p>QUIT</p><p>or 3</p></td><td>graceful shutdown</td></tr></table></note> and no others.</para></article>"""
    (document,) = documents(tmp_path / "m.xml", text)
    assert document.text == (
        "It knows these signals:\n\nTERM, INT | fast shutdown\nQUIT or 3 | graceful shutdown\n\nand no others."
    )


def test_elements_of_nothing_but_attributes_are_records(tmp_path):
    text = """<article><para>Advisories:</para><security><item name="Overflow in maps" cve="2026-7" good="1.31+"/>
<item name="Leak of memory" cve="2026-8" good="1.30+"/></security><graphic href="two words" width="3 4"/></article>"""
    (document,) = documents(tmp_path / "m.xml", text)
    assert document.text.split("\n\n") == [
        "Advisories:",
        "name: Overflow in maps; cve: 2026-7; good: 1.31+.",
        "name: Leak of memory; cve: 2026-8; good: 1.30+.",
    ]


def test_references_without_words_say_what_they_point_to_and_end_no_paragraph(tmp_path):
    text = """<article><para>It may be changed with the
<link doc="core.xml" id="pid"/>
directive, see <xref linkend="start"/><anchor/>.</para><section id="start"><title>How to start</title>
<para>Run it.</para></section></article>"""
    (document,) = documents(tmp_path / "m.xml", text)
    assert document.text.split("\n\n")[0] == "It may be changed with the pid directive, see How to start."


def test_examples_that_are_programs_keep_their_lines(tmp_path):
    text = """<article><para>So: <example>
http {
    limit one;
}
</example></para><example><title>Of pumps</title><para>P-100 is one.</para></example></article>"""
    (document,) = documents(tmp_path / "m.xml", text)
    assert document.text == "So:\n\nhttp {\n    limit one;\n}\n\nOf pumps\n\nP-100 is one."


def test_nothing_outside_of_an_xml_file_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    outside = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]><d><p>a &x; b</p></d>'
    (document,) = documents(tmp_path / "a.xml", outside)
    assert "secret" not in document.text
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    found = items(tmp_path / "b.xml", f"<!DOCTYPE d [{laughs}]><d><p>a &l9; b</p></d>")
    assert all(len(getattr(item, "text", "")) < 1_000 for item in found)
    (broken,) = items(tmp_path / "c.xml", "<d><p>a</d>")
    assert isinstance(broken, Problem) and broken.reason.startswith("not XML")


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
