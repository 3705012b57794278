"""Each format on a small real file; test_delimited.py has tables as text."""

import gzip
import json

import docx
import pyarrow as pa
import pyarrow.parquet as pq
from support.reading import one, read_paths

from ragqa.config import SplitConfig
from ragqa.corpus.split import split


def pdf_bytes(pages, title=""):
    """A minimal PDF: one line of text a page."""
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
    objects[4] = b"<< /Title (%s) >>" % title.encode()
    kids = []
    for number, text in enumerate(pages):
        page, stream = 5 + 2 * number, b"BT /F1 12 Tf 50 700 Td (%s) Tj ET" % text.encode()
        kids.append(b"%d 0 R" % page)
        objects[page] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (page + 1)
        )
        objects[page + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(kids))
    out, places = b"%PDF-1.4\n", []
    for number in sorted(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(out))
    return out + head + table + tail


def test_text_stands_as_it_is(tmp_path):
    document = one(tmp_path / "a.txt", "\ufeff One\r\n\r\nTwo \n")
    assert document.text == " One\r\n\r\nTwo \n"
    assert (document.id, document.source, document.line) == ("a.txt", str(tmp_path / "a.txt"), 1)
    assert (document.title, document.sections, dict(document.meta)) == ("", (), {})


def test_markdown_outline(tmp_path):
    text = (
        "# The *Moon* #\n\nA.\n\n## `Phases` of [it](u)\nB.\n```\n# no heading\n```\n### Deep\nC.\n## Last\n#hashtag\n"
    )
    document = one(tmp_path / "m.md", text)
    assert document.text == text
    assert document.title == "The Moon"
    assert document.line == 1
    assert [(section.start, section.heading) for section in document.sections] == [
        (0, "The Moon"),
        (text.index("## `P"), "The Moon > Phases of it"),
        (text.index("### D"), "The Moon > Phases of it > Deep"),
        (text.index("## L"), "The Moon > Last"),
    ]
    passages = split(document, SplitConfig())
    assert [p.heading for p in passages] == ["", "Phases of it", "Phases of it > Deep", "Last"]
    assert [p.text for p in passages] == ["A.", "B.\n```\n# no heading\n```", "C.", "#hashtag"]
    assert [p.line for p in passages] == [3, 6, 11, 13]


def test_markdown_front_matter(tmp_path):
    text = '---\ntitle: "Tea: a drink"\nn: 1657\nhot: true\nrate: 0.5\nzip: 01234\ntags: [a]\nby:\n- x\n---\n\nText.\n'
    document = one(tmp_path / "f.markdown", text)
    assert document.title == "Tea: a drink"
    assert document.meta == {"n": 1657, "hot": True, "rate": 0.5, "zip": "01234", "tags": ["a"], "by": ["x"]}
    assert [(p.text, p.line) for p in split(document, SplitConfig())] == [("Text.", 12)]


def test_markdown_toml_front_matter(tmp_path):
    document = one(tmp_path / "f.md", '+++\ntitle = "T"\nn = 1\n+++\n# H\nText.')
    assert (document.title, dict(document.meta)) == ("T", {"n": 1})


def test_markdown_text_between_rules_is_no_front_matter(tmp_path):
    document = one(tmp_path / "f.md", "---\nJust a sentence.\n---\n# H\nText.")
    assert (document.title, dict(document.meta)) == ("H", {})


def test_html(tmp_path):
    page = """<!doctype html><html><head><title>The
    Tide</title><style>p{}</style><script>var x = "<p>no</p>";</script></head><body>
    <header><h1>Site</h1></header><nav><a href=/>Home</a></nav>
    <main><header><h1>The  Tide</h1></header><p>Caf&eacute; &amp;
    sea,<br>two <b>lines</b>.</p><div>Next<p>one</div>
    <h2>High<i>er</i> tide</h2><ul><li>first<li>second</ul>
    <table><tr><th>Port</th><th>Metres</th></tr><tr><td><p>Brest</p></td><td>6&nbsp;m</td></tr></table>
    <pre>a  b
 c</pre></main><footer>Imprint</footer><aside>Shop</aside></body></html>"""
    document = one(tmp_path / "t.html", page)
    assert document.title == "The Tide"
    assert document.text == (
        "The Tide\n\nCafé & sea,\ntwo lines.\n\nNext\n\none\n\nHigher tide\n\nfirst\nsecond\n\n"
        "Port | Metres\nBrest | 6 m\n\na  b\n c"
    )
    assert [(document.text[s.start :][:6], s.heading) for s in document.sections] == [
        ("The Ti", "The Tide"),
        ("Higher", "The Tide > Higher tide"),
    ]
    assert document.line == 0
    passages = split(document, SplitConfig(words=40))
    assert [p.heading for p in passages] == ["", "Higher tide"]
    assert passages[0].text.startswith("Café")
    assert passages[1].text.startswith("first")


