"""Hostile and odd files: small, and each of a kind that once stopped, slowed or filled something."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] "
FONT = b"/Resources << /Font << /F1 20 0 R >> "


def pdf(objects: Mapping[int, bytes]) -> bytes:
    """A PDF of these objects, numbered from 1, the first of them the catalog."""
    out, places = b"%PDF-1.4\n", []
    for number in sorted(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(out))
    return out + head + table + tail


def stream(facts: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (facts, len(content), content)


def slow_pdf() -> bytes:
    """A page of forms that show forms that show forms …: a hundred million million blanks in 4 KB, forty times."""
    objects = {1: CATALOG, 2: b"<< /Type /Pages /Count 40 /Kids [%s] >>" % (b"3 0 R " * 40)}
    objects[3] = PAGE + b"/Contents 4 0 R " + FONT + b"/XObject << /X 5 0 R >> >> >>"
    objects[4] = stream(b"", b"/X Do " * 10)
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
    for number in range(5, 19):
        objects[number] = stream(form + FONT + b"/XObject << /X %d 0 R >> >>" % (number + 1), b"/X Do " * 10)
    objects[19] = stream(form + FONT + b">>", b"BT /F1 12 Tf ( ) Tj ET")
    objects[20] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return pdf(objects)


def looping_pdf() -> bytes:
    """Pages whose kids are the pages they belong to."""
    pages = b"<< /Type /Pages /Count 1 /Kids [%d 0 R] /Parent %d 0 R >>"
    return pdf({1: CATALOG, 2: pages % (3, 3), 3: pages % (2, 2)})


def endless_pdf() -> bytes:
    """It claims two billion pages."""
    return pdf({1: CATALOG, 2: b"<< /Type /Pages /Count 2000000000 /Kids [3 0 R] >>", 3: PAGE + b">>"})


def bomb_pdf() -> bytes:
    """A page whose content is packed twice."""
    content = zlib.compress(zlib.compress(b"q " * (1 << 25)))
    page = PAGE + b"/Contents 4 0 R >>"
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    return pdf({1: CATALOG, 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: page, 4: stream(filters, content)})


def word(body: str = "", *, before: str = "", text: str = "The harbour has six cranes.") -> bytes:
    """A Word file with a paragraph, this XML at the end of its body, and that in front of its document element."""
    import docx

    plain, out = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(plain)
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "word/document.xml":
                content = content.replace(b"<w:document", before.encode() + b"<w:document", 1)
                content = content.replace(b"</w:body>", body.encode() + b"</w:body>")
            archive.writestr(name, content)
    return out.getvalue()


def bomb_word() -> bytes:
    """It says that it unpacks to more than a GB."""
    out = io.BytesIO(word())
    with zipfile.ZipFile(out, "a") as archive:
        archive.getinfo("word/document.xml").file_size = 1 << 30
        archive.comment = b"written anew"
    return out.getvalue()


def cell(said: str, span: int = 1) -> str:
    facts = f'<w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>'
    return f"<w:tc>{facts}<w:p><w:r><w:t>{said}</w:t></w:r></w:p></w:tc>"


def wide_word() -> bytes:
    """A cell that claims to span two billion columns."""
    return word(f"<w:tbl><w:tr>{cell('Cranes', 2_000_000_000)}{cell('six')}</w:tr></w:tbl>")


def laughing_word() -> bytes:
    """A billion laughs: entities of entities."""
    entities = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 12))
    before = f'<!DOCTYPE w:document [<!ENTITY l0 "ha">{entities}]>'
    return word("<w:p><w:r><w:t>&l11;</w:t></w:r></w:p>", before=before)


def bomb_parquet(path: Path) -> None:
    """Three thousand times one text of a MB, kept once: 3 GB in 300 bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 3000, pa.int32()), pa.array(["x" * (1 << 20)]))
    pq.write_table(pa.table({"text": texts}), path, compression="zstd", store_schema=False)


def write_hostile(folder: Path) -> set[str]:
    """A dozen hostile files; their names. Each is to be skipped and named."""
    files = {
        "bomb.docx": bomb_word(),
        "bomb.txt.gz": gzip.compress(b"x" * (80 << 20)),
        "cut.jsonl.gz": gzip.compress(b'{"text": "x"}\n' * 1000)[:-9],
        "deep.html": b"<div>" * 20_000,
        "deep.json": b"[" * 100_000 + b"]" * 100_000,
        "endless.csv": b"a,b\n" + b'x"y,"\n' * 1000,
        "laughs.docx": laughing_word(),
        "loop.pdf": looping_pdf(),
        "wide.csv": b",".join(b"c%d" % number for number in range(20_000)) + b"\n1,2\n",
        "wide.jsonl": json.dumps({f"c{number}": number for number in range(20_000)}).encode(),
        "words.txt": b"\x7fELF" + bytes(range(256)) * 4,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    bomb_parquet(folder / "bomb.parquet")
    return {*files, "bomb.parquet"}
