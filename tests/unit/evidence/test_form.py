"""Form and words count in the evidence: contrary forms and echoes lose mass, words near raise scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from ragqa.documents import FAQ, KIND, Passage
from ragqa.evidence.answers import rank_answers
from ragqa.evidence.calibration import ScoreModel, Weights
from ragqa.evidence.masses import Evidence
from ragqa.evidence.overlap import Overlap
from ragqa.questions import asked
from ragqa.questions.scopes import Scope
from ragqa.types import Hit, Span

TEXT = "A code is valid for a length of time. Codes of guests are valid for thirty days."


def evidence(question: str, weights: Weights, meta=None) -> Evidence:
    hit = Hit(Passage("p", "d", TEXT, "Codes", 0, len(TEXT), meta=meta or {}), 1.0, 1, {"bm25": 3.0})
    seen = Evidence.on(question, [hit], weights, "en")
    echo, right = TEXT.index("length of time"), TEXT.index("thirty days")
    seen.add(
        [
            Span(0, 0, math.log(0.1)),
            Span(echo, echo + len("length of time"), math.log(0.5)),
            Span(right, right + len("thirty days"), math.log(0.4)),
        ]
    )
    return seen


@pytest.mark.parametrize("weights", [Weights(misfit=2.0, echo=0.0), Weights(misfit=0.0, echo=2.0)])
def test_a_contrary_form_or_an_echo_does_not_win(weights):
    question = "For what length of time is the code valid? How long?"
    (best, *_) = rank_answers(evidence(question, weights), ScoreModel(), 1)
    assert best.text == "thirty days"
    without = replace(weights, misfit=0.0, echo=0.0)
    assert rank_answers(evidence(question, without), ScoreModel(), 1)[0].text == "length of time"


def test_form_takes_away_and_never_adds():
    """Reading stops by an exact bound on what an unread passage can add: no span may exceed it."""
    question = "How long is the code valid?"
    plain, formed = (evidence(question, Weights(misfit=lost, echo=lost)) for lost in (0.0, 2.0))
    masses = [{key: form.mass for key, form in seen.forms.items()} for seen in (plain, formed)]
    assert all(masses[1][key] <= masses[0][key] for key in masses[0]) and masses[0] != masses[1]


def test_a_stored_answer_has_no_form():
    stored = evidence("How long is the code valid?", Weights(misfit=2.0, echo=2.0), {KIND: FAQ})
    plain = evidence("How long is the code valid?", Weights(misfit=0.0, echo=0.0), {KIND: FAQ})
    assert {key: form.mass for key, form in stored.forms.items()} == {
        key: form.mass for key, form in plain.forms.items()
    }


def test_words_near_are_those_of_sentence_title_and_headings():
    question = "How many days are codes of guests valid?"
    near = rank_answers(evidence(question, Weights()), ScoreModel(), 1)[0].features
    assert near["nearby"] == pytest.approx(1.0), "all of them stand in the second sentence"
    hits = [Hit(Passage("p", "d", "Guests sleep. Codes open doors.", "", 0, 31), 1.0, 1)]
    overlap = Overlap(asked("Do codes of guests open windows?", "en"), hits)
    first, second = overlap.near(0, Span(0, 6, 0.0)), overlap.near(0, Span(14, 19, 0.0))
    assert 0.0 < first < second < overlap.within(0) < 1.0


def test_a_word_that_all_hits_have_counts_less():
    hits = [Hit(Passage(str(n), str(n), f"The tower of {town}.", "", 0, 30), 1.0, n) for n, town in enumerate("ABC")]
    overlap = Overlap(asked("tower harbour", "en"), [*hits, Hit(Passage("x", "x", "A harbour.", "", 0, 10), 1.0, 4)])
    assert overlap.within(0) < overlap.within(3), "the rare word says more"


def test_a_question_without_words_says_nothing():
    assert Overlap(asked("?", "en"), [Hit(Passage("p", "d", "text", "", 0, 4), 1.0, 1)]).within(0) == 1.0


def test_a_passage_with_the_names_of_the_question_wins():
    """Equal words in another town's file lose to the file of the town that is asked about."""
    towns = [
        Passage("b", "b", "A dog licence is valid for two years.", "Rules", 0, 37, source="towns/fenn.md"),
        Passage("m", "m", "A dog licence is valid for one year.", "Rules", 0, 36, source="towns/ostry.md"),
    ]
    hits = [Hit(passage, 1.0, n + 1, {"bm25": 3.0 - n, "dense": 0.5}) for n, passage in enumerate(towns)]

    def best(question: str, weights: Weights) -> str:
        seen = Evidence.on(question, hits, weights, "en")
        for start, end in ((27, 36), (27, 35)):
            seen.add([Span(0, 0, math.log(0.1)), Span(start, end, math.log(0.9))])
        return rank_answers(seen, ScoreModel(), 1)[0].text

    asked_of = "How long is a dog licence valid in Ostry?"
    assert best(asked_of, Weights()) == "one year" and best(asked_of, Weights(stray=0.0)) == "two years"
    assert best("How long is a dog licence valid?", Weights()) == "two years", "no town is named"


