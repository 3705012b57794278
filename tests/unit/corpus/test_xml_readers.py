"""XML: DocBook, JATS, questions and answers, data."""

from support.reading import documents, items, said

from ragqa.corpus.files import Problem

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
