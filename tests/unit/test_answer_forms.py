"""Replies in the form that the question asks for: yes or no, several answers, two things that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ragqa.cli.output import print_reply
from ragqa.config import Config, IndexConfig, ReadConfig
from ragqa.documents import Document
from ragqa.evidence.calibration import Calibration, ExcerptFit, ExcerptModel
from ragqa.index.snapshot import Snapshot
from ragqa.index.writer import update
from ragqa.pipeline import Pipeline
from ragqa.remote.replies import reply_of
from ragqa.testing import HashEncoder, WordReader

FITTED = Calibration(excerpts=ExcerptFit(ExcerptModel()))


def pipeline(place: Path, texts: Mapping[str, str], **read) -> Pipeline:
    documents = [Document(name, text, name, f"{name}.txt") for name, text in texts.items()]
    update(place, IndexConfig(), HashEncoder(), documents)
    config = Config(read=ReadConfig(min_score=0.0, **read))
    return Pipeline(Snapshot.open(place), HashEncoder(), WordReader(), config, calibration=FITTED)


def test_yes_or_no_stands_before_the_sentence_that_says_so(tmp_path, capsys):
    texts = {
        "hut": "Dogs are not allowed in the hut.",
        "inn": "Dogs are allowed in the inn.",
        "ship": "Dogs are allowed on the ship if they are small.",
    }
    asking = pipeline(tmp_path, texts)
    for name, said in (("hut", "no"), ("inn", "yes"), ("ship", None)):
        reply = asking.ask(f"Are dogs allowed {'on' if name == 'ship' else 'in'} the {name}?", all=True)
        verdicts = {answer.hit.passage.doc_id: answer.verdict for answer in reply.answers}
        assert verdicts == {**dict.fromkeys(texts), name: said}, "no other sentence decides it"
        assert all(answer.text == answer.quote() == texts[answer.hit.passage.doc_id] for answer in reply.answers)
        assert [one["verdict"] for one in reply.to_dict()["answers"]] == [one.verdict for one in reply.answers]
        assert reply_of(reply.to_dict()) == reply
        print_reply(reply)
        assert (f". {said.capitalize()} — {texts[name]}\n" if said else f". {texts[name]}\n") in capsys.readouterr().out
    for question in ("Who is allowed in the inn?", "Are dogs allowed in the hut or in the inn?"):
        assert all(answer.verdict is None for answer in asking.ask(question, all=True).answers), (
            "no question for yes or no"
        )
    spans = asking.ask("Are dogs allowed in the hut?", form="span", all=True).answers
    assert {(one.kind, one.verdict) for one in spans if one.hit.passage.doc_id == "hut"} == {("span", "no")}


def test_the_nearest_sentence_has_a_verdict_too(tmp_path):
    asking = pipeline(tmp_path, {"hut": "Dogs are not allowed in the hut."})
    reply = asking.ask("Are dogs allowed in the hut?", min_score=1.0)
    assert not reply.answered and reply.nearest is not None and reply.nearest.verdict == "no"


def test_all_items_of_an_enumeration_have_their_places(tmp_path, capsys):
    texts = {
        "lines": "Bring these things to the hut:\n\n- a lamp\n- a rope\n- bread",
        "line": "For the mill bring (a) a candle, (b) a sack and (c) a permit. It is far.",
        "sentences": "The permit needs:\n(a) The name. It is checked. (b) The address.",
        "table": "Bells of Sarn:\n\n| Bell | Weight |\n|---|---|\n| Anna | 300 kg |\n| Berta | 90 kg |",
    }
    asking = pipeline(tmp_path, texts, form="excerpt")

    def things(question, name):
        reply = asking.ask(question, all=True)
        assert reply_of(reply.to_dict()) == reply
        found = [one for one in reply.answers if one.hit.passage.doc_id == name and one.items]
        print_reply(reply)
        return [texts[name][start:end] for start, end in found[0].items] if found else []

    assert things("Which things are needed for the hut?", "lines") == ["a lamp", "a rope", "bread"]
    capsys.readouterr()
    assert things("Which things are needed for the mill?", "line") == ["a candle", "a sack", "a permit"]
    assert "   · a candle\n   · a sack\n   · a permit\n" in capsys.readouterr().out
    assert things("List what the permit needs.", "sentences") == ["The name. It is checked.", "The address"]
    assert things("What are the weights of the bells of Sarn?", "table") in (["300 kg", "90 kg"], ["Anna", "Berta"])
    assert not things("Where is the mill?", "line"), "one thing is asked for"


def test_two_things_that_are_compared_are_asked_about_one_by_one(tmp_path, capsys):
    texts = {
        "mill": "The mill is ninety years old.",
        "tower": "The tower is threehundred years old.",
        **{f"other{number}": f"House {number} has {number} doors." for number in range(30)},
    }
    asking = pipeline(tmp_path, texts, passages=20)
    question = "Which is older, the mill or the tower?"
    reply = asking.ask(question)
    assert [part.question for part in reply.parts] == ["How old is the mill?", "How old is the tower?"]
    assert [part.answers[0].hit.passage.doc_id for part in reply.parts] == ["mill", "tower"]
    assert len(reply.hits) + sum(len(part.hits) for part in reply.parts) <= 20, "one budget"
    assert reply_of(reply.to_dict()) == reply
    explained = asking.explain(question).reply
    assert [part.answers for part in explained.parts] == [part.answers for part in reply.parts]
    assert explained.answers == reply.answers
    print_reply(reply)
    out = capsys.readouterr().out
    assert "How old is the mill?\n   " in out and "How old is the tower?\n   " in out
    assert asking.ask("How old is the mill?").parts == ()


def test_a_value_stands_below_its_own_question_and_never_above_both(tmp_path, capsys):
    texts = {"mill": "The mill is ninety years old.", "tower": "The tower is threehundred years old."}
    asking = pipeline(tmp_path, texts)
    for form in ("auto", "span"):
        for question in ("Which is older, the mill or the tower?", "Is the mill older than the tower?"):
            reply = asking.ask(question, form=form, min_score=0.0)
            assert all(answer.kind == "excerpt" for answer in reply.answers)
            assert all(part.answers for part in reply.parts)
    reply = asking.ask("Which is older, the mill or the tower?", form="span")
    print_reply(reply)
    assert "No answer found" not in capsys.readouterr().out, "the parts are answered"
