"""Small files of every format, damaged at random: nothing but documents and problems comes out."""

import gzip
import io
import json
import random

import docx
import pyarrow as pa
import pyarrow.parquet as pq
from support import hostile
from support.samples import WRITERS

from ragqa.corpus.files import SourceFile
from ragqa.corpus.formats import TABLE
from ragqa.corpus.guard import read_file
from ragqa.corpus.read import read_documents
from ragqa.documents import Document

ROUNDS = 6  # of each format; `python -m pytest` with more is what a campaign does

TEXT = "The lighthouse was built in 1874. Its lamp, made in Turin, is seen for 20 miles.\n\nIt has 212 steps.\n"
MARKDOWN = f'---\ntitle: "Light"\nyear: 1874\n---\n# Light\n\n{TEXT}\n## Steps\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'
HTML = f"<!doctype html><title>L</title><h1>Light</h1><p>{TEXT}</p><table><tr><td>1<td>2</table><pre>x</pre>&amp;"
RECORDS = [{"id": "a", "text": TEXT, "n": 1.5, "title": "Größe"}, {"id": "b", "text": "Two \ud83d\ude00", "n": 2}]
ROWS = 'id,text,year\n1,"The lamp, ""old"", is lit.",1874\n2,"Two\nlines",1900\n'
SQUAD = {
    "data": [{"title": "L", "paragraphs": [{"context": TEXT, "qas": [{"id": "q", "question": "?", "answers": []}]}]}]
}


def samples():
    """A small whole file of each format, by its ending."""
    table, word = io.BytesIO(), io.BytesIO()
    columns = {"text": [TEXT, "Two", None], "n": [1, 2, None], "t": pa.array([1, 2, 3], pa.timestamp("ns"))}
    pq.write_table(pa.table(columns), table)
    document = docx.Document()
    document.add_heading("Light", 1)
    document.add_paragraph(TEXT)
    document.add_table(rows=2, cols=2).cell(0, 0).text = "a"
    document.save(word)
    page = hostile.PAGE + b"/Contents 4 0 R " + hostile.FONT + b">> >>"
    objects = {1: hostile.CATALOG, 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: page}
    objects[4] = hostile.stream(b"", b"BT /F1 12 Tf 1 0 0 1 0 0 Tm (The lamp is lit.) Tj ET")
    objects[20] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    lines = "".join(f"{json.dumps(record)}\n" for record in RECORDS)
    return {
        ".txt": TEXT.encode(),
        ".yaml": f"lamp:\n  text: {TEXT!r}\n".encode(),
        ".md": MARKDOWN.encode(),
        ".markdown": f"+++\nn = 1\n[a]\nb = [1, 2]\n+++\n{MARKDOWN}".encode(),
        ".html": HTML.encode(),
        ".htm": HTML.encode("utf-16"),
        ".jsonl": lines.encode(),
        ".ndjson": lines.encode(),
        ".json": json.dumps(SQUAD).encode(),
        ".csv": ROWS.encode(),
        ".tsv": ROWS.replace(",", "\t").encode(),
        ".parquet": table.getvalue(),
        ".pdf": hostile.pdf(objects),
        ".docx": word.getvalue(),
        **{suffix: write("Light", "Steps", [TEXT, "Two"]) for suffix, write in WRITERS.items() if suffix != ".json"},
        ".txt.gz": gzip.compress(TEXT.encode()),
        ".jsonl.gz": gzip.compress(lines.encode()),
    }


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Bits turned, bytes changed, a part cut out, repeated, moved, or the end cut off: one to eight of these."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if not data:
            break
        start = chance.randrange(len(data))
        end = min(len(data), start + chance.choice((1, 2, 4, 16, 100, 1000)))
        part = bytes(data[start:end])
        match chance.randrange(7):
            case 0:
                data[start] ^= 1 << chance.randrange(8)
            case 1:
                data[start:end] = bytes(chance.choice(b"\0\xff\x80[{\"'<&\n9") for _ in part)
            case 2:
                del data[start:end]
            case 3:
                data[start:start] = part * chance.choice((1, 10, 1000))
            case 4:
                place = chance.randrange(len(data))
                data[place:place] = part
            case 5:
                del data[start:]
            case 6:
                data[start:end] = chance.randbytes(len(part))
    return bytes(data)


def write_mutants(folder, rounds, seed):
    """``rounds`` damaged files of each format, each numbered, with a good one after every tenth; how many good ones."""
    chance, good, number = random.Random(seed), 0, 0
    for turn in range(rounds):
        for suffix, content in samples().items():
            (folder / f"{number:06}{suffix}").write_bytes(mutated(content, chance))
            number += 1
        (folder / f"{number:06}-good.txt").write_text(f"good {turn}")
        good += 1
    return good


def test_every_format_has_a_sample(tmp_path):
    assert all(not set(one.suffixes).isdisjoint(samples()) for one in TABLE)
    for suffix, content in samples().items():
        path = tmp_path / f"a{suffix}"
        path.write_bytes(content)
        assert any(isinstance(item, Document) for item in read_file(SourceFile(path, path.name))), suffix


def test_damaged_files(tmp_path):
    good = write_mutants(tmp_path, ROUNDS, seed=16)
    problems = []
    documents = list(read_documents([tmp_path], problems.append))
    assert sum(document.text.startswith("good ") for document in documents) == good
    for document in documents:
        assert document.text.strip() and document.sha and document.source.startswith(str(tmp_path))
    assert problems and all(problem.reason and problem.source.startswith(str(tmp_path)) for problem in problems)
    assert not [problem for problem in problems if "broke down" in problem.reason]
