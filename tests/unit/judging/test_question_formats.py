"""Questions from each format on small files, and what happens when they are damaged."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.corpus.read import read_documents
from ragqa.errors import SourceError
from ragqa.judging.questions import READERS, read_questions
from ragqa.types import Question

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Lake_Baikal",
            "paragraphs": [
                {
                    "context": "Lake Baikal is in Siberia.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "Where is Lake Baikal?",
                            "answers": [
                                {"text": "Siberia", "answer_start": 18},
                                {"text": "in Siberia", "answer_start": 15},
                                {"text": "Siberia", "answer_start": 18},
                            ],
                        }
                    ],
                },
                {
                    "context": "It is 1,642 metres deep.",
                    "qas": [
                        {
                            "id": "b",
                            "question": "How long is it?",
                            "is_impossible": True,
                            "plausible_answers": [{"text": "1,642 metres", "answer_start": 6}],
                            "answers": [],
                        }
                    ],
                },
            ],
        }
    ],
}

FORMATS = {
    "squad": (
        json.dumps(SQUAD),
        [
            Question(
                "a",
                "Where is Lake Baikal?",
                ("Siberia", "in Siberia"),
                {"Lake_Baikal#0": 1},
                context="Lake Baikal is in Siberia.",
                title="Lake Baikal",
            ),
            Question(
                "b",
                "How long is it?",
                (),
                {"Lake_Baikal#1": 1},
                answerable=False,
                context="It is 1,642 metres deep.",
                title="Lake Baikal",
            ),
        ],
    ),
    "jsonl": (
        '{"id": "x", "question": "Who?", "answers": ["Ada", "Ada", " "], "doc": "a.md", "topic": "maths", '
        '"hard": true}\n'
        "\n"
        '{"question": "Why?", "answers": [], "docs": ["a.md", "b.md"], "year": 1843, "list": [1], "odd": NaN}\n'
        '{"question": "how many moons", "answer": ["two"]}\n',
        [
            Question("x", "Who?", ("Ada",), {"a.md": 1}, meta={"topic": "maths", "hard": True}),
            Question("q3", "Why?", (), {"a.md": 1, "b.md": 1}, answerable=False, meta={"year": 1843}),
            Question("q4", "how many moons", ("two",)),
        ],
    ),
    "dpr": (
        json.dumps(
            [
                {
                    "question": "who wrote it",
                    "answers": ["Ada"],
                    "positive_ctxs": [
                        {"title": "T", "text": "…", "passage_id": "12"},
                        {"title": "T", "text": "…", "psg_id": 0},
                        {"title": "T", "text": "…", "passage_id": None, "psg_id": "13"},
                        {"title": "T", "text": "…"},
                    ],
                    "negative_ctxs": [],
                },
                {"question": "and who else", "answers": ["Bob"], "positive_ctxs": []},
            ]
        ),
        [
            Question("q1", "who wrote it", ("Ada",), {"12": 1, "0": 1, "13": 1}),
            Question("q2", "and who else", ("Bob",)),
        ],
    ),
    "csv": (
        'Question,answers,level\r\n"Who, then?",Ada|Bob | Cy,easy\r\nWhen?,"[""May"", ""June | July""]",hard\r\n'
        "How?,,\r\nWhich?,[0; 1),\r\n",
        [
            Question("q1", "Who, then?", ("Ada", "Bob", "Cy"), meta={"level": "easy"}),
            Question("q2", "When?", ("May", "June | July"), meta={"level": "hard"}),
            Question("q3", "How?", (), answerable=False, meta={"level": ""}),
            Question("q4", "Which?", ("[0; 1)",), meta={"level": ""}),
        ],
    ),
    "pairs": (
        "who is it\t['Ada', \"O'Neil\"]\n"
        '"the ""one"", who"\t"[\'a\', ""b\'c""]"\n'
        'json too\t["a", "\\u00e9"]\n'
        "as it stands\t__import__('os').abort()\n",
        [
            Question("q1", "who is it", ("Ada", "O'Neil")),
            Question("q2", 'the "one", who', ("a", "b'c")),
            Question("q3", "json too", ("a", "é")),
            Question("q4", "as it stands", ("__import__('os').abort()",)),
        ],
    ),
    "beir": (
        '{"_id": "PLAIN-2", "text": "breast cancer", "metadata": {}}\n{"_id": 7, "text": "statins"}',
        [Question("PLAIN-2", "breast cancer"), Question("7", "statins")],
    ),
    "trec": (
        "<top>\n<num> Number: 301\n<title> a < b &amp; c\n\n<desc> Description:\nwhich?\n</top>\n"
        "<top><num>302</num><title>\nPOLIO\n AND\n</title></top>\n",
        [Question("301", "a < b & c"), Question("302", "POLIO AND")],
    ),
    "smart": (
        ".I 001\n.W\nwhat similarity\nlaws .\n.I 004\n.W\nheat\n",
        [Question("1", "what similarity laws ."), Question("2", "heat")],
    ),
}


def write(path, content):
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["questions", "questions.txt.gz"])
@pytest.mark.parametrize("chosen", FORMATS)
def test_each_format_is_told_and_read(tmp_path, chosen, name):
    content, expected = FORMATS[chosen]
    path = write(tmp_path / name, content)
    assert read_questions(path) == expected
    assert read_questions(path, chosen) == expected


def test_all_formats_are_tried_here():
    assert set(READERS) == {*FORMATS, "regex"}


@pytest.mark.parametrize("indent", [None, 1])
def test_squad_is_told_however_it_is_laid_out(tmp_path, indent):
    assert len(read_questions(write(tmp_path / "a.json", json.dumps(SQUAD, indent=indent)))) == 2


def test_squad_positives_are_what_the_corpus_reader_calls_its_documents(tmp_path):
    path = write(tmp_path / "a.json", json.dumps(SQUAD))
    texts = {document.id: document.text for document in read_documents([path], pytest.fail)}
    questions = read_questions(path)
    assert {name for question in questions for name in question.positives} == set(texts)
    assert all(texts[name] == question.context for question in questions for name in question.positives)


def test_dpr_in_lines(tmp_path):
    lines = "".join(json.dumps(record) + "\n" for record in json.loads(FORMATS["dpr"][0]))
    assert read_questions(write(tmp_path / "a.jsonl", lines)) == FORMATS["dpr"][1]


def test_topics_as_documents(tmp_path):
    text = "<DOC>\n<DOCNO> 1 </DOCNO>\n\n What articles\ndeal with TSS?\n</DOC>\n"
    assert read_questions(write(tmp_path / "t", text)) == [Question("1", "What articles deal with TSS?")]


@pytest.mark.parametrize(("name", "chosen"), [("a.jsonl", "regex"), ("CuratedTrec-test.txt", "auto")])
def test_regular_expressions(tmp_path, name, chosen):
    line = json.dumps({"question": "When?", "answer": [r"May\s+1937"]})
    (question,) = read_questions(write(tmp_path / name, line), chosen)
    assert question.pattern and question.answers == (r"May\s+1937",)


def test_a_record_may_say_itself_that_its_answers_are_patterns(tmp_path):
    line = '{"question": "When?", "answer": ["%s"], "pattern": true}'
    assert read_questions(write(tmp_path / "a", line % "193[78]"))[0].pattern
    with pytest.raises(SourceError, match=r"q1: '193\['.*no regular expression"):
        read_questions(write(tmp_path / "a", line % "193["))


def test_half_characters_are_replaced(tmp_path):
    line = '{"id": "\\udc00", "question": "\\ud800?", "answer": ["a\\udfff"], "doc": "\\ud800", "m": "\\ud800"}'
    (question,) = read_questions(write(tmp_path / "a", line))
    assert question == Question("\ufffd", "\ufffd?", ("a\ufffd",), {"\ufffd": 1}, meta={"m": "\ufffd"})


QUERIES = '{"_id": "1", "text": "one"}\n{"_id": "2", "text": "two"}\n'


@pytest.mark.parametrize(
    ("qrels", "prefix", "expected"),
    [
        ("1 0 d7 1\n1 Q0 d8 0\n1 0 d9 -1\n", "", [{"d7": 1, "d8": 0, "d9": 0}, {}]),
        ("query-id\tcorpus-id\tscore\n2\tan id\t2\n1\td\t1\n", "", [{"d": 1}, {"an id": 2}]),
        ("2\t0\td\t3\r\n\r\n7 0 d 1\r\n", "", [{}, {"d": 3}]),
        ("1 Q0 CACM-0756 1\n1 Q0 756 0\n2 Q0 CACM-3204 1.0\n", "CACM-", [{"756": 0}, {"3204": 1}]),
    ],
)
def test_judgements(tmp_path, qrels, prefix, expected):
    path, judged = write(tmp_path / "q", QUERIES), write(tmp_path / "qrels.gz", qrels)
    questions = read_questions(path, qrels=judged, prefix=prefix)
    assert [question.positives for question in questions] == expected
    assert all(question.answerable for question in questions)


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("1 0 d\n1 0\n", ":1: the grade d"),
        ("1 0 d 1\n\n1 0\n", ":3: expected question"),
        ("1 0 d one\n", "the grade one is no number"),
        ("1 0 d inf\n", "no number"),
        ("1 0 d 1e300\n", "beyond"),
        ("9 0 d 1\n", "judges none of the questions"),
    ],
)
def test_damaged_judgements(tmp_path, qrels, message):
    with pytest.raises(SourceError, match=message) as caught:
        read_questions(write(tmp_path / "q", QUERIES), qrels=write(tmp_path / "qrels.txt", qrels))
    assert "qrels.txt" in str(caught.value)


def squad_with(**changes):
    record = {"id": "1", "question": "q", "answers": [{"text": "c", "answer_start": 0}], **changes}
    return json.dumps({"data": [{"title": "A", "paragraphs": [{"context": "c", "qas": [record, {**record}]}]}]})


@pytest.mark.parametrize(
    ("chosen", "content", "message"),
    [
        ("auto", "", "not questions in a known format.*squad, jsonl, dpr, csv"),
        ("auto", "Some text.\nMore of it.\n", "not questions in a known format"),
        ("auto", '{"foo": 1}', "not questions in a known format"),
        ("auto", "[1]", "not questions in a known format"),
        ("auto", '{"question": "a"', "not JSON"),
        ("auto", "[" * 100_000, "not JSON"),
        ("auto", bytes(range(256)) * 8, "binary"),
        ("nothing", "{}", "unknown question format 'nothing'; known are squad"),
        ("squad", squad_with(), "two questions have the id 1"),
        ("squad", squad_with(answers=[{"text": "c", "answer_start": "x"}]), "damaged SQuAD"),
        ("squad", squad_with(answers=[{"text": "c", "answer_start": float("inf")}]), "damaged SQuAD"),
        ("squad", squad_with(answers=[{}]), "damaged SQuAD"),
        ("squad", '{"data": []}', "not SQuAD-format"),
        ("squad", '{"data": [{"paragraphs": []}]}', "holds no question in the format squad"),
        ("jsonl", '{"question": "a"}\n\n[1]\n', ":3: expected a JSON object"),
        ("jsonl", '{"question": "a"}\n{"question":\n', ":2: not JSON"),
        ("jsonl", '{"question": "a"}\n{"question": 5}\n', "record 2: question must be a text"),
        ("jsonl", '{"question": " ", "answer": "a"}', "holds no question in the format jsonl"),
        ("jsonl", '{"question": "a", "answer": {"text": "b"}}', "record 1: answers must be"),
        ("jsonl", '{"question": "a", "answer": ["b", null]}', "record 1: answers must be"),
        ("jsonl", '{"question": "a", "answer": [NaN]}', "record 1: answers must be"),
        ("jsonl", '{"question": "a", "doc": [["b"]]}', "record 1: doc must be"),
        ("jsonl", '{"question": "a", "id": [1]}', "record 1: id must be"),
        ("jsonl", '{"question": "a", "id": true}', "record 1: id must be"),
        ("jsonl", '{"question": "a", "context": 3}', "record 1: context must be"),
        ("jsonl", '{"question": "a", "id": "q2"}\n{"question": "b"}', "two questions have the id q2"),
        ("regex", '{"question": "a", "answer": "("}', "no regular expression"),
        ("dpr", "[[]]", "record 1 is no object"),
        ("dpr", '[{"question": "a", "positive_ctxs": [1]}]', "positive_ctxs must be a list of objects"),
        ("dpr", '[{"question": "a", "positive_ctxs": [{"psg_id": [1]}]}]', "record 1: passage_id must be"),
        ("csv", "question,level\na,b\n", "its header needs the columns"),
        ("csv", "question,answer\na,b\nc,d,e\n", "record 2 has more columns than the header"),
        ("csv", 'question,answer\na,"b\n', "not a table"),
        ("pairs", "who\t['a']\nwhat\n", ":2: expected a question, a tab and a list"),
        ("pairs", "who\t['a'\n", ":1: the list of answers is damaged"),
        ("pairs", "who\t[" + "[" * 50_000, ":1: the list of answers is damaged"),
        ("pairs", "who\t[{[]: 1}]\n", ":1: the list of answers is damaged"),
        ("beir", '{"_id": "1", "text": "a"}\n{"text": "b"}', ":2: _id must be"),
        ("beir", '{"_id": "1", "text": 2}', ":1: text must be"),
        ("trec", "<top><num>1</num><title>a</title></top><top><num>2</num>", "2 <top> begin and 1 are closed"),
        ("trec", "<top><num>1</num></top>", "topic 1 has no <num> or no <title>"),
        ("trec", "<DOC>a</DOC>", "document 1 has no <DOCNO>"),
        ("smart", ".I 1\n.A\nx\n", "holds no question in the format smart"),
    ],
)
def test_damage_is_named(tmp_path, chosen, content, message):
    with pytest.raises(SourceError, match=message) as caught:
        read_questions(write(tmp_path / "damaged.txt", content), chosen)
    assert "damaged.txt" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing", "folder", "cut.gz", "nul\0"])
def test_files_that_cannot_be_read(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut.gz").write_bytes(gzip.compress(QUERIES.encode())[:-9])
    with pytest.raises(SourceError, match="not a regular file" if name == "folder" else "cannot be read"):
        read_questions(tmp_path / name)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SAID = TEXT.filter(str.strip)


@given(st.lists(st.tuples(SAID, st.lists(SAID, max_size=3)), min_size=1, max_size=5))
def test_lines_of_json_come_back_whatever_they_say(tmp_path, records):
    lines = [json.dumps({"question": text, "answers": answers}, ensure_ascii=False) for text, answers in records]
    questions = read_questions(write(tmp_path / "a", "\n".join(lines)), "jsonl")
    assert [(question.text, question.answers) for question in questions] == [
        (text, tuple(dict.fromkeys(answers))) for text, answers in records
    ]
    assert [question.id for question in questions] == [f"q{number}" for number in range(1, len(records) + 1)]


LINE = SAID.filter(lambda text: not set(text) & set("\r\n\0"))


@given(
    st.lists(st.tuples(LINE, st.lists(SAID, max_size=3)), min_size=1, max_size=5), st.sampled_from([repr, json.dumps])
)
def test_pairs_come_back_whatever_they_say(tmp_path, records, notation):
    table = io.StringIO()
    csv.writer(table, delimiter="\t", lineterminator="\n").writerows([text, notation(given)] for text, given in records)
    questions = read_questions(write(tmp_path / "a", table.getvalue()), "pairs")
    assert [(question.text, question.answers) for question in questions] == [
        (text, tuple(dict.fromkeys(answers))) for text, answers in records
    ]


@given(st.data())
def test_damage_is_never_a_traceback(tmp_path, data):
    chosen = data.draw(st.sampled_from(sorted(FORMATS)))
    content = FORMATS[chosen][0]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 30)))
    put = data.draw(st.one_of(TEXT, st.sampled_from(["1e999", "null", "[", "{}", '"', "\ud800", "-1", "\t", "\n.I "])))
    path = write(tmp_path / "a", content[:start] + put + content[end:])
    for name in ("auto", chosen):
        try:
            questions = read_questions(path, name)
        except SourceError as error:
            assert str(tmp_path) in str(error)
        else:
            assert len({question.id for question in questions}) == len(questions)


def test_empty_questions_are_passed_over_and_counted(tmp_path, caplog):
    content = '{"question": "a"}\n{"question": " "}\n{"question": "", "id": "q1"}\n{"question": "b"}'
    questions = read_questions(write(tmp_path / "some.txt", content), "jsonl")
    assert [(question.id, question.text) for question in questions] == [("q1", "a"), ("q4", "b")]
    assert "some.txt" in caplog.text and "2 questions have no text and were passed over" in caplog.text