COUNTRIES = {
    "austria": "The voting age in Austria is 16, lower than in Norway.",
    "norway": "Elections are held every four years. The voting age is 18.",
}


def countries(question: str, weights: Weights, titles: Mapping[str, str]) -> str:
    """The best answer of pages whose reader is as sure of one as of the other; search prefers the first."""
    hits = [
        Hit(
            Passage(name, name, text, titles[name], 0, len(text), source=f"pages/{name}.md"),
            1.0,
            n + 1,
            {"bm25": 3.0 - n, "dense": 0.5},
        )
        for n, (name, text) in enumerate(COUNTRIES.items())
    ]
    seen = Evidence.on(question, hits, weights, "en")
    for text, age in zip(COUNTRIES.values(), ("16", "18"), strict=True):
        seen.add([Span(0, 0, math.log(0.1)), Span(text.index(age), text.index(age) + 2, math.log(0.9))])
    return rank_answers(seen, ScoreModel(), 1)[0].text


@pytest.mark.parametrize("titles", [{"austria": "Austria", "norway": "Norway"}, {"austria": "", "norway": ""}])
def test_a_page_that_mentions_a_name_loses_to_the_page_of_that_name(titles):
    assert countries("What is the voting age in Norway?", Weights(), titles) == "18"
    assert countries("what is the voting age in norway", Weights(), titles) == "18", "the pages tell that it is a name"
    assert countries("What is the voting age in Austria?", Weights(), titles) == "16"
    assert countries("What is the voting age?", Weights(), titles) == "16"
    assert countries("What is the voting age in Norway?", Weights(stray=0.0), titles) == "16"


def test_a_mention_counts_in_full_where_no_page_has_the_name():
    passages = [Passage(name, name, text, "", 0, len(text)) for name, text in COUNTRIES.items()]
    hits = [Hit(passage, 1.0, n + 1, {}) for n, passage in enumerate(passages)]
    overlap = Overlap(asked("What is the voting age in Norway?", "en"), hits)
    assert [overlap.named(0), overlap.named(1)] == [1.0, 0.0]
    common = replace(passages[0], title="The age", text="The age is told. Of age is who votes.")
    overlap = Overlap(asked("what is the voting age", "en"), [replace(hits[0], passage=common), hits[1]])
    assert [overlap.named(0), overlap.named(1)] == [1.0, 1.0], "a word with a small letter is no name"


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How long is a licence valid in Ostry?", {"ostry"}),
        ("When was version 4.5 of Kelda released?", {"4.5", "kelda"}),
        ("iPhone cover price", {"iphone"}),
        ("WHAT IS THE PORT OF KELDA?", set()),
        ("What is the port?", set()),
        ("", set()),
    ],
)
def test_names_of_a_question(question, names):
    own = asked(question, "en")
    assert own.names | {scope.value for scope in own.scopes} == names


def test_where_all_nouns_have_capitals_numbers_alone_are_names():
    own = asked("Wie hoch ist die Gebühr 2024 bei 10-25 Jahren in Fenn?", "de")
    assert own.names == {"10-25"} and own.scopes == {Scope("year", "2024")}


@pytest.mark.parametrize(
    ("place", "question"),
    [
        ({"title": "Kelda 3.2 manual"}, "How many clients does Kelda allow in version 3.2?"),
        ({"meta": {"version": "3.2"}}, "How many clients does Kelda allow in version 3.2?"),
        ({"source": "kelda/2019/report.md"}, "How many clients did Kelda allow in 2019?"),
        ({"heading": "4 Limits"}, "How many clients does section 4 of the Kelda rules allow?"),
    ],
)
def test_of_two_documents_that_differ_in_their_version_the_one_that_is_named_wins(place, question):
    other = {"title": "Kelda 4.0 manual", "heading": "9 Limits", "source": "kelda/2020/report.md"}
    texts = ("Kelda allows ten clients; before 3.2 it were nine.", "Kelda allows six clients.")
    passages = [
        Passage(name, name, text, title, 0, len(text), heading, source=source, meta=meta)
        for name, text, title, heading, source, meta in (
            ("other", texts[0], other["title"], other["heading"], other["source"], {"version": "4.0"}),
            (
                "own",
                texts[1],
                place.get("title", "Kelda manual"),
                place.get("heading", ""),
                place.get("source", "kelda.md"),
                place.get("meta", {}),
            ),
        )
    ]
    hits = [Hit(passage, 1.0, n + 1, {"bm25": 3.0 - n, "dense": 0.5}) for n, passage in enumerate(passages)]

    def best(weights: Weights) -> str:
        seen = Evidence.on(question, hits, weights, "en")
        for text, quote in zip(texts, ("ten", "six"), strict=True):
            start = text.index(quote)
            seen.add([Span(0, 0, math.log(0.1)), Span(start, start + 3, math.log(0.9))])
        return rank_answers(seen, ScoreModel(), 1)[0].text

    assert best(Weights()) == "six" and best(Weights(stray=0.0)) == "ten"
