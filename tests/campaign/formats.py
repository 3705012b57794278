"""Small valid files of every format that ragqa reads, made here, each saying `FACT` once."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from functools import cache

FACT = "The lighthouse of Vornholm was built by Ada Marsk in 1874."
MORE = "It stands on a rock, 41 metres above the sea, and its lamp is seen 20 miles away."


def text() -> bytes:
    """Two paragraphs."""
    return f"{FACT}\n\n{MORE} Ünïcödé 🦊 e\u0301.\r\nA last line.\n".encode()


def markdown() -> bytes:
    """Headings, a list, a table, code."""
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    return f"# Vornholm\n\n{FACT}\n\n## Height\n\n- {MORE}\n- *more*\n\n{table}\n\n```\nx\n```\n".encode()


def html() -> bytes:
    """Head, headings, a list, a table, entities, a script."""
    return (
        f"<!DOCTYPE html><html><head><title>Vornholm</title><script>var x = '<p>';</script></head><body><h1>A</h1>"
        f"<p>{FACT}</p><ul><li>one &amp; two<li>three</ul><table><tr><td>1</td><td colspan=2>2</td></tr></table>"
        f"<!-- note --><p>{MORE} &#x1F98A;</p></body></html>"
    ).encode()


def jsonl() -> bytes:
    """Records with a text."""
    rows = [{"id": "a", "text": FACT, "title": "Vornholm", "n": 1}, {"id": "b", "text": MORE, "tags": "x"}]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def squad() -> bytes:
    """SQuAD's format."""
    answers = [{"text": "Ada Marsk", "answer_start": FACT.index("Ada")}]
    paragraph = {"context": FACT, "qas": [{"id": "1", "question": "Who built it?", "answers": answers}]}
    return json.dumps({"version": "1.1", "data": [{"title": "Vornholm", "paragraphs": [paragraph]}]}).encode()


def comma() -> bytes:
    """A table with a column of texts."""
    return f'id,text,year\na,"{FACT}",1874\nb,"{MORE}\nand a ""quoted"" line",1875\n'.encode()


def tabs() -> bytes:
    """A table without a column of texts."""
    return f"name\tyear\tnote\nVornholm\t1874\t{FACT}\nOther\t1880\tnone\n".encode()


def parquet() -> bytes:
    """Texts, numbers, times and a nested column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "id": ["a", "b"],
            "text": [FACT, MORE],
            "year": [1874, None],
            "when": pa.array([1, 2], pa.timestamp("us")),
            "tags": [["x"], []],
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def pdf(content: bytes | None = None) -> bytes:
    """One page."""
    stream = content if content is not None else f"BT /F1 12 Tf 20 700 Td ({FACT}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, found in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, found)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(body: str | None = None) -> bytes:
    """A heading, paragraphs, a table."""
    if body is None:
        body = (
            f"<w:p><w:r><w:t>{FACT}</w:t></w:r></w:p><w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>"
            f"<w:tr><w:tc><w:p><w:r><w:t>left</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>right</w:t></w:r></w:p>"
            f"</w:tc></w:tr></w:tbl><w:p><w:r><w:t>{MORE}</w:t></w:r></w:p>"
        )
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return zipped(
        {
            "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            f'relationships+xml"/><Override PartName="/word/document.xml" ContentType="{kinds}"/></Types>',
            "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
        }
    )


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


MAKERS: dict[str, Callable[[], bytes]] = {
    ".txt": text,
    ".md": markdown,
    ".html": html,
    ".jsonl": jsonl,
    ".json": squad,
    ".csv": comma,
    ".tsv": tabs,
    ".parquet": parquet,
    ".pdf": pdf,
    ".docx": docx,
    ".txt.gz": lambda: gzip.compress(text(), mtime=0),
    ".jsonl.gz": lambda: gzip.compress(jsonl(), mtime=0),
}


@cache
def samples() -> dict[str, bytes]:
    """A valid file by suffix. To be called where threads may start (Arrow)."""
    return {suffix: make() for suffix, make in MAKERS.items()}
