"""Small whole files of every format, written here: a title, a heading and paragraphs go in, bytes come out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

Writer = Callable[[str, str, Sequence[str]], bytes]

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_CORE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def rst(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    def marked(text: str, mark: str) -> str:
        return f"{text}\n{mark * (len(text) * 2 + 4)}\n\n"

    return (marked(title, "=") + marked(heading, "-") + "\n\n".join(paragraphs) + "\n").encode()


def asciidoc(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    return f"= {title}\n\n== {heading}\n\n{chr(10).join(f'{text}{chr(10)}' for text in paragraphs)}".encode()


def man(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    return f'.TH {title} 1\n.SH "{heading}"\n{chr(10).join(f".PP{chr(10)}{text}" for text in paragraphs)}\n'.encode()


def latex(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    body = "\n\n".join(paragraphs)
    head = f"\\documentclass{{article}}\n\\title{{{title}}}\n\\begin{{document}}\n\\section{{{heading}}}\n"
    return f"{head}{body}\n\\end{{document}}\n".encode()


def python(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    body = "\n\n".join(f"    {text}" for text in paragraphs)
    return f'"""{title}"""\n\n\ndef {heading}():\n    """Begin.\n\n{body}\n    """\n'.encode()


def javascript(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    body = "\n *\n".join(f" * {text}" for text in paragraphs)
    return f"// {title}\n\n/**\n{body}\n */\nfunction {heading}() {{}}\n".encode()


def xml(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<para>{escape(text)}</para>\n" for text in paragraphs)
    section = f"<section><title>{escape(heading)}</title>{body}</section>"
    return f'<?xml version="1.0"?>\n<article><title>{escape(title)}</title>{section}</article>'.encode()


def html(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<p>{escape(text)}</p>\n" for text in paragraphs)
    return f"<!doctype html><title>{escape(title)}</title><h1>{escape(heading)}</h1>{body}".encode()


def notebook(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": [f"# {title}\n", f"## {heading}"]}]
    for text in paragraphs:
        output = {"output_type": "stream", "name": "stdout", "text": [text]}
        cells.append({"cell_type": "code", "metadata": {}, "outputs": [output], "source": ["print(text)"]})
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return json.dumps(content, ensure_ascii=False).encode()


def nested_json(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    items = [{"says": text, "more": {"n": 1}} for text in paragraphs]
    return json.dumps({"title": title, heading: items}, ensure_ascii=False).encode()


def eml(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Light", "ada@example.org", "ivo@example.org"
    message["Date"] = "Mon, 04 Mar 2024 10:00:00 +0100"
    message.set_content(f"{title}\n{heading}\n\n" + "\n\n".join(paragraphs), charset="utf-8")
    return message.as_bytes()


def mbox(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    one = eml(title, heading, paragraphs).replace(b"\nFrom ", b"\n>From ")
    return b"".join(b"From ada Mon Mar  4 10:00:00 2024\n" + one + b"\n\n" for _ in range(2))


def _relations(pairs: Sequence[tuple[str, str, str]]) -> str:
    said = "".join(f'<Relationship Id="{called}" Type="{kind}" Target="{place}"/>' for called, kind, place in pairs)
    return f'<Relationships xmlns="{_PACKAGE}">{said}</Relationships>'


def pptx(title: str, heading: str, paragraphs: Sequence[str], notes: str = "Notes of it.", graphic: str = "") -> bytes:
    """A presentation of two slides, of which the second has all paragraphs, a graphic and notes."""

    def shape(kind: str, texts: Sequence[str]) -> str:
        body = "".join(f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>" for text in texts)
        place = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>'
        return f"<p:sp><p:nvSpPr>{place}</p:nvSpPr><p:txBody>{body}</p:txBody></p:sp>"

    def slide(inner: str) -> str:
        return f"<p:sld {_A} {_P}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:sld>"

    ids = '<p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/></p:sldIdLst>'
    slides = [("rId1", f"{_OFFICE}/slide", "slides/slide1.xml"), ("rId2", f"{_OFFICE}/slide", "slides/slide2.xml")]
    number = shape("sldNum", ["7"])
    return zipped({
        "_rels/.rels": _relations([("rId1", f"{_OFFICE}/officeDocument", "ppt/presentation.xml"),
                                   ("rId2", _CORE, "docProps/core.xml")]),
        "docProps/core.xml": f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></c>',
        "ppt/presentation.xml": f'<p:presentation {_P} xmlns:r="{_OFFICE}">{ids}</p:presentation>',
        "ppt/_rels/presentation.xml.rels": _relations(slides),
        "ppt/slides/slide1.xml": slide(shape("body", paragraphs) + number + graphic + shape("title", [heading])),
        "ppt/slides/slide2.xml": slide(shape("ctrTitle", [title])),
        "ppt/slides/_rels/slide1.xml.rels": _relations([("rId1", f"{_OFFICE}/notesSlide", "../notesSlides/n1.xml")]),
        "ppt/notesSlides/n1.xml": slide(shape("body", [notes])),
    })  # fmt: skip


def xlsx(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Lights"
    sheet.append([heading, "Year"])
    for number, text in enumerate(paragraphs):
        sheet.append([text, 1874 + number])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def odt(title: str, heading: str, paragraphs: Sequence[str], more: str = "") -> bytes:
    body = "".join(f"<text:p>{escape(text)}</text:p>" for text in paragraphs)
    body = f'<text:h text:outline-level="1">{escape(heading)}</text:h>{body}{more}'
    content = f"<office:document-content {_ODF}><office:body><office:text>{body}</office:text></office:body>"
    meta = f"<office:meta><dc:title>{escape(title)}</dc:title></office:meta>"
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"{content}</office:document-content>",
        "meta.xml": f"<office:document-meta {_ODF}>{meta}</office:document-meta>",
    })  # fmt: skip


def ods_cell(text: str, **facts: str) -> str:
    """A cell of a sheet; ``facts`` are attributes, "repeated" of the table's and all others of the office's names."""
    names = {"repeated": "table:number-columns-repeated"}
    said = "".join(
        f' {names.get(name, "office:" + name.replace("_", "-"))}="{escape(value)}"' for name, value in facts.items()
    )
    return f"<table:table-cell{said}><text:p>{escape(text)}</text:p></table:table-cell>"


def ods(title: str, heading: str, paragraphs: Sequence[str], more: str = "") -> bytes:
    years = [
        ods_cell(f"{1874 + number:,}", value_type="float", value=f"{1874 + number}")
        for number in range(len(paragraphs))
    ]
    cells = [(ods_cell(heading), ods_cell("Year")), *zip(map(ods_cell, paragraphs), years, strict=True)]
    rows = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells)
    table = f'<table:table table:name="Lights">{rows}</table:table>{more}'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f"<office:document-content {_ODF}>{body}</office:document-content>",
    })  # fmt: skip


def epub(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    head = f"<h1>{escape(heading)}</h1>"
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{}</body></html>'
    items = "".join(f'<item id="c{n}" href="c%20{n}.xhtml" media-type="application/xhtml+xml"/>' for n in (1, 2))
    spine = '<spine><itemref idref="c2"/><itemref idref="c1"/></spine>'
    facts = f"<metadata><dc:title>{escape(title)}</dc:title><dc:creator>Ada Roth</dc:creator></metadata>"
    book = f'<package xmlns:dc="http://purl.org/dc/elements/1.1/">{facts}<manifest>{items}</manifest>{spine}</package>'
    return zipped({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<c><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></c>',
        "OPS/book.opf": book,
        "OPS/c 1.xhtml": page.format(head + body),
        "OPS/c 2.xhtml": page.format("<p>Before it all.</p>"),
    })  # fmt: skip


def text(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    return "\n\n".join(paragraphs).encode()


def markdown(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    return "\n\n".join((f"# {title}", f"## {heading}", *paragraphs)).encode()


def jsonl(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    rows = [{"id": f"r{number}", "title": title, "text": one} for number, one in enumerate(paragraphs)]
    return "".join(f"{json.dumps(row, ensure_ascii=number % 2 == 0)}\n" for number, row in enumerate(rows)).encode()


def _delimited(delimiter: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerows([(heading, "Year"), *((one, 1874 + number) for number, one in enumerate(paragraphs))])
    return out.getvalue().encode()


def comma_separated(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    return _delimited(",", heading, paragraphs)


def tab_separated(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    return _delimited("\t", heading, paragraphs)


def parquet(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet as files

    out = io.BytesIO()
    files.write_table(pa.table({heading: list(paragraphs), "Year": list(range(1874, 1874 + len(paragraphs)))}), out)
    return out.getvalue()


def word(title: str, heading: str, paragraphs: Sequence[str]) -> bytes:
    said = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(one)}</w:t></w:r></w:p>' for one in paragraphs)
    head = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{escape(heading)}</w:t></w:r></w:p>'
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return zipped({"word/document.xml": f"<w:document {names}><w:body>{head}{said}</w:body></w:document>"})


WRITERS: dict[str, Writer] = {
    ".txt": text, ".md": markdown, ".jsonl": jsonl, ".csv": comma_separated, ".tsv": tab_separated, ".parquet": parquet,
    ".docx": word,
    ".rst": rst, ".adoc": asciidoc, ".1": man, ".tex": latex, ".py": python, ".js": javascript, ".xml": xml,
    ".html": html, ".ipynb": notebook, ".json": nested_json, ".eml": eml, ".mbox": mbox, ".pptx": pptx, ".xlsx": xlsx,
    ".odt": odt, ".ods": ods, ".epub": epub,
}  # fmt: skip
