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
