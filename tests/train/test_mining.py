"""`ragqa mine` on a real index: who is a positive, who a negative, who is neither, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import ragqa
from ragqa.cli import main
from ragqa.config import Config, IndexConfig
from ragqa.errors import ConfigError, SourceError, TrainingError
from ragqa.mining.negatives import Mining
from ragqa.mining.pairs import read_pairings
from ragqa.mining.teacher import load_teacher, reader_teacher
from ragqa.testing import HashEncoder
from ragqa.train import mine
from ragqa.types import Question

TEXTS = {
    "rhine": "The river Rhine rises in Switzerland, high in the Alps.",
    "rhine-2": "The river Rhine rises in the canton of Grisons.",
    "elbe": "The river Elbe rises in the Czech Republic.",
    "danube": "The river Danube rises in Germany.",
    "copy": "The river Rhine rises in Switzerland, high in the Alps.",
    "swiss": "Switzerland has rivers.",
    "bread": "Bread is baked from flour.",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mining")
    with (folder / "corpus.jsonl").open("w") as file:
        for name, text in TEXTS.items():
            file.write(json.dumps({"id": name, "title": "Rivers", "text": text}) + "\n")
    ragqa.build(folder / "corpus.jsonl", folder / "index", encoder=HashEncoder())
    return folder / "index"


ASKED = Question("q", "Where does the river Rhine rise?", ("Switzerland",))
NAMED = Question("q", "Where does the river Rhine rise?", ("Switzerland",), {"rhine": 1})


def mined(index, tmp_path, question, settings=None, **options):
    report = mine(index, [question], tmp_path / "m.jsonl", settings, encoder=HashEncoder(), **options)
    (pairing,) = read_pairings(tmp_path / "m.jsonl")
    return pairing, report


def texts(candidates):
    return [candidate.text for candidate in candidates]


@pytest.mark.parametrize("by", [("bm25",), ("dense",), ("hybrid",), ("bm25", "dense")])
def test_passages_with_the_answer_are_positives_and_never_negatives(index, tmp_path, by):
    pairing, report = mined(index, tmp_path, ASKED, Mining(by=by, margin=None))
    assert {TEXTS["rhine"], TEXTS["swiss"]} == set(texts(pairing.positives))
    assert {TEXTS["rhine-2"], TEXTS["elbe"], TEXTS["danube"]} <= set(texts(pairing.negatives))
    assert not any("Switzerland" in text for text in texts(pairing.negatives))
    assert report.distant == report.written == report.questions == 1
    assert pairing.positives[0].title == "Rivers" and pairing.answers == ("Switzerland",)


def test_named_documents_are_the_positives(index, tmp_path):
    pairing, report = mined(index, tmp_path, NAMED, Mining(margin=None))
    assert texts(pairing.positives) == [TEXTS["rhine"]] and report.distant == 0
    assert report.holds_answer == 2, "the copy and the other passage with the answer are no negatives"
    assert not any("Switzerland" in text for text in texts(pairing.negatives))


def test_a_named_document_is_positive_though_it_was_not_found(index, tmp_path):
    question = Question("q", "river Elbe Czech Republic", ("flour",), {"bread": 1})
    pairing, _ = mined(index, tmp_path, question, Mining(by=("bm25",), depth=2))
    assert texts(pairing.positives) == [TEXTS["bread"]] and len(pairing.negatives) == 2


def test_without_answers_copies_of_the_positive_are_left_out(index, tmp_path):
    question = Question("q", ASKED.text, (), {"rhine": 1})
    pairing, report = mined(index, tmp_path, question, Mining(margin=None))
    assert report.same_text == 1 and TEXTS["rhine"] not in texts(pairing.negatives)
    assert TEXTS["swiss"] in texts(pairing.negatives), "nothing says that it answers"


def test_what_scores_above_the_positive_is_left_out(index, tmp_path):
    question = Question("q", "The river Rhine rises in the canton", (), {"elbe": 1})
    strict, report = mined(index, tmp_path, question, Mining(by=("dense",), margin=0.0))
    scores = [candidate.score for candidate in (*strict.positives, *strict.negatives)]
    assert max(scores) == scores[0] and report.above_positive > 0
    assert TEXTS["rhine-2"] not in texts(strict.negatives)
    loose, _ = mined(index, tmp_path, question, Mining(by=("dense",), margin=None))
    assert loose.negatives[0].text == TEXTS["rhine-2"] and len(loose.negatives) > len(strict.negatives)
    some, _ = mined(index, tmp_path, question, Mining(by=("dense",), margin=0.2))
    assert all(candidate.score <= 1.2 * some.positives[0].score for candidate in some.negatives)


def test_dense_scores_are_cosines(index, tmp_path):
    pairing, _ = mined(index, tmp_path, NAMED, Mining(by=("dense",), margin=None))
    encoder, (asked,) = HashEncoder(), HashEncoder().encode_questions([NAMED.text])
    for candidate in (*pairing.positives, *pairing.negatives):
        passage = ragqa.Passage("p", "d", candidate.text, candidate.title, 0, 1)
        assert candidate.score == pytest.approx(float(asked @ encoder.encode_passages([passage])[0]), abs=2e-3)


def test_other_documents_only(tmp_path):
    (tmp_path / "a.txt").write_text("The Rhine rises in Switzerland.\n\nThe Rhine is a river in Europe, and long.")
    (tmp_path / "b.txt").write_text("The Rhine is wide.")
    config = Config(index=IndexConfig(split=ragqa.config.SplitConfig(words=6)))
    ragqa.build([tmp_path / "a.txt", tmp_path / "b.txt"], tmp_path / "index", config, encoder=HashEncoder())
    question = Question("q", "Where does the Rhine rise?", ("Switzerland",), {"a.txt": 1})
    own, _ = mined(tmp_path / "index", tmp_path, question, Mining(margin=None))
    other, report = mined(tmp_path / "index", tmp_path, question, Mining(margin=None, same_document=False))
    assert texts(own.positives) == ["The Rhine rises in Switzerland."], (
        "of the document's passages the one that answers"
    )
    assert any("Europe" in text for text in texts(own.negatives))
    assert texts(other.negatives) == ["The Rhine is wide."] and report.same_document > 0


def test_at_most_so_many(index, tmp_path):
    pairing, report = mined(index, tmp_path, ASKED, Mining(negatives=2, positives=1, margin=None))
    assert len(pairing.negatives) == report.negatives == 2 and len(pairing.positives) == report.positives == 1


def test_batches_give_what_single_questions_give(index, tmp_path):
    questions = [
        Question(f"q{number}", f"Where does the river {name} rise?", (answer,))
        for number, (name, answer) in enumerate(
            [("Rhine", "Switzerland"), ("Elbe", "Czech"), ("Danube", "Germany")] * 30
        )
    ]
    mine(index, questions, tmp_path / "all.jsonl", Mining(by=("bm25", "dense")), encoder=HashEncoder())
    together = list(read_pairings(tmp_path / "all.jsonl"))
    assert len(together) == 90
    for question, pairing in list(zip(questions, together, strict=True))[62:67]:
        assert mined(index, tmp_path, question, Mining(by=("bm25", "dense")))[0] == pairing


def test_questions_without_a_passage_are_counted(index, tmp_path):
    lost = [Question("a", "river?", ("nowhere",)), Question("b", "river?"), Question("c", "river?", (), {"none": 1})]
    report = mine(index, [ASKED, *lost], tmp_path / "m.jsonl", encoder=HashEncoder())
    assert (report.questions, report.written, report.without_positive) == (4, 1, 3)
    with pytest.raises(TrainingError, match="none of 3 questions has a passage"):
        mine(index, lost, tmp_path / "none.jsonl", encoder=HashEncoder())
    assert not (tmp_path / "none.jsonl").exists()


def test_settings_are_checked():
    for values, complaint in [
        ({"by": ("bm26",)}, "bm26"),
        ({"by": ()}, r"by is \[\]: expected some of"),
        ({"margin": -1.0}, "margin"),
    ]:
        with pytest.raises(ConfigError, match=complaint):
            Mining(**values)


def test_the_reader_as_teacher(index, tmp_path):
    judge = reader_teacher()
    pairing, _ = mined(index, tmp_path, NAMED, Mining(margin=None, negatives=3), teacher="reader")
    candidates = [*pairing.positives, *pairing.negatives]
    assert [one.score for one in candidates] == judge([NAMED.text] * len(candidates), candidates)
    assert pairing.positives[0].score > min(one.score for one in pairing.negatives) + 1
    strict, report = mined(index, tmp_path, NAMED, Mining(margin=0.0, negatives=3), teacher="reader")
    assert all(one.score <= strict.positives[0].score for one in strict.negatives) and report.written == 1


def test_a_cross_encoder_as_teacher(index, tiny_base, tmp_path):
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    folder = tmp_path / "cross"
    torch.manual_seed(0)  # the head is new
    model = transformers.AutoModelForSequenceClassification.from_pretrained(str(tiny_base), num_labels=1)
    model.save_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(tiny_base))
    tokenizer.save_pretrained(folder)
    pairing, _ = mined(index, tmp_path, NAMED, Mining(margin=None), teacher=str(folder))
    (first, *_) = pairing.positives
    features = tokenizer(NAMED.text, first.retrieval_text, return_tensors="pt")
    with torch.no_grad():
        assert first.score == pytest.approx(model.eval()(**features).logits.item(), abs=1e-5)
    lowest = min((*pairing.positives, *pairing.negatives), key=lambda one: one.score)
    name = next(name for name, text in TEXTS.items() if text == lowest.text)
    question = replace(NAMED, positives={name: 1}, answers=())
    every = len(TEXTS)  # as many negatives as there can be
    loose, _ = mined(index, tmp_path, question, Mining(margin=None, negatives=every), teacher=str(folder))
    strict, report = mined(index, tmp_path, question, Mining(margin=0.0, negatives=every), teacher=str(folder))
    best = loose.positives[0].score
    above = sum(one.score > best for one in loose.negatives)
    assert above and report.above_positive == above and all(one.score <= best for one in strict.negatives)
    assert load_teacher(str(folder))([], []) == []


def test_the_command_says_what_it_did(tmp_path, capsys):
    with (tmp_path / "corpus.jsonl").open("w") as file:
        for name, text in TEXTS.items():
            file.write(json.dumps({"id": name, "text": text}) + "\n")
    ragqa.build(tmp_path / "corpus.jsonl", tmp_path / "index")
    (tmp_path / "qa.jsonl").write_text(json.dumps({"question": ASKED.text, "answers": ["Switzerland"]}) + "\n")
    line = ["mine", "-i", str(tmp_path / "index"), "--questions", str(tmp_path / "qa.jsonl")]
    line += ["-o", str(tmp_path / "m.jsonl"), "--by", "bm25,dense", "-n", "2", "--margin", "none", "-q"]
    with pytest.raises(SystemExit) as left:
        main(line)
    assert left.value.code == 0
    report = json.loads(capsys.readouterr().out)
    assert report["written"] == 1 and report["negatives"] == 2
    (pairing,) = read_pairings(tmp_path / "m.jsonl")
    assert len(pairing.negatives) == 2
    for wrong, code, words in [
        (["--by", "bm26"], ConfigError.exit_code, "bm26"),
        (["--margin", "much"], ConfigError.exit_code, "expected a finite number"),
        (["--questions", str(tmp_path / "no.jsonl")], SourceError.exit_code, "no.jsonl"),
    ]:
        with pytest.raises(SystemExit) as left:
            main([*line, *wrong])
        error = capsys.readouterr().err
        assert left.value.code == code and words in error and error.count("\n") == 1
