"""Files made to do harm: whatever one is, the build goes on within 1 GB, it ends in time, and the good files beside it
are indexed. A share of what was indexed is asked with the packaged models, which meet each passage too.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

from ..formats import FACT, docx, html, jsonl, pdf, zipped
from ..judges import process, refusal, result
from ..outcome import BAD, Outcome, Result
from ..processes import run
from ..world import ragqa_command
from . import Lab, clear
from .fuzz import index_folder

Maker = Callable[[Path, random.Random], None]
SIZES = (1_000, 20_000, 200_000)


def _file(name: str, content: Callable[[random.Random], bytes | str]) -> Maker:
    def make(folder: Path, rng: random.Random) -> None:
        found = content(rng)
        (folder / name).write_bytes(found.encode("utf-8", "surrogatepass") if isinstance(found, str) else found)

    return make


def _repeated(name: str, piece: str, before: str = "", after: str = "") -> Maker:
    return _file(name, lambda rng: before + piece * (rng.choice(SIZES) // len(piece)) + after)


def _gzip_bomb(rng: random.Random) -> bytes:
    return gzip.compress(f"{FACT} ".encode() * 60_000, 9, mtime=0) * rng.choice((1, 400))  # members unpack as one


def _records_bomb(rng: random.Random) -> bytes:
    return gzip.compress(jsonl() * 2_000, 9, mtime=0) * rng.choice((1, 4000))


def _docx_bomb(rng: random.Random) -> bytes:
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/media/a.png", "w") as picture:
        for _ in range(rng.choice((1, 110))):
            picture.write(bytes(10 << 20))
    return out.getvalue()


def _document_bomb(rng: random.Random) -> bytes:
    return docx(f"<w:p><w:r><w:t>{'word ' * 200}</w:t></w:r></w:p>" * rng.choice((500, 100_000)))


def _entities(rng: random.Random) -> bytes:
    lines = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    start = f"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY a0 'ha'>{lines}]>"
    with zipfile.ZipFile(io.BytesIO(docx("<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    body = parts["word/document.xml"].decode().removeprefix('<?xml version="1.0"?>')
    return zipped({**parts, "word/document.xml": start + body})


def _grid_span(rng: random.Random) -> bytes:
    span = rng.choice((10_000, 2_000_000, 2_000_000_000, -1, 10**30))
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr><w:p><w:r><w:t>{FACT}</w:t></w:r></w:p></w:tc>'
    return docx(f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr>{cell}</w:tr></w:tbl>")


def _nested_tables(rng: random.Random) -> bytes:
    deep = rng.choice((50, 500, 5000))
    start = "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>"
    return docx(start * deep + "<w:p><w:r><w:t>x</w:t></w:r></w:p>" + "<w:p/></w:tc></w:tr></w:tbl>" * deep)


def _pdf_bomb(rng: random.Random) -> bytes:
    import zlib

    packed = zlib.compress(b"BT (x) Tj ET " * (rng.choice((1, 30)) << 20), 9)
    return pdf(packed).replace(
        b"<< /Length %d >>" % len(packed), b"<< /Filter /FlateDecode /Length %d >>" % len(packed)
    )


def _pdf_loop(rng: random.Random) -> bytes:
    return pdf().replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]").replace(b"/Count 1", b"/Count 999999999")


def _pdf_names(rng: random.Random) -> bytes:
    return pdf(b"q " * rng.choice(SIZES) + b"BT (x) Tj ET")


def _in_arrow(make: Callable[[Path], None]) -> None:
    """Arrow starts threads, so its files are written by another process."""
    ended = run(lambda: make(Path()), needs=30)
    assert ended.code == 0, ended.err


def _parquet_bomb(folder: Path, rng: random.Random) -> None:
    rows, groups = rng.choice(((1_000, 1), (20_000_000, 4)))

    def make(_: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        nothing = pa.table({"text": pa.nulls(rows, pa.string())})
        with pq.ParquetWriter(folder / "bomb.parquet", nothing.schema) as writer:
            writer.write_table(pa.table({"text": [FACT]}))
            for _ in range(groups):
                writer.write_table(nothing, row_group_size=rows)

    _in_arrow(make)


def _parquet_long(folder: Path, rng: random.Random) -> None:
    size = rng.choice((1 << 20, 100 << 20))

    def make(_: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({"text": ["x y " * (size // 4)] * 3})
        pq.write_table(table, folder / "long.parquet", compression="zstd")

    _in_arrow(make)


def _parquet_types(folder: Path, rng: random.Random) -> None:
    way = rng.randrange(5)

    def make(_: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        odd = (
            pa.array([1, 2**62], pa.timestamp("ns")),
            pa.array([2**63 - 1, -(2**63)], pa.timestamp("us")),
            pa.array([b"\xff\xfe", b"ok"], pa.binary()).view(pa.string()),
            pa.array([10**37, 1], pa.decimal128(38, 0)),
            pa.array([2**31 - 1, -(2**31)], pa.date32()),
        )[way]
        pq.write_table(pa.table({"text": [FACT, "x"], "odd": odd}), folder / "odd.parquet")

    _in_arrow(make)


def _parquet_wide(folder: Path, rng: random.Random) -> None:
    columns = rng.choice((500, 20_000))

    def make(_: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({f"c{n}": [n] for n in range(columns)}), folder / "wide.parquet")

    _in_arrow(make)


def _deep_folders(folder: Path, rng: random.Random) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(rng.choice((300, 1200))):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    handle = os.open("deep.txt", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here)
    os.write(handle, FACT.encode())
    os.close(handle)
    os.close(here)


def _odd_names(folder: Path, rng: random.Random) -> None:
    for name in (b"a\nb.txt", b"\x1b[31mred\x1b]0;title\x07.txt", b"\xff\xfe.txt", "\u202egpj.txt".encode(), b"-o.txt"):
        (folder / os.fsdecode(name)).write_text(FACT)


def _odd_bytes(folder: Path, rng: random.Random) -> None:
    for suffix in ("txt", "md", "html", "json", "jsonl", "csv", "tsv", "pdf", "docx", "parquet", "txt.gz"):
        (folder / f"random.{suffix}").write_bytes(rng.randbytes(rng.choice((0, 1, 7, 4096))))


def _not_files(folder: Path, rng: random.Random) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "self").symlink_to(folder)
    (folder / "gone.txt").symlink_to(folder / "nothing")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "secret.txt").symlink_to("/etc/passwd")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)
        server.bind("socket.txt")
        os.chdir("/")


def _many_cells(rng: random.Random) -> str:
    row = ",".join("x" * rng.choice((1, 5)) for _ in range(rng.choice((1_000, 50_000))))
    return "\n".join([row] * 20)


FILES: dict[str, Maker] = {
    "gzip bomb": _file("bomb.txt.gz", _gzip_bomb),
    "gzip of JSON Lines bomb": _file("bomb.jsonl.gz", _records_bomb),
    "picture bomb in Word": _file("media.docx", _docx_bomb),
    "document bomb in Word": _file("bomb.docx", _document_bomb),
    "entities in Word": _file("entities.docx", _entities),
    "gridSpan": _file("grid.docx", _grid_span),
    "nested tables in Word": _file("nested.docx", _nested_tables),
    "PDF bomb": _file("bomb.pdf", _pdf_bomb),
    "PDF page loop": _file("loop.pdf", _pdf_loop),
    "PDF operators": _file("names.pdf", _pdf_names),
    "Parquet bomb": _parquet_bomb,
    "long Parquet cells": _parquet_long,
    "odd Parquet types": _parquet_types,
    "wide Parquet": _parquet_wide,
    "open tags": _repeated("tags.html", "<a "),
    "open tags of two kinds": _repeated("tags2.html", "<a href='"),
    "open comments": _repeated("comments.html", "<!-"),
    "open declarations": _repeated("declarations.html", "<![if "),
    "nested elements": _repeated("nested.html", "<div><b>", "<html><body>"),
    "closed elements": _repeated("closed.html", "</p></div>"),
    "colspan": _file("span.html", lambda rng: f"<table><tr><td colspan={rng.choice((10**4, 10**9))}>x</table>{FACT}"),
    "entities in HTML": _repeated("entities.html", "&#x110000;&#99999999999;&lt"),
    "script without an end": _repeated("script.html", "<script>"),
    "html": _file("plain.html", lambda rng: html() * 300),
    "nested arrays": _file("deep.json", lambda rng: "[" * rng.choice(SIZES)),
    "nested objects": _file("deep.jsonl", lambda rng: '{"text": ' * rng.choice(SIZES) + "1\n"),
    "huge integer": _file("integer.jsonl", lambda rng: f'{{"text": "x", "n": {"9" * rng.choice(SIZES)}}}\n'),
    "huge numbers": _file("numbers.json", lambda rng: json.dumps({"data": 1e308}) + "9" * rng.choice(SIZES)),
    "lone surrogates": _file("surrogates.jsonl", lambda rng: '{"id": "\\ud800", "text": "\\udfff is \\ud83e"}\n' * 3),
    "bars": _repeated("bars.md", " | "),
    "stars": _repeated("stars.md", "*_"),
    "brackets": _repeated("brackets.md", "[!["),
    "quotations": _repeated("quotations.md", "> "),
    "headings": _repeated("headings.md", "# a\n"),
    "code fences": _repeated("fences.md", "```\n~~~\n"),
    "front matter": _repeated("matter.md", "a: &a [*a, *a]\n", "---\n"),
    "TOML front matter": _repeated("toml.md", "[", "+++\na = ", "\n+++\n"),
    "no words": _repeated("bars.txt", " | | |"),
    "one long word": _repeated("word.txt", "x"),
    "one long line": _repeated("line.txt", "word, "),
    "combining marks": _repeated("zalgo.txt", "\u0301\u0489", "e"),
    "full stops": _repeated("stops.txt", ". "),
    "line ends": _repeated("lines.txt", "\r\n\r", FACT),
    "control characters": _file("control.txt", lambda rng: "\x1b[2J\x9b31m\x1b]0;owned\x07 " * 50 + FACT),
    "title with an escape": _file("escape.html", lambda rng: f"<title>\x1b]0;owned\x07</title><p>{FACT}"),
    "one long cell": _repeated("cell.csv", "x, ", 'id,text\na,"'),
    "quotation marks": _repeated("quotes.csv", '"', "id,text\na,"),
    "many cells": _file("cells.csv", _many_cells),
    "many columns": _file("columns.tsv", lambda rng: "\t".join(map(str, range(rng.choice(SIZES)))) + "\na\tb\n"),
    "random bytes": _odd_bytes,
    "UTF-16 without its mark": _file("sixteen.txt", lambda rng: FACT.encode("utf-16-le") * 50),
    "UTF-7 and overlong forms": _file("overlong.txt", lambda rng: b"+ADw- \xc0\xaf \xe0\x80\xaf \xf8\x88" * 99),
    "deep folders": _deep_folders,
    "odd names": _odd_names,
    "pipes, devices and links": _not_files,
}


NEEDS = {"bomb": 10.0, "long Parquet": 15.0}  # seconds that unpacking as much as is allowed may rightly take


def trial(lab: Lab, number: int) -> Result:
    """Index a hostile file beside good ones; every fifth time ask what was indexed with the packaged models."""
    rng = lab.random(number)
    name = list(FILES)[number % len(FILES)]
    folder, index = lab.scratch / "hostile-files", lab.scratch / "hostile-index"
    for place in (folder, index):
        clear(place)
    folder.mkdir()
    FILES[name](folder, rng)
    size = sum(path.lstat().st_size for path in folder.iterdir())
    what = f"{name}, {size:,} bytes"
    found = index_folder(folder, index, what, next((more for part, more in NEEDS.items() if part in name), 3.0))
    if found.outcome in BAD or number % 5 != 4 or size > 1 << 20:
        return found
    return _ask(folder, lab.scratch / "hostile-asked", found, what)


def _ask(folder: Path, index: Path, found: Result, what: str) -> Result:
    clear(index)
    built = run(ragqa_command("index", folder, "-o", index, "-q", packaged=True), needs=30)
    if built.code != 0 or process(built):
        return result(process(built) or Outcome.LOST, f"{what}, with the packaged encoder", built)
    question = "Who built the lighthouse of Vornholm | | |?"
    asked = run(ragqa_command("ask", question, "-i", index, packaged=True), needs=10)
    if fault := process(asked) or (refusal(asked) if asked.code else None):
        return result(fault, f"{what}, asked with the packaged models", asked)
    if any((ord(letter) < 32 and letter != "\n") or 127 <= ord(letter) < 160 for letter in asked.out + asked.err):
        return result(Outcome.UNCLEAR, f"{what}, shown with control characters", asked)
    return found
