"""Word files: what Word shows once all changes are accepted."""

import zipfile

import pytest

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

SHOWN = '<w:vanish w:val="0"/>'
ITSELF = '<w:r><w:footnoteReference w:id="2"/></w:r>'


def write(path, body, **parts):
    """A Word file of this body and these other parts: styles, numbering, footnotes, header, footer."""
    listed = "".join(
        f'<Relationship Id="r{at}" Type="{RELATIONS}/{name.rstrip("0123456789")}" Target="{name}.xml"/>'
        for at, name in enumerate(parts)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        archive.writestr("word/_rels/document.xml.rels", f"<Relationships>{listed}</Relationships>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", content)


def one(tmp_path, body, **parts):
    write(tmp_path / "a.docx", body, **parts)
    (document,) = read_file(SourceFile(tmp_path / "a.docx", "a.docx"))
    assert not isinstance(document, Problem), document.reason
    return document


def p(inside, facts=""):
    return f"<w:p><w:pPr>{facts}</w:pPr>{inside}</w:p>"


def r(text, facts=""):
    return f'<w:r><w:rPr>{facts}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def cell(inside, facts=""):
    return f"<w:tc><w:tcPr>{facts}</w:tcPr>{inside}</w:tc>"


def field(code, result):
    parts = [f'<w:fldChar w:fldCharType="{kind}"/>' for kind in ("begin", "separate", "end")]
    return f"<w:r>{parts[0]}<w:instrText>{code}</w:instrText>{parts[1]}</w:r>{result}<w:r>{parts[2]}</w:r>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (p(f"{r('Within ')}<w:del>{r('30')}</w:del><w:ins>{r('45')}</w:ins>{r(' days.')}"), "Within 45 days."),
        (f"<w:ins>{p(r('New.'))}</w:ins>", "New."),
        (f"<w:sdt><w:sdtContent>{p(r('In a control.'))}</w:sdtContent></w:sdt>", "In a control."),
        (p(f"{r('No. ')}<w:sdt><w:sdtContent>{r('KX-1')}</w:sdtContent></w:sdt>"), "No. KX-1"),
        (
            p(f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{r('Click')}</w:sdtContent></w:sdt>{r('x')}"),
            "x",
        ),
        (p(f"<w:smartTag>{r('Orlin')}</w:smartTag><w:hyperlink>{r(' town')}</w:hyperlink>"), "Orlin town"),
        (p(f"{r('Total ')}{field('SUM(A1)', r('12'))}<w:fldSimple>{r(' t')}</w:fldSimple>"), "Total 12 t"),
        (p(field(f"IF {field('REF x', r('inner'))}", r("outer"))), "outer"),
        (p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + r("lost?")) + p(r("Next.")), "Next."),
        (p(f"<w:moveFrom>{r('away ')}</w:moveFrom><w:moveTo>{r('here')}</w:moveTo>"), "here"),
        (p(f"{r('Seen')}{r(' hidden', '<w:vanish/>')}{r(' again', SHOWN)}"), "Seen again"),
        (p(r("First "), "<w:rPr><w:del/></w:rPr>") + p(r("and second.")), "First and second."),
        (
            p(
                f"{r('a')}<w:r><w:tab/><w:t>b</w:t><w:br/><w:noBreakHyphen/><w:softHyphen/></w:r>{r('c')}",
                "<w:tabs><w:tab/></w:tabs>",
            ),
            "a\tb\n-c",
        ),
        (p(f"{r('5 ')}<w:r><w:sym w:font='Symbol' w:char='F06D'/></w:r>{r('g')}"), "5 μg"),
        (p(f"<w:ruby><w:rt>{r('kan')}</w:rt><w:rubyBase>{r('漢')}</w:rubyBase></w:ruby>"), "漢"),
    ],
)
def test_what_word_shows(tmp_path, body, said):
    assert one(tmp_path, body).text == said


