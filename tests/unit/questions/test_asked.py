"""What questions ask for. The questions are written for these tests; none comes from a data set."""

from __future__ import annotations

import pytest

from ragqa.questions import Kind, as_question, asked


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("For how long is an enrolment code valid?", {Kind.DURATION, Kind.QUANTITY}),
        ("How many working days does a refund take?", {Kind.DURATION, Kind.NUMBER}),
        ("how many seats are in the lower hall", {Kind.NUMBER}),
        ("How often must the filter be changed?", {Kind.FREQUENCY}),
        ("How much money did the lighthouse cost?", {Kind.MONEY}),
        ("What does a day ticket cost?", {Kind.MONEY}),
        ("What is the price of a day ticket?", {Kind.MONEY, Kind.PERCENTAGE}),
        ("In what year was the canal dug?", {Kind.DATE}),
        ("What percentage of members voted?", {Kind.PERCENTAGE}),
        ("What share of the votes did she get?", {Kind.PERCENTAGE}),
        ("When does the gate close?", {Kind.OCCASION}),
        ("Who signed the lease?", {Kind.PERSON}),
        ("Where are the keys kept?", {Kind.PLACE}),
        ("Why was the bridge closed?", {Kind.REASON}),
        ("How do I reset the meter?", {Kind.PROCEDURE}),
        ("how to clean the lens", {Kind.PROCEDURE}),
        ("What does the term lintel mean?", {Kind.DEFINITION}),
        ("What is the difference between a mole and a vole?", {Kind.COMPARISON}),
        ("Is the museum open on Mondays?", {Kind.YES_NO}),
        ("What port does the daemon listen on?", {Kind.PORT}),
        ("default port redis", {Kind.PORT}),
        ("fax number of the harbour office", {Kind.PHONE}),
        ("minimum python version", {Kind.VERSION}),
        ("deadline for the second application", {Kind.DATE}),
        ("What is the fax number of the harbour office?", {Kind.PHONE}),
        ("What is the email address of the registrar?", {Kind.MAIL}),
        ("What is the name of the largest port in Norway?", frozenset()),
        ("Which material is the keel made of?", frozenset()),
        ("", frozenset()),
    ],
)
def test_english(question, kinds):
    assert asked(question, "en").kinds == frozenset(kinds)


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("这座桥是哪一年建成的？", "zh", Kind.DATE),
        ("這座橋是誰設計的？", "zh", Kind.PERSON),
        ("门票多少钱？", "zh", Kind.MONEY),
        ("为什么关闭？", "zh", Kind.REASON),
        ("怎么安装这个软件？", "zh", Kind.PROCEDURE),
        ("Wie lange ist der Ausweis gültig?", "de", Kind.DURATION),
        ("Warum wurde die Brücke gesperrt?", "de", Kind.REASON),
        ("Combien de temps dure la visite ?", "fr", Kind.DURATION),
        ("Qui a signé le bail ?", "fr", Kind.PERSON),
        ("¿Cuándo cierra la puerta?", "es", Kind.OCCASION),
        ("¿Cuánto cuesta la entrada?", "es", Kind.MONEY),
        ("How long is the pass valid?", "de", Kind.DURATION),  # a question in English about German documents
    ],
)
def test_other_languages(question, language, kind):
    assert kind in asked(question, language).kinds


def test_what_wants_an_excerpt():
    assert asked("Why do cats purr?", "en").wants_excerpt
    assert asked("How do I change the wheel?", "en").wants_excerpt
    assert asked("Is the gate open?", "en").wants_excerpt and asked("List the gates.", "en").wants_excerpt
    assert not asked("Is the gate red or green?", "en").wants_excerpt
    assert not asked("Who changed the wheel?", "en").wants_excerpt


def test_an_echo_says_nothing_new():
    question = asked("For what length of time is the code valid?", "en")
    assert question.echoed("length of time") and question.echoed("The code")
    assert not question.echoed("two weeks") and not question.echoed("the")


def test_what_is_offered_is_no_echo():
    assert not asked("Is the door red or green?", "en").echoed("red")


def test_a_long_question_is_read_in_linear_time():
    assert asked("how many " * 20_000, "en").kinds == {Kind.NUMBER}
    assert not asked("what is the " * 20_000, "en").kinds


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("default port redis", "what default port redis?"),
        ("Fenn harbour fax number.", "what Fenn harbour fax number?"),
        ("100 {0} percent", "what 100 {0} percent?"),
        ("penicillin", "penicillin"),
        ("who wrote it", "who wrote it"),
        ("is the gate open", "is the gate open"),
        ("gate open?", "gate open?"),
        ("list the signals of the harbour", "list the signals of the harbour"),
        ("The gate was opened", "The gate was opened"),
        ("", ""),
    ],
)
def test_keywords_become_a_question(text, question):
    assert as_question(text, "en") == question


@pytest.mark.parametrize("keywords", ["default port redis", "deadline for the second application", "fax number office"])
def test_the_question_asks_for_what_its_keywords_ask_for(keywords):
    assert asked(as_question(keywords, "en"), "en").kinds == asked(keywords, "en").kinds != frozenset()


@pytest.mark.parametrize("language", ["zh", "de", "simple", "auto"])
def test_only_where_the_form_was_measured(language):
    assert as_question("default port redis", language) == "default port redis"
