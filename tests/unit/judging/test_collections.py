"""Documents of retrieval collections on small files."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.errors import SourceError
from ragqa.judging.collections import read_collection, read_smart

TREC = """<DOC>
<DOCNO>1</DOCNO>
compact memories
</DOC>
<DOC>
<DOCNO> AP-2 </DOCNO><HEAD>Rates &amp; more</HEAD><TEXT>
<P>A < B, they say.</P>
</TEXT></DOC>
<doc><docno>3</docno><title>Title only</title></doc>
"""
SMART = """.I 1
.T
wing in a
slipstream .
.A
brenckman,m.
.W
the text
.Words may begin so
.X
5	1	1
.I 2
.T
title only
.N
CA581202
.I 3
.W
no title
.I 4
.T
.W
"""
BEIR = '{"_id": "MED-10", "title": "T", "text": "Body", "metadata": {}}\n\n{"_id": 11, "title": "Only", "text": ""}\n'

COLLECTIONS = {
    "trec": (
        TREC,
        [
            ("1", "", "compact memories"),
            ("AP-2", "Rates & more", "A < B, they say."),
            ("3", "", "Title only"),
        ],
    ),
    "smart": (
        SMART,
        [
            ("1", "wing in a slipstream .", "the text\n.Words may begin so"),
            ("2", "", "title only"),
            ("3", "", "no title"),
        ],
    ),
    "beir": (BEIR, [("MED-10", "T", "Body"), ("11", "", "Only")]),
}


def read(path, content, chosen="auto"):
    content = content.encode("utf-8", "surrogatepass")
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return [(document.id, document.title, document.text) for document in read_collection(path, chosen)]


@pytest.mark.parametrize("name", ["collection", "collection.gz"])
@pytest.mark.parametrize("chosen", COLLECTIONS)
def test_each_format(tmp_path, chosen, name):
    content, expected = COLLECTIONS[chosen]
    assert read(tmp_path / name, content) == expected
    assert read(tmp_path / name, content.replace("\n", "\r\n"), chosen) == [
        (doc_id, title, text.replace("\n", "\r\n" if chosen != "smart" else "\n")) for doc_id, title, text in expected
    ]


def test_a_document_says_where_it_is_from_and_may_be_split(tmp_path):
    read(tmp_path / "c.gz", BEIR)
    first = next(read_collection(tmp_path / "c.gz"))
    assert first.source == "c.gz#MED-10" and not first.whole


@pytest.mark.parametrize(
    ("chosen", "content", "message"),
    [
        ("auto", "plain text", "not a collection in a known format"),
        ("marc", "", "unknown collection format 'marc'; known are trec, smart, beir"),
        ("trec", "<DOC><DOCNO>1</DOCNO>a</DOC><DOC><DOCNO>2</DOCNO>b", "2 <DOC> begin and 1 are closed"),
        ("trec", "<DOC><DOCNO>1</DOCNO>a</DOC><DOC>b</DOC>", "document 2 has no <DOCNO>"),
        ("trec", "nothing", "holds no document in the format trec"),
        ("smart", ".I 1\n.W\na\n.I\n.W\nb\n", "record 2 has no id"),
        ("smart", ".I 1\n.A\nsomebody\n", "holds no document"),
        ("beir", '{"_id": "1", "text": "a"}\n{"text": "b"}', ":2: _id must be"),
        ("beir", '{"_id": "1", "text": ["a"]}', ":1: text must be a text"),
        ("beir", '{"_id": "1", "text": "a", "title": 3}', ":1: title must be a text"),
        ("beir", '{"_id": "1",', ":1: not JSON"),
    ],
)
def test_damage_is_named(tmp_path, chosen, content, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path / "damaged.txt", content, chosen)
    assert "damaged.txt" in str(caught.value)


def test_half_characters_are_replaced(tmp_path):
    assert read(tmp_path / "c", '{"_id": "\\ud800", "text": "a\\udc00b"}') == [("\ufffd", "", "a\ufffdb")]


LINES = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=9), max_size=3)


@given(st.lists(st.dictionaries(st.sampled_from("TAWX"), LINES), min_size=1, max_size=4))
def test_smart_records_come_back(records):
    def free(lines):
        return [f"|{line}|" for line in lines]  # no field begins with a bar

    text = ""
    for number, record in enumerate(records):
        text += f".I {number}\n" + "".join(
            f".{letter}\n" + "".join(line + "\n" for line in free(lines)) for letter, lines in record.items()
        )
    expected = [
        {"I": str(number), **{letter: "\n".join(free(lines)) for letter, lines in record.items()}}
        for number, record in enumerate(records)
    ]
    assert list(read_smart(text)) == expected
