"""Questions as people type them: what stays, what changes, and that lookalikes cannot be answered."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ragqa.cli import cli
from ragqa.corpus.squad import load_squad
from ragqa.errors import ConfigError, SourceError
from ragqa.judging.questions import read_questions
from ragqa.mining.forms import Shares, rewrite, rewrite_file
from ragqa.mining.forms.chinese import Chinese
from ragqa.mining.forms.english import English
from ragqa.mining.forms.speech import slip
from ragqa.types import Question

FENN = "The Fenn bridge was built in 1931 by Ilse Brandt. It is the largest bridge of Tovar."
MILL = "The mill of Orlen was opened in 1888. Jan Pohl owned it before the war."
CITY = "南城建于1905年，是该省最大的城市。"


def squad() -> list[Question]:
    asked = [
        ("Who built the Fenn bridge in Tovar?", "Ilse Brandt", FENN),
        ("When was the largest bridge of Tovar built?", "1931", FENN),
        ("What did Ilse Brandt build in 1931?", "The Fenn bridge", FENN),
        ("When was the mill of Orlen opened?", "1888", MILL),
        ("Who owned the mill before the war?", "Jan Pohl", MILL),
        ("南城是哪一年建的，最大的城市？", "1905年", CITY),
        ("1905年建成的城市叫什么？", "南城", CITY),
    ]
    return [Question(f"q{n}", text, (answer,), context=at, title="t") for n, (text, answer, at) in enumerate(asked)]


def write(path: Path) -> Path:
    paragraphs = [
        {
            "context": text,
            "qas": [
                {
                    "id": q.id,
                    "question": q.text,
                    "answers": [{"text": q.answers[0], "answer_start": text.find(q.answers[0])}],
                }
                for q in squad()
                if q.context == text
            ],
        }
        for text in (FENN, MILL, CITY)
    ]
    path.write_text(json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]}), "utf-8")
    return path


def test_every_form_keeps_its_answers() -> None:
    made = [one for seed in range(40) for one in rewrite(squad(), Shares(1.0, 0.0), seed)]
    originals = {question.id: question for question in squad()}
    kinds = Counter()
    for one in made:
        name, _, kind = one.id.rpartition("-")
        kinds[kind] += 1
        assert (one.answers, one.context, one.answerable) == (originals[name].answers, originals[name].context, True)
        assert one.text != originals[name].text
    assert set(kinds) == {"keywords", "lower", "typing", "fragment"} and kinds.most_common(1)[0][0] == "keywords"


def test_lookalikes_ask_for_what_the_paragraph_does_not_hold() -> None:
    made = [one for seed in range(40) for one in rewrite(squad(), Shares(0.0, 1.0), seed)]
    assert made and not any(one.answerable or one.answers for one in made)
    for one in made:
        words = set(one.text.rstrip("?？").split())
        fresh = [word for word in words if word not in one.context]
        assert fresh or any("\u3400" <= char <= "\u9fff" and char not in one.context for char in one.text)
    texts = {one.text for one in made}
    assert "When was the smallest bridge of Tovar built?" in texts
    assert any("Orlen" in text and "bridge" in text for text in texts), "a name of another paragraph"
    assert "南城是哪一年建的，最小的城市？" in texts


def test_keywords() -> None:
    rng = np.random.default_rng(0)
    found = {English().keywords(rng, "What is the default port of Redis in the cloud?") for _ in range(200)}
    assert "default port redis cloud" in found and not any("?" in text or "what" in text.lower() for text in found)
    assert "南城 建" in {Chinese().keywords(rng, "南城是哪一年建的？") for _ in range(50)}


@given(st.integers(0, 10**6), st.text("abcdefghijklmnopqrstuvwxyzABC", min_size=4, max_size=12))
def test_a_slip_changes_little(seed: int, word: str) -> None:
    slipped = slip(np.random.default_rng(seed), word)
    assert slipped[0] == word[0] and abs(len(slipped) - len(word)) <= 1
    lost, new = Counter(word) - Counter(slipped), Counter(slipped) - Counter(word)
    assert lost.total() <= 1 and new.total() <= 1


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    source = write(tmp_path / "train.json")
    report = rewrite_file(source, tmp_path / "one.json.gz", Shares(0.8, 0.8), 3)
    rewrite_file(source, tmp_path / "two.json.gz", Shares(0.8, 0.8), 3)
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()
    content = json.loads(gzip.decompress((tmp_path / "one.json.gz").read_bytes()))
    asked = [(p["context"], q) for a in content["data"] for p in a["paragraphs"] for q in p["qas"]]
    assert (len(asked), sum(q["is_impossible"] for _, q in asked)) == (report.questions, report.unanswerable)
    for context, question in asked:
        for answer in question["answers"]:
            assert context[answer["answer_start"] :].startswith(answer["text"])
    read = read_questions(tmp_path / "one.json.gz")
    assert len(read) == report.questions and sum(not one.answerable for one in read) == report.unanswerable


def test_an_answer_stands_where_its_annotators_found_it(tmp_path: Path) -> None:
    text = "Brandt came to Tovar. The Fenn bridge was built by Brandt."
    asked = {"id": "q", "question": "Who built the Fenn bridge?", "answers": [{"text": "Brandt", "answer_start": 51}]}
    source = {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": text, "qas": [asked]}]}]}
    (tmp_path / "train.json").write_text(json.dumps(source), "utf-8")
    rewrite_file(tmp_path / "train.json", tmp_path / "forms.json", Shares(1.0, 0.0))
    (paragraph,) = load_squad(tmp_path / "forms.json")
    assert text[51:] == "Brandt." and [answer.start for answer in paragraph.questions[0].answers] == [51]


def test_paragraphs_may_come_with_each_question(tmp_path: Path) -> None:
    asked = {"question": "Who built the Fenn bridge?", "answer": "Ilse Brandt", "context": FENN}
    (tmp_path / "q.jsonl").write_text(json.dumps(asked) + "\n", "utf-8")
    rewrite_file(tmp_path / "q.jsonl", tmp_path / "forms.json", Shares(1.0, 0.0))
    (paragraph,) = load_squad(tmp_path / "forms.json")
    assert [answer.start for answer in paragraph.questions[0].answers] == [FENN.index("Ilse")]


def test_what_has_no_paragraphs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"question": "Who?", "answer": "I"}\n')
    with pytest.raises(SourceError, match="without paragraphs"):
        rewrite_file(tmp_path / "q.jsonl", tmp_path / "out.json")
    with pytest.raises(ConfigError, match="from 0 to 1"):
        Shares(1.5)
    assert not (tmp_path / "out.json").exists()


def test_the_command(tmp_path: Path) -> None:
    source = write(tmp_path / "train.json")
    done = CliRunner().invoke(cli, ["forms", str(source), "-o", str(tmp_path / "f.json"), "--share", "1"])
    assert done.exit_code == 0 and json.loads(done.stdout)["questions"] == len(read_questions(tmp_path / "f.json"))
