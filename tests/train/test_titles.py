"""Readers that learn with titles before their passages: what they see, and that their every form says so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.convert import override  # noqa: E402
from ragqa.documents import Passage  # noqa: E402
from ragqa.errors import ModelError  # noqa: E402
from ragqa.judging.matching import has_answer  # noqa: E402
from ragqa.mining.pairs import Candidate, Pairing, write_pairings  # noqa: E402
from ragqa.models.card import read_card  # noqa: E402
from ragqa.models.catalog import PRETRAINED, load_reader  # noqa: E402
from ragqa.models.tokenize import PairTokenizer  # noqa: E402
from ragqa.train.engine.settings import ReaderData  # noqa: E402
from ragqa.train.joint.candidates import Candidates  # noqa: E402
from ragqa.train.joint.data import JointWindows  # noqa: E402
from ragqa.train.reader.data import read_sources, tokenize  # noqa: E402
from ragqa.train.reader.fit import fit_reader  # noqa: E402
from ragqa.train.reader.windows import TrainingWindows  # noqa: E402
from ragqa.types import Question  # noqa: E402

TOKENIZER = PairTokenizer.from_file(PRETRAINED / "encoder" / "tokenizer.json", 48)


def before(labelled) -> str:
    return TOKENIZER.tokenizer.decode(labelled.window.ids[1 : labelled.window.context - 1], skip_special_tokens=False)


@pytest.fixture
def sources(squad_file, tmp_path):
    positive = Candidate("p", "It rises in Switzerland.", "The Rhine > Course")
    negative = Candidate("n", "It rises in the Czech Republic.", "The Elbe")
    mined = Pairing("q", "Where does the Rhine rise?", ("Switzerland",), (positive,), (negative,))
    write_pairings(tmp_path / "mined.jsonl", [mined])
    return read_sources([squad_file, tmp_path / "mined.jsonl"])


def windows_of(sources, **data):
    material = tokenize(sources, sources.asked, TOKENIZER)
    windows = TrainingWindows(material, TOKENIZER, ReaderData(max_length=48, stride=8, **data), 20, 4, seed=2)
    return windows, [windows[place] for place in range(len(windows))]


def test_a_share_of_questions_sees_the_title_of_each_passage(sources):
    windows, seen = windows_of(sources, titles=0.5, negatives=0.5)
    known = {text: title.lower() for text, title in zip(sources.texts, sources.titles, strict=True)}
    titled = 0
    for place, (labelled,) in enumerate(seen):
        draw = windows.draws[windows.order[place]]
        question = windows.material.examples[draw.example].text.lower()
        title = known[windows.material.texts[draw.cuts[0].passage]]
        assert before(labelled) == (f"{question} [SEP] {title}" if draw.titled else question)
        assert len(labelled.window.ids) <= 48
        titled += draw.titled
    assert 20 < titled < 60
    assert {"rivers", "bridges", "the rhine > course", "the elbe"} <= set(known.values())


def test_titles_take_their_room_from_long_passages(tmp_path):
    text = "The Rhine rises in Switzerland. " * 20
    positive, negative = Candidate("p", text, "The Rhine > Course"), Candidate("n", "Ships pass. " * 40, "The Elbe")
    mined = Pairing("q", "Where does the Rhine rise?", ("Switzerland",), (positive,), (negative,))
    write_pairings(tmp_path / "mined.jsonl", [mined])
    _, seen = windows_of(read_sources([tmp_path / "mined.jsonl"]), titles=1.0, negatives=0.5)
    assert {len(labelled.window.ids) for (labelled,) in seen} == {48}


def test_titles_change_nothing_else_about_a_run(sources):
    def content(one):
        return [(draw.example, [cut.passage for cut in draw.cuts]) for draw in one.draws]

    (plain, seen), (titled, also) = windows_of(sources), windows_of(sources, titles=1.0)
    assert content(plain) == content(titled)
    for (one,), (other,) in zip(
        [seen[place] for place in np.argsort(plain.order)],
        [also[place] for place in np.argsort(titled.order)],
        strict=True,
    ):
        assert one.answers == other.answers and other.window.context > one.window.context
    assert not any(draw.titled for draw in plain.draws)


@pytest.mark.slow
def test_every_form_of_a_reader_keeps_that_it_reads_titles(squad_file, tiny_base, tiny_recipe, tmp_path):
    from ragqa.models.export import export_reader
    from ragqa.train.checkpoints.adapter import compress, merge

    assert not load_reader(str(fit_reader([squad_file], tmp_path / "plain", tiny_recipe))).titles
    recipe = replace(tiny_recipe, data=replace(tiny_recipe.data, titles=0.8))
    out = fit_reader([squad_file], tmp_path / "reader", recipe)
    assert load_reader(str(out)).titles
    export_reader(str(out), tmp_path / "fast", max_length=64, stride=8, int8=False)
    assert read_card(tmp_path / "fast", "reader").titles and load_reader(str(tmp_path / "fast")).titles
    compress(out, str(tiny_base), tmp_path / "adapter", rank=8, data=[squad_file])
    assert load_reader(str(merge(tmp_path / "adapter", tmp_path / "merged"))).titles
    card = json.loads((tmp_path / "fast" / "ragqa.json").read_text())
    (tmp_path / "fast" / "ragqa.json").write_text(json.dumps(card | {"titles": 1}))
    with pytest.raises(ModelError, match="titles is 1: expected true or false"):
        load_reader(str(tmp_path / "fast"))
    (tmp_path / "fast" / "ragqa.json").write_text(json.dumps({k: v for k, v in card.items() if k != "titles"}))
    assert not load_reader(str(tmp_path / "fast")).titles, "as cards were written before there were titles"


def test_a_teacher_must_know_titles_where_there_are_any(squad_file, tiny_base, tiny_recipe, tmp_path):
    settings = {"loss.teacher": str(tiny_base), "data.titles": 0.5}
    with pytest.raises(ModelError, match="has not learnt with titles"):
        fit_reader([squad_file], tmp_path / "out", override(tiny_recipe, settings))


def test_scores_while_training_are_of_titled_passages(squad_file, sources):
    from ragqa.train.reader.scoring import reading_score

    class Listening:
        def read_texts(self, questions, texts, titles):
            self.heard = list(zip(questions, texts, titles, strict=True))
            return load_reader().read_texts(questions, texts, titles)

    listening, chosen = Listening(), [asked for asked in sources.asked if asked.positives]
    reading_score(chosen, sources, lambda model: listening)(None)
    assert [(text[:6], title) for _, text, title in listening.heard[-2:]] == [
        ("The br", "Bridges"),
        ("It ris", "The Rhine > Course"),
    ]


@pytest.mark.parametrize("titles", [False, True])
def test_joint_training_shows_them_to_a_reader_that_reads_them(titles):
    text = "It rises in Switzerland."
    passage = Passage("p", "d", text, "The Rhine", 0, len(text), "Course")
    question = Question("q", "Where does the Rhine rise?", ("Switzerland",))
    windows = JointWindows([question], TOKENIZER, 8, titles=titles)
    found = Candidates(np.array([[7]]), np.zeros((1, 1, 4), np.float32), {7: passage})
    step = windows.step([0], found)
    length = int(step.batch.mask[0].sum())
    shown = TOKENIZER.tokenizer.decode(step.batch.ids[0, 1 : length - 1], skip_special_tokens=False)
    above = " [SEP] the rhine > course" if titles else ""
    assert shown == f"where does the rhine rise?{above} [SEP] it rises in switzerland."
    ((first, last),) = step.spans[0]
    assert TOKENIZER.tokenizer.decode(step.batch.ids[0, first : last + 1]) == "switzerland"
    assert step.allowed[0].sum() == 1 + len(TOKENIZER.encode([text])[0])


@pytest.mark.parametrize(("answer", "pattern"), [("10%", False), (r"10\s?%", True)])
def test_joint_training_finds_answers_as_its_candidates_do(answer, pattern):
    text = "About 10 % of it."
    windows = JointWindows([Question("q", "How much?", (answer,), pattern=pattern)], TOKENIZER, 8)
    found = Candidates(np.array([[7]]), np.zeros((1, 1, 4), np.float32), {7: Passage("p", "d", text, "", 0, len(text))})
    step = windows.step([0], found)
    assert has_answer(text, [answer], pattern=pattern)
    ((first, last),) = step.spans[0]
    assert TOKENIZER.tokenizer.decode(step.batch.ids[0, first : last + 1]) == "10 %"
