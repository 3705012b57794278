"""Which questions lean on what came before, and what they become: a golden table, and what must hold for all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.corpus.read import read_documents
from ragqa.followup import Turn, understand
from ragqa.followup.words import content, vocabulary

ROOT = Path(__file__).parents[3]


def turn(question, answer="", title="", context=""):
    return Turn(question, question, answer, title, context)


KEPLER = turn(
    "Who found the laws of planetary motion?",
    "Johannes Kepler",
    "Johannes Kepler",
    "Johannes Kepler was an astronomer. He was born in Weil der Stadt. He worked in Prague with Tycho Brahe.",
)
HERSCHEL = turn(
    "Where was Caroline Herschel born?",
    "in Hanover",
    "Caroline Herschel",
    "Caroline Herschel was an astronomer. She was born in Hanover. She found eight comets.",
)
RHINE = turn(
    "How long is the Rhine?",
    "1,233 kilometres",
    "Rhine",
    "The Rhine is a river. It is 1,233 kilometres long and flows through Cologne to the North Sea.",
)
TOWER = turn(
    "When was the Eiffel Tower opened?",
    "31 March 1889",
    "Eiffel Tower",
    "The Eiffel Tower was opened on 31 March 1889. It stands in Paris. Few workers died. Its lifts are slow.",
)
INSULIN = turn(
    "Who discovered insulin?",
    "Frederick Banting and Charles Best",
    "Insulin",
    "Frederick Banting and Charles Best discovered insulin in Toronto. The first patient was a boy.",
)
RIVER = turn(
    "Which river flows out of Lake Geneva?",
    "the Rhône",
    "Lake Geneva",
    "Only the Rhône flows out of Lake Geneva. The lake is deep.",
)
NORWAY = turn("What is the capital of Norway?", "Oslo", "Norway", "Norway is a kingdom. Its capital is Oslo.")
FIRST = turn("Who won the first Tour de France?", "Maurice Garin", "Tour de France", "Maurice Garin won it in 1903.")
UNKNOWN = turn("When was the Brooklyn Bridge opened?")

GOLDEN = [
    # people
    (KEPLER, "And when did he die?", "When did Johannes Kepler die?"),
    (KEPLER, "What's his best-known book?", "What's Johannes Kepler's best-known book?"),
    (KEPLER, "Did Brahe know him?", "Did Brahe know Johannes Kepler?"),
    (HERSCHEL, "When did she die?", "When did Caroline Herschel die?"),
    (HERSCHEL, "Who was her brother?", "Who was Caroline Herschel's brother?"),
    (INSULIN, "When did they die?", "When did Frederick Banting and Charles Best die?"),
    # things and places
    (RHINE, "How deep is it?", "How deep is the Rhine?"),
    (TOWER, "How long did its construction take?", "How long did the Eiffel Tower's construction take?"),
    (INSULIN, "Was it patented?", "Was insulin patented?"),
    (RIVER, "How long is it?", "How long is the Rhône?"),
    (RIVER, "Which fish live there?", "Which fish live in Lake Geneva?"),
    (HERSCHEL, "Who lives there?", "Who lives in Hanover?"),
    (NORWAY, "What is its population?", "What is Oslo's population?"),
    (UNKNOWN, "Who designed it?", "Who designed the Brooklyn Bridge?"),
    # question words alone
    (HERSCHEL, "And when?", "When was Caroline Herschel born?"),
    (HERSCHEL, "Why there?", "Why was Caroline Herschel born in Hanover?"),
    (RHINE, "And how wide?", "How wide is the Rhine?"),
    (TOWER, "By whom?", "By whom was the Eiffel Tower opened?"),
    (TOWER, "What for?", "For what was the Eiffel Tower opened?"),
    (KEPLER, "When?", "When was it that Johannes Kepler found the laws of planetary motion?"),
    (KEPLER, "When was that?", "When was it that Johannes Kepler found the laws of planetary motion?"),
    (KEPLER, "Who else?", "Who else found the laws of planetary motion?"),
    # something else in its place
    (RHINE, "And the Elbe?", "How long is the Elbe?"),
    (RHINE, "What about the Elbe?", "How long is the Elbe?"),
    (HERSCHEL, "And William Herschel?", "Where was William Herschel born?"),
    (NORWAY, "And of Sweden?", "What is the capital of Sweden?"),
    (NORWAY, "And the highest mountain?", "What is the highest mountain of Norway?"),
    (FIRST, "And in 1904?", "Who won the Tour de France in 1904?"),
    # noun phrases that leave out of what
    (TOWER, "Who built that tower?", "Who built the Eiffel Tower?"),
    (TOWER, "When was the tower closed?", "When was the Eiffel Tower closed?"),
    (TOWER, "Who was the architect?", "Who was the architect of the Eiffel Tower?"),
    (TOWER, "How slow are the lifts?", "How slow are the lifts of the Eiffel Tower?"),
    (TOWER, "How many workers died?", "How many workers died (the Eiffel Tower)?"),
    (INSULIN, "Who was the first patient?", "Who was the first patient of insulin?"),
    # what was done, when it was
    (KEPLER, "When did he do that?", "When did Johannes Kepler do that (found the laws of planetary motion)?"),
    (TOWER, "Who was king then?", "Who was king then (31 March 1889)?"),
    # alone
    (KEPLER, "Who painted the Mona Lisa?", None),
    (KEPLER, "And who painted the Mona Lisa?", None),
    (KEPLER, "Who announced that he could read hieroglyphs?", None),
    (KEPLER, "How long did Vivaldi teach before he died?", None),
    (HERSCHEL, "How long does it take to walk to Rome?", None),
    (HERSCHEL, "Is there a lake in Africa?", None),
    (HERSCHEL, "Who showed that light takes time to travel?", None),
    (INSULIN, "What is insulin?", None),
    (RHINE, "How far is the Moon from the Earth?", None),
    (RHINE, "Which villages gave four elements their names?", None),
    (RHINE, "tell me more", "Tell me more about the Rhine."),
    (RHINE, "thanks", None),
    (RHINE, "So what?", None),
]


@pytest.mark.parametrize(("before", "typed", "meant"), GOLDEN, ids=[typed for _, typed, _ in GOLDEN])
def test_golden(before, typed, meant):
    understood = understand(typed, [before])
    assert understood.question == (meant or typed)
    assert bool(understood.carried) == (meant is not None)
    assert understood.typed == typed


def test_the_later_turn_comes_first_and_the_earlier_is_not_lost():
    history = [TOWER, KEPLER]
    assert understand("When did he die?", history).question == "When did Johannes Kepler die?"
    later = understand("How high is the tower?", history)
    assert later.question == "How high is the Eiffel Tower?"
    assert [(one.text, one.source, one.turn) for one in later.carried] == [("the Eiffel Tower", "question", 2)]


def test_what_was_said_last_is_meant_before_what_suits_better():
    brahe = turn(
        "Where was Tycho Brahe born?", "Knutstorp", "Tycho Brahe", "Tycho Brahe was rich. He was born in Knutstorp."
    )
    assert understand("When did he die?", [KEPLER, brahe]).question == "When did Tycho Brahe die?"


def test_several_people_are_they_also_when_one_thing_was_said_since():
    since = turn("In which city was insulin found?", "Toronto", "Insulin", INSULIN.context)
    assert understand("When did they die?", [INSULIN, since]).question == (
        "When did Frederick Banting and Charles Best die?"
    )


def test_what_was_put_in_brackets_is_a_name_again():
    died = understand("How many workers died?", [TOWER])
    history = [TOWER, Turn(died.typed, died.question, "Few", TOWER.title, TOWER.context)]
    assert understand("How slow are the lifts?", history).question == "How slow are the lifts of the Eiffel Tower?"


def test_a_role_is_a_person_and_a_superlative_has_its_noun():
    engineer = turn("Who was the chief engineer of the Eiffel Tower?", "Maurice Koechlin", TOWER.title, TOWER.context)
    assert understand("Which colour does it have?", [engineer]).question == "Which colour does the Eiffel Tower have?"
    flood = turn("When did the worst flood ever recorded strike?", "1953")
    assert understand("What was its height?", [flood]).question == "What was the worst flood's height?"


def test_gender_tells_two_people_apart():
    history = [HERSCHEL, KEPLER]
    assert understand("When was she born?", history).question == "When was Caroline Herschel born?"
    assert understand("When was he born?", history).question == "When was Johannes Kepler born?"
    swapped = list(reversed(history))
    assert understand("When was he born?", swapped).question == "When was Johannes Kepler born?"


def test_a_chain_of_fragments_keeps_its_subject():
    history = [HERSCHEL]
    for typed, meant in [
        ("And when did she die?", "When did Caroline Herschel die?"),
        ("Where?", "Where did Caroline Herschel die?"),
        ("And of what?", "Of what did Caroline Herschel die?"),
    ]:
        understood = understand(typed, history)
        assert understood.question == meant
        history.append(Turn(typed, understood.question, "", HERSCHEL.title, HERSCHEL.context))


def test_what_is_carried_says_where_it_comes_from():
    (carried,) = understand("And when did he die?", [KEPLER]).carried
    assert carried.to_dict() == {"text": "Johannes Kepler", "source": "answer", "turn": 1, "reason": "“he”: a man"}


@pytest.mark.parametrize("typed", ["Und wann?", "Et quand ?", "在哪里？"])
def test_other_languages_lean_only_where_they_are_short(typed):
    understood = understand(typed, [NORWAY])
    assert understood.question == f"{NORWAY.understood} {typed}" and understood.note
    assert [one.source for one in understood.carried] == ["question"]


@pytest.mark.parametrize(
    ("typed", "language"),
    [("Wann starb er in Frankreich?", "en"), ("Wie tief ist er denn?", "fr"), ("Où est-il né en France ?", "fr")],
)
def test_other_languages_are_asked_as_typed(typed, language):
    understood = understand(typed, [KEPLER], language)
    assert (understood.question, understood.carried) == (typed, ())
    assert bool(understood.note) is (language == "en")  # of French there are words that point back


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("Wie tief ist er denn?", "de"),
        ("Und wo liegt die Quelle der Elbe?", "de"),
        ("¿Y dónde vivió ella entonces?", "es"),
        ("Et qui a construit le pont ?", "fr"),
        ("他是什么时候去世的？", "zh"),
        ("那么这座城市有多少人口？", "auto"),
        ("Когда он переехал в Москву жить?", "auto"),
        ("ومتى انتقل إلى القاهرة للعيش؟", "ar"),
        ("เขาเกิดที่ไหนและเมื่อไร", "th"),
    ],
)
def test_a_word_that_points_back_makes_a_follow_up(typed, language):
    understood = understand(typed, [NORWAY], language)
    assert understood.question == f"{NORWAY.understood} {typed}" and understood.note
    (carried,) = understood.carried
    assert (carried.source == "question" and "back" in carried.reason) or "goes on" in carried.reason


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("Wie viele Planeten gibt es im Sonnensystem?", "de"),
        ("Wie tief ist er denn, der See?", "auto"),
        ("北京与其他城市相比有多少人口？", "zh"),
        ("那不勒斯是在哪一年建立的城市？", "zh"),
        ("Quel temps fait-il à Paris ?", "fr"),
        ("Кто написал роман «Война и мир»?", "ru"),
        ("Wer war der Mann, von dem er seit vielen Jahren nichts mehr gehört hatte?", "de"),
    ],
)
def test_questions_of_other_languages_that_stand_alone(typed, language):
    assert understand(typed, [KEPLER], language).question == typed


def test_english_questions_about_an_index_of_another_language():
    assert understand("And when did he die?", [KEPLER], "de").question == "When did Johannes Kepler die?"


def sample_turns():
    documents = {doc.id: doc for doc in read_documents([ROOT / "corpora" / "sample"], lambda problem: None)}
    lines = (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    for record in map(json.loads, lines):
        document = documents.get(record["doc"])
        answer = record["answers"][0] if record["answers"] else ""
        title, text = (document.title, document.text) if document else ("", "")
        yield turn(record["question"], answer, title, text)


def test_questions_that_stand_alone_are_not_touched():
    """Every question of the sample's suite after every other one, 3,600 pairs: none of them leans on anything."""
    turns = list(sample_turns())
    assert len(turns) == 60
    changed = [
        (before.question, after.question)
        for before in turns
        for after in turns
        if understand(after.question, [before]).question != after.question
    ]
    assert changed == []