def test_html_declared_charset(tmp_path):
    page = '<meta charset="iso-8859-2"><p>Łódź leży w Polsce</p>'.encode("iso-8859-2")
    assert one(tmp_path / "p.htm", page).text == "Łódź leży w Polsce"


def test_jsonl(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(
        '{"id": "x", "text": "One", "title": "T", "n": 3, "ok": true, "no": null, "list": [1]}\n'
        "\n"
        '{"text": "Two \\ud83d"}\n'
        "{broken\n"
        '["a"]\n'
        '{"title": "no text"}\n'
        '{"id": 7, "text": "  "}\n'
        '{"id": 7, "text": "Seven"}'
    )
    documents, problems = read_paths(path)
    assert [(d.id, d.text, d.title, d.source, dict(d.meta), d.line) for d in documents] == [
        ("x", "One", "T", f"{path}:1", {"n": 3, "ok": True, "list": [1]}, 0),
        ("r.jsonl:3", "Two \ufffd", "", f"{path}:3", {}, 0),
        ("7", "Seven", "", f"{path}:8", {}, 0),
    ]
    assert [source for source, _ in problems] == [f"{path}:{line}" for line in (4, 5, 6, 7)]
    assert problems[0][1].startswith("not JSON")
    assert problems[3][1] == "no text"


def test_json_list_and_other_json(tmp_path):
    (tmp_path / "l.json").write_text('[{"text": "One"}, {"id": "two", "text": "Two"}]')
    documents, problems = read_paths(tmp_path)
    assert [(d.id, d.source) for d in documents] == [
        ("l.json:1", f"{tmp_path / 'l.json'}:1"),
        ("two", f"{tmp_path / 'l.json'}:2"),
    ]
    assert not problems


def test_a_json_list_is_read_like_json_lines(tmp_path):
    rows = [{"planet": "Mars", "orbit": {"days": 687}, "moons": ["Phobos", "Deimos"]}, {"planet": "Venus"}, "x"]
    (tmp_path / "l.json").write_text(json.dumps(rows))
    (tmp_path / "l.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "faq.json").write_text('[{"question": "Who?", "answer": "Ada."}]')
    documents, problems = read_paths(tmp_path)
    texts = ["planet: Mars; orbit.days: 687; moons: Phobos, Deimos.", "planet: Venus."]
    assert [(d.title, d.text) for d in documents] == [("Who?", "Ada."), *[("l", text) for text in texts * 2]]
    assert documents[1].meta == {"planet": "Mars", "orbit.days": 687, "moons": ["Phobos", "Deimos"]}
    assert [source for source, _ in problems] == [f"{tmp_path / 'l.json'}:3", f"{tmp_path / 'l.jsonl'}:3"]


def test_nested_json_quotes_its_leaves_under_their_path(tmp_path):
    long = "A pump that has to run for a long time needs oil. " * 5
    content = {
        "name": "Pump",
        "limits": {"pressure": {"bar": 16, "tested": True}, "note": long},
        "parts": [{"name": "seal", "mm": 12}, {"name": "motor", "makers": [{"name": "Roth", "year": 1888}]}, "x"],
        "deep": {"a": {"b": {"c": {"d": {"e": {"f": 7}}}}}},
        "nothing": None,
    }
    document = one(tmp_path / "p.json", json.dumps(content))
    assert document.title == "Pump"
    passages = split(document, SplitConfig())
    said = [(p.heading, " ".join(p.text.split())) for p in passages]
    assert said == [
        ("", "name: Pump."),
        ("limits", f"note: {long.strip()}"),
        ("limits > pressure", "bar: 16; tested: true."),
        ("parts", "3: x. name: seal; mm: 12."),
        ("parts > motor", "name: motor."),
        ("parts > motor > makers", "name: Roth; year: 1888."),
        ("deep > a > b > c > d > e", "f: 7."),
    ]


def test_json_that_is_no_object(tmp_path):
    (tmp_path / "a.json").write_text('["one", "two", 3]')
    (tmp_path / "b.json").write_text('"just a text"')
    (tmp_path / "c.json").write_text('[[1, 2], ["x"]]')
    (tmp_path / "d.json").write_text("null")
    documents, problems = read_paths(tmp_path)
    assert [(d.id, d.text) for d in documents] == [
        ("a.json", "one, two, 3"),
        ("b.json", "just a text"),
        ("c.json", "1: 1, 2; 2: x."),
    ]
    assert [source for source, _ in problems] == [str(tmp_path / "d.json")]


def test_squad(tmp_path):
    data = {"data": [{"title": "Sea_Salt", "paragraphs": [{"context": " One. Two.", "qas": []}, {"context": "B"}]}]}
    path = tmp_path / "s.json.gz"
    path.write_bytes(gzip.compress(json.dumps(data).encode()))
    documents, problems = read_paths(path)
    assert not problems
    assert [(d.id, d.title, d.text, d.whole, d.source) for d in documents] == [
        ("Sea_Salt#0", "Sea Salt", " One. Two.", True, f"{path}:1"),
        ("Sea_Salt#1", "Sea Salt", "B", True, f"{path}:2"),
    ]


def test_damaged_squad(tmp_path):
    path = tmp_path / "s.json"
    path.write_text('{"data": [{"title": "T", "paragraphs": [{"context": "A"}, {"text": "B"}]}]}')
    documents, problems = read_paths(path)
    assert [d.id for d in documents] == ["T#0"]
    assert [source for source, _ in problems] == [str(path)]


def test_tables_that_have_no_column(tmp_path):
    (tmp_path / "t.csv").write_text(",\n,\n")
    pq.write_table(pa.table({"a": [[1]]}), tmp_path / "t.parquet")
    pq.write_table(pa.table({"text": [["x"]], "a": [1]}), tmp_path / "u.parquet")
    documents, problems = read_paths(tmp_path)
    assert not documents
    assert [reason for _, reason in problems] == [
        "no header row that names its columns",
        "no column of texts or numbers",
        'the column "text" is not text',
    ]


def test_parquet(tmp_path):
    path = tmp_path / "t.parquet"
    columns = {"text": ["One", None, "Three"], "title": ["T", None, None], "n": [1, 2, None], "v": [[1], [2], [3]]}
    pq.write_table(pa.table(columns), path)
    documents, problems = read_paths(path)
    assert [(d.id, d.text, d.title, d.source, dict(d.meta)) for d in documents] == [
        ("t.parquet:1", "One", "T", f"{path}:1", {"n": 1}),
        ("t.parquet:3", "Three", "", f"{path}:3", {}),
    ]
    assert problems == [(f"{path}:2", 'no field "text"')]


def test_pdf(tmp_path):
    path = tmp_path / "two.pdf"
    path.write_bytes(pdf_bytes(["The sea is salt.", "", "The moon is not."], title="On Salt"))
    documents, problems = read_paths(path)
    assert not problems
    assert [(d.id, d.text.strip(), d.title, d.source) for d in documents] == [
        ("two.pdf#page=1", "The sea is salt.", "On Salt", f"{path}#page=1"),
        ("two.pdf#page=3", "The moon is not.", "On Salt", f"{path}#page=3"),
    ]


def test_pdf_without_text_or_damaged(tmp_path, capfd):
    (tmp_path / "a.pdf").write_bytes(pdf_bytes([""]))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4 and nothing else")
    documents, problems = read_paths(tmp_path)
    assert not documents
    assert "no text" in problems[0][1]
    assert "not a readable PDF" in problems[1][1]
    assert capfd.readouterr().err == ""


def test_docx(tmp_path):
    word = docx.Document()
    word.add_heading("The Tide", 0)
    word.add_paragraph("It rises and falls.")
    word.add_heading("Causes", 1)
    word.add_paragraph("The moon", style="List Bullet")
    word.add_paragraph("The sun", style="List Bullet")
    word.add_heading("Heights", 2)
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Port", "Metres", "Brest", "6"), strict=True):
        cell.text = text
    word.save(tmp_path / "t.docx")
    documents, problems = read_paths(tmp_path)
    assert not problems
    (document,) = documents
    assert document.title == "The Tide"
    assert document.text == (
        "The Tide\n\nIt rises and falls.\n\nCauses\n\nThe moon\nThe sun\n\nHeights\n\nPort | Metres\nBrest | 6"
    )
    assert [(p.heading, p.text) for p in split(document, SplitConfig())] == [
        ("", "It rises and falls."),
        ("Causes", "The moon\nThe sun"),
        ("Causes > Heights", "Port | Metres\nBrest | 6"),
    ]


def test_damaged_office_and_parquet_files(tmp_path):
    for name in ("a.docx", "b.parquet"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
    documents, problems = read_paths(tmp_path)
    assert not documents
    assert [reason.split(" (")[0] for _, reason in problems] == [
        "not a zip archive, as such files are",
        "not a readable Parquet file",
    ]
    assert all("\n" not in reason for _, reason in problems)
