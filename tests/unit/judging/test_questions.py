"""Questions in every format, and what is said of broken ones."""

from __future__ import annotations

import gzip
import json

import pytest

from ragqa.errors import SourceError
from ragqa.judging.collections import read_collection
from ragqa.judging.questions import read_qrels, read_questions

SQUAD = {
    "data": [
        {
            "title": "Black_Sea",
            "paragraphs": [
                {
                    "context": "The Danube ends in the Black Sea.",
                    "qas": [
                        {"id": "a", "question": "Where does it end?", "answers": [{"text": "Black Sea"}] * 2},
                        {"id": "b", "question": "Why?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        }
    ]
}


def write(tmp_path, content, name="questions", packed=False):
    path = tmp_path / (name + (".gz" if packed else ""))
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_squad(tmp_path, packed):
    one, other = read_questions(write(tmp_path, json.dumps(SQUAD), "dev.json", packed))
    assert (one.id, one.answers, one.positives) == ("a", ("Black Sea",), {"Black_Sea#0": 1})
    assert (one.context, one.title) == ("The Danube ends in the Black Sea.", "Black Sea")
    assert one.answerable and not other.answerable


@pytest.mark.parametrize(
    ("content", "answers"),
    [
        ('{"question": "Who?", "answers": ["a", "b"]}\n', ("a", "b")),
        ('{"question": "Who?", "answer": ["a"]}\n', ("a",)),
        ('{"question": "Who?", "answer": "a"}\n\n', ("a",)),
        ('{"question": "Who?", "answers": []}\n', ()),
        ('[{"question": "Who?", "answers": ["a"], "positive_ctxs": [{"passage_id": 7}]}]', ("a",)),
        ("Who?\t['a', \"b's\"]\n", ("a", "b's")),
        ('Who?\t"[""a"", ""b""]"\n', ("a", "b")),
        ("question,answers\nWho?,a | b\n", ("a", "b")),
        ('question\tanswer\nWho?\t["a", "b"]\n', ("a", "b")),
    ],
)
def test_question_and_answers(tmp_path, content, answers):
    (question,) = read_questions(write(tmp_path, content))
    assert (question.text, question.answers, question.answerable) == ("Who?", answers, bool(answers))


def test_positives_and_other_fields(tmp_path):
    (own,) = read_questions(
        write(tmp_path, '{"id": 3, "question": "Who?", "answers": ["a"], "doc": "d", "topic": "x"}')
    )
    assert (own.id, own.positives, own.meta) == ("3", {"d": 1}, {"topic": "x"})
    (dpr,) = read_questions(
        write(tmp_path, '[{"question": "Who?", "answers": ["a"], "positive_ctxs": [{"psg_id": "7"}, {"title": "x"}]}]')
    )
    assert dpr.positives == {"7": 1}


def test_patterns(tmp_path):
    path = write(tmp_path, '{"question": "When?", "answer": ["19\\\\d\\\\d"]}')
    (question,) = read_questions(path, "regex")
    assert question.pattern and question.answers == (r"19\d\d",)
    with pytest.raises(SourceError, match="regular expression"):
        read_questions(write(tmp_path, '{"question": "When?", "answer": ["(19"]}'), "regex")


TOPICS = {
    "trec": "<top>\n<num> Number: 7 <title> deep\n sea cables\n</top>\n<top><num>8</num><title>X</title></top>",
    "cacm": "<DOC>\n<DOCNO> 7 </DOCNO>\ndeep sea\n cables\n</DOC>\n<DOC><DOCNO>8</DOCNO>X</DOC>",
    "smart": ".I 007\n.W\ndeep sea\ncables\n.I 012\n.W\nX\n",
}


@pytest.mark.parametrize("name", TOPICS)
def test_topics_and_judgements(tmp_path, name):
    first = "1" if name == "smart" else "7"  # SMART queries are counted, whatever stands after .I
    qrels = write(tmp_path, f"{first} 0 CACM-0012 2\n{first} 0 CACM-13 -1\n", "qrels")
    one, other = read_questions(write(tmp_path, TOPICS[name]), qrels=qrels, prefix="CACM-")
    assert (one.id, one.text) == (first, "deep sea cables")
    assert one.positives == {"12": 2, "13": 0}
    assert other.positives == {}


def test_beir(tmp_path):
    queries = write(tmp_path, '{"_id": "q", "text": "deep sea"}')
    qrels = write(tmp_path, "query-id\tcorpus-id\tscore\nq\td1\t1\n", "qrels")
    (question,) = read_questions(queries, qrels=qrels)
    assert question.positives == {"d1": 1}
    corpus = write(
        tmp_path, '{"_id": "d1", "title": "T", "text": "x"}\n{"_id": "d2", "title": "Only", "text": ""}', "c"
    )
    one, other = read_collection(corpus, "beir")
    assert (one.id, one.title, one.text) == ("d1", "T", "x")
    assert (other.title, other.text) == ("", "Only")


def test_collections(tmp_path):
    trec = write(tmp_path, "<DOC><DOCNO>1</DOCNO><TITLE>T &amp; U</TITLE>\nsome <b>text</b>\n</DOC>", "trec")
    smart = write(tmp_path, ".I 1\n.T\na title\n.A\nsomebody\n.W\nsome text\n.I 2\n.T\n.W\n", "smart")
    (document,) = read_collection(trec, "trec")
    assert (document.id, document.title, document.text) == ("1", "T & U", "some text")
    (document,) = read_collection(smart, "smart")  # the second has not a word
    assert (document.id, document.title, document.text) == ("1", "a title", "some text")


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        ("", "auto", "known format"),
        ("Dear reader", "auto", "known format"),
        ('{"question": 3}', "jsonl", "record 1"),
        ('{"question": "x"}\nnot json', "jsonl", ":2: not JSON"),
        ('{"question": "x", "answers": [{}]}', "jsonl", "answers"),
        ('{"question": "x", "id": 1}\n{"question": "y", "id": 1}', "jsonl", "two questions"),
        ('{"question": "  "}', "jsonl", "holds no question"),
        ('{"data": 3}', "squad", "SQuAD"),
        ("[" * 100_000, "dpr", "not JSON"),
        ("[3]", "dpr", "record 1"),
        ("no tab here", "pairs", "tab"),
        ("<top></top>", "trec", "topic 1"),
        ("x", "unknown", "unknown question format"),
    ],
)
def test_broken_files_are_one_clear_error(tmp_path, content, form, words):
    with pytest.raises(SourceError, match=words):
        read_questions(write(tmp_path, content), form)


def test_broken_judgements(tmp_path):
    for content in ("1 0 d", "1 2", "1 0 d x"):
        if content == "1 0 d":
            with pytest.raises(SourceError, match="grade"):
                read_qrels(write(tmp_path, content))
        else:
            with pytest.raises(SourceError):
                read_qrels(write(tmp_path, content))
    topics = write(tmp_path, TOPICS["trec"])
    with pytest.raises(SourceError, match="judges none"):
        read_questions(topics, qrels=write(tmp_path, "99 0 d 1", "qrels"))
    with pytest.raises(SourceError, match="cannot be read"):
        read_questions(tmp_path / "missing")
    with pytest.raises(SourceError, match="holds no document"):
        list(read_collection(topics, "smart"))
