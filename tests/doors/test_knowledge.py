"""Synonyms, tables, triples and FAQ files, end to end: the sample corpus, its tables, its synonyms, the real models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

CORPORA = Path(__file__).parents[2] / "corpora"
SYNONYMS = CORPORA / "synonyms.txt"


@pytest.fixture(scope="module")
def plain(ragqa, tmp_path_factory):
    """The sample corpus with its tables, without synonyms."""
    directory = tmp_path_factory.mktemp("indexes") / "plain"
    ragqa("index", CORPORA / "sample", CORPORA / "tables", "-o", directory, "-q")
    return directory


@pytest.fixture(scope="module")
def known(ragqa, plain, tmp_path_factory):
    """The same with synonyms."""
    directory = Path(shutil.copytree(plain, tmp_path_factory.mktemp("indexes") / "known"))
    report = json.loads(
        ragqa(
            *("index", CORPORA / "sample", CORPORA / "tables", "-o", directory),
            *("--synonyms", SYNONYMS, "--json", "-q"),
        ).stdout
    )
    assert (report["encoded"], report["committed"], report["synonyms"], report["generation"]) == (0, True, True, 2)
    return directory


def test_synonyms_are_shown_kept_and_replaced(ragqa, known, tmp_path):
    index = shutil.copytree(known, tmp_path / "i")
    assert json.loads(ragqa("info", "--json", "-i", index).stdout)["synonyms"] == 8
    assert "whole" in ragqa("verify", "-i", index).stdout
    sources = ["index", CORPORA / "sample", CORPORA / "tables", "-o", index, "-q"]
    assert "nothing changed (generation 2" in ragqa(*sources).stdout
    (tmp_path / "other.txt").write_text("ISS, space station\n")
    assert "(synonyms replaced; generation 3" in ragqa(*sources, "--synonyms", tmp_path / "other.txt").stdout
    assert json.loads(ragqa("info", "--json", "-i", index).stdout)["synonyms"] == 1
    (tmp_path / "broken.txt").write_text("ISS, space station\n\ncolour\n")
    error = ragqa(*sources, "--synonyms", tmp_path / "broken.txt", code=2).stderr
    assert error.splitlines()[-1].startswith(f"ragqa: {tmp_path / 'broken.txt'}:3: only one entry")
    assert json.loads(ragqa("info", "--json", "-i", index).stdout)["generation"] == 3


def test_a_synonym_finds_the_passage_and_the_answer(ragqa, plain, known):
    question = "Since when has the ISS been inhabited?"
    for index, found in ((plain, False), (known, True)):
        hits = json.loads(ragqa("search", "ISS", "--fusion", "bm25", "--json", "-i", index).stdout)
        assert any("International Space Station" in hit["passage"]["text"] for hit in hits) is found
    best = json.loads(ragqa("ask", question, "--json", "-i", known).stdout)["answers"][0]
    assert best["text"] == "2 November 2000" and best["passage"]["source"].endswith("inventions.csv:6")


def test_synonyms_leave_the_dense_side_alone(ragqa, plain, known):
    search = ["search", "What is the color of the ISS?", "--fusion", "dense", "--json"]
    assert ragqa(*search, "-i", plain).stdout == ragqa(*search, "-i", known).stdout


@pytest.mark.parametrize(
    ("question", "answer", "row", "column"),
    [
        ("Who discovered Miranda?", "Gerard Kuiper", "moons.csv:7", "Discoverer"),
        ("When was Triton discovered?", "1846", "moons.csv:8", "Discovered"),
        ("Who invented the saxophone?", "Adolphe Sax", "inventions.csv:2", "object"),
    ],
)
def test_an_answer_is_a_cell_of_its_row(ragqa, known, question, answer, row, column):
    import ragqa as library

    best = json.loads(ragqa("ask", question, "--json", "-i", known).stdout)["answers"][0]
    passage = best["passage"]
    assert best["text"] == answer == passage["meta"][column] and passage["source"].endswith(row) and not best["faq"]
    document = library.Snapshot.open(known).document(passage["doc_id"])
    assert document.text[best["document_span"]["start"] : best["document_span"]["end"]] == answer


@pytest.mark.parametrize(
    ("question", "row", "begins"),
    [
        ("How long do eggs have to boil?", 2, "About six minutes"),
        ("How do I get limescale out of my kettle?", 6, "Fill it with equal parts"),
        ("How often must smoke alarms be tested?", 5, "Once a month:"),
        ("How do I convert degrees Celsius to Fahrenheit?", 3, "Multiply by 9"),
    ],
)
def test_a_stored_answer_is_given_whole_and_marked(ragqa, known, question, row, begins):
    best = json.loads(ragqa("ask", question, "--json", "-i", known).stdout)["answers"][0]
    lines = (CORPORA / "tables" / "household-faq.tsv").read_text(encoding="utf-8").splitlines()
    stored_question, stored_answer, topic = lines[row - 1].split("\t")
    assert best["faq"] is True and best["text"] == stored_answer == best["passage"]["text"]
    assert best["text"].startswith(begins) and best["score"] > 0.5
    assert best["passage"]["title"] == stored_question and best["passage"]["meta"]["topic"] == topic
    assert best["passage"]["source"].endswith(f"household-faq.tsv:{row}")
    assert best["document_span"] == {"start": 0, "end": len(stored_answer)}


def test_a_stored_answer_on_a_terminal(ragqa, known):
    answer, mark, place = ragqa("ask", "How should I boil an egg?", "-k", "1", "-i", known).stdout.splitlines()[:3]
    assert answer.startswith("1. About six minutes for a soft yolk, and ten minutes for a hard one. Begin to count")
    assert mark == "   stored answer to: How long should I boil an egg?" and "household-faq.tsv:2" in place


def test_stored_answers_leave_other_questions_alone(ragqa, known, tmp_path):
    questions = ["Who discovered penicillin?", "How deep is Lake Baikal?", "How often should I replace my kettle?"]
    (tmp_path / "q.txt").write_text("\n".join(questions))
    replies = ragqa("ask", "--file", tmp_path / "q.txt", "--jsonl", "-i", known).stdout.splitlines()
    texts = [[answer["text"] for answer in json.loads(reply)["answers"]] for reply in replies]
    assert texts[0][0] == "Alexander Fleming" and texts[1][0] == "1,642 metres"
    assert not any(answer["faq"] for reply in replies for answer in json.loads(reply)["answers"])


def test_where_takes_cells(ragqa, known):
    hits = json.loads(ragqa("search", "moon", "--where", "Planet=Mars", "--json", "-i", known).stdout)
    assert sorted(hit["passage"]["meta"]["Moon"] for hit in hits) == ["Deimos", "Phobos"]
    hits = json.loads(ragqa("search", "how", "-k", "50", "--where", "ragqa.kind=faq", "--json", "-i", known).stdout)
    assert len(hits) == 5