WORDS = st.sampled_from(
    sorted(
        vocabulary(
            "And but who whom which what when where why how many the a that this there he she it they his her its "
            "their them of in with was is did does one second Rhine Kepler tower architect died built 1889 ? , ' 。 é"
        )
    )
)
QUESTIONS = st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=30)
TURNS = st.sampled_from([KEPLER, HERSCHEL, RHINE, TOWER, INSULIN, RIVER, NORWAY, UNKNOWN]) | st.builds(
    Turn, QUESTIONS, QUESTIONS, QUESTIONS, QUESTIONS, QUESTIONS
)


@given(QUESTIONS)
def test_without_history_a_question_is_itself(question):
    understood = understand(question, [])
    assert understood.question == understood.typed == question.strip() and not understood.carried


@given(QUESTIONS, st.lists(TURNS, max_size=4))
def test_any_text_after_any_talk(question, history):
    """It never fails, says the same twice, changes nothing without saying what it carried, and invents no word."""
    understood = understand(question, history)
    assert understood == understand(question, history)
    assert understood.typed == question.strip()
    if not understood.carried:
        assert understood.question == understood.typed
    spoken = " ".join([question, *(f"{t.understood} {t.answer} {t.title.replace('_', ' ')}" for t in history)])
    possessive = {"s"}  # behind what ends in no letter
    assert set(content(understood.question)) <= set(content(spoken)) | set(content(spoken.lower())) | possessive
