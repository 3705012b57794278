"""The script behind the table "joint or separate": what is learnt from and what is asked."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.corpus.squad import load_squad
from ragqa.judging.questions import read_questions


@pytest.fixture
def script(eval_script):
    return eval_script("joint_or_separate")


def article(title):
    paragraphs = [
        {
            "context": f"Paragraph {place} of {title} is about {place}.",
            "qas": [
                {
                    "id": f"{title}-{place}-{number}",
                    "question": f"What is paragraph {place} of {title} about?",
                    "answers": [{"text": str(place), "answer_start": 10}],
                }
                for number in range(3)
            ],
        }
        for place in range(5)
    ]
    return {"title": title, "paragraphs": paragraphs}


def test_halves_share_no_article_and_questions_keep_their_paragraphs(script, tmp_path):
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"data": [article(f"article {number}") for number in range(12)]}))
    script.prepare(data, tmp_path / "out", 10, 8, 4)
    texts = {paragraph.id: paragraph.text for paragraph in load_squad(tmp_path / "out" / "corpus.json")}
    asked, same, learnt = (read_questions(tmp_path / "out" / f"{name}.json") for name in ("test", "same", "train"))
    assert len(texts) == 60 and len(asked) == len(same) == 8 and len(learnt) == 10
    for question in (*asked, *same, *learnt):
        (paragraph,) = question.positives
        assert texts[paragraph] == question.context
    titles = [{next(iter(question.positives)).split("#")[0] for question in half} for half in (asked, [*same, *learnt])]
    assert not titles[0] & titles[1] and not {question.id for question in same} & {question.id for question in learnt}
    pairs = [json.loads(line) for line in (tmp_path / "out" / "pairs.jsonl").read_text().splitlines()]
    assert {pair["id"] for pair in pairs} == {question.id for question in learnt}