def test_text_boxes_come_once_after_their_paragraph(tmp_path):
    inside = f"<w:txbxContent>{p(r('Boxed.'))}</w:txbxContent>"
    box = (
        '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice>{inside}</mc:Choice><mc:Fallback>{inside}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert one(tmp_path, p(r("Before") + box + r(" it.")) + p(r("After."))).text == "Before it.\n\nBoxed.\n\nAfter."


def test_notes_are_said_where_they_are_referred_to(tmp_path):
    notes = (
        f"<w:footnotes {W}><w:footnote w:id='-1' w:type='separator'>{p(r('---'))}</w:footnote>"
        f"<w:footnote w:id='1'>{p(r('Without tax.'))}</w:footnote><w:footnote w:id='2'>"
        f"{p(r('Never.') + ITSELF)}</w:footnote></w:footnotes>"
    )
    body = p(r("It costs 5 euros.") + "<w:r><w:footnoteReference w:id='1'/><w:footnoteReference w:id='2'/></w:r>")
    assert one(tmp_path, body + p(r("Next.")), footnotes=notes).text == (
        "It costs 5 euros.[1][2]\n\n[1] Without tax.\n\n[2] Never.\n\nNext."
    )


def test_headers_and_footers_are_said_once_below_no_heading(tmp_path):
    styles = f"<w:styles {W}><w:style w:styleId='H1'><w:name w:val='heading 1'/></w:style></w:styles>"
    header = f"<w:hdr {W}>{p(r('Case KX-7781'))}</w:hdr>"
    footer = f"<w:ftr {W}>{p(r('Page ') + field('PAGE', r('3')))}{p(r('Kestrel Ltd.'))}</w:ftr>"
    body = p(r("Terms"), "<w:pStyle w:val='H1'/>") + p(r("Text."))
    document = one(tmp_path, body, styles=styles, header1=header, header2=header, footer1=footer)
    assert document.text == "Terms\n\nText.\n\nCase KX-7781\n\nKestrel Ltd."
    assert [(document.text[s.body or s.start :].split()[0], s.heading) for s in document.sections] == [
        ("Text.", "Terms"),
        ("Case", ""),
    ]


def test_numbers_of_lists_and_headings(tmp_path):
    levels = "".join(
        f"<w:lvl w:ilvl='{at}'><w:start w:val='1'/><w:numFmt w:val='{kind}'/><w:lvlText w:val='{text}'/>{more}</w:lvl>"
        for at, kind, text, more in (
            (0, "decimal", "%1.", "<w:pStyle w:val='H1'/>"),
            (1, "decimal", "%1.%2", "<w:pStyle w:val='H2'/>"),
            (2, "lowerRoman", "(%3)", ""),
            (3, "bullet", "•", ""),
        )
    )
    numbering = (
        f"<w:numbering {W}><w:abstractNum w:abstractNumId='7'>{levels}</w:abstractNum>"
        "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num></w:numbering>"
    )
    number = "<w:numPr><w:numId w:val='1'/></w:numPr>"
    styles = f"<w:styles {W}>" + "".join(
        f"<w:style w:styleId='H{n}'><w:name w:val='heading {n}'/><w:pPr>{number}</w:pPr></w:style>" for n in (1, 2)
    )
    item = "<w:numPr><w:ilvl w:val='%d'/><w:numId w:val='1'/></w:numPr>"
    body = (
        p(r("Terms"), "<w:pStyle w:val='H1'/>")
        + p(r("Price"), "<w:pStyle w:val='H2'/>")
        + p(r("a"), item % 2)
        + p(r("b"), item % 2)
        + p(r("c"), item % 3)
        + p(r("Time"), "<w:pStyle w:val='H2'/>")
        + p(r("d"), item % 2)
    )
    document = one(tmp_path, body, styles=styles + "</w:styles>", numbering=numbering)
    assert document.text == "1. Terms\n\n1.1 Price\n\n(i) a\n(ii) b\nc\n\n1.2 Time\n\n(i) d"
    assert [s.heading for s in document.sections] == ["1. Terms", "1. Terms > 1.1 Price", "1. Terms > 1.2 Time"]


def test_tables(tmp_path):
    head = "<w:trPr><w:tblHeader/></w:trPr>"
    rows = [
        head + cell(p(r("Line"))) + cell(p(r("Stop"))) + cell(p(r("By"))),
        cell(p(r("Red")), "<w:vMerge w:val='restart'/>") + cell(p(r("Mill"))) + cell(p("")),
        cell(p(""), "<w:vMerge/>") + cell(p(r("Quarry")) + p(r("Lane"))) + cell(p(r("Roth"))),
        cell(p(r("Both")), "<w:gridSpan w:val='2'/>") + cell(p(r("Lenz"))),
        "<w:trPr><w:del/></w:trPr>" + cell(p(r("Gone"))),
    ]
    document = one(tmp_path, f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>")
    assert document.text == "Line | Stop | By\nRed | Mill | \nRed | Quarry Lane | Roth\nBoth |  | Lenz"
    assert [(table.columns, document.text[table.body :][:3]) for table in document.tables] == [
        ("Line | Stop | By", "Red")
    ]


def test_a_table_in_a_table_arranges_and_is_read(tmp_path):
    inner = f"<w:tbl><w:tr>{cell(p(r('a')))}{cell(p(r('b')))}</w:tr></w:tbl>"
    assert (
        one(tmp_path, f"<w:tbl><w:tr>{cell(p(r('Left')))}{cell(inner + p(''))}</w:tr></w:tbl>").text == "Left\n\na | b"
    )


def test_contents_that_repeat_the_headings_are_left_out(tmp_path):
    styles = f"<w:styles {W}><w:style w:styleId='T1'><w:name w:val='toc 1'/></w:style></w:styles>"
    assert one(tmp_path, p(r("Terms 3"), "<w:pStyle w:val='T1'/>") + p(r("Text.")), styles=styles).text == "Text."
