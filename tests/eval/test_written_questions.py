"""Our own questions in many languages: files of one form, whose answers stand where they say."""

from __future__ import annotations

import pytest

from ragqa.errors import SourceError
from ragqa.judging.questions import read_questions


@pytest.fixture
def written(eval_script):
    return eval_script("written_questions")


def test_every_answer_stands_in_its_paragraph(written):
    names = written.languages()
    assert len(names) >= 12
    for name in names:
        documents = written.articles(name, "all")
        assert len({document["title"] for document in documents}) == len(documents), name
        for document in documents:
            (paragraph,) = document["paragraphs"]
            assert 40 < len(paragraph["context"]) < 3_000, document["title"]
            for question in paragraph["qas"]:
                assert question["question"] and question["is_impossible"] == (not question["answers"])
                for answer in question["answers"]:
                    start = answer["answer_start"]
                    assert paragraph["context"][start : start + len(answer["text"])] == answer["text"]


def test_the_parts_share_no_document_and_make_the_whole(written):
    for name in written.languages():
        parts = [{one["title"] for one in written.articles(name, part)} for part in ("train", "held-out", "all")]
        assert not parts[0] & parts[1] and parts[0] | parts[1] == parts[2] and parts[1], name


def test_a_part_is_a_file_of_questions(written, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["written_questions.py", "held-out", "de", "-o", str(tmp_path / "de.json")])
    written.main()
    questions = read_questions(tmp_path / "de.json")
    assert questions and all(one.id.startswith("de-") for one in questions)
    assert {bool(one.answers) for one in questions} == {True, False}


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("Q: Who?\nA: I\n", "xx.txt:1: text before the first title"),
        ("# T\nAda wrote it.\nQ: Who?\nA: Bob\n", "xx.txt:4: this answer is not in the paragraph"),
        ("# T\nAda wrote it.\nQ: Who?\n", "a question about 'T' has no answer"),
    ],
)
def test_what_is_out_of_place_is_named(written, tmp_path, lines, complaint):
    (tmp_path / "xx.txt").write_text(lines, encoding="utf-8")
    with pytest.raises(SourceError, match=complaint):
        written.read_written(tmp_path / "xx.txt")
