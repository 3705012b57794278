"""A question's nouns are carried before the title of the page that answered it; what nothing fits is said."""

from __future__ import annotations

import pytest

from ragqa.followup import Turn, understand
from ragqa.followup.phrases import phrases


def after(question, answer, title, context=""):
    return [Turn(question, question, answer, title, context)]


NOUNS = [
    (after("Who may use a locker?", "Everyone", "Gym & Pool"), "How do I open it?", "How do I open the locker?"),
    (after("Who is entitled to a bonus?", "Everyone", "Pay & Perks"), "When is it paid?", "When is the bonus paid?"),
    (after("How do I reset my password?", "by mail", "Help FAQ"), "Who can see it?", "Who can see my password?"),
    (after("How much is a day ticket?", "9 euros", "Tickets"), "Can I return it?", "Can I return the day ticket?"),
    (after("Can I bring a dog?", "yes", "House Rules"), "Does it need a leash?", "Does the dog need a leash?"),
    (after("How much leave do nurses get?", "30 days", "Staff A-Z"), "Can I sell it?", "Can I sell leave?"),
    (after("What does error E7 mean?", "the lid is open", "Mixer M2 manual"), "When does it appear?", None),
    (after("What are the side effects of zinc?", "nausea", "Zinc"), "Can I take it with milk?", None),
    (after("What is the dose of zinc?", "10 mg", "Zinc"), "Who needs it?", "Who needs zinc?"),
    (after("Who is entitled to a bonus?", "Everyone", "Pay & Perks"), "What is the amount?", "What is the amount?"),
    (
        after("What does a dog cost?", "12 euros", "House Rules", "The sauna opens at 9."),
        "When does the sauna open?",
        0,
    ),
]
MEANT = {"When does it appear?": "When does error E7 appear?", "Can I take it with milk?": "Can I take zinc with milk?"}


@pytest.mark.parametrize(("history", "typed", "meant"), NOUNS, ids=[typed for _, typed, _ in NOUNS])
def test_a_noun_of_the_question_is_carried_and_no_title(history, typed, meant):
    understood = understand(typed, history)
    assert understood.question == (meant or MEANT.get(typed, typed))
    assert "title" not in [carried.source for carried in understood.carried]


def test_a_title_is_carried_where_the_question_had_no_noun():
    said = after(
        "What must be cleaned weekly?", "the drum", "Kestrel washer", "The drum of the washer is cleaned weekly."
    )
    assert understand("Who was the designer?", said).question == "Who was the designer of Kestrel washer?"


@pytest.mark.parametrize(
    ("history", "typed", "word"),
    [
        (after("How long does the rinse cycle take?", "9 minutes", "Mixer manual"), "When did she retire?", "she"),
        (
            [Turn("How long does it take to boil an egg?", "How long does it take to boil an egg?")],
            "Where is he?",
            "he",
        ),
        (after("Who sold it?", "Ann Lee", ""), "How heavy is it?", "it"),
    ],
)
def test_what_nothing_fits_is_asked_as_typed_and_said(history, typed, word):
    understood = understand(typed, history)
    assert (understood.question, understood.carried) == (typed, ())
    assert understood.note == f"asked as typed: nothing said before fits “{word}”"


