"""Training windows: what they are labelled with is the answer, wherever the window was cut."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.corpus.squad import SquadAnswer, SquadQuestion
from ragqa.errors import SourceError, TrainingError
from ragqa.judging.matching import has_answer
from ragqa.mining.pairs import Candidate, Pairing, read_pairings, write_pairings
from ragqa.models.catalog import PRETRAINED
from ragqa.models.tokenize import PairTokenizer
from ragqa.train.engine.settings import ReaderData
from ragqa.train.reader.augment import Rewordings, paraphrases_of, read_rewordings
from ragqa.train.reader.data import hold_out, read_sources, tokenize
from ragqa.train.reader.places import annotated_place, answer_places, right_places, token_span
from ragqa.train.reader.windows import TrainingWindows


def material_of(paths, tokenizer, places="all"):
    sources = read_sources(paths, places)
    return tokenize(sources, sources.asked, tokenizer)


@pytest.fixture(scope="module")
def tokenizer():
    return PairTokenizer.from_file(PRETRAINED / "encoder" / "tokenizer.json", 48)


def test_every_place_of_an_answer_is_found():
    text = "1937 was dry; in 1937 and 11937 the bridge of 1937 stood."
    question = SquadQuestion("q", "?", (SquadAnswer("1937", 17),))
    assert answer_places(text, question) == [(0, 4), (17, 21), (46, 50)]


def test_annotated_place_counts_even_inside_a_word():
    assert answer_places("the 1980s", SquadQuestion("q", "?", (SquadAnswer("1980", 4),))) == [(4, 8)]


def test_token_span_covers_the_characters():
    offsets = np.array([[0, 3], [4, 7], [7, 9], [10, 12]])
    assert token_span(offsets, 4, 9) == (1, 2)
    assert token_span(offsets, 5, 8) == (1, 2)
    assert token_span(offsets, 3, 4) is None


@pytest.mark.parametrize("crop", [0, 20])
def test_labels_spell_the_answers(squad_file, tokenizer, crop):
    material = material_of([squad_file], tokenizer)
    data = ReaderData(stride=8, crop_tokens=crop, crop_until=1.0, negatives=0.3)
    windows = TrainingWindows(material, tokenizer, data, batches=30, batch_size=4, seed=3)
    nulls = 0
    for position in range(len(windows)):
        (labelled,) = windows[position]
        draw = windows.draws[windows.order[position]]
        passage = draw.cuts[0].passage
        window, text, offsets = labelled.window, material.texts[passage], material.passages[passage].offsets
        assert len(window.ids) <= 48
        if (labelled.spans == 0).all():
            nulls += 1
            continue
        for first, last in labelled.spans - window.context + window.first:
            quote = text[offsets[first, 0] : offsets[last, 1]]
            assert quote in material.examples[draw.example].answers
    assert 0 < nulls < len(windows) / 2


def test_cropped_positive_windows_always_hold_the_answer(squad_file, tokenizer):
    data = ReaderData(stride=8, crop_tokens=12, crop_until=1.0, negatives=0.0)
    windows = TrainingWindows(material_of([squad_file], tokenizer), tokenizer, data, 20, 4, seed=1)
    assert all((windows[i][0].spans > 0).all() for i in range(len(windows)))


def test_order_depends_on_the_seed_alone(squad_file, tokenizer):
    material = material_of([squad_file], tokenizer)
    one, same, other = (TrainingWindows(material, tokenizer, ReaderData(), 10, 2, seed) for seed in (1, 1, 2))
    assert one.draws == same.draws and (one.order == same.order).all()
    assert one.draws != other.draws


def test_held_out_articles_are_whole(squad_file):
    training, held = hold_out(read_sources([squad_file]), 0.5, 1)
    assert held and training and not {asked.group for asked in held} & {asked.group for asked in training}


def write_mined(path, rows):
    write_pairings(
        path,
        [
            Pairing(
                f"q{number}",
                question,
                answers,
                tuple(Candidate(f"p{number}-{i}", text, "Rivers\nLength") for i, text in enumerate(positives)),
                tuple(Candidate(f"n{number}-{i}", text) for i, text in enumerate(negatives)),
            )
            for number, (question, answers, positives, negatives) in enumerate(rows)
        ],
    )
    return path


RHINE = "The Rhine rises in Switzerland. Switzerland is small."
ROWS = [
    ("Where does the Rhine rise?", ("Switzerland",), [RHINE, "It is in Switzerland."], ["The Elbe is long.", "Ships."]),
    ("Who?", ("nobody",), ["Somebody did."], ["Ships."]),  # no passage holds the answer: nothing to learn from
    ("What is not said?", (), ["The Elbe is long."], []),
    ("What else is not said?", (), [], ["Ships."]),
]


def test_mined_passages_are_supervised_by_their_answers(tmp_path, tokenizer):
    material = material_of([write_mined(tmp_path / "mined.jsonl", ROWS)], tokenizer)
    assert [example.text for example in material.examples] == [ROWS[0][0], ROWS[2][0], ROWS[3][0]]
    assert len(material.texts) == 5, "a passage is kept once"
    rhine, unanswerable, negatives_only = material.examples
    assert {quote for number, spans in rhine.positives for quote in spelled(material, number, spans)} == {"Switzerland"}
    assert [len(spans) for _, spans in rhine.positives] == [2, 1]
    assert [len(spans) for _, spans in unanswerable.positives] == [0] and not negatives_only.positives


def test_unanswerable_questions_train_the_null_option(tmp_path, tokenizer):
    material = material_of([write_mined(tmp_path / "mined.jsonl", ROWS[2:])], tokenizer)
    for passages in (1, 2):
        windows = TrainingWindows(material, tokenizer, ReaderData(passages=passages), 4, 2, seed=0)
        assert not any(labelled.answers for i in range(8) for labelled in windows[i])


def test_first_place_is_the_annotated_one(tmp_path, tokenizer):
    question = SquadQuestion("q", "?", (SquadAnswer("Switzerland", RHINE.rindex("Switzerland")),))
    assert annotated_place(RHINE, question) == [(32, 43)]
    assert annotated_place(RHINE, SquadQuestion("q", "?", (SquadAnswer("Switzerland", 3),))) == [(19, 30)]
    assert annotated_place(RHINE, SquadQuestion("q", "?", ())) == []
    mined = write_mined(tmp_path / "mined.jsonl", ROWS[:1])
    assert [len(spans) for _, spans in material_of([mined], tokenizer, "first").examples[0].positives] == [1, 1]


def spelled(material, passage, spans):
    offsets = material.passages[passage].offsets
    return [material.texts[passage][offsets[first, 0] : offsets[last, 1]] for first, last in spans]


@pytest.mark.parametrize(
    ("answer", "right", "wrong", "quotes"),
    [
        ("10%", "About 10 % of it, not 110%.", "It says 10 % too.", ["10 %"]),
        ("US", "It is for us in the US.", "Ships of us.", ["US"]),  # letter by letter, where it stands like that
        ("Rhine Falls", "the rhine falls there", "RHINE FALLS", ["rhine falls"]),
        ("首都", "東京は日本の首都である", "首都高", ["首都"]),
        ("ชาว", "สวัสดีชาวโลก", "ชาวนา", ["ชาว"]),
    ],
)
def test_what_holds_an_answer_for_mining_has_a_place_of_it(tmp_path, tokenizer, answer, right, wrong, quotes):
    """Otherwise a passage that answers would be trained to say that it does not."""
    assert has_answer(right, [answer]) and has_answer(wrong, [answer])
    assert [right[slice(*place)] for place in right_places(right, [answer])] == quotes
    mined = write_mined(tmp_path / "mined.jsonl", [("What?", (answer,), [right], [wrong, "Ships."])])
    material = material_of([mined], tokenizer)
    windows = TrainingWindows(material, tokenizer, ReaderData(passages=2, negatives=1.0), 4, 2, seed=0)
    for position in range(8):
        cuts = windows.draws[windows.order[position]].cuts
        shown = {material.texts[cut.passage]: one.answers for cut, one in zip(cuts, windows[position], strict=True)}
        assert shown == {wrong: True, "Ships.": False}


def test_answers_that_are_patterns_have_places(tmp_path, tokenizer):
    pairing = Pairing(
        "q", "When?", (r"may \d+",), (Candidate("p", "On May 27."),), (Candidate("n", "May."),), pattern=True
    )
    write_pairings(tmp_path / "mined.jsonl", [pairing])
    assert list(read_pairings(tmp_path / "mined.jsonl")) == [pairing]
    material = material_of([tmp_path / "mined.jsonl"], tokenizer)
    ((passage, spans),) = material.examples[0].positives
    assert spelled(material, passage, spans) == ["May 27"]


def test_a_group_has_one_passage_that_answers_and_others_that_do_not(tmp_path, tokenizer, squad_file):
    mined = write_mined(tmp_path / "mined.jsonl", ROWS[:1])
    material = material_of([squad_file, mined], tokenizer)
    data = ReaderData(passages=3, negatives=0.0, crop_tokens=10, crop_until=0.5)
    windows = TrainingWindows(material, tokenizer, data, 20, 3, seed=2)
    for position in range(60):
        group, draw = windows[position], windows.draws[windows.order[position]]
        assert len(group) == 3 and len({cut.passage for cut in draw.cuts}) == 3
        assert group[0].answers, "also where its passage is cut short"
        example = material.examples[draw.example]
        if example.negatives:
            assert {cut.passage for cut in draw.cuts[1:]} == set(example.negatives)


def test_some_groups_hold_no_answer(tmp_path, tokenizer):
    material = material_of([write_mined(tmp_path / "mined.jsonl", ROWS[:1])], tokenizer)
    for passages, share in ((2, 0.3), (3, 0.0)):  # three do not answer, but two of its own are negatives
        windows = TrainingWindows(material, tokenizer, ReaderData(passages=passages, negatives=0.3), 200, 5, seed=2)
        groups = [windows[position] for position in range(1000)]
        assert all(len(group) == passages for group in groups)
        empty = [not any(labelled.answers for labelled in group) for group in groups]
        assert abs(sum(empty) / 1000 - share) <= (0.05 if share else 0.0)
        assert all(none or group[0].answers for none, group in zip(empty, groups, strict=True))
        negatives = set(material.examples[0].negatives)
        for position, none in enumerate(empty):
            if none:
                assert {cut.passage for cut in windows.draws[windows.order[position]].cuts} == negatives


def test_hardest_negatives_come_first_unless_shuffled(tmp_path, tokenizer):
    material = material_of([write_mined(tmp_path / "mined.jsonl", ROWS[:1])], tokenizer)
    drawn = {}
    for shuffle in (False, True):
        data = ReaderData(passages=2, negatives=0.0, shuffle_passages=shuffle)
        windows = TrainingWindows(material, tokenizer, data, 40, 1, seed=0)
        drawn[shuffle] = {tuple(cut.passage for cut in draw.cuts) for draw in windows.draws}
    example = material.examples[0]
    assert drawn[False] == {(example.positives[0][0], example.negatives[0])}
    assert len(drawn[True]) == 4


def test_more_passages_than_there_are_is_said(tmp_path, tokenizer):
    material = material_of([write_mined(tmp_path / "mined.jsonl", ROWS[2:3])], tokenizer)
    with pytest.raises(TrainingError, match="hold only 1 passages"):
        TrainingWindows(material, tokenizer, ReaderData(passages=2), 1, 1, seed=0)


@pytest.mark.parametrize(("temperature", "expected"), [(1.0, 5 / 6), (0.5, 5**0.5 / (5**0.5 + 1)), (0.0, 1 / 2)])
def test_files_are_mixed_by_temperature(tmp_path, tokenizer, squad_file, temperature, expected):
    material = material_of([squad_file, write_mined(tmp_path / "mined.jsonl", ROWS[:1])], tokenizer)
    windows = TrainingWindows(material, tokenizer, ReaderData(temperature=temperature), 600, 2, seed=5)
    files = [material.examples[draw.example].file for draw in windows.draws]
    assert np.mean(np.array(files) == 0) == pytest.approx(expected, abs=0.05)
    squad = [draw.example for draw in windows.draws if material.examples[draw.example].file == 0]
    assert sorted(squad[:5]) == [0, 1, 2, 3, 4], "all of a file before any comes again"


def test_dropped_words_are_outside_the_answer(squad_file, tokenizer):
    material, data = material_of([squad_file], tokenizer), ReaderData(negatives=0.2, word_dropout=0.5)
    windows = TrainingWindows(material, tokenizer, data, 10, 4, seed=0)
    plain = TrainingWindows(material, tokenizer, ReaderData(negatives=0.2), 10, 4, seed=0)
    mask, changed = tokenizer.tokenizer.token_to_id("[MASK]"), 0
    for position in range(40):
        (dropped,), (whole,) = windows[position], plain[position]
        differs = dropped.window.ids != whole.window.ids
        assert (dropped.window.ids[differs] == mask).all() and (dropped.spans == whole.spans).all()
        inside = np.arange(len(differs))[differs]
        assert (inside >= whole.window.context).all() and not differs[-1]
        for first, last in whole.spans:
            assert not differs[first : last + 1].any()
        changed += differs.sum()
        assert (windows[position][0].window.ids == dropped.window.ids).all(), "the same whenever it is asked for"
    assert changed > 100


def test_questions_are_reworded_and_fit(squad_file, tokenizer, tmp_path):
    table = tmp_path / "synonyms.txt"
    table.write_text("# tables\nwhere, in which place\nriver, stream, \nlong, lengthy\n", encoding="utf-8")
    synonyms = read_rewordings(table)
    assert synonyms["river"] == ("stream",) and synonyms["in which place"] == ("where",)
    material = material_of([squad_file], tokenizer)
    reword = Rewordings(synonyms, 0.5, {"How long is the Danube?": ("What is the Danube's length?",)})
    windows = TrainingWindows(material, tokenizer, ReaderData(), 40, 2, seed=0, reword=reword)
    asked = {tokenizer.tokenizer.decode(draw.question.tolist()) for draw in windows.draws}
    assert {"where does the rhine rise?", "in which place does the rhine rise?", "how lengthy is the danube?"} <= asked
    assert "which stream passes basel?" in asked and "what is the danube ' s length?" in asked
    assert all(len(windows[i][0].window.ids) <= tokenizer.max_length for i in range(80))
    same = TrainingWindows(material, tokenizer, ReaderData(), 40, 2, seed=0)
    assert [draw.example for draw in same.draws] == [draw.example for draw in windows.draws]
    assert Rewordings({"where": ("whence",)}, 1.0)(np.random.default_rng(0), "Where from?") == "Whence from?"


@pytest.mark.parametrize("content", [b"", b"# only a remark\nalone\n", b"\xff\xfe\x00"])
def test_a_useless_table_of_synonyms_is_said(tmp_path, content):
    (tmp_path / "table").write_bytes(content)
    with pytest.raises(SourceError, match="synonyms"):
        read_rewordings(tmp_path / "table")


def test_paraphrases_are_asked_for_once():
    calls = []

    def paraphrase(question):
        calls.append(question)
        return [question.upper(), " "]

    assert paraphrases_of(["a?", "b?", "a?"], paraphrase) == {"a?": ("A?",), "b?": ("B?",)} and calls == ["a?", "b?"]
    with pytest.raises(TrainingError, match="sequence of texts"):
        paraphrases_of(["a?"], lambda question: question)
