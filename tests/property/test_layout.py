"""Random Unicode through the readers of text that is marked up: no place in a document lies."""

import io
import itertools
import os
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from support.pdf import write_pdf

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.readers.pdf import boxes
from ragqa.corpus.split import split
from ragqa.store.passages import storable

WORDS = st.sampled_from(
    ["word ", "The lamp is lit. ", "ﬁ", "e\u0301", "中国", "ไทย", "\u00ad", "\u200b", "😀", "a | b", "1.5", "\n"]
)
MARKDOWN = st.sampled_from(
    [
        "# ",
        "\n\n",
        "---\n",
        "===\n",
        "```\n",
        "| a | b |\n",
        "|---|---|\n",
        "- ",
        "**",
        "[x](y)",
        "{#a}",
        "<!--",
        "> ",
        "\r\n",
        "\r",
    ]
)
TAGS = ("table", "tr", "td", "th", "p", "h1", "h2", "pre", "nav", "header", "footer", "ul", "li", "dl", "dt", "dd")
TAGS += ("br", "sup", "a", "b", "script", "svg", "math", "select", "template", "thead")
HTML = st.sampled_from(
    [f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<td colspan=3>", "<td rowspan=2>", "&amp;"]
)
WORD = st.sampled_from(
    [
        "<w:p>",
        "<w:tbl><w:tr>",
        "<w:tc>",
        "<w:ins>",
        "<w:del>",
        "<w:sdt>",
        "<w:r><w:br/></w:r>",
        "<w:r><w:tab/></w:r>",
        "/",
        "/",
        "/",
    ]
)
TEXT = st.one_of(WORDS, st.text(max_size=12))
COUNT = int(os.environ.get("RAGQA_DOCUMENTS", 40))  # of each format; see test_readers.py


def texts(pieces):
    return st.lists(st.one_of(TEXT, pieces), max_size=40)


def honest(name, content):
    """The documents of a file, all of whose places are checked."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        documents = [item for item in read_file(SourceFile(path, name)) if not isinstance(item, Problem)]
        if name.endswith(".pdf"):
            for document in documents:
                place = document.id.partition("=")[2]
                for box in boxes(path, place, 0, len(document.text)):
                    assert box.left <= box.right and box.bottom <= box.top
    for document in map(storable, documents):
        size = len(document.text)
        assert all(0 <= s.start <= max(s.start, s.body) <= size for s in document.sections)
        assert all(0 <= t.start <= t.body <= t.end <= size for t in document.tables)
        assert all(0 <= start < end <= size for start, end in document.together)
        for spans in ([(t.start, t.end) for t in document.tables], document.together):
            assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
        for passage in split(document, SplitConfig(words=20)):
            assert document.text[passage.start : passage.end] == passage.text != ""
            assert not document.line or passage.line == 1 + document.text.count("\n", 0, passage.start)
            seen = passage.seen
            for at in range(0, len(seen.text), 7):
                place = seen.place(at, min(at + 5, len(seen.text)))
                assert place is None or 0 <= place[0] < place[1] <= len(passage.text)
    return documents


@settings(max_examples=COUNT, deadline=None)
@given(texts(MARKDOWN))
def test_markdown(parts):
    text = "".join(parts).replace("\0", "")  # a NUL lets it look like another encoding
    for document in honest("a.md", text.encode("utf-8", "replace")):
        assert document.text == text.encode("utf-8", "replace").decode().removeprefix("\ufeff")


@settings(max_examples=COUNT, deadline=None)
@given(texts(HTML))
def test_html(parts):
    honest("a.html", ("<meta charset=utf-8>" + "".join(parts)).encode("utf-8", "replace"))


@settings(max_examples=COUNT, deadline=None)
@given(texts(WORD))
def test_word(parts):
    body, opened = "", []
    for part in parts:
        if part == "/" and opened:
            body += opened.pop()
        elif part.startswith("<w:"):
            body += part
            opened += [] if "/>" in part else ["".join(f"</{tag}>" for tag in reversed(part[1:-1].split("><")))]
        elif part != "/":
            said = "".join(
                sign for sign in part if sign >= " " and not "\ud800" <= sign <= "\udfff" and sign < "\ufffe"
            )
            body += f"<w:r><w:t>{escape(said)}</w:t></w:r>"
    body += "".join(reversed(opened))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        xml = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{xml}"><w:body>{body}</w:body></w:document>')
    honest("a.docx", out.getvalue())


@settings(max_examples=COUNT, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 580), st.integers(0, 790), st.text(max_size=30), st.integers(5, 20)), max_size=12
        ),
        min_size=1,
        max_size=3,
    )
)
def test_pdf(pages):
    with tempfile.TemporaryDirectory() as folder:
        write_pdf(Path(folder) / "a.pdf", *pages)
        content = (Path(folder) / "a.pdf").read_bytes()
    honest("a.pdf", content)