def test_people_stay_people_and_kin_have_a_gender():
    history = after("Who tried zinc first?", "Jan Sterk", "Zinc", "Jan Sterk tried zinc. It may cause nausea.")
    history += after("Where did Jan Sterk live?", "Ghent", "Zinc", history[0].context)
    assert "Jan Sterk" not in understand("Does it cause nausea?", history).question
    kin = after("When was Ida Holm born?", "1906", "Ida Holm", "Ida Holm was a poet. She was born in 1906.")
    kin += after("Who was Ida Holm's husband?", "Ivo Holm", "Ida Holm", kin[0].context)
    assert understand("When did she die?", kin).question == "When did Ida Holm die?"
    assert understand("When did he die?", kin).question == "When did Ivo Holm die?"


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Who may take a sabbatical?", ["a sabbatical"]),
        ("How much leave do nurses earn?", ["leave", "nurses"]),
        ("What is the dose of zinc for children?", ["the dose", "zinc", "children"]),
        ("Does the plan cover dental care?", ["the plan", "dental care"]),
        ("What does error E7 mean?", ["error E7"]),
        ("What does the timer do?", ["the timer"]),
        ("How do I open the Kestrel pump?", ["the Kestrel pump"]),
        ("When was the town hall built?", ["the town hall"]),
        ("When did the work on the old bridge begin?", ["the work", "the old bridge"]),
        ("Which papers do I need for a visa?", ["papers", "a visa"]),
        ("", []),
        ("?", []),
    ],
)
def test_noun_phrases(question, found):
    held = phrases(question)
    assert [one.text for one in held] == found
    assert all(question[one.start : one.end] == one.text for one in held)


RUBBER = after(
    "Who discovered vulcanisation?", "Charles Goodyear", "Vulcanisation", "It was found by Charles Goodyear."
)
THEY = [
    (RUBBER, "Did they get rich?", "Did Charles Goodyear get rich?"),
    (RUBBER, "Was it patented?", "Was vulcanisation patented?"),
    (after("Who founded Orlin Foods?", "Ann Lee", "Orlin Foods"), "What do they sell?", "What do Orlin Foods sell?"),
    (after("Who leads the choir?", "Ann Lee", "Choir"), "Where do they sing?", "Where do the choir sing?"),
    (after("Who found gold?", "Ann and Bo Lee", "Gold"), "Were they rich?", "Were Ann and Bo Lee rich?"),
]


@pytest.mark.parametrize(("history", "typed", "meant"), THEY, ids=[meant for _, _, meant in THEY])
def test_they_are_several_or_a_group_or_a_person_before_they_are_a_thing(history, typed, meant):
    assert understand(typed, history).question == meant


def test_a_place_that_was_the_answer_is_not_they():
    born = after("Where was Ann Lee born?", "in Sarn", "Ann Lee", "Ann Lee was born in Sarn. She was a painter.")
    assert understand("Did they have brothers?", born).question == "Did Ann Lee have brothers?"


@pytest.mark.parametrize("quality", ["warranty", "guarantee", "price", "colour"])
def test_what_has_a_part_is_the_thing_and_no_quality_of_it(quality):
    history = after(f"What is the {quality} of the K-7?", "12", "K-7 manual")
    assert understand("Where is its motor?", history).question == "Where is the K-7's motor?"


def test_a_part_of_a_thing_has_parts():
    history = after("How old is the tower of Orlin Castle?", "90 years", "Castles")
    assert understand("What is its height?", history).question == "What is the tower of Orlin Castle's height?"


MORE = ["tell me more", "Tell me more.", "Go on", "More details, please", "And more?", "Can you tell me more?"]


@pytest.mark.parametrize("typed", MORE)
def test_a_request_for_more_says_about_what(typed):
    understood = understand(typed, after("How long is the warranty of the K-7?", "two years", "K-7 manual"))
    assert understood.question == "Tell me more about the warranty of the K-7."
    assert [(one.source, one.turn) for one in understood.carried] == [("question", 1)]


def test_a_request_for_more_after_nothing_says_so():
    understood = understand("Tell me more", after("Why?", "", ""))
    assert (understood.question, understood.carried) == ("Tell me more", ())
    assert understood.note == "asked as typed: nothing said before fits “tell me more”"


@pytest.mark.parametrize("typed", ["Tell me more about foxes", "How many more days?", "Where do I find details?"])
def test_a_question_with_more_in_it_is_no_request_for_more(typed):
    assert not understand(typed, RUBBER).question.startswith("Tell me more about vulcanisation")
