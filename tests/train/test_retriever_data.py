"""What a retriever learns from: batches without false negatives, pseudo-questions, files of both forms."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.config import SplitConfig
from ragqa.corpus.read import read_documents
from ragqa.corpus.split import split
from ragqa.errors import SourceError, TrainingError
from ragqa.mining.pairs import Candidate, Pairing, write_pairings
from ragqa.train.engine.recipe import RetrieverRecipe
from ragqa.train.engine.settings import RetrieverData, RetrieverLoss
from ragqa.train.retriever.batches import draw_batches
from ragqa.train.retriever.data import contents, load_pairings, read_file, split_questions
from ragqa.train.retriever.weak import weak_pairings


def pairing(number, positives, negatives=(), question=None):
    def passages(names):
        return tuple(Candidate(name, f"text {name}") for name in names)

    return Pairing(str(number), question or f"question {number}", ("a",), passages(positives), passages(negatives))


@st.composite
def data(draw):
    names = st.sampled_from("abcdefghijkl")
    made = []
    for number in range(draw(st.integers(6, 20))):
        positives = draw(st.lists(names, min_size=1, max_size=2, unique=True))
        negatives = [name for name in draw(st.lists(names, max_size=3, unique=True)) if name not in positives]
        question = draw(st.sampled_from([None, None, "the same"]))
        made.append(pairing(number, positives, negatives, question))
    return made


@given(data(), st.integers(1, 3), st.integers(0, 2), st.integers(0, 5))
def test_no_known_positive_is_ever_a_negative(pairings, size, negatives, seed):
    try:
        batches = draw_batches(pairings, 8, size, negatives, seed)
    except TrainingError:
        return
    for batch in batches:
        assert len(batch) == size and len({draw.pairing.question for draw in batch}) == size
        for one, other in permutations(batch, 2):
            known = {candidate.id for candidate in one.pairing.positives}
            assert not known & {candidate.id for candidate in other.passages}
        for draw in batch:
            known = {candidate.id for candidate in draw.pairing.positives}
            assert draw.positive.id in known and len(draw.negatives) == negatives
            assert not known & {candidate.id for candidate in draw.negatives}
    assert batches == draw_batches(pairings, 8, size, negatives, seed)


def test_every_question_comes_once_before_any_comes_again():
    pairings = [pairing(number, [f"p{number}"]) for number in range(12)]
    batches = draw_batches(pairings, 9, 4, 0, 1)
    for start in (0, 3, 6):
        seen = [draw.pairing.id for batch in batches[start : start + 3] for draw in batch]
        assert sorted(seen) == sorted(one.id for one in pairings)
    assert draw_batches(pairings, 9, 4, 0, 2) != batches


def test_questions_of_one_passage_wait_for_another_batch():
    """A third of the questions is on one passage: none is lost, and no batch has two of them."""
    pairings = [pairing(number, [f"p{number}" if number % 3 else "same"]) for number in range(30)]
    for seed in range(10):
        batches = draw_batches(pairings, 14, 3, 0, seed)
        assert all(sum(draw.positive.id == "same" for draw in batch) <= 1 for batch in batches)
        seen = Counter(draw.pairing.id for batch in batches for draw in batch)
        assert len(seen) == 30 and max(seen.values()) == 2
    with pytest.raises(TrainingError, match="only 1 questions fit into a batch of 2"):
        draw_batches([pairing(number, ["same"]) for number in range(5)], 1, 2, 0, 1)


def test_who_waits_is_not_forgotten():
    """Eight questions bring the ninth's passage as their negative; over many batches all eight come equally often."""
    pairings = [pairing("x", ["x"], ["n"]), pairing("z", ["z"], ["n"])]
    pairings += [pairing(f"y{number}", [f"y{number}"], ["x"]) for number in range(8)]
    for seed in range(5):
        drawn = [draw.pairing.id for batch in draw_batches(pairings, 100, 2, 1, seed) for draw in batch]
        counts = [drawn.count(f"y{number}") for number in range(8)]
        assert max(counts) - min(counts) <= 2


def test_the_same_text_under_another_id_is_the_same_passage():
    one, other = pairing(1, ["a"]), pairing(2, ["b"])
    other = replace(other, positives=(replace(other.positives[0], text="text a"),))
    with pytest.raises(TrainingError, match="only 1 questions"):
        draw_batches([one, other], 1, 2, 0, 1)


def test_missing_negatives_are_passages_of_others():
    pairings = [pairing(1, ["a"], ["x"]), pairing(2, ["b"]), pairing(3, ["c"])]
    drawn = [draw for batch in draw_batches(pairings, 30, 1, 2, 1) for draw in batch]
    own = {draw.pairing.id: Counter() for draw in drawn}
    for draw in drawn:
        own[draw.pairing.id].update(candidate.id for candidate in draw.negatives)
    assert own["1"]["x"] == 10 and not own["1"]["a"] and set(own["2"]) == {"a", "c"}
    with pytest.raises(TrainingError, match=r"data\.negatives=0"):
        draw_batches([pairing(1, ["a"])], 1, 1, 1, 1)


def test_squad_passages_look_as_they_are_indexed(squad_file):
    pairings = read_file(squad_file)
    (documents,) = [list(read_documents([squad_file], pytest.fail))]
    indexed = {p.retrieval_text for document in documents for p in split(document, SplitConfig())}
    assert {one.positives[0].retrieval_text for one in pairings} == indexed
    assert pairings[0].question == "Where does the Rhine rise?" and pairings[0].answers == ("Switzerland",)
    assert pairings[0].positives[0].title == "Rivers"


