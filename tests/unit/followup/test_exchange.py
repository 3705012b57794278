"""Which words of the last question a new thing replaces."""

from __future__ import annotations

import pytest

from ragqa.followup import Turn, understand


def after(question, answer="", title="", context=""):
    return [Turn(question, question, answer, title, context)]


ANOTHER = [
    # a thing of the same noun, with all its words
    ("Who wrote the Orlin guide?", "the Sarn guide", "Who wrote the Sarn guide?"),
    ("How long does the rinse cycle take?", "the spin cycle", "How long does the spin cycle take?"),
    ("What does the colour setting do?", "the size setting", "What does the size setting do?"),
    ("How heavy is the Kestrel pump?", "the Merlin valve", "How heavy is the Merlin valve?"),
    # a name by a name
    ("What is the currency of Peru?", "Chile", "What is the currency of Chile?"),
    ("What is Peru's currency?", "Chile", "What is Chile's currency?"),
    # a noun without an article by a noun without one, people by people
    ("What is the density of copper?", "zinc", "What is the density of zinc?"),
    ("How much tea do students drink?", "coffee", "How much coffee do students drink?"),
    ("How much tea do students drink?", "teachers", "How much tea do teachers drink?"),
    ("What is the limit of alcohol for drivers?", "pilots", "What is the limit of alcohol for pilots?"),
    ("Does the policy cover theft?", "vandalism", "Does the policy cover vandalism?"),
    # what is asked for belongs to another
    ("What is the fine for a late return?", "smoking", "What is the fine for smoking?"),
    ("What is the price of Aerolin?", "tap water", "What is the price of tap water?"),
    # a thing with all that belongs to it
    ("How old is the bridge of Sarn?", "granite", "How old is granite?"),
    ("How high is the tower of Orlin Castle?", "bamboo", "How high is bamboo?"),
    # another part or property of the same thing
    ("What is the capital of Peru?", "the longest river", "What is the longest river of Peru?"),
    ("Who is the author of the Orlin guide?", "the editor", "Who is the editor of the Orlin guide?"),
    ("What is the capital of Peru?", "population", "What is the population of Peru?"),
    ("How do I open the Kestrel pump?", "the filter", "How do I open the filter of the Kestrel pump?"),
    # an object behind the verb
    ("How do I delete my account?", "my pictures", "How do I delete my pictures?"),
    ("When can I get the form?", "the stamp", "When can I get the stamp?"),
    ("Who is entitled to a locker?", "free parking", "Who is entitled to free parking?"),
    # times
    ("When does the pool open?", "Sunday", "When does the pool open on Sunday?"),
    ("Who won the race in 1998?", "1999", "Who won the race in 1999?"),
]


@pytest.mark.parametrize("opening", ["What about", "And", "And what about"])
@pytest.mark.parametrize(("question", "other", "meant"), ANOTHER, ids=[other for _, other, _ in ANOTHER])
def test_a_thing_replaces_one_of_its_kind(question, other, meant, opening):
    assert understand(f"{opening} {other}?", after(question)).question == meant


PERU = after("What's the capital of Peru?", "Lima", "Peru", "The capital of Peru is Lima.")
OWNED = [
    (PERU, "Its population?", "What is Lima's population?"),
    (PERU, "And its mayor?", "Who is Lima's mayor?"),
    (after("How high is Mount Kenya?", "5,199 metres", "Mount Kenya"), "Its age?", "What is Mount Kenya's age?"),
    (after("When was the Vasa built?", "1627", "Vasa"), "Its length?", "What is the Vasa's length?"),
    (after("When was the Vasa built?", "1627", "Vasa"), "And its designer?", "Who was the Vasa's designer?"),
    (after("When was the Vasa built?", "1627", "Vasa"), "And its replica?", "When was the Vasa's replica built?"),
    (after("Who wrote Faust?", "Johann Goethe", "Faust"), "His wife?", "Who is Johann Goethe's wife?"),
    (after("Where was Ada Lovelace born?", "London"), "And her mother?", "Where was Ada Lovelace's mother born?"),
]


@pytest.mark.parametrize(("history", "typed", "meant"), OWNED, ids=[typed for _, typed, _ in OWNED])
def test_what_belongs_to_a_thing_is_asked_for_as_such(history, typed, meant):
    assert understand(typed, history).question == meant


CIRCUMSTANCES = [
    ("Which papers do I need for a visa?", "And for a passport?", "Which papers do I need for a passport?"),
    ("What is the fine for a late return?", "And for damage?", "What is the fine for damage?"),
    ("How do I pay by card?", "And by invoice?", "How do I pay by invoice?"),
    ("When does the pool open?", "On Sundays?", "When does the pool open on Sundays?"),
    ("When does the reading room open?", "For guests?", "When does the reading room open for guests?"),
    ("How much does a ticket cost?", "And for children?", "How much does a ticket cost for children?"),
]
OTHERS = [
    ("How long is the warranty of the K-7?", "K-9", "How long is the warranty of the K-9?"),
    ("What is the age limit of the Orlin pool?", "Sarn pool", "What is the age limit of the Sarn pool?"),
    ("How much does the K-7 weigh?", "K-9", "How much does the K-9 weigh?"),
    ("What is the K-7's range?", "K-9", "What is the K-9's range?"),
    ("Who is the owner of the Orlin mill?", "Sarn mill", "Who is the owner of the Sarn mill?"),
    ("What is the price of the book?", "map", "What is the price of the map?"),
]


@pytest.mark.parametrize(("question", "typed", "meant"), CIRCUMSTANCES, ids=[typed for _, typed, _ in CIRCUMSTANCES])
def test_a_circumstance_replaces_one_with_the_same_preposition(question, typed, meant):
    assert understand(typed, after(question)).question == meant


@pytest.mark.parametrize("opening", ["for", "And for", "And that of", "What about those of", "And the same for"])
@pytest.mark.parametrize(("question", "other", "meant"), OTHERS, ids=[question for question, _, _ in OTHERS])
def test_the_same_is_asked_about_what_stands_behind_for_or_of(question, other, meant, opening):
    assert understand(f"{opening} the {other}?", after(question)).question == meant


@pytest.mark.parametrize("typed", ["And for guests?", "For guests?", "And that for guests?"])
def test_those_who_do_the_same_replace_the_subject(typed):
    history = after("How long may students borrow books?")
    assert understand(typed, history).question == "How long may guests borrow books?"


@pytest.mark.parametrize("question", ["How high is the rent of flat B?", "How high is the deposit for flat B?"])
def test_another_property_of_another_thing_replaces_both(question):
    assert understand("And the rent of flat C?", after(question)).question == "How high is the rent of flat C?"


def test_a_property_is_asked_for_as_such_after_another_question():
    history = after("What is the lake's island called?")
    assert understand("And the depth of Lake Iseo?", history).question == "What is the depth of Lake Iseo?"
    assert understand("And the owner of Lake Iseo?", history).question == "Who is the owner of Lake Iseo?"


@pytest.mark.parametrize("typed", ["What about returns?", "And returns?"])
def test_what_the_last_question_cannot_be_asked_of_is_asked_as_typed(typed):
    understood = understand(typed, after("How long is the warranty of the K-7?", "two years"))
    assert (understood.question, understood.carried) == (typed, ())
    assert understood.note == "asked as typed: the last question does not fit “returns”"