def test_unanswerable_questions_have_no_passage(tmp_path):
    qas = [{"id": "1", "question": "Who?", "answers": [], "is_impossible": True}]
    content = {"data": [{"title": "A_B", "paragraphs": [{"context": "x", "qas": qas}]}]}
    (tmp_path / "v2.json").write_text(json.dumps(content))
    with pytest.raises(TrainingError, match="none of the 1 questions in the data has a passage"):
        load_pairings([tmp_path / "v2.json"], RetrieverRecipe(), print)


def test_files_are_told_apart_by_content(tmp_path, squad_file):
    pairings = [pairing(1, ["a"], ["b"])]
    write_pairings(tmp_path / "mined.txt", pairings)
    assert read_file(tmp_path / "mined.txt") == pairings
    with gzip.open(tmp_path / "mined.jsonl.gz", "wb") as file:
        file.write((tmp_path / "mined.txt").read_bytes())
    assert read_file(tmp_path / "mined.jsonl.gz") == pairings
    (tmp_path / "squad.json").write_text(json.dumps(json.loads(squad_file.read_text()), indent=2))
    assert len(read_file(tmp_path / "squad.json")) == 5
    for name, content, complaint in [
        ("a.json", "{]", "cannot be read as SQuAD"),
        ("a.jsonl", "{]", "a.jsonl:1"),
        ("b.jsonl", '{"question": "x"}', "b.jsonl:1"),
        ("c.json", '{"data": 3}', "not SQuAD-format"),
        ("d.json.gz", "no gzip", "cannot be read"),
        ("e.json", "", "cannot be read"),
    ]:
        (tmp_path / name).write_text(content)
        with pytest.raises(SourceError, match=complaint):
            read_file(tmp_path / name)


def test_distillation_takes_what_is_scored(tmp_path):
    def scored(one, *scores):
        values = iter(scores)
        positives = tuple(replace(candidate, score=next(values)) for candidate in one.positives)
        return replace(one, positives=positives, negatives=tuple(replace(c, score=next(values)) for c in one.negatives))

    good = scored(pairing(1, ["a", "b"], ["c", "d"]), 1.0, 2.0, 0.5, 0.1)
    write_pairings(tmp_path / "m.jsonl", [good, pairing(2, ["a"], ["c", "d"]), scored(pairing(3, ["a"], ["c"]), 1, 0)])
    recipe = replace(RetrieverRecipe(), loss=RetrieverLoss(objective="kl"), data=RetrieverData(negatives=2))
    notes = []
    (kept,) = load_pairings([tmp_path / "m.jsonl"], recipe, notes.append)
    assert kept.id == "1" and [candidate.id for candidate in kept.positives] == ["b"]
    assert len(notes) == 1 and "2 of 3 questions left out" in notes[0]


def test_held_out_articles_are_whole(squad_file):
    training, held = split_questions(read_file(squad_file), 0.5, 1)
    titles = [{one.positives[0].title for one in part} for part in (training, held)]
    assert training and held and not titles[0] & titles[1]
    with pytest.raises(TrainingError, match="nothing to train on"):
        split_questions(read_file(squad_file), 1.0, 1)


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "rivers.md").write_text(
        "# Rivers\n\nThe Rhine rises in Switzerland. It flows to the North Sea through Basel. Yes.\n\n"
        "## Danube\n\nThe Danube ends in the Black Sea. Ships pass it all year round.\n"
    )
    return folder


def test_cloze_sentences_ask_for_the_rest(corpus):
    pairings = weak_pairings([corpus], "ict", keep=0.0)
    assert [one.question for one in pairings] == [
        "The Rhine rises in Switzerland.",
        "It flows to the North Sea through Basel.",
        "The Danube ends in the Black Sea.",
        "Ships pass it all year round.",
    ]
    for one in pairings:
        (passage,) = one.positives
        assert one.question not in passage.text and passage.title.startswith("Rivers")
    ids = [one.positives[0].id for one in pairings]
    assert ids[0] == ids[1] != ids[2] == ids[3], "sentences of one passage must never meet in a batch"
    kept = weak_pairings([corpus], "ict", keep=1.0)
    assert all(one.question in one.positives[0].text for one in kept)
    assert weak_pairings([corpus], "ict", keep=0.5, seed=3) == weak_pairings([corpus], "ict", keep=0.5, seed=3)


def test_titles_ask_for_what_stands_below_them(corpus):
    asked = {one.question: one.positives for one in weak_pairings([corpus], "titles")}
    danube = next(question for question in asked if question.endswith("Danube"))
    assert asked[danube][0].text.startswith("The Danube ends") and not asked[danube][0].title
    (rest,) = asked["The Rhine rises in Switzerland."]
    assert rest.text == "It flows to the North Sea through Basel. Yes." and "Rivers" in rest.title


def test_contents_change_with_any_file(corpus, tmp_path):
    before = contents([corpus])
    assert before == contents([corpus])
    (corpus / "more.txt").write_text("More.")
    assert contents([corpus]) != before
    with pytest.raises(SourceError, match="no such file"):
        contents([tmp_path / "nowhere"])
